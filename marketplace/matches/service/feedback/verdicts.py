"""What the owners of both sides say of a pairing."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import and_, or_, select

from ....database import db
from ....listings.models import Listing
from ...models import Feedback, Verdict


def is_mutual(listing_id: UUID, other_id: UUID) -> bool:
    """Whether both owners say "interested" of the pairing."""
    return other_id in verdicts_on(listing_id, {other_id})[1]


def verdicts_on(listing_id: UUID, others: Iterable[UUID]) -> tuple[dict[UUID, Verdict], set[UUID]]:
    """The verdicts of a listing's owner on its pairings with `others`, and which are of mutual interest."""
    other_ids = list(others)
    both = select(Feedback.listing_id, Feedback.other_id, Feedback.verdict).where(
        or_(
            and_(Feedback.listing_id == listing_id, Feedback.other_id.in_(other_ids)),
            and_(Feedback.listing_id.in_(other_ids), Feedback.other_id == listing_id),
        )
    )
    ours: dict[UUID, Verdict] = {}
    theirs: dict[UUID, Verdict] = {}
    for by, about, verdict in db.session.execute(both):
        if by == listing_id:
            ours[about] = verdict
        else:
            theirs[by] = verdict
    interested = {other_id for other_id, verdict in ours.items() if verdict == Verdict.INTERESTED}
    return ours, {other_id for other_id in interested if theirs.get(other_id) == Verdict.INTERESTED}


def enterprises_refusing(other_id: UUID) -> set[UUID]:
    """The enterprises that say "not suitable" of a pairing of theirs with the listing `other_id`."""
    return set(
        db.session.scalars(
            select(Listing.enterprise_id)
            .join(Feedback, Feedback.listing_id == Listing.id)
            .where(Feedback.other_id == other_id, Feedback.verdict == Verdict.NOT_SUITABLE)
        )
    )


def listings_refusing(listing_ids: set[UUID], other_id: UUID) -> set[UUID]:
    """Those of these listings whose owner says "not suitable" of the pairing with the listing `other_id`."""
    refusing = select(Feedback.listing_id).where(
        Feedback.listing_id.in_(listing_ids),
        Feedback.other_id == other_id,
        Feedback.verdict == Verdict.NOT_SUITABLE,
    )
    return set(db.session.scalars(refusing))
