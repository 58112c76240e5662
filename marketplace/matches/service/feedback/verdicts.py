"""What the sides have said of a pairing."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import and_, or_, select

from ....database import db
from ....listings.models import Listing
from ...models import Feedback

INTERESTED = "interested"
NOT_SUITABLE = "not_suitable"


def mutual_sides(one: UUID, other: UUID) -> bool:
    """Whether both owners said "interested" of the pairing."""
    return other in verdicts_on(one, {other})[1]


def verdicts_on(listing_id: UUID, others: Iterable[UUID]) -> tuple[dict[UUID, str], set[UUID]]:
    """What the owner of a listing said of its pairings with `others`, and which are of mutual interest."""
    ids = list(others)
    both = select(Feedback.listing_id, Feedback.other_id, Feedback.verdict).where(
        or_(
            and_(Feedback.listing_id == listing_id, Feedback.other_id.in_(ids)),
            and_(Feedback.listing_id.in_(ids), Feedback.other_id == listing_id),
        )
    )
    ours, theirs = {}, {}
    for one, other, verdict in db.session.execute(both):
        if one == listing_id:
            ours[other] = verdict
        else:
            theirs[one] = verdict
    return ours, {it for it, verdict in ours.items() if verdict == theirs.get(it) == INTERESTED}


def enterprises_refusing(other_id: UUID) -> set[UUID]:
    """The enterprises that said "not for me" of a pairing of theirs with the listing `other_id`."""
    return set(
        db.session.scalars(
            select(Listing.enterprise_id)
            .join(Feedback, Feedback.listing_id == Listing.id)
            .where(Feedback.other_id == other_id, Feedback.verdict == NOT_SUITABLE)
        )
    )


def listings_refusing(listing_ids: set[UUID], other_id: UUID) -> set[UUID]:
    """Of which of these listings the owner said "not for me" of the pairing with the listing `other_id`."""
    said = select(Feedback.listing_id).where(
        Feedback.listing_id.in_(listing_ids),
        Feedback.other_id == other_id,
        Feedback.verdict == NOT_SUITABLE,
    )
    return set(db.session.scalars(said))
