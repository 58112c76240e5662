"""Errors of the database: why it cannot serve, and their text without the values of rows and parameters."""

import traceback
from collections.abc import Iterator

from psycopg import Error as PsycopgError
from psycopg import errors as postgres
from sqlalchemy.exc import DBAPIError

from .errors import Unavailable

BUSY = (
    postgres.TooManyConnections,
    postgres.OutOfMemory,
    postgres.ConfigurationLimitExceeded,
    postgres.LockNotAvailable,
    postgres.QueryCanceled,
    postgres.DeadlockDetected,
)
"""What the same request may meet no more in a moment; nothing of it has been written."""


def unavailability(error: BaseException | None) -> Unavailable | None:
    """Why the database cannot serve for now, as a refusal; None when `error` is of another kind."""
    if isinstance(error, DBAPIError):
        return unavailability(error.orig) or (_away() if error.connection_invalidated else None)
    if isinstance(error, postgres.DiskFull):
        return Unavailable("storage_full")
    if isinstance(error, postgres.ReadOnlySqlTransaction):
        return Unavailable("database_read_only")
    if isinstance(error, BUSY):
        return Unavailable("database_busy")
    return _away() if isinstance(error, postgres.OperationalError | postgres.InterfaceError) else None


def _away() -> Unavailable:
    return Unavailable("database_away")


def text_without_values(error: BaseException) -> str:
    """An error in one line: type and text, but of the database's errors only what names no value.

    The database quotes what it refuses ("Key (email)=(...) already exists"), and that is personal data.
    """
    if isinstance(error, DBAPIError) and error.orig is not None:
        return text_without_values(error.orig)
    if isinstance(error, PsycopgError) and error.sqlstate:
        place = (error.diag.table_name, error.diag.column_name, error.diag.constraint_name)
        parts = [part for part in (error.sqlstate, *place) if part]
        return " ".join([type(error).__name__, *parts])
    written = "".join(traceback.format_exception_only(error)).strip()
    return type(error).__qualname__ if _quotes_database(error, written) else written


def _quotes_database(error: BaseException, written: str) -> bool:
    """Whether the text of an error repeats that of the database's error which led to it."""
    said = [
        text
        for earlier in _led_to_by(error)
        if isinstance(earlier, PsycopgError)
        for text in (str(earlier), earlier.diag.message_primary, earlier.diag.message_detail)
    ]
    return any(text in written for text in said if text)


def _led_to_by(error: BaseException) -> Iterator[BaseException]:
    """The errors that led to an error, the last one first."""
    current = error.__cause__ or error.__context__
    while current is not None:
        yield current
        current = current.__cause__ or current.__context__


def traceback_without_values(error: BaseException) -> str:
    """The frames and texts of an error and of those that led to it, the first one first."""
    parts: list[str] = []
    current: BaseException | None = error
    while current is not None:
        parts.append("".join(traceback.format_tb(current.__traceback__)) + text_without_values(current))
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "\n\nwhich led to:\n\n".join(reversed(parts))
