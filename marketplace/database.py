"""The database: SQLAlchemy's session, and the base class of every table."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import Enum, StrEnum
from select import POLLIN, poll
from typing import Any

import psycopg
from click import ClickException
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import ARRAY, CheckConstraint, ColumnElement, Engine, MetaData, any_, event, literal
from sqlalchemy import Enum as EnumColumn
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.exc import InvalidatePoolError, OperationalError
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.types import UserDefinedType

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def values_of(values: type[StrEnum]) -> list[str]:
    """The texts that a column of this enum holds."""
    return [member.value for member in values]


def text_enum(values: type[Enum], length: int | None = None) -> EnumColumn:
    """The type of a text column that holds an enum's values; with `length` where the column has a width."""
    return EnumColumn(
        values, native_enum=False, create_constraint=False, length=length, values_callable=values_of
    )


def values_check(column: str, values: type[StrEnum]) -> CheckConstraint:
    """The CHECK that `column` holds a value of the enum, named after the column; null passes.

    A new value needs a migration that replaces the constraint: tests/test_database.py compares both.
    """
    texts = ", ".join(f"'{text}'" for text in values_of(values))
    return CheckConstraint(f"{column} IN ({texts})", name=column, info={"values": values})


def is_among(column: Any, ids: Iterable[Any]) -> ColumnElement[bool]:
    """The condition that a column holds one of these ids: a single parameter, however many they are."""
    condition: ColumnElement[bool] = column == any_(literal(list(ids), ARRAY(column.type)))
    return condition


class Polygon(UserDefinedType[str]):
    """PostgreSQL's own polygon: one ring without holes, as text `((x,y),...)`."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "POLYGON"


ischema_names["polygon"] = Polygon


class Base(DeclarativeBase):
    """Base of every table; constraints get readable names from the convention.

    A column annotated with a StrEnum (`Mapped[ListingStatus]`) is a text column: it stores the value, takes
    member or plain text, and reads back as the member. Its CHECK comes from `values_check`.
    """

    registry = registry(
        metadata=MetaData(naming_convention=NAMING),
        type_annotation_map={Enum: text_enum(Enum)},
    )


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


def drop_ended_connections(engine: Engine) -> None:
    """Have the pool of an engine replace connections that the server has ended since they were used.

    A server that ends a connection says so on it, or at least closes it. So only a connection on which
    something has arrived is asked whether it lives; `pool_pre_ping` asks each, by a trip of each request.
    """

    def check(connection: psycopg.Connection, *_: Any) -> None:
        if _has_arrived(connection):
            try:
                engine.dialect.do_ping(connection)  # type: ignore[arg-type]
            except psycopg.Error as error:
                raise InvalidatePoolError() from error

    event.listen(engine, "checkout", check)


def _has_arrived(connection: psycopg.Connection) -> bool:
    """Whether there is anything to read on an idle connection: data, its end, or an error."""
    arrived = poll()
    arrived.register(connection.fileno(), POLLIN)
    return bool(arrived.poll(0))


@contextmanager
def required_database() -> Iterator[None]:
    """Run a command that needs the database; if it cannot be reached, one sentence replaces the traceback."""
    try:
        yield
    except OperationalError as error:
        raise ClickException(
            f"The database cannot be reached: run `make serve` first, or set DATABASE_URL.\n{error.orig}"
        ) from error
