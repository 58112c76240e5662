"""Rows of PostgreSQL as columns of numpy, by binary COPY: no object a row, no parsing of text.

Every column must be of fixed width and never null, so that each row of the stream has one layout.
"""

from typing import Any, cast

import numpy as np
import psycopg
from sqlalchemy.orm import Session

HEADER = 19
TRAILER = 2
WIRE = {"i2": ">i2", "i4": ">i4", "i8": ">i8", "f8": ">f8", "bool": "?", "uuid": "V16"}
Types = dict[str, str]


def read_columns(session: Session, query: str, params: dict[str, Any], types: Types) -> dict[str, np.ndarray]:
    """Run `query` and return its columns by name.

    Args:
        types: name -> "i2", "i4", "i8", "f8", "bool" or "uuid", in the order of the select list. A uuid
            comes as two columns of uint64, `name_hi` and `name_lo`.
    Raises:
        ValueError: the stream does not have the stated layout (a null, or another type).
    """
    connection = cast(psycopg.Connection, session.connection().connection.driver_connection)
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT binary)", params) as stream,
    ):
        data = b"".join(stream)
    row = _layout(types)
    body = len(data) - HEADER - TRAILER
    if body % row.itemsize:
        raise ValueError(f"a row is not {row.itemsize} bytes: is a column null or of another type?")
    rows = np.frombuffer(data, dtype=row, count=body // row.itemsize, offset=HEADER)
    if len(rows) and not all((rows[f"#{name}"] == row[name].itemsize).all() for name in types):
        raise ValueError("a column is not of its stated width")
    return _native(rows, types)


def _layout(types: Types) -> np.dtype:
    fields: list[tuple[str, str]] = [("count", ">i2")]
    for name, kind in types.items():
        fields += [(f"#{name}", ">i4"), (name, WIRE[kind])]
    return np.dtype(fields)


def _native(rows: np.ndarray, types: Types) -> dict[str, np.ndarray]:
    columns: dict[str, np.ndarray] = {}
    for name, kind in types.items():
        if kind == "uuid":
            halves = np.ascontiguousarray(rows[name]).view(">u8").reshape(-1, 2)
            columns[f"{name}_hi"] = halves[:, 0].astype(np.uint64)
            columns[f"{name}_lo"] = halves[:, 1].astype(np.uint64)
        else:
            columns[name] = rows[name].astype(WIRE[kind].lstrip(">"))
    return columns
