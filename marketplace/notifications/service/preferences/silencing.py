"""“Not for me”: no more messages about a pairing, or about a code."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from .... import clock
from ....catalogue import service as catalogue
from ....database import db
from ....errors import Conflict
from ....events.actor import Actor
from ....events.work import Work, unit_of_work
from ....listings.models import Accept, Listing, ListingStatus
from ....matches import service as matches
from ...models import LastNotification, Notification, Silence
from ..planning.cancellation import cancel
from ..subjects import main_code_id, sides_of, subject_code_id
from .muted_codes import mute


def silence(actor: Actor, notification_id: UUID, of: str) -> Notification:
    """Send no more messages about the message's pairing, or about its code; the message counts as read.

    Of a match the pairing of the two listings is silenced, as by feedback "not suitable"; of a search hit the
    other enterprise with that code. Planned messages are cancelled.

    Raises:
        Conflict: the message is about no listing (`nothing_to_silence`), or `too_many_muted_codes`.
    """
    with unit_of_work() as work:
        row = work.lock(Notification, Notification.id == notification_id)
        mine, theirs = _sides(row)
        code_id = subject_code_id(mine, theirs)
        if of == "code":
            mute(work, actor, code_id)
            _cancel_planned(work, actor, _fits(code_id))
        elif mine is not None:
            _refuse(work, actor, mine, theirs)
        else:
            _silence(work, actor, theirs, code_id)
        row.read_at = row.read_at or clock.now()
        work.audit(actor, "not_for_me", row, of=of)
    return row


def unsilence(actor: Actor, notification_id: UUID) -> None:
    """Undo "not for me" as far as it silenced a pairing; to unmute a code, change the preferences.

    Raises:
        Conflict: the message is about no listing (`nothing_to_silence`).
    """
    with unit_of_work() as work:
        row = work.lock(Notification, Notification.id == notification_id)
        mine, theirs = _sides(row)
        if mine is not None:
            matches.take_back_refusal(actor, mine, theirs.id)
        else:
            work.session.execute(
                delete(Silence).where(
                    Silence.receiver_id == actor.id,
                    Silence.counterpart_id == theirs.enterprise_id,
                    Silence.code_id == main_code_id(theirs),
                )
            )
        work.audit(actor, "take_back_not_for_me", row)


def silenced(actor: Actor, messages: Sequence[Notification]) -> set[UUID]:
    """Those of these messages, by id, of whose pairing the reader has said "not for me"; two statements."""
    pairs = {
        row.id: (row.listing_id, row.counterpart_id)
        for row in messages
        if row.listing_id is not None and row.counterpart_id is not None
    }
    hits = [row.id for row in messages if row.listing_id is None and row.counterpart_id is not None]
    refused = matches.refused_pairs(set(pairs.values())) if pairs else set()
    found = {message_id for message_id, pair in pairs.items() if pair in refused}
    return found | set(db.session.scalars(_silenced_hits(actor, hits))) if hits else found


def _silenced_hits(actor: Actor, message_ids: Sequence[UUID]) -> Select[Any]:
    """Messages about a listing of others alone, whose owner is silenced for its code."""
    first = select(Accept.code_id).where(Accept.listing_id == Listing.id).order_by(Accept.position).limit(1)
    code_id = func.coalesce(Listing.code_id, first.scalar_subquery())
    of_listing = and_(
        Silence.receiver_id == actor.id,
        Silence.counterpart_id == Listing.enterprise_id,
        Silence.code_id == code_id,
    )
    with_listing = select(Notification.id).join(Listing, Listing.id == Notification.counterpart_id)
    return with_listing.join(Silence, of_listing).where(Notification.id.in_(message_ids))


def _sides(row: Notification) -> tuple[Listing | None, Listing]:
    if row.counterpart_id is None:
        raise Conflict("nothing_to_silence")
    return sides_of(row)


def _refuse(work: Work, actor: Actor, mine: Listing, theirs: Listing) -> None:
    alive = mine.status in (ListingStatus.DRAFT, ListingStatus.OPEN)
    if alive and not matches.listings_refusing({mine.id}, theirs.id):
        matches.give_feedback(actor, mine, theirs, matches.Verdict.NOT_SUITABLE, None)
    cancel(work, Notification.listing_id == mine.id, Notification.counterpart_id == theirs.id)


def _silence(work: Work, actor: Actor, theirs: Listing, code_id: int) -> None:
    values = {
        "receiver_id": actor.id,
        "counterpart_id": theirs.enterprise_id,
        "code_id": code_id,
        "at": clock.now(),
    }
    work.session.execute(insert(Silence).values(values).on_conflict_do_nothing())
    of_sender = LastNotification.counterpart_id == theirs.enterprise_id
    _cancel_planned(work, actor, _fits(code_id), of_sender)


def _fits(code_id: int) -> ColumnElement[bool]:
    return LastNotification.code_id.in_(catalogue.codes_that_fit([code_id]))


def _cancel_planned(work: Work, actor: Actor, *conditions: ColumnElement[bool]) -> None:
    """Cancel the planned messages to the actor whose records meet the conditions."""
    of_reader = LastNotification.receiver_id == actor.id
    cancel(work, Notification.id.in_(select(LastNotification.notification_id).where(of_reader, *conditions)))
