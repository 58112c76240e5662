"""Offers made and countered."""

import logging
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select

from ...enterprises import service as enterprises
from ...errors import Conflict, NotFound, Notice
from ...events.actor import Actor
from ...events.lifecycle import wrong_state
from ...events.work import Work, unit_of_work
from ...listings import service as listings
from ...listings.models import Kind, Listing, ListingStatus
from ...matches import service as matches
from ..models import LIVE_OFFERS, MOST_LIVE_OFFERS, MOST_ROUNDS, OFFER_LIFE, OTHER, Offer, OfferStatus, Side
from .deal_events import emit_offer
from .terms import Terms, term_notices, terms_of
from .turns import party_of, require_live, require_turn

log = logging.getLogger(__name__)

OWNER = {Side.SUPPLIER: Kind.SUPPLY, Side.RECEIVER: Kind.DEMAND}
"""Whose listing each side brings."""


def make_offer(actor: Actor, data: dict[str, Any]) -> tuple[Offer, list[Notice]]:
    """Make an offer for a lawful pairing of one's own listing.

    Args:
        data: `supply_id`, `demand_id` and the terms, as NewOfferSchema reads them.

    Raises:
        NotFound: neither listing is its own, or the other cannot
            be matched. Invalid: a term is out of bounds. Conflict: its listing is not open (`wrong_state`),
            the pairing is not lawful (`pairing_not_lawful` with `failed_gates`), less is left
            (`not_enough_left`), such an offer is open (`offer_open_already`), or too many are
            (`too_many_offers`).
    """
    ids = data.pop("supply_id"), data.pop("demand_id")
    with unit_of_work() as work:
        supply, demand, maker = _locked_pair(work, actor, *ids)
        _require_room(work, supply, demand, maker)
        terms = terms_of(data, supply, demand)
        smallest = max(supply.min_lot_kg, demand.min_lot_kg)
        pairing = matches.DealTerms(smallest, terms.from_day, terms.until_day)
        judged = matches.judge(actor, supply, demand, pairing)
        if judged.ground is None:
            raise Conflict("pairing_not_lawful", failed_gates=judged.failed_gates)
        offer = work.add(_new_offer(supply, demand, maker, terms))
        work.audit(actor, "make", offer)
        emit_offer(work, "offer.made", offer, party_of(actor, maker))
    log.info("offer made", extra={"offer_id": str(offer.id), "maker": maker})
    return offer, [*term_notices(terms, supply, demand), *judged.ground.warnings]


def _locked_pair(work: Work, actor: Actor, supply_id: UUID, demand_id: UUID) -> tuple[Listing, Listing, Side]:
    """The two listings, locked, and the side of the actor."""
    kinds = {row.id: row.kind for row in listings.by_id({supply_id, demand_id}).values()}
    if kinds.get(supply_id) != Kind.SUPPLY or kinds.get(demand_id) != Kind.DEMAND:
        raise NotFound()
    supply, demand = listings.lock_pair(work, supply_id, demand_id)
    if actor.enterprise_id not in (supply.enterprise_id, demand.enterprise_id):
        raise NotFound()
    maker = Side.SUPPLIER if supply.enterprise_id == actor.enterprise_id else Side.RECEIVER
    mine, theirs = (supply, demand) if maker == Side.SUPPLIER else (demand, supply)
    if mine.status != ListingStatus.OPEN:
        raise wrong_state("listing", mine.status, "make", [ListingStatus.OPEN])
    if theirs.status != ListingStatus.OPEN or not enterprises.may_trade(theirs.enterprise_id):
        raise NotFound()
    return supply, demand, maker


def _require_room(work: Work, supply: Listing, demand: Listing, maker: Side) -> None:
    """Raises: Conflict: the maker has a live offer for this pairing, or a listing has as many as it may."""
    is_live = Offer.status.in_(LIVE_OFFERS)
    same = select(Offer.id).where(
        is_live, Offer.supply_id == supply.id, Offer.demand_id == demand.id, Offer.maker == maker
    )
    if work.session.scalar(same) is not None:
        raise Conflict("offer_open_already")
    counts = select(
        func.count().filter(Offer.supply_id == supply.id), func.count().filter(Offer.demand_id == demand.id)
    ).where(is_live, or_(Offer.supply_id == supply.id, Offer.demand_id == demand.id))
    if max(work.session.execute(counts).one()) >= MOST_LIVE_OFFERS:
        raise Conflict("too_many_offers", most=MOST_LIVE_OFFERS)


def _new_offer(supply: Listing, demand: Listing, maker: Side, terms: Terms) -> Offer:
    return Offer(
        status=OfferStatus.OPEN,
        supply_id=supply.id,
        demand_id=demand.id,
        supplier_id=supply.enterprise_id,
        receiver_id=demand.enterprise_id,
        maker=maker,
        whose_turn=OTHER[maker],
        valid_until=terms.valid_until,
        rounds=[terms.round(1, maker)],
    )


def counter(
    actor: Actor, offer_id: UUID, data: dict[str, Any], reason: str | None
) -> tuple[Offer, list[Notice]]:
    """Answer the other side's terms with one's own; then it is the other's turn again.

    Args:
        reason: why an admin does it in place of a side.

    Raises:
        Invalid: a term is out of bounds. Conflict: the offer has ended (`wrong_state`), it is the other's
            turn (`not_your_turn`), less is left (`not_enough_left`), or it has had too many rounds
            (`too_many_rounds`).
    """
    with unit_of_work() as work:
        offer = work.lock(Offer, Offer.id == offer_id)
        require_live(offer, "counter")
        side = require_turn(actor, offer)
        if len(offer.rounds) >= MOST_ROUNDS:
            raise Conflict("too_many_rounds", most=MOST_ROUNDS)
        rows = listings.by_id({offer.supply_id, offer.demand_id})
        supply, demand = rows[offer.supply_id], rows[offer.demand_id]
        terms = terms_of(data, supply, demand, offer.latest)
        OFFER_LIFE.move(offer, "counter", by=party_of(actor, side), reason=reason)
        offer.rounds.append(terms.round(len(offer.rounds) + 1, side))
        offer.whose_turn, offer.valid_until = OTHER[side], terms.valid_until
        work.audit(actor, "counter", offer, reason=reason)
        emit_offer(work, "offer.countered", offer, party_of(actor, side))
    log.info("offer countered", extra={"offer_id": str(offer.id), "by": side})
    return offer, term_notices(terms, supply, demand)
