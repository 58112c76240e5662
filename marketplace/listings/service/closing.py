"""Listings withdrawn by their owner or expired by the scheduler."""

import logging
from uuid import UUID

from ...events.actor import PLATFORM, Actor
from ...events.lifecycle import Party
from ...events.work import Work, unit_of_work
from ..models import LIFE, Listing

log = logging.getLogger(__name__)


def withdraw(actor: Actor, listing_id: UUID, reason: str | None) -> Listing:
    """Withdraw a draft or an open listing; who was not notified of it yet will not be.

    Raises:
        NotFound. Conflict: it is closed already (`wrong_state`).
    """
    with unit_of_work() as work:
        row = work.lock(Listing, Listing.id == listing_id)
        _close(work, actor, row, "withdraw", Party.OWNER, reason)
    log.info("listing withdrawn", extra={"listing_id": str(row.id)})
    return row


def expire(work: Work, row: Listing) -> None:
    """Close an open listing whose last day is past."""
    _close(work, PLATFORM, row, "expire", Party.CLOCK)


def _close(
    work: Work, actor: Actor, row: Listing, name: str, party: Party, reason: str | None = None
) -> None:
    move = LIFE.move(row, name, by=party)
    work.audit(actor, name, row, reason=reason)
    work.emit(move.event or "", listing_id=str(row.id), status=row.status)
