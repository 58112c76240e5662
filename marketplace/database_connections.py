"""Connections to the database: statements stay prepared, are read without a detour, send lists cheaply."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, cast

import psycopg
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.types.array import ListDumper
from psycopg.types.uuid import UUIDDumper
from sqlalchemy import Engine, event


class Connection(psycopg.Connection[Any]):
    """psycopg's connection, whose prepared statements outlive a rollback.

    A transaction that only read ends by rolling back, as most requests do. psycopg then forgets its prepared
    statements and how often it saw the others, in case the transaction had made or dropped tables; so none
    that a page needs would ever be prepared. Only migrations do that here, by other connections. A statement
    that no longer fits fails once and is prepared anew.
    """

    @cached_property
    def _reader(self) -> psycopg.Cursor[Any]:
        """One cursor for all that is read: only one thread at a time has a connection."""
        return self.cursor(binary=True)

    def read(self, query: str, params: Mapping[str, Any], make_row: Callable[[Any], Any]) -> list[Any]:
        """The rows of a query, each made from its values."""
        reader = self._reader
        reader.row_factory = lambda _: make_row
        return reader.execute(cast(Any, query), params).fetchall()

    def write(self, query: str, params: Mapping[str, Any]) -> None:
        """Send what returns no rows."""
        self._reader.execute(cast(Any, query), params)

    def rollback(self) -> None:
        """Take the transaction back; one that failed, or was interrupted, as psycopg does it."""
        if self.pgconn.transaction_status != TransactionStatus.INTRANS:
            super().rollback()
            return
        result = self.pgconn.exec_(b"ROLLBACK")
        if result.status != ExecStatus.COMMAND_OK:
            raise psycopg.OperationalError(result.get_error_message())


class QuickListDumper(ListDumper):
    """psycopg's way to send lists, but for ids and numbers, of which it asks each whether it needs quotes."""

    def dump(self, obj: list[Any]) -> Any:
        """The list as PostgreSQL reads it."""
        try:
            if isinstance(self.sub_dumper, UUIDDumper):
                return f"{{{','.join([item.hex for item in obj])}}}".encode()
            if set(map(type, obj)) <= {int, float}:
                return f"{{{','.join(map(repr, obj))}}}".encode()
        except AttributeError:
            """None among ids, or a list of lists."""
        return super().dump(obj)


def keep_statements_prepared(engine: Engine) -> None:
    """Have the engine open such connections."""
    event.listen(engine, "do_connect", lambda _, __, args, how: _connected(*args, **how))


def _connected(*args: Any, **how: Any) -> Connection:
    connection = Connection.connect(*args, **how)
    connection.adapters.register_dumper(list, QuickListDumper)
    return connection
