"""Rows of PostgreSQL as columns of numpy: one value carries all rows, so that no object is made for a row.

The server writes each row out in network byte order and joins the rows end to end. Every column must be of
fixed width and never null, so that each row has one layout.
"""

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import psycopg
from sqlalchemy.orm import Session

WIRE = {"i2": ">i2", "i4": ">i4", "i8": ">i8", "f8": ">f8", "bool": "?", "uuid": "V16"}
SEND = {
    "i2": "int2send", "i4": "int4send", "i8": "int8send", "f8": "float8send", "bool": "boolsend",
    "uuid": "uuid_send",
}  # fmt: skip
CAST = {"i2": "int2", "i4": "int4", "i8": "int8", "f8": "float8", "bool": "bool", "uuid": "uuid"}
Types = dict[str, str]
COPY_HEAD, COPY_TAIL = 19, 2
"""Bytes around the rows in PostgreSQL's binary copy format."""
HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TAIL = b"\xff\xff"
ARRAY_OF = {"i8": 20, "f4": 700}
"""Kinds that arrays are written of, with PostgreSQL's number of their type."""
ROWS_A_WRITE = 4096
LONG_LIST = 64
"""Numbers from which on a parameter is written out."""


def read_columns(session: Session, query: str, params: dict[str, Any], types: Types) -> dict[str, np.ndarray]:
    """Run `query` and return its columns by name.

    Args:
        types: name -> "i2", "i4", "i8", "f8", "bool" or "uuid", in the order of the select list. A uuid
            comes as two columns of uint64, `name_hi` and `name_lo`.
    Raises:
        ValueError: a value is null.
    """
    return read_tables(session, {"rows": (query, types)}, params)["rows"]


def read_tables(
    session: Session, queries: Mapping[str, tuple[str, Types]], params: dict[str, Any], shared: str = ""
) -> dict[str, dict[str, np.ndarray]]:
    """`read_columns` of several queries by one statement.

    Args:
        queries: of each table, by name, its query and types.
        shared: a WITH clause before all of them.
    Raises:
        ValueError: a value is null.
    """
    packed = ", ".join(f"({_packed(query, types)}) AS {name}" for name, (query, types) in queries.items())
    statement = cast(Any, f"{shared} SELECT * FROM {packed}")  # noqa: S608 - fragments are constants, values are bound
    connection = cast(psycopg.Connection, session.connection().connection.driver_connection)
    with connection.cursor(binary=True) as cursor:
        found = cursor.execute(statement, _written_out(params)).fetchone()
    assert found is not None
    return {
        name: _unpacked(found[2 * place], found[2 * place + 1], types)
        for place, (name, (_, types)) in enumerate(queries.items())
    }


def _unpacked(count: int, data: bytes, types: Types) -> dict[str, np.ndarray]:
    row = np.dtype([(name, WIRE[kind]) for name, kind in types.items()])
    if len(data) != count * row.itemsize:
        raise ValueError(f"{count} rows of {row.itemsize} bytes came as {len(data)}: is a value null?")
    return _native(np.frombuffer(data, dtype=row), types)


def no_rows(types: Types) -> dict[str, np.ndarray]:
    """The columns of no row, as `read_columns` gives them."""
    return _native(np.empty(0, np.dtype([(name, WIRE[kind]) for name, kind in types.items()])), types)


def _written_out(params: dict[str, Any]) -> dict[str, Any]:
    """The parameters with long lists of whole numbers as PostgreSQL writes arrays: the driver would make an
    object of each number, which takes longer than to look thousands of them up."""
    return {
        name: "{" + ",".join(map(str, value)) + "}" if _is_long_list(value) else value
        for name, value in params.items()
    }


def _is_long_list(value: Any) -> bool:
    return (
        isinstance(value, list) and len(value) >= LONG_LIST and all(type(number) is int for number in value)
    )


