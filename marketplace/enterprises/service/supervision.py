"""To whom an enterprise that its credit restricts may still hand waste; and rules as text for statements."""

from functools import reduce
from operator import or_
from typing import Any

from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql.psycopg import dialect

from ..models import TRUSTED_GRADES


def may_supply(supplier: Any, receiver: Any) -> Any:
    """Whether `supplier` may hand waste to `receiver`, as far as the credit of both goes (gate `credit`).

    A supplier under supervision may hand it to receivers of a trusted grade only.

    Args:
        supplier, receiver: rows, for a bool; or (aliased) classes, for a condition.
    """
    is_trusted = reduce(or_, (receiver.grade == grade for grade in TRUSTED_GRADES))
    return receiver.may_receive & (supplier.may_receive | is_trusted)


def as_sql(condition: Any) -> str:
    """A condition as text with its values written out, for statements that are written as text.

    Columns are named by the names of the aliases that the condition was made of.
    """
    postgresql: Dialect = dialect()  # type: ignore[no-untyped-call]
    return f"({condition.compile(dialect=postgresql, compile_kwargs={'literal_binds': True})})"
