"""Queries that every day's requests ask, read by the driver alone.

SQLAlchemy looks a statement up by its parts each time, and makes an object of every column of every result:
0.16 ms of processor through its session for one row of the key check, of which the driver takes 0.03. So the
few queries that nearly every request asks are put into words once, and their rows come as plain tuples with
names. Everything else goes the usual way.
"""

from collections import namedtuple
from collections.abc import Iterable, Sequence
from enum import Enum
from functools import cached_property
from typing import Any, cast
from uuid import UUID

import psycopg
from sqlalchemy import SelectBase, TextClause

from .database import db
from .database_connections import Connection


def uuid_array(ids: Iterable[UUID]) -> str:
    """Ids as PostgreSQL writes an array: the driver would write out an object for each."""
    return "{" + ",".join(map(str, ids)) + "}"


class Statement:
    """A query that only reads; its rows have the names of its columns, its texts no enums.

    It reads in the session's transaction what the session has written, and keeps none of its rows.
    """

    def __init__(self, query: SelectBase | TextClause, columns: Sequence[str] = ()) -> None:
        """Put into words at its first use.

        Args:
            columns: their names, of a text; a SELECT knows its own.
        """
        self._query = query
        names = columns or cast(SelectBase, query).selected_columns.keys()
        self._row: Any = namedtuple("Row", names)  # type: ignore[misc]

    @cached_property
    def _compiled(self) -> tuple[str, dict[str, Any]]:
        """The words, and the values that are the same for everybody."""
        compiled = self._query.compile(dialect=db.engine.dialect)
        fixed = {
            name: value.value if isinstance(value, Enum) else value
            for name, value in compiled.params.items()
            if value is not None
        }
        return str(compiled), fixed

    def all(self, **params: Any) -> list[Any]:
        """Its rows.

        Raises:
            psycopg.Error: as the driver has it.
        """
        words, fixed = self._compiled
        session = db.session()
        session.flush()
        held = session.connection()
        connection = cast(Connection, held.connection.driver_connection)
        try:
            return connection.read(words, {**fixed, **params}, self._row._make)
        except psycopg.OperationalError:
            if connection.closed:
                held.invalidate()
            raise

    def one_or_none(self, **params: Any) -> Any:
        """Its only row; None without one."""
        rows = self.all(**params)
        assert len(rows) <= 1, "more rows than one"
        return rows[0] if rows else None

    def one(self, **params: Any) -> Any:
        """Its only row."""
        (row,) = self.all(**params)
        return row