def copy_columns(session: Session, query: str, params: dict[str, Any], types: Types) -> dict[str, np.ndarray]:
    """`read_columns` by COPY, for millions of rows: the server holds none of them back to join them.

    Raises:
        ValueError: as `read_columns` does.
    """
    connection = cast(psycopg.Connection, session.connection().connection.driver_connection)
    data = bytearray()
    wanted = ", ".join(
        f"{name}::{CAST[kind]}" for name, kind in zip(_names(types), types.values(), strict=True)
    )
    rows = f"SELECT {wanted} FROM ({query}) AS r ({', '.join(_names(types))})"  # noqa: S608 - fragments are constants, values are bound
    statement = cast(Any, f"COPY ({rows}) TO STDOUT (FORMAT binary)")
    with connection.cursor() as cursor, cursor.copy(statement, params) as copy:
        for piece in copy:
            data += piece
    fields = [(f"{name}_size", ">i4") if size else (name, WIRE[kind])
              for name, kind in types.items() for size in (True, False)]  # fmt: skip
    row = np.dtype([("count", ">i2"), *fields])
    count, left = divmod(len(data) - COPY_HEAD - COPY_TAIL, row.itemsize)
    found = np.frombuffer(data, row, count, COPY_HEAD)
    if left or (found["count"] != len(types)).any():
        raise ValueError(f"{len(data)} bytes are no rows of {row.itemsize}: is a value null?")
    return _native(found, types)


def write_arrays(
    session: Session,
    table: str,
    plain: dict[str, np.ndarray],
    arrays: dict[str, np.ndarray],
    size: np.ndarray,
) -> None:
    """Write rows by COPY: of each its plain values, and of each of its arrays the first `size` items.

    Args:
        plain: columns of whole numbers (n,).
        arrays: columns (n, m) of int64 or float32.
        size: items of each row's arrays (n,), at most m.
    """
    connection = cast(psycopg.Connection, session.connection().connection.driver_connection)
    statement = cast(Any, f"COPY {table} ({', '.join([*plain, *arrays])}) FROM STDIN (FORMAT binary)")
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(HEAD)
        for items in np.unique(size).tolist():
            these = np.flatnonzero(size == items)
            for some in np.array_split(these, -(-len(these) // ROWS_A_WRITE)):
                copy.write(_with_arrays(plain, arrays, some, items).tobytes())
        copy.write(TAIL)


def _with_arrays(
    plain: dict[str, np.ndarray], arrays: dict[str, np.ndarray], these: np.ndarray, items: int
) -> np.ndarray:
    """Rows as COPY reads them, all of whose arrays have as many items: so they have one layout."""
    layout: list[Any] = [("count", ">i2")]
    for name, column in plain.items():
        layout += [(f"{name}_size", ">i4"), (name, _wire(column))]
    for name, column in arrays.items():
        about = [(f"{name}_{part}", ">i4") for part in ("size", "dimensions", "nulls", "type")]
        item = np.dtype([("size", ">i4"), ("value", _wire(column))])
        bounds = [(f"{name}_items", ">i4"), (f"{name}_first", ">i4"), (name, item, (items,))] if items else []
        layout += [*about, *bounds]
    rows = np.zeros(len(these), np.dtype(layout))
    rows["count"] = len(plain) + len(arrays)
    for name, column in plain.items():
        rows[f"{name}_size"], rows[name] = column.itemsize, column[these]
    for name, column in arrays.items():
        rows[f"{name}_size"] = 12 + (8 + items * (4 + column.itemsize) if items else 0)
        rows[f"{name}_dimensions"] = 1 if items else 0
        rows[f"{name}_type"] = ARRAY_OF[column.dtype.str[1:]]
        if items:
            rows[f"{name}_items"], rows[f"{name}_first"] = items, 1
            rows[name]["size"], rows[name]["value"] = column.itemsize, column[these, :items]
    return rows


def _wire(column: np.ndarray) -> str:
    return column.dtype.newbyteorder(">").str


def _packed(query: str, types: Types) -> str:
    sent = [f"{SEND[kind]}({name})" for kind, name in zip(types.values(), _names(types), strict=True)]
    return (
        f"SELECT count(*), coalesce(string_agg({' || '.join(sent)}, ''::bytea), ''::bytea)"  # noqa: S608 - fragments are constants, values are bound
        f" FROM ({query}) AS r ({', '.join(_names(types))})"
    )


def _names(types: Types) -> list[str]:
    return [f"c{place}" for place in range(len(types))]


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
