"""What nearly every request asks or writes, sent by the driver alone.

SQLAlchemy looks a statement up by its parts each time, and makes an object of every column of every result:
0.16 ms of processor through its session for one row of the key check, of which the driver takes 0.03. So the
few statements that nearly every request sends are put into words once, and their rows come as plain tuples
with names. Everything else goes the usual way.
"""

from collections import namedtuple
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import Enum
from functools import cached_property
from typing import Any, cast
from uuid import UUID

import psycopg
from sqlalchemy import SelectBase, TextClause
from sqlalchemy.exc import DBAPIError

from .database import db
from .database_connections import Connection


def uuid_array(ids: Iterable[UUID]) -> str:
    """Ids as PostgreSQL writes an array: the driver would write out an object for each."""
    return "{" + ",".join(map(str, ids)) + "}"


class Statement:
    """A query, whose rows have the names of its columns and texts instead of enums, or one that only writes.

    It is sent in the session's transaction after what the session has written, which keeps none of its rows.
    """

    def __init__(self, query: SelectBase | TextClause, columns: Sequence[str] = ()) -> None:
        """Put into words at its first use.

        Args:
            columns: their names, of a text that returns rows; a SELECT knows its own.
        """
        self._query = query
        names = columns if isinstance(query, TextClause) else query.selected_columns.keys()
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
            DBAPIError: as SQLAlchemy raises it of the driver's error.
        """
        words, fixed = self._compiled
        with _connection() as connection:
            return connection.read(words, {**fixed, **params}, self._row._make)

    def write(self, **params: Any) -> None:
        """Send it, where it returns no rows.

        Raises:
            DBAPIError: as SQLAlchemy raises it of the driver's error.
        """
        words, fixed = self._compiled
        with _connection() as connection:
            connection.write(words, {**fixed, **params})

    def one_or_none(self, **params: Any) -> Any:
        """Its only row; None without one."""
        rows = self.all(**params)
        assert len(rows) <= 1, "more rows than one"
        return rows[0] if rows else None

    def one(self, **params: Any) -> Any:
        """Its only row."""
        (row,) = self.all(**params)
        return row


@contextmanager
def _connection() -> Iterator[Connection]:
    """The connection of the session's transaction; the pool forgets one that ends within the block."""
    session = db.session()
    session.flush()
    held = session.connection()
    connection = cast(Connection, held.connection.driver_connection)
    try:
        yield connection
    except psycopg.Error as error:
        is_dead = bool(connection.closed)
        if is_dead:
            held.invalidate()
        raise _as_sqlalchemy_has_it(error, is_dead) from error


def _as_sqlalchemy_has_it(error: psycopg.Error, is_dead: bool) -> DBAPIError:
    """The error as whoever calls a service expects it, without statement and values."""
    return cast(
        DBAPIError,
        DBAPIError.instance(
            None,
            None,
            error,
            psycopg.Error,
            hide_parameters=True,
            connection_invalidated=is_dead,
            dialect=db.engine.dialect,
        ),
    )
