"""Points lost in a region over some months, summed by axis, district or month: always the same in all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from ... import clock
from ...catalogue import service as catalogue
from ...credit.models import AXES, CreditEvent, EventStatus
from ...database import db
from ...enterprises.models import Enterprise
from ...events.actor import REGULATOR, Actor
from ...http.languages import language
from ...messages.names import Name, readable
from ..models import PointsBy

MONTHS_OF_YEAR = 12


@dataclass(frozen=True, slots=True)
class Sum:
    """What is lost under one key, in thousandths of a point, by how many events of how many enterprises."""

    key: str
    name: str
    points: int
    events: int
    enterprises: int


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums, and the first and last day of the acts in them."""

    by: PointsBy
    since: date
    until: date
    items: Sequence[Sum]

    @property
    def points(self) -> int:
        return sum(item.points for item in self.items)

    @property
    def events(self) -> int:
        return sum(item.events for item in self.items)


KEYS: dict[PointsBy, Any] = {
    PointsBy.AXIS: CreditEvent.axis,
    PointsBy.DISTRICT: Enterprise.region,
    PointsBy.MONTH: func.to_char(CreditEvent.effective_on, "YYYY-MM"),
}


def points_lost(actor: Actor, by: PointsBy, region: int | None, months: int) -> Totals:
    """The deductions that took effect in this month and those before it, `months` in all, and stand.

    What was withdrawn or repaired is left out; what has lapsed since is not. Points are those of the events,
    before yearly limits and merits, so that they add up however they are summed. A regulator has its region.
    """
    until = clock.today()
    since = first_of_months(until, months)
    key = KEYS[by].label("key")
    rows = db.session.execute(
        select(
            key,
            -func.sum(CreditEvent.points_milli),
            func.count(),
            func.count(CreditEvent.enterprise_id.distinct()),
        )
        .join(Enterprise, Enterprise.id == CreditEvent.enterprise_id)
        .where(
            CreditEvent.status == EventStatus.RECORDED,
            CreditEvent.points_milli < 0,
            CreditEvent.effective_on.between(since, until),
            *(catalogue.within(Enterprise.region, adcode) for adcode in _regions(actor, region)),
        )
        .group_by(key)
    )
    found = {row[0]: tuple(row)[1:] for row in rows}
    names = _names(by, found, since, months)
    items = [Sum(_text(key), name, *found.get(key, (0, 0, 0))) for key, name in names.items()]
    return Totals(by, since, until, items)


def first_of_months(day: date, months: int) -> date:
    """The first day of so many months of which the last is that of `day`."""
    years, month = divmod(day.month - months, MONTHS_OF_YEAR)
    return date(day.year + years, month + 1, 1)


def _regions(actor: Actor, region: int | None) -> Iterable[int]:
    """The regions that an enterprise must lie in: the one asked for, and that of a regulator."""
    own = actor.region or 0 if actor.kind == REGULATOR else None
    return [adcode for adcode in (region, own) if adcode is not None]


def _names(by: PointsBy, found: Iterable[Any], since: date, months: int) -> dict[Any, str]:
    """The keys in order, each with its name: all axes, all months, the districts that lost some."""
    if by == PointsBy.AXIS:
        return {axis: str(readable(Name("axis", axis), language())) for axis in AXES}
    if by == PointsBy.MONTH:
        return {month: month for month in _months(since, months)}
    return dict(sorted(catalogue.region_names(found).items()))


def _months(since: date, months: int) -> list[str]:
    places = range(since.month - 1, since.month - 1 + months)
    return [f"{since.year + place // MONTHS_OF_YEAR}-{place % MONTHS_OF_YEAR + 1:02}" for place in places]


def _text(key: Any) -> str:
    return f"{key:06}" if isinstance(key, int) else str(key)
