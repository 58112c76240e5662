"""Planned messages that are never sent, and the listings to plan for instead."""

import logging
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, column, delete, func, literal, or_, select, update
from sqlalchemy.orm import aliased

from ....events.work import Work, unit_of_work
from ....listings.models import Listing, ListingStatus
from ...models import LIFE, LastNotification, Notification, NotificationStatus, RepeatedNotification
from ..kinds import KINDS
from .deduplication import PREVIOUS_TERMS, restored_terms

TERMS = ("notification_id", "price_fen", "remaining_kg", "at")
"""What a record says of its message, beside its key."""
log = logging.getLogger(__name__)


def cancel_for_listing(listing_id: UUID) -> None:
    """Cancel what is planned for or about a listing that closed; it counts as never planned."""
    with unit_of_work() as work:
        outliving = [kind for kind, row in KINDS.items() if row.outlives_listing]
        about_it = or_(Notification.listing_id == listing_id, Notification.counterpart_id == listing_id)
        cancel(work, about_it, Notification.kind.not_in(outliving))


def cancel(work: Work, *conditions: Any) -> None:
    """Cancel planned messages; the record of the message that each replaced (in `data`) is restored."""
    cancelled = work.session.execute(
        update(Notification)
        .where(Notification.status == NotificationStatus.PLANNED, *conditions)
        .values(LIFE.values("drop"))
        .returning(Notification.id, Notification.counterpart_id, Notification.data)
    ).all()
    if not cancelled:
        return
    repeated = RepeatedNotification.notification_id.in_([row.id for row in cancelled])
    work.session.execute(delete(RepeatedNotification).where(repeated))
    previous = {row.id: row.data[PREVIOUS_TERMS] for row in cancelled if PREVIOUS_TERMS in row.data}
    first_ones = [row.id for row in cancelled if row.id not in previous]
    work.session.execute(delete(LastNotification).where(LastNotification.notification_id.in_(first_ones)))
    if previous:
        _restore(work, previous)
    _plan_for_siblings(work, {row.counterpart_id for row in cancelled})
    log.info("notifications cancelled", extra={"messages": len(cancelled)})


def _restore(work: Work, previous: Mapping[UUID, dict[str, Any]]) -> None:
    """Restore the records that cancelled messages replaced, in one statement."""
    kept = [restored_terms(terms) for terms in previous.values()]
    table = LastNotification.__table__.columns
    arrays = [literal(list(previous), ARRAY(Uuid))]
    arrays += [literal([terms[name] for terms in kept], ARRAY(table[name].type)) for name in TERMS]
    names = [column("replaced_by", Uuid()), *(column(name, table[name].type) for name in TERMS)]
    record = func.unnest(*arrays).table_valued(*names, name="record").render_derived()
    work.session.execute(
        update(LastNotification)
        .where(LastNotification.notification_id == record.c.replaced_by)
        .values({name: record.c[name] for name in TERMS})
    )


def _plan_for_siblings(work: Work, listing_ids: set[UUID]) -> None:
    """Plan again for the open listings of the same owner, side and code as these."""
    siblings = open_siblings(work, listing_ids)
    for listing_id in sorted(set().union(*siblings.values())):
        work.enqueue("notifications.jobs.plan_listing_push", listing_id=str(listing_id))


def open_siblings(work: Work, listing_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """For each listing, itself and the others of its owner, side and code, as far as they are open.

    One message stands for all pairings of two enterprises and a code: where it is cancelled, another pairing
    may deserve it.
    """
    cancelled = aliased(Listing)
    siblings = (
        (Listing.enterprise_id == cancelled.enterprise_id)
        & (Listing.kind == cancelled.kind)
        & Listing.code_id.is_not_distinct_from(cancelled.code_id)
    )
    open_ones = (
        select(cancelled.id, Listing.id)
        .join(cancelled, siblings)
        .where(cancelled.id.in_(listing_ids), Listing.status == ListingStatus.OPEN)
    )
    found: dict[UUID, set[UUID]] = {listing_id: set() for listing_id in listing_ids}
    for listing_id, sibling_id in work.session.execute(open_ones):
        found[listing_id].add(sibling_id)
    return found
