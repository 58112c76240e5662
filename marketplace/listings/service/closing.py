"""Listings withdrawn by their owner or expired by the clock."""

from datetime import date
from uuid import UUID

from sqlalchemy import select

from ...events.actor import PLATFORM, Actor
from ...events.work import Work, unit_of_work
from ..models import LIFE, Listing, ListingStatus

EXPIRE_BATCH = 500


def withdraw(actor: Actor, listing_id: UUID, reason: str | None) -> Listing:
    """Take a listing back. Raises: NotFound; Conflict: `wrong_state`."""
    with unit_of_work() as work:
        row = work.lock(Listing, Listing.id == listing_id)
        _close(work, actor, row, "withdraw", reason)
    return row


def _close(work: Work, actor: Actor, row: Listing, name: str, reason: str | None = None) -> None:
    move = LIFE.move(row, name)
    work.audit(actor, name, row, reason=reason)
    work.emit(move.event or "", listing_id=str(row.id), status=row.status)


def expire_due(today: date) -> int:
    """Close open listings whose last day is past. Returns how many."""
    due = (
        select(Listing)
        .where(Listing.status == ListingStatus.OPEN, Listing.available_until < today)
        .order_by(Listing.id)
        .limit(EXPIRE_BATCH)
        .with_for_update(skip_locked=True)
    )
    with unit_of_work() as work:
        rows = work.session.scalars(due).all()
        for row in rows:
            _close(work, PLATFORM, row, "expire")
    return len(rows)
