"""The queue: what waits of all kinds in one order, by one statement that reads a page of each kind."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CompoundSelect,
    Integer,
    Select,
    String,
    Uuid,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    null,
    select,
    tuple_,
    union_all,
)

from ...catalogue import service as catalogue
from ...credit.models import CreditEvent
from ...database import db
from ...enterprises.models import Enterprise, Staff
from ...errors import NotFound
from ...events.actor import REGULATOR, Actor
from ..models import Assignment, DeskKind, DeskSort
from .sources import KINDS, SOURCE_OF, SOURCES, Source, is_one_of

MOST_COUNTED = 1000
"""Items of a kind that are counted; of more it is only said that there are more. Our own choice."""
ME, NOBODY = "me", "none"
POSITION = (int, datetime, int, UUID)
"""0, or 1 among what has no deadline; the moment, or midnight of the last day; the kind's place; the id."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which items somebody asks for.

    Attributes:
        regions: codes of regions of which all must hold an item.
        officer: who must have taken it; `is_free`: whether nobody may have.
    """

    kinds: Sequence[DeskKind]
    regions: Sequence[int]
    officer: UUID | None = None
    is_free: bool = False
    sort: DeskSort = DeskSort.SINCE


def asked_for(actor: Actor, query: Mapping[str, Any]) -> Asked:
    """What the actor asks for by a query, as far as it may see it: a regulator its own region."""
    assigned = query["assigned"]
    own = actor.region or 0 if actor.kind == REGULATOR else None
    return Asked(
        kinds=[DeskKind(kind) for kind in query["kind"] or KINDS],
        regions=[adcode for adcode in (query["region"], own) if adcode is not None],
        officer=None if assigned in (None, NOBODY) else actor.id if assigned == ME else assigned,
        is_free=assigned == NOBODY,
        sort=DeskSort(query["sort"]),
    )


def search(asked: Asked, after: Sequence[Any] | None, limit: int) -> Sequence[Any]:
    """At most `limit` items after a position, in the order asked for.

    Returns:
        rows of kind's place, id, enterprise_id, name, region, since, due, facts, assigned_to, officer.
    """
    sources = [source for source in _sources(asked) if _is_left(source, asked, after)]
    parts = [_part(source, asked, after, limit) for source in sources]
    if not parts:
        return []
    found = union_all(*(select(part.subquery()) for part in parts)).subquery()
    since, due = found.c.since, found.c.due
    by = [since] if asked.sort == DeskSort.SINCE else [due.nulls_last(), case((due.is_(None), since))]
    ordered = select(found).order_by(*by, found.c.place, found.c.id)
    return db.session.execute(ordered.limit(limit)).all()


def position_of_item(sort: DeskSort, row: Any) -> list[Any]:
    """Where a page ended that ended with this item."""
    if sort == DeskSort.DUE and row.due is not None:
        return [0, datetime.combine(row.due, time(), UTC), row.place, row.id]
    return [int(sort == DeskSort.DUE), row.since, row.place, row.id]


def find_item(actor: Actor, kind: str, subject_id: UUID) -> Any:
    """An item that waits and that the actor may see, as a row of `search`. Raises: NotFound."""
    if kind not in KINDS:
        raise NotFound()
    asked = Asked([DeskKind(kind)], [actor.region or 0] if actor.kind == REGULATOR else [])
    source = SOURCE_OF[DeskKind(kind)]
    row = db.session.execute(_rows(source, asked).where(source.id == subject_id)).one_or_none()
    if row is None:
        raise NotFound()
    return row


def count(asked: Asked) -> list[dict[str, Any]]:
    """How many items of each kind wait, whatever kinds are asked for: `MOST_COUNTED` at most, and if more."""
    asked = replace(asked, kinds=KINDS)
    rows = db.session.execute(_counts(asked))
    found = {row.place: row.number for row in rows}
    return [
        {"kind": kind, "count": min(found[place], MOST_COUNTED), "more": found[place] > MOST_COUNTED}
        for place, kind in enumerate(KINDS)
    ]


def _counts(asked: Asked) -> CompoundSelect[Any]:
    return union_all(
        *(
            select(_place(source), func.count().label("number")).select_from(
                _limited(_narrowed(select(source.id), source, asked), MOST_COUNTED + 1).subquery()
            )
            for source in _sources(asked)
        )
    )


def _place(source: Source) -> Any:
    return literal_column(str(source.place), Integer).label("place")


def _sources(asked: Asked) -> Iterable[Source]:
    return (source for source in SOURCES if source.kind in asked.kinds)


def _part(source: Source, asked: Asked, after: Sequence[Any] | None, limit: int) -> Select[Any]:
    """The items of one kind that a page may have."""
    key = _key(source, asked.sort)
    rows = _rows(source, asked).order_by(key, source.id)
    if after is not None and _group(source, asked.sort) == after[0]:
        rows = rows.where(_comes_after(source, asked.sort, after))
    return _limited(rows, limit)


def _rows(source: Source, asked: Asked) -> Select[Any]:
    """The items of one kind with all that is shown of them."""
    has_firm = source.firm is not None
    rows = select(
        _place(source),
        source.id.label("id"),
        (source.firm if has_firm else cast(null(), Uuid)).label("enterprise_id"),
        (Enterprise.name if has_firm else cast(null(), String)).label("name"),
        source.region.label("region"),
        source.shown_since().label("since"),
        source.shown_due().label("due"),
        source.shown_facts().label("facts"),
        *_event_columns(source),
        Assignment.assigned_to,
        Staff.name.label("officer"),
    )
    return _narrowed(rows, source, asked, in_full=True)


def _event_columns(source: Source) -> list[Any]:
    """By which rule the event was recorded that an item is about."""
    if source.event is None:
        return [cast(null(), String).label("rule"), cast(null(), Integer).label("rule_version")]
    return [CreditEvent.rule, CreditEvent.rule_version]


def _narrowed(rows: Select[Any], source: Source, asked: Asked, *, in_full: bool = False) -> Select[Any]:
    """Only what waits, lies in the regions asked for, and is taken as asked for.

    Args:
        in_full: whether `rows` shows of the enterprise, the event and the officer too.
    """
    rows = rows.select_from(source.model).where(*source.waits())
    is_far = source.firm is not None and source.firm is not Enterprise.id
    if is_far and (in_full or asked.regions):
        rows = rows.join(Enterprise, Enterprise.id == source.firm)
    if in_full and source.event is not None:
        rows = rows.join(CreditEvent, CreditEvent.id == source.event)
    if in_full or asked.is_free or asked.officer is not None:
        taken = is_one_of(Assignment.kind, source.kind) & (Assignment.subject_id == source.id)
        rows = rows.join(Assignment, taken, isouter=asked.officer is None)
    if in_full:
        rows = rows.outerjoin(Staff, Staff.id == Assignment.assigned_to)
    for adcode in asked.regions:
        rows = rows.where(catalogue.within(source.region, adcode))
    if asked.officer is not None:
        rows = rows.where(Assignment.assigned_to == asked.officer)
    return rows.where(Assignment.subject_id.is_(None)) if asked.is_free else rows


def _limited(rows: Select[Any], limit: int) -> Select[Any]:
    """So many rows, the number written out: PostgreSQL plans for a page and not for all of them."""
    return rows.limit(bindparam(None, limit, literal_execute=True, unique=True))


def _key(source: Source, sort: DeskSort) -> Any:
    return source.due if sort == DeskSort.DUE and source.due is not None else source.since


def _group(source: Source, sort: DeskSort) -> int:
    """0, or 1 for a kind without deadlines where they decide."""
    return int(sort == DeskSort.DUE and source.due is None)


def _is_left(source: Source, asked: Asked, after: Sequence[Any] | None) -> bool:
    """Whether items of the kind may come after a position at all."""
    return after is None or _group(source, asked.sort) >= after[0]


def _comes_after(source: Source, sort: DeskSort, after: Sequence[Any]) -> Any:
    """The condition of the items of a kind that come after a position in its own group."""
    _, moment, place, last = after
    key = _key(source, sort)
    value, is_possible = _key_at(source, sort, moment)
    if source.place == place:
        return tuple_(key, source.id) > (value, last)
    return key >= value if source.place > place and is_possible else key > value


def _key_at(source: Source, sort: DeskSort, moment: datetime) -> tuple[datetime | date, bool]:
    if sort == DeskSort.DUE and source.due is not None:
        return source.due_at(moment.astimezone(UTC).date()), True
    return source.since_at(moment)
