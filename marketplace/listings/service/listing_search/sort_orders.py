"""The sort orders of a search: columns, and what each is in a cursor."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, literal_column, tuple_

from ...models import NO_PRICE_FEN, Listing
from .conditions import Condition, Query
from .distance import chord_from_point

CHEAPEST: Any = func.coalesce(Listing.price_fen, literal_column(f"{NO_PRICE_FEN}"))
DEAREST: Any = func.coalesce(Listing.price_fen, literal_column(f"{-NO_PRICE_FEN}"))
"""Prices, open ones last; no bound that may be asked for reaches those."""


@dataclass(frozen=True, slots=True)
class SortOrder:
    """Columns to order by, the id last, and what each is in a cursor."""

    columns: tuple[Any, ...]
    kinds: tuple[type, ...]
    descending: bool = False

    def by(self, columns: Iterable[Any]) -> list[Any]:
        """These columns, the same way up or down."""
        return [column.desc() for column in columns] if self.descending else list(columns)

    def keys(self) -> list[Any]:
        """The columns under names of their own."""
        return [column.label(f"key{number}") for number, column in enumerate(self.columns)]

    def beyond(self, after: list[Any] | None) -> list[Condition]:
        """What lies behind a position."""
        if after is None:
            return []
        here: Any = tuple_(*self.columns)
        return [here < tuple(after) if self.descending else here > tuple(after)]


SORT_ORDERS = {
    "newest": SortOrder((Listing.id,), (UUID,), descending=True),
    "updated": SortOrder((Listing.updated_at, Listing.id), (datetime, UUID), descending=True),
    "price": SortOrder((CHEAPEST, Listing.id), (int, UUID)),
    "-price": SortOrder((DEAREST, Listing.id), (int, UUID), descending=True),
}


def sort_order_of(query: Query) -> SortOrder:
    """The sort order that a query asks for."""
    if query["sort"] == "distance":
        return SortOrder((chord_from_point(query), Listing.id), (float, UUID))
    return SORT_ORDERS[query["sort"]]
