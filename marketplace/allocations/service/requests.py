"""Plans asked for and found again."""

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from ... import clock
from ...catalogue import service as catalogue
from ...database import db
from ...enterprises import service as enterprises
from ...errors import Conflict, Forbidden, Invalid, NotFound
from ...events.actor import REGULATOR, Actor
from ...events.work import Work, request_id, unit_of_work
from ..models import Allocation, AllocationStatus, Receivers
from . import region_input
from .region_input import Extent

MOST_WAITING = 3
"""Plans that one member of the staff may have under way."""
UNDER_WAY = (AllocationStatus.QUEUED, AllocationStatus.RUNNING)

log = logging.getLogger(__name__)


def check_allocation_request(actor: Actor, asked: dict[str, Any]) -> None:
    """Raises: Forbidden: an admin's key that only reads, or a regulator of another region."""
    enterprises.require_official(actor)
    if actor.kind == REGULATOR and _is_other_region(actor.region or 0, asked.get("region")):
        raise Forbidden("region_of_others", region=f"{actor.region:06d}")


def _is_other_region(own: int, named: Any) -> bool:
    written = isinstance(named, str) and len(named) == 6 and named.isascii() and named.isdigit()
    return written and not catalogue.region_covers(own, int(named))


def start_allocation(actor: Actor, asked: dict[str, Any]) -> Allocation:
    """Ask for a plan; the queue `bulk` makes it.

    Raises:
        Invalid: there is no such region, scheme or code, the period is over or ends before it starts, or
            there is nothing to plan or too much. Conflict: too many wait already (`allocations_waiting`).
    """
    catalogue.find_region(asked["region"])
    if asked["last_day"] < clock.today():
        raise Invalid("allocation_period_over", at="until")
    with unit_of_work() as work:
        row = Allocation(asked_by_kind=actor.kind, asked_by=actor.id, request_id=request_id.get(), **asked)
        region_input.require_some(extent_of(row))
        _require_free_slot(work, actor)
        work.add(row)
        work.enqueue("allocations.jobs.run", allocation_id=str(row.id))
        work.audit(actor, "start", row)
    log.info("plan requested", extra={"allocation_id": str(row.id), "region": row.region})
    return row


def extent_of(row: Allocation) -> Extent:
    """What a plan is asked for, from today on. Raises: Invalid: unknown scheme or code."""
    first = max(row.first_day, clock.today())
    return Extent(row.region, first, row.last_day, row.receivers == Receivers.ANYWHERE, _code_ids(row))


def _code_ids(row: Allocation) -> list[int] | None:
    of_scheme = set(catalogue.ids_of_scheme(row.scheme, "scheme")) if row.scheme else None
    if not row.codes:
        return None if of_scheme is None else sorted(of_scheme)
    found: set[int] = set()
    for number, code in enumerate(row.codes):
        ids = catalogue.read_code_filter(code, f"codes.{number}").offered
        ids = ids if of_scheme is None else ids & of_scheme
        if not ids:
            raise Invalid("allocation_unknown_code", at=f"codes.{number}", code=code)
        found |= ids
    return sorted(found)


def _require_free_slot(work: Work, actor: Actor) -> None:
    work.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"allocation:{actor.id}"))))
    theirs = (Allocation.asked_by == actor.id, Allocation.status.in_(UNDER_WAY))
    if (work.session.scalar(select(func.count()).where(*theirs)) or 0) >= MOST_WAITING:
        raise Conflict("allocations_waiting", most=MOST_WAITING)


def find_allocation(actor: Actor, allocation_id: UUID) -> Allocation:
    """A plan for a region that the actor oversees. Raises: NotFound."""
    query = select(Allocation).where(Allocation.id == allocation_id, *_overseen(actor))
    row = db.session.scalars(query).one_or_none()
    if row is None:
        raise NotFound()
    return row


def list_allocations(actor: Actor, after: UUID | None, limit: int) -> Sequence[Allocation]:
    """Plans for regions that the actor oversees, newest first."""
    query = select(Allocation).where(*_overseen(actor))
    if after is not None:
        query = query.where(Allocation.id < after)
    return db.session.scalars(query.order_by(Allocation.id.desc()).limit(limit)).all()


def _overseen(actor: Actor) -> list[Any]:
    return [] if actor.is_admin else [catalogue.within(Allocation.region, actor.region or 0)]
