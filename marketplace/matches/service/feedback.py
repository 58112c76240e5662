"""What the sides say of a pairing; when both are interested, each learns how to reach the other."""

from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from ... import clock
from ...enterprises import service as enterprises
from ...events.actor import Actor
from ...events.work import unit_of_work
from ...extensions import db
from ...listings.models import Listing
from ..models import Feedback

INTERESTED = "interested"
NOT_SUITABLE = "not_suitable"


def give_feedback(
    actor: Actor, listing: Listing, other: Listing, verdict: str, reason: str | None
) -> dict[str, Any]:
    """Note the owner's verdict on a pairing; the later one counts.

    When it makes the interest mutual both sides are told (`match.mutual`).
    """
    values = {
        "listing_id": listing.id,
        "other_id": other.id,
        "verdict": verdict,
        "reason": reason,
        "created_at": clock.now(),
    }
    with unit_of_work() as work:
        _lock_both(work, listing.id, other.id)
        was_mutual = mutual_sides(listing.id, other.id)
        work.session.execute(
            insert(Feedback)
            .values(values)
            .on_conflict_do_update(index_elements=["listing_id", "other_id"], set_=values)
        )
        work.audit(actor, verdict, listing, other_id=str(other.id))
        mutual = mutual_sides(listing.id, other.id)
        if mutual and not was_mutual:
            work.tell("match.mutual", listing_id=str(listing.id), other_id=str(other.id))
    contact = enterprises.contact_of(enterprises.by_id({other.enterprise_id})[other.enterprise_id])
    return {"verdict": verdict, "mutual": mutual, **({"contact": contact} if mutual else {})}


def _lock_both(work: Any, one: UUID, other: UUID) -> None:
    work.session.execute(
        select(Listing.id).where(Listing.id.in_([one, other])).order_by(Listing.id).with_for_update()
    ).all()


def mutual_sides(one: UUID, other: UUID) -> bool:
    """Whether both owners said "interested" of the pairing."""
    return other in mutual_others(one, {other})


def mutual_others(listing_id: UUID, others: set[UUID]) -> set[UUID]:
    """Which of `others` and the listing are of mutual interest."""
    mine, theirs = aliased(Feedback), aliased(Feedback)
    query = (
        select(mine.other_id)
        .join(theirs, (theirs.listing_id == mine.other_id) & (theirs.other_id == mine.listing_id))
        .where(
            mine.listing_id == listing_id,
            mine.other_id.in_(others),
            mine.verdict == INTERESTED,
            theirs.verdict == INTERESTED,
        )
    )
    return set(db.session.scalars(query))


def verdicts(listing_id: UUID, others: set[UUID]) -> dict[UUID, str]:
    """What the owner of a listing said of its pairings with `others`."""
    rows = db.session.execute(
        select(Feedback.other_id, Feedback.verdict).where(
            Feedback.listing_id == listing_id, Feedback.other_id.in_(others)
        )
    )
    return dict(iter(rows))


def is_silenced(listing_id: UUID, other_id: UUID) -> bool:
    """Whether the owner of a listing said "not for me" of the pairing."""
    said = exists().where(
        Feedback.listing_id == listing_id, Feedback.other_id == other_id, Feedback.verdict == NOT_SUITABLE
    )
    return bool(db.session.scalar(select(said)))
