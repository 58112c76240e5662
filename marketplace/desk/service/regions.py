"""How the items of a region are found among all that wait: by its enterprises, of which it has few or many.

The tables of what waits name an enterprise and not its region. Which way is quickest depends on how many
enterprises lie there; PostgreSQL guesses it wrongly, and plans anew for every region, so each way is written
as the only one that it can take.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Integer, Uuid, and_, any_, bindparam, func, select

from ...enterprises.models import Enterprise
from ...statements import Statement, uuid_array

FEW, SOME = 500, 5000
"""Enterprises up to which a way is taken: estimates, our own choice; `bench.desk` times the three ways."""
LOW, HIGH = bindparam("low", type_=Integer), bindparam("high", type_=Integer)
FIRMS = bindparam("firms", type_=ARRAY(Uuid))


class Way(Enum):
    """How the items of a region are found."""

    BY_FIRM = "by_firm"
    """Few enterprises lie there: the items of each are looked up by it."""
    BY_SET = "by_set"
    """All that waits is passed over in its order, and held against the set of enterprises of the region."""
    BY_ITEM = "by_item"
    """Many lie there: the enterprise of each item is looked up, of few items before a page is full."""


@dataclass(frozen=True, slots=True)
class Region:
    """What lies in a region.

    Attributes:
        low, high: its first and last code. firms: the ids of its enterprises, where they are few.
    """

    low: int
    high: int
    way: Way
    firms: tuple[UUID, ...] = ()

    @property
    def values(self) -> dict[str, Any]:
        """What the conditions of `lies_in_region` ask about."""
        bounds = {"low": self.low, "high": self.high}
        return {**bounds, "firms": uuid_array(self.firms)} if self.way == Way.BY_FIRM else bounds


_within = and_(Enterprise.region >= LOW, Enterprise.region <= HIGH)
_HERE = select(Enterprise.id).where(_within).cte("here")
_FIRMS = Statement(select(Enterprise.id).where(_within).limit(FEW + 1))
_first = select(Enterprise.id).where(_within).limit(SOME + 1).subquery()
_COUNT = Statement(select(func.count().label("number")).select_from(_first))


def region_between(low: int, high: int) -> Region:
    """The region of these codes, and the way in which its items are found."""
    ids = [row.id for row in _FIRMS.all(low=low, high=high)]
    if len(ids) <= FEW:
        return Region(low, high, Way.BY_FIRM, tuple(ids))
    number = _COUNT.one(low=low, high=high).number
    return Region(low, high, Way.BY_SET if number <= SOME else Way.BY_ITEM)


def lies_in_region(way: Way, region: Any, firm: Any) -> ColumnElement[bool]:
    """The condition that an item lies in a region.

    Args:
        region: the column with it, where `firm` is None; else `firm` has the id of the enterprise.
    """
    if firm is None:
        return and_(region >= LOW, region <= HIGH)
    own = select(Enterprise.region).where(Enterprise.id == firm).scalar_subquery()
    conditions: dict[Way, ColumnElement[bool]] = {
        Way.BY_FIRM: firm == any_(FIRMS),
        Way.BY_SET: firm.in_(select(_HERE.c.id)).is_(True),
        Way.BY_ITEM: own.between(LOW, HIGH),
    }
    return conditions[way]
