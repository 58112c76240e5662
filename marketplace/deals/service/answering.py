"""Offers rejected, withdrawn, lapsed; and many answered at once."""

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from ... import clock
from ...errors import DomainError
from ...events.actor import PLATFORM, Actor
from ...events.lifecycle import Party
from ...events.work import Work, one_of_many, unit_of_work
from ..models import LIVE_OFFERS, OFFER_LIFE, Deal, Offer
from .acceptance import accept
from .deal_events import emit_offer
from .lookup import find_offer
from .turns import party_of, require_live, require_own_terms, require_turn

log = logging.getLogger(__name__)


def reject(actor: Actor, offer_id: UUID, reason: str | None) -> Offer:
    """End an offer whose latest terms are the other side's.

    Raises:
        Conflict: it has ended (`wrong_state`), or it is the other's turn (`not_your_turn`).
    """
    with unit_of_work() as work:
        offer = work.lock(Offer, Offer.id == offer_id)
        require_live(offer, "reject")
        _end(work, actor, offer, "reject", party_of(actor, require_turn(actor, offer)), reason)
    return offer


def withdraw(actor: Actor, offer_id: UUID, reason: str | None) -> Offer:
    """Take back one's own latest terms, which ends the offer.

    Raises:
        Conflict: it has ended (`wrong_state`), or the terms are the other side's (`not_your_turn`).
    """
    with unit_of_work() as work:
        offer = work.lock(Offer, Offer.id == offer_id)
        require_live(offer, "withdraw")
        _end(work, actor, offer, "withdraw", party_of(actor, require_own_terms(actor, offer)), reason)
    return offer


def _end(work: Work, actor: Actor, offer: Offer, name: str, by: Party, reason: str | None = None) -> None:
    move = OFFER_LIFE.move(offer, name, by=by, reason=reason)
    offer.whose_turn, offer.ended_at, offer.reason = None, clock.now(), reason
    work.audit(actor, name, offer, reason=reason)
    emit_offer(work, move.event or "", offer, by)
    log.info("offer ended", extra={"offer_id": str(offer.id), "status": offer.status})


def lapse_offer(work: Work, offer: Offer) -> None:
    """End a locked offer whose terms are not valid any more."""
    _end(work, PLATFORM, offer, "lapse", Party.CLOCK)


def lapse_offers_of(listing_id: UUID) -> None:
    """End the live offers of a listing that has closed."""
    of_listing = or_(Offer.supply_id == listing_id, Offer.demand_id == listing_id)
    live = select(Offer).where(of_listing, Offer.status.in_(LIVE_OFFERS)).order_by(Offer.id)
    with unit_of_work() as work:
        for offer in work.session.scalars(live.with_for_update(key_share=True)):
            _end(work, PLATFORM, offer, "lapse", Party.SYSTEM)


def answer_many(actor: Actor, answers: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Accept or reject offers one after the other; one that is refused stops none of the others.

    Returns:
        for each its `id` and the `offer`, with the `deal` of an accepted one, or the `refusal`.
    """
    return [_answer(actor, answer) for answer in answers]


def _answer(actor: Actor, answer: dict[str, Any]) -> dict[str, Any]:
    try:
        with one_of_many():
            offer_id = find_offer(actor, answer["id"]).id
            if answer["answer"] == "accept":
                deal: Deal | None = accept(actor, offer_id, answer["reason"])
                return {"id": offer_id, "status": 200, "deal": deal}
            reject(actor, offer_id, answer["reason"])
            return {"id": offer_id, "status": 200, "deal": None}
    except DomainError as refusal:
        return {"id": answer["id"], "refusal": refusal}
