"""The database: SQLAlchemy's session, and the base class of every table."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, StrEnum
from typing import Any

from click import ClickException
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import CheckConstraint, MetaData
from sqlalchemy import Enum as EnumColumn
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.exc import OperationalError
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


@contextmanager
def required_database() -> Iterator[None]:
    """Run a command that needs the database; if it cannot be reached, one sentence replaces the traceback."""
    try:
        yield
    except OperationalError as error:
        raise ClickException(
            f"The database cannot be reached: run `make serve` first, or set DATABASE_URL.\n{error.orig}"
        ) from error
