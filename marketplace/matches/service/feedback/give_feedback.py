"""Verdicts on pairings; when both sides are interested, each learns how to reach the other."""

import logging
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from matching.model import Outcome

from .... import clock
from ....errors import Conflict
from ....events.actor import Actor
from ....events.lifecycle import wrong_state
from ....events.work import Work, unit_of_work
from ....listings.models import Listing, ListingStatus
from ...models import Feedback, Verdict
from ..learning import outcomes
from ..ranking.explanation import explain
from .contact_release import released_contacts
from .verdicts import is_mutual

ANSWERABLE = (ListingStatus.DRAFT, ListingStatus.OPEN)
"""States of a listing whose owner may give a verdict."""

log = logging.getLogger(__name__)


def give_feedback(
    actor: Actor, listing: Listing, other: Listing, verdict: str, reason: str | None
) -> dict[str, Any]:
    """Record the owner's verdict on a pairing; a later one replaces it.

    When it makes the interest mutual, both sides are notified (`match.mutual`).

    Returns:
        `verdict` and `mutual`, with `contact` of the other side where the interest is mutual.

    Raises:
        Conflict: the owner's listing is closed (`wrong_state`), or the pairing in which it would be
            interested is not lawful (`pairing_not_lawful`): that way no contact is released.
    """
    values = {
        "listing_id": listing.id,
        "other_id": other.id,
        "verdict": verdict,
        "reason": reason,
        "created_at": clock.now(),
    }
    if verdict == Verdict.INTERESTED and not explain(actor, listing, other.id)["lawful"]:
        raise Conflict("pairing_not_lawful")
    with unit_of_work() as work:
        status = _lock_both(work, listing.id, other.id)[listing.id]
        if status not in ANSWERABLE:
            raise wrong_state("listing", status, verdict, ANSWERABLE)
        was_mutual = is_mutual(listing.id, other.id)
        work.session.execute(
            insert(Feedback)
            .values(values)
            .on_conflict_do_update(index_elements=["listing_id", "other_id"], set_=values)
        )
        outcomes.record(work, Outcome(verdict), [(listing.id, other.id)])
        work.audit(actor, verdict, listing, other_id=str(other.id))
        mutual = is_mutual(listing.id, other.id)
        if mutual and not was_mutual:
            work.emit("match.mutual", listing_id=str(listing.id), other_id=str(other.id))
    about = {"listing_id": str(listing.id), "other_id": str(other.id), "verdict": verdict, "mutual": mutual}
    log.info("verdict given", extra=about)
    contact = released_contacts(listing, [other] if mutual else []).get(other.id)
    return {"verdict": verdict, "mutual": mutual, **({"contact": contact} if contact else {})}


def take_back_refusal(actor: Actor, listing: Listing, other_id: UUID) -> None:
    """Delete the owner's verdict "not suitable" on a pairing; without such a verdict nothing changes."""
    with unit_of_work() as work:
        _lock_both(work, listing.id, other_id)
        refusal = (
            Feedback.listing_id == listing.id,
            Feedback.other_id == other_id,
            Feedback.verdict == Verdict.NOT_SUITABLE,
        )
        if work.session.execute(delete(Feedback).where(*refusal).returning(Feedback.other_id)).all():
            work.audit(actor, "take_back_refusal", listing, other_id=str(other_id))


def _lock_both(work: Work, listing_id: UUID, other_id: UUID) -> dict[UUID, ListingStatus]:
    """Lock two listings, the lesser id first; returns their states."""
    ids = [listing_id, other_id]
    rows = select(Listing.id, Listing.status).where(Listing.id.in_(ids)).order_by(Listing.id)
    return dict(iter(work.session.execute(rows.with_for_update())))
