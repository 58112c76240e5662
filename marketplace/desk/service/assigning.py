"""Who takes an item: any officer who may see it gives it to one who may, or takes it back."""

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from ... import clock
from ...catalogue import service as catalogue
from ...database import db
from ...enterprises.models import Staff
from ...errors import DomainError, Invalid
from ...events.actor import REGULATOR, Actor
from ...events.work import unit_of_work
from ..models import Assignment, DeskKind
from .queue import find_item, kinds_of
from .source import KINDS, moments
from .sources import SOURCE_OF

KEPT_FOR = timedelta(days=1)
"""How long an assignment outlasts its item at least; our own choice."""

log = logging.getLogger(__name__)


def assign(actor: Actor, item: Any, to: UUID | str | None) -> Any:
    """Give an item to an officer, to oneself or to nobody; returns the item as it is then.

    Args:
        item: a row of `search`. to: the id of an officer, `me`, or None.

    Raises:
        NotFound: it does not wait any more.
        Invalid: no such officer may see it (`unknown_officer`).
    """
    assert actor.id is not None, "only the staff assigns"
    kind = KINDS[item.place]
    officer_id = to if to is None or isinstance(to, UUID) else actor.id
    with unit_of_work() as work:
        work.lock_name(f"desk_assignment:{kind}:{item.id}")
        row = work.session.get(Assignment, (kind, item.id), populate_existing=True)
        if officer_id is not None:
            _require_officer(officer_id, kind, item)
            row = row or Assignment(kind=kind, subject_id=item.id)
            row.assigned_to, row.assigned_by, row.assigned_at = officer_id, actor.id, clock.now()
            work.add(row)
            work.audit(actor, "assign", row, to=str(officer_id))
        elif row is not None:
            work.audit(actor, "unassign", row)
            work.session.delete(row)
    log.info("item assigned", extra={"kind": str(kind), "subject_id": str(item.id)})
    return find_item(actor, kind, item.id)


def assign_many(actor: Actor, items: Sequence[tuple[str, UUID]], to: UUID | str | None) -> list[DomainError]:
    """Give items to an officer one after the other, or take them back; one that is refused stops no other.

    Args:
        items: kind and id of each. to: as `assign`.
    Returns:
        the refusals.
    """
    refusals = []
    for kind, subject_id in items:
        try:
            assign(actor, find_item(actor, kind, subject_id), to)
        except DomainError as refusal:
            refusals.append(refusal)
    return refusals


def search_officers(
    actor: Actor,
    region: int | None,
    kind: str | None,
    after: UUID | None,
    limit: int,
    region_to: int | None = None,
) -> Sequence[Mapping[str, Any]]:
    """Officers to whom an item of a region may be given, by id, at most `limit` that come after `after`.

    They are the admins and the regulators of the region, of the other region that the item concerns
    (`region_to`), and of those above both. Without a region an admin is
    shown the whole staff, a regulator those of its own; of other regions it is shown the admins only. With a
    kind of items, those who see them.
    """
    rows = select(Staff.id, Staff.kind, Staff.name, Staff.region)
    if kind is not None:
        rows = rows.where(Staff.kind.in_(SOURCE_OF[DeskKind(kind)].seen_by))
    regions = _given(region, region_to)
    if actor.kind == REGULATOR:
        regions = _visible(actor.region or 0, regions or [actor.region or 0])
    if regions or actor.kind == REGULATOR:
        over = {each for wanted in regions for each in catalogue.region_with_ancestors(wanted)}
        rows = rows.where(Staff.region.is_(None) | Staff.region.in_(over))
    if after is not None:
        rows = rows.where(Staff.id > after)
    found = db.session.execute(rows.order_by(Staff.id).limit(limit)).mappings()
    return [{**row, "is_me": row["id"] == actor.id} for row in found]


def _visible(own: int, regions: Sequence[int]) -> list[int]:
    """Those of the regions that lie in a regulator's own, or hold it."""
    return [
        region
        for region in regions
        if catalogue.region_covers(own, region) or catalogue.region_covers(region, own)
    ]


def _require_officer(officer_id: UUID, kind: DeskKind, item: Any) -> None:
    officer = db.session.get(Staff, officer_id)
    if officer is None or not _may_see(officer, kind, _given(item.region, item.region_to)):
        raise Invalid("unknown_officer", at="to")


def _may_see(officer: Staff, kind: DeskKind, regions: Sequence[int]) -> bool:
    if kind not in kinds_of(officer.kind):
        return False
    own = officer.region or 0
    return officer.kind != REGULATOR or any(catalogue.region_covers(own, region) for region in regions)


def _given(*regions: int | None) -> list[int]:
    return [region for region in regions if region is not None]


def drop_assignments() -> int:
    """Forget who had taken what no longer waits. Returns: of how many items."""
    dropped = 0
    before = clock.now() - KEPT_FOR
    with unit_of_work() as work:
        old = select(Assignment.kind).where(Assignment.assigned_at < before).distinct()
        for source in map(SOURCE_OF.__getitem__, work.session.scalars(old)):
            waits = select(source.id).where(source.id == Assignment.subject_id, *source.waits)
            gone = delete(Assignment).where(
                Assignment.kind == DeskKind(source.kind), Assignment.assigned_at < before, ~waits.exists()
            )
            dropped += len(work.session.scalars(gone.returning(Assignment.subject_id), moments()).all())
    if dropped:
        log.info("assignments dropped", extra={"count": dropped})
    return dropped
