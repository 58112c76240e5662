"""The inbox: read and marked as read."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from ... import clock
from ...database import db
from ...enterprises import service as enterprises
from ...errors import NotFound
from ...events.actor import Actor
from ...events.work import unit_of_work
from ...http.idempotency import withhold_from_replay
from ...listings import service as listings
from ...messages import say
from ..models import Notification, NotificationStatus
from .kinds import KINDS, heading_codes
from .subjects import Sides, read_sides


def inbox(actor: Actor, unread: bool, after: int | None, limit: int) -> Sequence[Notification]:
    """Released messages to the acting enterprise, newest first."""
    query = select(Notification).where(
        Notification.enterprise_id == actor.id, Notification.status == NotificationStatus.RELEASED
    )
    if unread:
        query = query.where(Notification.read_at.is_(None))
    if after is not None:
        query = query.where(Notification.release_no < after)
    return db.session.scalars(query.order_by(Notification.release_no.desc()).limit(limit)).all()


def find(actor: Actor, notification_id: UUID) -> Notification:
    """A released message to the acting enterprise. Raises: NotFound."""
    row = db.session.scalars(
        select(Notification).where(
            Notification.id == notification_id,
            Notification.enterprise_id == actor.id,
            Notification.status == NotificationStatus.RELEASED,
        )
    ).one_or_none()
    if row is None:
        raise NotFound()
    return row


def present(actor: Actor, messages: Sequence[Notification], language: str) -> list[dict[str, Any]]:
    """Messages as the API shows them: what they name, and one sentence in that language.

    Listings of others are named as they are now, so only to whom may see them now: to an enterprise that is
    not approved, a suspended one, a message says what it is about and no more.
    """
    sides = read_sides(messages)
    return [_present(actor, message, sides[message.id], language) for message in messages]


def _present(actor: Actor, message: Notification, sides: Sides, language: str) -> dict[str, Any]:
    names = ("id", "kind", "released_at", "read_at", "delivery", "data")
    heading = say(heading_codes(message.kind)["section"], language)
    theirs = sides.theirs if enterprises.sees_scores(actor) else None
    is_withheld = sides.theirs is not None and theirs is None
    if sides.contact:
        withhold_from_replay("detail")
    return {
        **{name: getattr(message, name) for name in names},
        "title": theirs.title if theirs else heading,
        "name": theirs.name if theirs else None,
        "enterprise": listings.owner_of(theirs) if theirs else None,
        "listing_title": sides.mine.title if sides.mine else None,
        "detail": heading if is_withheld else KINDS[message.kind].email_line(message, sides, language),
    }


def mark_read(actor: Actor, notification_id: UUID) -> Notification:
    """Mark a message as read; once more changes nothing."""
    with unit_of_work() as work:
        row = work.lock(Notification, Notification.id == notification_id)
        row.read_at = row.read_at or clock.now()
        work.audit(actor, "read", row)
    return row


def mark_all_read(actor: Actor) -> int:
    """Mark the whole inbox as read. Returns how many messages were not."""
    with unit_of_work() as work:
        rows = work.session.scalars(
            update(Notification)
            .where(
                Notification.enterprise_id == actor.id,
                Notification.status == NotificationStatus.RELEASED,
                Notification.read_at.is_(None),
            )
            .values(read_at=clock.now())
            .returning(Notification.id)
        ).all()
        work.audit(actor, "read_all", enterprises.own(actor), count=len(rows))
    return len(rows)
