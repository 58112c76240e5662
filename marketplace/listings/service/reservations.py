"""Tonnes of listings that deals reserve and give back; a listing with nothing left is fulfilled.

What remains of a listing is its quantity without what deals hold: accepted, or reserved by a living deal.
"""

import logging
from uuid import UUID

from sqlalchemy import select

from ... import clock
from ...events.actor import PLATFORM
from ...events.lifecycle import Party
from ...events.work import Work
from ...messages.names import name_of
from ...shortage import not_enough_left
from ..models import LIFE, Kind, Listing, ListingStatus

log = logging.getLogger(__name__)


def lock_pair(work: Work, supply_id: UUID, demand_id: UUID) -> tuple[Listing, Listing]:
    """The supply and the demand, freshly read and locked, the lesser id first."""
    both = select(Listing).where(Listing.id.in_([supply_id, demand_id])).order_by(Listing.id)
    rows = work.session.scalars(
        both.with_for_update(key_share=True).execution_options(populate_existing=True)
    )
    by_id = {row.id: row for row in rows}
    return by_id[supply_id], by_id[demand_id]


def require_left(supply: Listing, demand: Listing, kg: int, at: str | None = None) -> None:
    """Raises: Conflict: one of the two has less left (`not_enough_left`), said of the field `at`."""
    for row in (supply, demand):
        if row.remaining_kg < kg:
            raise not_enough_left(row.remaining_kg, name_of(Kind(row.kind)), at=at)


def reserve_pair(work: Work, supply_id: UUID, demand_id: UUID, kg: int) -> tuple[Listing, Listing]:
    """Take `kg` from what remains of both listings. Raises: Conflict: `not_enough_left`."""
    supply, demand = lock_pair(work, supply_id, demand_id)
    reserve_locked(work, supply, demand, kg)
    return supply, demand


def reserve_locked(work: Work, supply: Listing, demand: Listing, kg: int) -> None:
    """Take `kg` from what remains of a pair that is locked. Raises: Conflict: `not_enough_left`."""
    require_left(supply, demand, kg)
    for row in (supply, demand):
        row.remaining_kg -= kg
        fulfil_if_nothing_left(work, row)
    work.session.flush()


def fulfil_if_nothing_left(work: Work, row: Listing) -> None:
    """An open listing of which deals hold all tonnes, or all that its owner has left of it, is fulfilled."""
    if row.remaining_kg == 0 and row.status == ListingStatus.OPEN:
        _fulfil(work, row)


def release_pair(work: Work, supply_id: UUID, demand_id: UUID, kg: int) -> None:
    """Give `kg` back to both listings; one that was fulfilled opens again while its window lasts."""
    if kg == 0:
        return
    for row in lock_pair(work, supply_id, demand_id):
        row.remaining_kg += kg
        if row.status == ListingStatus.FULFILLED and row.available_until >= clock.today():
            _reopen(work, row)
    work.session.flush()


def _fulfil(work: Work, row: Listing) -> None:
    move = LIFE.move(row, "fulfil", by=Party.SYSTEM)
    work.audit(PLATFORM, move.name, row)
    work.emit("listing.fulfilled", listing_id=str(row.id), status=row.status)
    log.info("listing fulfilled", extra={"listing_id": str(row.id)})


def _reopen(work: Work, row: Listing) -> None:
    move = LIFE.move(row, "reopen", by=Party.SYSTEM)
    work.audit(PLATFORM, move.name, row)
    work.emit("listing.reopened", listing_id=str(row.id))
    log.info("listing reopened", extra={"listing_id": str(row.id)})
