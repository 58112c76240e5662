"""What filters are made of: a query, conditions on listings, bounds."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sqlalchemy import ColumnElement

Query = Mapping[str, Any]
Condition = ColumnElement[bool]
Filter = Callable[[Query], Iterator[Condition]]


def between(column: Any, least: Any, most: Any) -> Iterator[Condition]:
    """Bounds of a column, both included; None is no bound."""
    if least is not None:
        yield column >= least
    if most is not None:
        yield column <= most
