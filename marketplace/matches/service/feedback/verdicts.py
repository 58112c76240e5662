"""What the owners of both sides say of a pairing."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text

from ....database import db, is_among
from ....listings.models import Listing
from ....statements import Statement, uuid_array
from ...models import Feedback, Verdict

Pair = tuple[UUID, UUID]
"""A listing and one of the other side."""
WAS_MUTUAL = "mutual"
_WORDS = text(f"""
WITH asked AS (SELECT * FROM unnest(CAST(:by AS uuid[]), CAST(:about AS uuid[])) AS pair (by, about))
SELECT by, about, f.verdict
FROM asked JOIN match_feedback f ON f.listing_id = by AND f.other_id = about
UNION ALL
SELECT by, about, '{WAS_MUTUAL}'
FROM asked JOIN mutual_interest m ON m.supply_id = by AND m.demand_id = about
""")  # noqa: S608 - the fragment is a constant
_SAID = Statement(_WORDS, ("by", "about", "verdict"))


@dataclass(slots=True)
class PairVerdicts:
    """What is said of a pairing, as the owner of its first listing may know it.

    Attributes:
        own: that owner's verdict.
        is_other_interested: the other side says "interested"; that it says "not suitable" stays private.
        was_mutual: both said "interested" at one time, which released the contacts for good.
    """

    own: Verdict | None = None
    is_other_interested: bool = False
    was_mutual: bool = False

    @property
    def is_mutual(self) -> bool:
        """Whether both say "interested" now."""
        return self.own == Verdict.INTERESTED and self.is_other_interested

    @property
    def is_unanswered_interest(self) -> bool:
        """Whether the other side is interested, and the owner has given no verdict."""
        return self.is_other_interested and self.own is None


def verdicts_on(pairs: Collection[Pair]) -> dict[Pair, PairVerdicts]:
    """What is said of each of these pairs; one statement."""
    found = {pair: PairVerdicts() for pair in pairs}
    if not found:
        return found
    both_ways = [*found, *((other, mine) for mine, other in found)]
    asking, asked = (uuid_array(ids) for ids in zip(*both_ways, strict=True))
    for by, about, verdict in _SAID.all(by=asking, about=asked):
        if verdict == WAS_MUTUAL:
            for pair in ((by, about), (about, by)):
                if pair in found:
                    found[pair].was_mutual = True
            continue
        if (by, about) in found:
            found[by, about].own = Verdict(verdict)
        if (about, by) in found:
            found[about, by].is_other_interested = verdict == Verdict.INTERESTED
    return found


def verdict_on(listing_id: UUID, other_id: UUID) -> PairVerdicts:
    """What is said of one pairing, as the owner of `listing_id` may know it."""
    return verdicts_on([(listing_id, other_id)])[listing_id, other_id]


def interests_of(listing_ids: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """By listing, those with whose pairing its owner says to be interested, if there are any."""
    rows = db.session.execute(
        select(Feedback.listing_id, Feedback.other_id)
        .where(Feedback.listing_id.in_(listing_ids), Feedback.verdict == Verdict.INTERESTED)
        .order_by(Feedback.listing_id, Feedback.other_id)
    )
    found: dict[UUID, list[UUID]] = {}
    for listing_id, other_id in rows:
        found.setdefault(listing_id, []).append(other_id)
    return found


def enterprises_refusing(other_ids: Collection[UUID]) -> set[Pair]:
    """Each of the listings with the enterprises that say "not suitable" of a pairing of theirs with it."""
    rows = db.session.execute(
        select(Feedback.other_id, Listing.enterprise_id)
        .join(Listing, Listing.id == Feedback.listing_id)
        .where(
            is_among(Feedback.other_id, other_ids),
            Feedback.verdict == Verdict.NOT_SUITABLE,
        )
    )
    return {(other_id, enterprise_id) for other_id, enterprise_id in rows}


def listings_interested_in(other_id: UUID) -> set[UUID]:
    """The listings whose owners say "interested" of the pairing with the listing `other_id`."""
    interested = select(Feedback.listing_id).where(
        Feedback.other_id == other_id, Feedback.verdict == Verdict.INTERESTED
    )
    return set(db.session.scalars(interested))


def listings_refusing(listing_ids: set[UUID], other_id: UUID) -> set[UUID]:
    """Those of these listings whose owner says "not suitable" of the pairing with the listing `other_id`."""
    refusing = select(Feedback.listing_id).where(
        Feedback.listing_id.in_(listing_ids),
        Feedback.other_id == other_id,
        Feedback.verdict == Verdict.NOT_SUITABLE,
    )
    return set(db.session.scalars(refusing))


def refused_pairs(pairs: Collection[Pair]) -> set[Pair]:
    """Those pairs of which the owner of the first listing says "not suitable"; one statement."""
    mine, theirs = {pair[0] for pair in pairs}, {pair[1] for pair in pairs}
    rows = db.session.execute(
        select(Feedback.listing_id, Feedback.other_id).where(
            is_among(Feedback.listing_id, mine),
            is_among(Feedback.other_id, theirs),
            Feedback.verdict == Verdict.NOT_SUITABLE,
        )
    )
    return {(listing_id, other_id) for listing_id, other_id in rows}.intersection(pairs)
