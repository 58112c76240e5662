"""The queue: what waits of all kinds in one order, by one statement that reads a page of each kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    null,
    or_,
    select,
    true,
    tuple_,
    union,
    union_all,
)

from ... import clock
from ...catalogue import service as catalogue
from ...credit.models import CreditEvent
from ...enterprises.models import Enterprise, Staff
from ...errors import NotFound
from ...events.actor import REGULATOR, Actor
from ...statements import Statement
from ..models import Assignment, DeskKind, DeskSort
from .regions import Region, Way, lies_in_region, region_between
from .source import KINDS, Source, is_one_of, moments
from .sources import SOURCE_OF, SOURCES

MOST_COUNTED = 100
"""Items of a kind that are counted; of more it is only said that there are more. Our own choice."""
MOST_STATEMENTS = 200
"""That a process keeps of each sort; our own choice."""
NARROW = (Way.BY_FIRM, Way.BY_SET)
ME, NOBODY = "me", "none"
POSITION = (int, datetime, int, UUID)
"""0, or 1 among what has no deadline; the moment, or midnight of the last day; the kind's place; the id."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which items somebody asks for.

    Attributes:
        counted: the kinds that the actor may see at all; `kinds` are those of them that are asked for.
        region: that must hold an item, None for anywhere. firm: the enterprise that it must be about.
        officer: who must have taken it; `is_free`: whether nobody may have.
    """

    kinds: tuple[DeskKind, ...] = KINDS
    counted: tuple[DeskKind, ...] = KINDS
    region: Region | None = None
    firm: UUID | None = None
    officer: UUID | None = None
    is_free: bool = False
    sort: DeskSort = DeskSort.SINCE

    @property
    def shape(self) -> "Shape":
        way = self.region.way if self.region else None
        has_firm = self.firm is not None
        return Shape(self.kinds, way, has_firm, self.officer is not None, self.is_free, self.sort)

    @property
    def values(self) -> dict[str, Any]:
        """What its statements ask about."""
        region = self.region.values if self.region else {}
        return {**moments(), **region, "firm": self.firm, "officer": self.officer}


@dataclass(frozen=True, slots=True)
class Shape:
    """What decides the words of a statement: of each there is one, as making one takes 30 ms."""

    kinds: tuple[DeskKind, ...]
    way: Way | None
    has_firm: bool
    has_officer: bool
    is_free: bool
    sort: DeskSort


@dataclass(frozen=True, slots=True)
class Start:
    """What decides the words of a page that continues: the group and kind where the last one ended, and
    whether that moment began a day."""

    group: int
    place: int
    is_midnight: bool


def asked_for(actor: Actor, query: Mapping[str, Any]) -> Asked:
    """What the actor asks for by a query, as far as it may see it: a regulator its own region."""
    assigned, visible = query["assigned"], kinds_of(actor.kind)
    return Asked(
        kinds=tuple(kind for kind in visible if not query["kind"] or kind in query["kind"]),
        counted=visible,
        region=_region(actor, query["region"]),
        officer=None if assigned in (None, NOBODY) else actor.id if assigned == ME else assigned,
        is_free=assigned == NOBODY,
        sort=DeskSort(query["sort"]),
    )


def kinds_of(officer: str) -> tuple[DeskKind, ...]:
    """The kinds of items that an officer of this kind sees, in their order."""
    return tuple(kind for kind in KINDS if officer in SOURCE_OF[kind].seen_by)


def _region(actor: Actor, region: int | None) -> Region | None:
    """What lies both in a region and in that of a regulator."""
    own = actor.region or 0 if actor.kind == REGULATOR else None
    both = [adcode for adcode in (region, own) if adcode is not None]
    return region_between(max(both), min(map(catalogue.last_below, both))) if both else None


def _region_of_item(actor: Actor) -> Region | None:
    """What a regulator oversees, for one item: how many enterprises lie there need not be asked."""
    if actor.kind != REGULATOR:
        return None
    low = actor.region or 0
    return Region(low, catalogue.last_below(low), Way.BY_ITEM)


def search(asked: Asked, after: Sequence[Any] | None, limit: int) -> Sequence[Any]:
    """At most `limit` items after a position, in the order asked for.

    Returns:
        rows of kind's place, id, enterprise_id, name, region, region_to, since, due, facts, assigned_to,
        officer.
    """
    if not asked.kinds:
        return []
    if after is None:
        return _page_statement(asked.shape, None, limit).all(**asked.values)
    group, moment, place, last = after
    start = Start(group, place, moment.astimezone(clock.LOCAL).time() == time())
    if not _left(asked.shape, start):
        return []
    values = {f"from{source.place}": _key_at(source, asked.sort, moment) for source in SOURCES}
    return _page_statement(asked.shape, start, limit).all(**asked.values, **values, last=last)


def search_about(actor: Actor, enterprise_id: UUID, limit: int) -> Sequence[Any]:
    """At most `limit` items about an enterprise that the actor oversees, the earliest deadline first: rows of
    `search`."""
    kinds = tuple(kind for kind in kinds_of(actor.kind) if SOURCE_OF[kind].firm is not None)
    return search(Asked(kinds, firm=enterprise_id, sort=DeskSort.DUE), None, limit)


def position_of_item(sort: DeskSort, row: Any) -> list[Any]:
    """Where a page ended that ended with this item."""
    if sort == DeskSort.DUE and row.due is not None:
        return [0, datetime.combine(row.due, time(), UTC), row.place, row.id]
    return [int(sort == DeskSort.DUE), row.since, row.place, row.id]


def find_item(actor: Actor, kind: str, subject_id: UUID) -> Any:
    """An item that waits and that the actor may see, as a row of `search`. Raises: NotFound."""
    if kind not in kinds_of(actor.kind):
        raise NotFound()
    asked = Asked((DeskKind(kind),), region=_region_of_item(actor))
    row = _item_statement(asked.shape).one_or_none(**asked.values, subject_id=subject_id)
    if row is None:
        raise NotFound()
    return row


def find_next(asked: Asked, row: Any | None) -> Any | None:
    """The item that follows in the queue, or else its first: never the one itself. None if there is no other.

    Args:
        row: of `search`; None where it is gone already, so that only the first may follow.
    """
    if row is not None:
        for found in search(asked, position_of_item(asked.sort, row), 1):
            return found
    firsts = search(asked, None, 2)
    return next((first for first in firsts if row is None or _named(first) != _named(row)), None)


def _named(row: Any) -> tuple[int, UUID]:
    return row.place, row.id


def count(asked: Asked) -> list[dict[str, Any]]:
    """How many items of each kind that the actor sees wait, whatever kinds are asked for: `MOST_COUNTED` at
    most, and if more."""
    rows = _count_statement(replace(asked.shape, kinds=asked.counted)).all(**asked.values)
    found = {row.place: row.number for row in rows}
    return [
        {"kind": kind, "count": min(found[place], MOST_COUNTED), "more": found[place] > MOST_COUNTED}
        for place, kind in enumerate(KINDS)
        if kind in asked.counted
    ]


# ---------------------------------------------------------------- statements


@lru_cache(maxsize=MOST_STATEMENTS)
def _page_statement(shape: Shape, start: Start | None, limit: int) -> Statement:
    parts = [_shown(source, _part(source, shape, start, limit)) for source in _left(shape, start)]
    found = union_all(*parts).subquery()
    since, due = found.c.since, found.c.due
    by = [since] if shape.sort == DeskSort.SINCE else [due.nulls_last(), case((due.is_(None), since))]
    return Statement(select(found).order_by(*by, found.c.place, found.c.id).limit(_number(limit)))


@lru_cache(maxsize=MOST_STATEMENTS)
def _count_statement(shape: Shape) -> Statement:
    parts = [
        select(_place(source), func.count().label("number")).select_from(
            _waiting(source, shape).limit(_number(MOST_COUNTED + 1)).subquery()
        )
        for source in _sources(shape)
    ]
    return Statement(union_all(*parts))


@lru_cache(maxsize=MOST_STATEMENTS)
def _item_statement(shape: Shape) -> Statement:
    (source,) = _sources(shape)
    subject_id = bindparam("subject_id", type_=Uuid)
    return Statement(_shown(source, _waiting(source, shape, source.id == subject_id)))


def _sources(shape: Shape) -> list[Source]:
    return [source for source in SOURCES if source.kind in shape.kinds]


def _left(shape: Shape, start: Start | None) -> list[Source]:
    """The kinds of which there may be items after a position."""
    group = start.group if start is not None else 0
    return [source for source in _sources(shape) if _group(source, shape.sort) >= group]


def _part(source: Source, shape: Shape, start: Start | None, limit: int) -> Select[Any]:
    """The ids of the items of one kind that a page may have.

    Where an index of the region or firm finds the few that there are, all of them are sorted: in the order of
    the page PostgreSQL would pass over those of the whole country.
    """
    key, after = _key(source, shape.sort), []
    if start is not None and _group(source, shape.sort) == start.group:
        after = [_comes_after(source, shape.sort, start)]
    rows = _waiting(source, shape, *after, key=key)
    if not _are_few(source, shape):
        return rows.order_by(key, source.id).limit(_number(limit))
    few = rows.offset(_number(0)).subquery()
    return select(few.c.id).order_by(few.c.key, few.c.id).limit(_number(limit))


def _are_few(source: Source, shape: Shape) -> bool:
    """Whether an index names the items of the region or the firm that is asked for, and those are few."""
    if shape.has_firm or len(_whose(source, shape)) > 1:
        return True
    return shape.way in NARROW and not _is_about_another(source)


def _number(value: int) -> Any:
    """A number written out: PostgreSQL plans for a page and not for all rows."""
    return literal_column(str(value), Integer)


def _place(source: Source) -> Any:
    return _number(source.place).label("place")


def _waiting(source: Source, shape: Shape, *conditions: Any, key: Any = None) -> Select[Any]:
    """The ids of what waits, lies in the region asked for, and is taken as asked for.

    Of its table it names no column that the index lacks, so that the items of other regions are passed over
    without a look at the table.

    Args:
        conditions: further ones. key: what the items are ordered by, as a column more.
    """
    columns = [source.id.label("id"), *([] if key is None else [key.label("key")])]
    rows = select(*columns).select_from(source.model).where(*source.waits, *conditions)
    if shape.is_free or shape.has_officer:
        rows = rows.join(Assignment, _is_of(source), isouter=shape.is_free)
    if shape.has_officer:
        rows = rows.where(Assignment.assigned_to == bindparam("officer", type_=Uuid))
    if shape.is_free:
        rows = rows.where(Assignment.subject_id.is_(None))
    arms = [rows.where(condition) for condition in _whose(source, shape)]
    return arms[0] if len(arms) == 1 else select(union(*arms).subquery())


def _whose(source: Source, shape: Shape) -> list[ColumnElement[bool]]:
    """The conditions of which an item meets one: that it lies in the region asked for or concerns it from
    elsewhere, or that it is about the firm asked for. Two are two indexes to look into."""
    own, there = _of_region(source, shape.way) if shape.way is not None else (true(), None)
    if shape.has_firm:
        own, there = _of_firm(source)
    if there is None:
        return [own]
    return [own, there] if shape.has_firm or shape.way == Way.BY_FIRM else [or_(own, there)]


Pair = tuple[ColumnElement[bool], ColumnElement[bool] | None]


def _of_region(source: Source, way: Way) -> Pair:
    """The condition that an item lies in the region, and that it concerns it from elsewhere, if it may."""
    own = lies_in_region(way, source.region, source.firm if _is_about_another(source) else None)
    other = source.elsewhere
    if other is None:
        return own, None
    there = lies_in_region(way, other.region, other.firm)
    return own, there if other.when is None else and_(other.when, there)


def _of_firm(source: Source) -> Pair:
    """The condition that an item is about the firm, and that it concerns it as the second one, if it may."""
    firm, other = bindparam("firm", type_=Uuid), source.elsewhere
    if other is None or other.firm is None:
        return source.firm == firm, None
    return source.firm == firm, and_(other.when, other.firm == firm)


def _shown(source: Source, ids: Select[Any]) -> Select[Any]:
    """The items of one kind of these ids, with all that is shown of them.

    Each is looked up by itself (LATERAL): for a page of 100 PostgreSQL would rather read all tables whole.
    """
    chosen, has_firm = ids.subquery(), source.firm is not None
    rows = (
        select(
            _place(source),
            source.id.label("id"),
            (source.firm if has_firm else cast(null(), Uuid)).label("enterprise_id"),
            (Enterprise.name if has_firm else cast(null(), String)).label("name"),
            source.region.label("region"),
            source.shown_elsewhere().label("region_to"),
            source.shown_since().label("since"),
            source.shown_due().label("due"),
            source.shown_facts().label("facts"),
            *_event_columns(source),
            Assignment.assigned_to,
            Staff.name.label("officer"),
        )
        .select_from(source.model)
        .where(source.id == chosen.c.id)
        .limit(_number(1))
    )
    if _is_about_another(source):
        rows = rows.join(Enterprise, Enterprise.id == source.firm)
    if source.event is not None:
        rows = rows.join(CreditEvent, CreditEvent.id == source.event)
    rows = rows.outerjoin(Assignment, _is_of(source)).outerjoin(Staff, Staff.id == Assignment.assigned_to)
    item = rows.lateral()
    return select(item).select_from(chosen.join(item, true()))


def _is_about_another(source: Source) -> bool:
    """Whether items name an enterprise that is a row of another table than their own."""
    return source.firm is not None and source.model is not Enterprise


def _is_of(source: Source) -> Any:
    """The condition that an assignment is of an item."""
    return is_one_of(Assignment.kind, source.kind) & (Assignment.subject_id == source.id)


def _event_columns(source: Source) -> list[Any]:
    """By which rule the event was recorded that an item is about."""
    if source.event is None:
        return [cast(null(), String).label("rule"), cast(null(), Integer).label("rule_version")]
    return [CreditEvent.rule, CreditEvent.rule_version]


def _key(source: Source, sort: DeskSort) -> Any:
    return source.due if _is_by_deadline(source, sort) else source.since


def _group(source: Source, sort: DeskSort) -> int:
    """0, or 1 for a kind without deadlines where they decide."""
    return int(sort == DeskSort.DUE and source.due is None)


def _comes_after(source: Source, sort: DeskSort, start: Start) -> Any:
    """The condition of the items of a kind that come after a position in its own group."""
    key = _key(source, sort)
    value = bindparam(f"from{source.place}", type_=key.type)
    if source.place == start.place:
        return tuple_(key, source.id) > tuple_(value, bindparam("last", type_=Uuid))
    is_by_day = source.since_days is not None and not _is_by_deadline(source, sort)
    may_be_same = start.is_midnight or not is_by_day
    return key >= value if source.place > start.place and may_be_same else key > value


def _is_by_deadline(source: Source, sort: DeskSort) -> bool:
    return sort == DeskSort.DUE and source.due is not None


def _key_at(source: Source, sort: DeskSort, moment: datetime) -> datetime | date:
    """The value of `_key` of an item at a position, or of the last before it."""
    return source.due_at(moment.date()) if _is_by_deadline(source, sort) else source.since_at(moment)
