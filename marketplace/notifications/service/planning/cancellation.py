"""Messages that are never sent, and what stands up in their place."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import aliased

from ....events.work import Work, unit_of_work
from ....listings.models import Listing
from ...models import LIFE, Notification, NotificationStatus, Told


def cancel_stale(work: Work, listing: Listing, still: set[UUID]) -> None:
    about_it = (Notification.counterpart_id == listing.id, Notification.listing_id.not_in(still))
    cancel(work, *about_it, looked_at=listing.id)


def cancel_for_listing(listing_id: UUID) -> None:
    """A listing closed: what was planned for or about it is never sent, and counts as not told."""
    with unit_of_work() as work:
        cancel(work, or_(Notification.listing_id == listing_id, Notification.counterpart_id == listing_id))


def cancel(work: Work, *conditions: Any, looked_at: UUID | None = None) -> None:
    """Never send these; what they were told before (in `data`) is what they were told last."""
    dropped = work.session.execute(
        update(Notification)
        .where(Notification.status == NotificationStatus.PLANNED, *conditions)
        .values(LIFE.values("drop"))
        .returning(Notification.id, Notification.counterpart_id, Notification.data)
    ).all()
    before = {one.id: one.data["before"] for one in dropped if "before" in one.data}
    untold = [one.id for one in dropped if one.id not in before]
    work.session.execute(delete(Told).where(Told.notification_id.in_(untold)))
    for message_id, told in before.items():
        terms = {**told, "at": datetime.fromisoformat(told["at"])}
        work.session.execute(update(Told).where(Told.notification_id == message_id).values(terms))
    _plan_instead(work, {one.counterpart_id for one in dropped}, looked_at)


def _plan_instead(work: Work, unsent: set[UUID], looked_at: UUID | None) -> None:
    """One message stands for all pairings of two enterprises and a code: if it falls, another may stand up.

    So the open listings of the same owner and code are matched once more.
    """
    fallen = aliased(Listing)
    beside = (
        (Listing.enterprise_id == fallen.enterprise_id)
        & (Listing.kind == fallen.kind)
        & Listing.code_id.is_not_distinct_from(fallen.code_id)
    )
    others = select(Listing.id).join(fallen, beside).where(fallen.id.in_(unsent), Listing.status == "open")
    for listing_id in work.session.scalars(others.distinct()).all() if unsent else ():
        if listing_id != looked_at:
            work.enqueue("notifications.jobs.plan_listing_push", listing_id=str(listing_id))
