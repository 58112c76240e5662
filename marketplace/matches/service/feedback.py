"""What the sides have said of a pairing."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import aliased

from ...extensions import db
from ...listings.models import Listing
from ..models import Feedback

INTERESTED = "interested"
NOT_SUITABLE = "not_suitable"


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


def refused_by(other_id: UUID) -> set[UUID]:
    """The enterprises that said "not for me" of a pairing of theirs with the listing `other_id`."""
    return set(
        db.session.scalars(
            select(Listing.enterprise_id)
            .join(Feedback, Feedback.listing_id == Listing.id)
            .where(Feedback.other_id == other_id, Feedback.verdict == NOT_SUITABLE)
        )
    )


def refusing(listing_ids: set[UUID], other_id: UUID) -> set[UUID]:
    """Of which of these listings the owner said "not for me" of the pairing with the listing `other_id`."""
    said = select(Feedback.listing_id).where(
        Feedback.listing_id.in_(listing_ids),
        Feedback.other_id == other_id,
        Feedback.verdict == NOT_SUITABLE,
    )
    return set(db.session.scalars(said))
