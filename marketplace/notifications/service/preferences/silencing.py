"""“Not for me”: a message that silences those like it."""

from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from .... import clock
from ....catalogue import service as catalogue
from ....errors import Conflict
from ....events.actor import Actor
from ....events.work import Work, unit_of_work
from ....listings import service as listings
from ....listings.models import Listing, ListingStatus
from ....matches import service as matches
from ...models import Notification, Silence, Told
from ..planning.cancellation import cancel
from ..planning.deduplication import code_about, code_of
from .delivery_preferences import mute


def silence(actor: Actor, notification_id: UUID, of: str) -> Notification:
    """Hear no more of the message's pairing, or of its code; the message counts as read.

    Of a match the pairing of the two listings is silenced, as by feedback "not suitable"; of what a saved
    search found, the other enterprise with that code. What is planned and not sent yet is dropped.

    Raises:
        Conflict: the message is about no listing (`nothing_to_silence`), or `too_many_muted_codes`.
    """
    with unit_of_work() as work:
        row = work.lock(Notification, Notification.id == notification_id)
        mine, theirs = _sides(row)
        code_id = code_about(theirs) if mine is None else code_of(mine, theirs)
        if of == "code":
            mute(work, actor, code_id)
            _cancel_planned(work, actor, Told.code_id.in_(catalogue.codes_that_fit([code_id])))
        elif mine is not None:
            _refuse(work, actor, mine, theirs)
        else:
            _silence(work, actor, theirs, code_id)
        row.read_at = row.read_at or clock.now()
        work.audit(actor, "not_for_me", row, of=of)
    return row


def unsilence(actor: Actor, notification_id: UUID) -> None:
    """Take "not for me" back, as far as it was said of the pairing; muted codes stand in the preferences.

    Raises: Conflict: the message is about no listing (`nothing_to_silence`).
    """
    with unit_of_work() as work:
        row = work.lock(Notification, Notification.id == notification_id)
        mine, theirs = _sides(row)
        if mine is not None:
            matches.take_back_refusal(actor, mine, theirs.id)
        else:
            said = Silence.receiver_id == actor.id, Silence.counterpart_id == theirs.enterprise_id
            work.session.execute(delete(Silence).where(*said, Silence.code_id == code_about(theirs)))
        work.audit(actor, "take_back_not_for_me", row)


def _sides(row: Notification) -> tuple[Listing | None, Listing]:
    """The reader's own listing, if the message has one, and the other side's."""
    if row.counterpart_id is None:
        raise Conflict("nothing_to_silence")
    if row.listing_id is None:
        return None, listings.by_id({row.counterpart_id})[row.counterpart_id]
    pair = listings.by_id({row.listing_id, row.counterpart_id})
    return pair[row.listing_id], pair[row.counterpart_id]


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
    fitting = Told.code_id.in_(catalogue.codes_that_fit([code_id]))
    _cancel_planned(work, actor, fitting, Told.counterpart_id == theirs.enterprise_id)


def _cancel_planned(work: Work, actor: Actor, *which: Any) -> None:
    told = select(Told.notification_id).where(Told.receiver_id == actor.id, *which)
    cancel(work, Notification.id.in_(told))
