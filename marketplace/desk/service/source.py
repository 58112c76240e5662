"""What the desk has to know of a kind of items: in which rows they are, since when each waits, its title."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import chain
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Integer,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    null,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from ... import clock
from ...enterprises.models import Enterprise
from ...events.actor import ADMIN, REGULATOR
from ..models import DeskKind

KINDS = tuple(DeskKind)
PLACES = {kind: place for place, kind in enumerate(DeskKind)}
EXPIRING_DAYS = 60
"""How long before its end an evaluation is on the desk: the first reminder is sent then too."""
CHANGE_DAYS = 30
"""How long a change of grade waits to be seen."""

Conditions = tuple[ColumnElement[bool], ...]
Facts = Mapping[str, Any]


def is_one_of(column: Any, *values: StrEnum) -> ColumnElement[bool]:
    """The condition that a status has one of these values, written out: only then PostgreSQL knows for every
    plan that a partial index holds the rows."""
    written = [literal_column(f"'{value}'", column.type) for value in values]
    condition: ColumnElement[bool] = column == written[0] if len(written) == 1 else column.in_(written)
    return condition


TODAY, SOON = bindparam("today", type_=Date), bindparam("soon", type_=Date)
LATELY = bindparam("lately", type_=DateTime(timezone=True))


def moments() -> dict[str, Any]:
    """The days and moments that the conditions of `SOURCES` name, as they are now."""
    today = clock.today()
    return {
        "today": today,
        "soon": today + timedelta(days=EXPIRING_DAYS),
        "lately": clock.now() - timedelta(days=CHANGE_DAYS),
    }


def days(count: int) -> Any:
    """A number of days, written out."""
    return literal_column(str(count), Integer)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Whom the items of a kind concern beside the region of their enterprise: one of the two.

    Attributes:
        region: the column with a region that something would move to.
        firm: the column with the id of a second enterprise. when: while it does.
    """

    region: Any = None
    firm: Any = None
    when: Any = None

    def shown_region(self) -> Any:
        """The region, None while the item concerns no other."""
        if self.firm is None:
            return self.region
        other = aliased(Enterprise)
        return case((self.when, select(other.region).where(other.id == self.firm).scalar_subquery()))


@dataclass(frozen=True, slots=True)
class Source:
    """The items of one kind.

    Attributes:
        waits: the conditions under which a row of `model` is an item, of the values of `moments`.
        since: the column by which items are ordered: a moment, or with `since_days` a day, so many days
            before which the item begins.
        firm: the column with the id of the enterprise, None where nobody knows it.
        region: where it lies. elsewhere: what region beyond this is to see it too.
        due: the column with the last day, or the day from which on `due_days` are left; None without one.
        facts: columns that its title is made of.
        event: the column with the id of the credit event that it is about.
        key: the column with the id of an item, None if it is `id`.
        title: the sentence of an item, by its facts, its deadline and the language.
        path: where it is shown, with `{id}` and `{enterprise_id}` or a fact in braces.
        seen_by: kinds of officers who see items of this kind at all.
    """

    kind: DeskKind
    model: Any
    waits: Conditions
    since: Any
    title: Callable[[Facts, date | None, str], str]
    path: str
    firm: Any = None
    region: Any = Enterprise.region
    elsewhere: Elsewhere | None = None
    since_days: int | None = None
    due: Any = None
    due_days: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)
    event: Any = None
    key: Any = None
    seen_by: tuple[str, ...] = (ADMIN, REGULATOR)

    @property
    def place(self) -> int:
        """Its place among all kinds, which decides between items of the same moment."""
        return PLACES[self.kind]

    @property
    def id(self) -> Any:
        return self.model.id if self.key is None else self.key

    def shown_since(self) -> Any:
        """Since when an item waits."""
        if self.since_days is None:
            return self.since
        began_on = cast(self.since - days(self.since_days), DateTime)
        return func.timezone(literal_column(f"'{clock.LOCAL.key}'"), began_on)

    def shown_elsewhere(self) -> Any:
        """The other region that an item concerns."""
        return cast(null(), Integer) if self.elsewhere is None else self.elsewhere.shown_region()

    def shown_due(self) -> Any:
        """The last day of an item."""
        return cast(null(), Date) if self.due is None else cast(self.due + days(self.due_days), Date)

    def shown_facts(self) -> Any:
        """The facts of its title as one object."""
        if not self.facts:
            return cast(null(), JSONB)
        named: list[tuple[Any, Any]] = [
            (literal_column(f"'{name}'"), column) for name, column in self.facts.items()
        ]
        return func.jsonb_build_object(*chain.from_iterable(named))

    def since_at(self, moment: datetime) -> Any:
        """The value of `since` of an item that waits since a moment; of a day, since the midnight before."""
        if self.since_days is None:
            return moment
        return moment.astimezone(clock.LOCAL).date() + timedelta(days=self.since_days)

    def due_at(self, day: date) -> date:
        """The value of `due` of an item with this deadline."""
        return day - timedelta(days=self.due_days)
