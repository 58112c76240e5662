"""Verdicts on pairings; when both sides are interested, each learns how to reach the other."""

import logging
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.dialects.postgresql import insert

from matching.model import Outcome

from .... import clock
from ....errors import Conflict
from ....events.actor import Actor
from ....events.lifecycle import wrong_state
from ....events.work import Work, unit_of_work
from ....listings.models import Kind, Listing, ListingStatus
from ...models import Feedback, MutualInterest, Verdict
from ..learning import outcomes
from ..ranking.explanation import explain
from .contact_release import released_contact
from .verdicts import verdict_on

ANSWERABLE = (ListingStatus.DRAFT, ListingStatus.OPEN)
"""States of a listing whose owner may give a verdict."""

log = logging.getLogger(__name__)


def give_feedback(
    actor: Actor, listing: Listing, other: Listing, verdict: str, reason: str | None
) -> dict[str, Any]:
    """Record the owner's verdict on a pairing; a later one replaces it.

    The first interest of one side is told to the other (`match.interested`); when the interest becomes
    mutual, both sides are notified (`match.mutual`) and their contacts are released for good.

    Returns:
        `verdict` and `mutual` (both say so now), with `contact` of the other side where it is released.

    Raises:
        Conflict: the owner's listing is closed (`wrong_state`), or the pairing in which it would be
            interested is not lawful (`pairing_not_lawful`): that way no contact is released.
    """
    if verdict == Verdict.INTERESTED and not explain(actor, listing, other.id)["lawful"]:
        raise Conflict("pairing_not_lawful")
    with unit_of_work() as work:
        status = _lock_both(work, listing.id, other.id)[listing.id]
        if status not in ANSWERABLE:
            raise wrong_state("listing", status, verdict, ANSWERABLE)
        before = verdict_on(listing.id, other.id)
        _save(work, listing.id, other.id, verdict, reason)
        outcomes.record(work, Outcome(verdict), [(listing.id, other.id)])
        work.audit(actor, verdict, listing, other_id=str(other.id))
        now = verdict_on(listing.id, other.id)
        if now.is_mutual and not before.is_mutual:
            _release_contacts(work, listing, other)
        elif verdict == Verdict.INTERESTED and before.own != Verdict.INTERESTED:
            work.emit("match.interested", listing_id=str(listing.id), other_id=str(other.id))
    about = {
        "listing_id": str(listing.id), "other_id": str(other.id), "verdict": verdict, "mutual": now.is_mutual,
    }  # fmt: skip
    log.info("verdict given", extra=about)
    contact = released_contact(actor, listing, other)
    return {"verdict": verdict, "mutual": now.is_mutual, **({"contact": contact} if contact else {})}


def _save(work: Work, listing_id: UUID, other_id: UUID, verdict: str, reason: str | None) -> None:
    said = {"verdict": verdict, "reason": reason, "created_at": clock.now()}
    work.session.execute(
        insert(Feedback)
        .values(listing_id=listing_id, other_id=other_id, **said)
        .on_conflict_do_update(index_elements=["listing_id", "other_id"], set_=said)
    )


def _release_contacts(work: Work, listing: Listing, other: Listing) -> None:
    """Record that both sides are interested, once, and have them notified."""
    supply, demand = (listing, other) if listing.kind == Kind.SUPPLY else (other, listing)
    pair = {"supply_id": supply.id, "demand_id": demand.id, "at": clock.now()}
    work.session.execute(insert(MutualInterest).values(pair).on_conflict_do_nothing())
    work.emit("match.mutual", listing_id=str(listing.id), other_id=str(other.id))


def take_back(actor: Actor, listing: Listing, other_id: UUID) -> None:
    """Delete the owner's verdict on a pairing, whichever it is; without one nothing changes."""
    _delete_verdict(actor, listing, other_id, "take_back_verdict")


def take_back_refusal(actor: Actor, listing: Listing, other_id: UUID) -> None:
    """Delete the owner's verdict "not suitable" on a pairing; without such a verdict nothing changes."""
    _delete_verdict(actor, listing, other_id, "take_back_refusal", Feedback.verdict == Verdict.NOT_SUITABLE)


def _delete_verdict(
    actor: Actor, listing: Listing, other_id: UUID, action: str, *conditions: ColumnElement[bool]
) -> None:
    with unit_of_work() as work:
        _lock_both(work, listing.id, other_id)
        verdict = (Feedback.listing_id == listing.id, Feedback.other_id == other_id, *conditions)
        if work.session.execute(delete(Feedback).where(*verdict).returning(Feedback.other_id)).all():
            work.audit(actor, action, listing, other_id=str(other_id))


def _lock_both(work: Work, listing_id: UUID, other_id: UUID) -> dict[UUID, ListingStatus]:
    """Lock two listings, the lesser id first; returns their states."""
    ids = [listing_id, other_id]
    rows = select(Listing.id, Listing.status).where(Listing.id.in_(ids)).order_by(Listing.id)
    return dict(iter(work.session.execute(rows.with_for_update())))
