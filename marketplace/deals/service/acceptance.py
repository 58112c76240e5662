"""An offer accepted: every gate judged again under lock, the tonnes reserved, the terms frozen in a deal."""

import logging
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from ... import clock
from ...catalogue import service as catalogue
from ...catalogue.models import CatalogueCode
from ...enterprises import service as enterprises
from ...errors import Conflict
from ...events.actor import Actor
from ...events.lifecycle import wrong_state
from ...events.work import Work, unit_of_work
from ...http.fields import json_value
from ...listings import service as listings
from ...listings.models import Listing, ListingStatus
from ...matches import service as matches
from ..models import OFFER_LIFE, Deal, DealStatus, Offer, OfferRound
from .deal_events import emit_deal, emit_offer
from .numbering import next_number
from .permit_tonnes import reserve_for
from .same_waste import require_same_waste
from .turns import party_of, require_live, require_turn

log = logging.getLogger(__name__)

JUDGED = (ListingStatus.OPEN, ListingStatus.FULFILLED)
"""States of a listing in which what is left of it decides; one with nothing left is fulfilled."""


def accept(actor: Actor, offer_id: UUID, reason: str | None = None) -> Deal:
    """Accept the other side's latest terms: reserve the tonnes on both listings and on the permit.

    Locks the offer, the listings by id, the permit's balance, the serial of numbers, in that sequence.

    Args:
        reason: why an admin does it in place of a side.

    Raises:
        Conflict: the offer has ended or a listing has closed
            (`wrong_state`), it is the other's turn (`not_your_turn`), less is left (`not_enough_left`), or
            the pairing is not lawful any more (`no_longer_lawful` with `failed_gates`), or a listing offers
            another waste than the terms were named for (`listing_changed`).
    """
    with unit_of_work() as work:
        offer = work.lock(Offer, Offer.id == offer_id)
        require_live(offer, "accept")
        side = require_turn(actor, offer)
        OFFER_LIFE.move(offer, "accept", by=party_of(actor, side), reason=reason)
        offer.whose_turn, offer.ended_at, offer.reason = None, clock.now(), reason
        terms = offer.latest
        ground, supply, demand = _judged(work, actor, offer, terms)
        listings.reserve_locked(work, supply, demand, terms.quantity_kg)
        deal = _new_deal(offer, terms, supply, demand, ground)
        work.audit(actor, "accept", offer, reason=reason)
        emit_offer(work, "offer.accepted", offer, party_of(actor, side))
        emit_deal(work, "deal.agreed", deal, party_of(actor, side))
        _write(work, deal)
    log.info("offer accepted", extra={"offer_id": str(offer.id), "deal_id": str(deal.id)})
    return deal


def _write(work: Work, deal: Deal) -> None:
    """Reserve the tonnes of a new deal and number it: last of all, because all deals of the permit and all of
    the region wait from here to the end of the work."""
    work.write_records()
    reserve_for(work, deal, deal.quantity_kg)
    deal.number = next_number(work, deal.region)
    work.add(deal)


def _judged(
    work: Work, actor: Actor, offer: Offer, terms: OfferRound
) -> tuple[matches.Ground, Listing, Listing]:
    """On what the deal rests, with both listings locked as they were before their tonnes are reserved."""
    supply, demand = listings.lock_pair(work, offer.supply_id, offer.demand_id)
    for row in (supply, demand):
        if row.status not in JUDGED:
            raise wrong_state("listing", row.status, "accept", [ListingStatus.OPEN])
    listings.require_left(supply, demand, terms.quantity_kg)
    if not enterprises.may_trade(offer.supplier_id, offer.receiver_id):
        raise Conflict("party_may_not_trade")
    agreed = matches.DealTerms(terms.quantity_kg, terms.from_day, terms.until_day)
    judged = matches.judge(actor, supply, demand, agreed)
    if judged.ground is None:
        raise Conflict("no_longer_lawful", gates=judged.gates, failed_gates=judged.failed_gates)
    require_same_waste(work, offer, supply, demand)
    return judged.ground, supply, demand


def _new_deal(
    offer: Offer, terms: OfferRound, supply: Listing, demand: Listing, ground: matches.Ground
) -> Deal:
    named = ("quantity_kg", "price_fen", "from_day", "until_day", "freight", "minimum_charge_fen")
    return Deal(
        id=uuid7(),
        status=DealStatus.AGREED,
        offer_id=offer.id,
        supply_id=supply.id,
        demand_id=demand.id,
        supplier_id=offer.supplier_id,
        receiver_id=offer.receiver_id,
        code_id=supply.code_id,
        region=supply.lies_in,
        permit_kind=ground.permit_kind,
        permit_id=ground.permit_id,
        approval_id=ground.approval_id,
        permit_year=terms.until_day.year if ground.permit_id else None,
        terms=_frozen(offer, supply, demand, ground),
        **{name: getattr(terms, name) for name in named},
    )


def _frozen(offer: Offer, supply: Listing, demand: Listing, ground: matches.Ground) -> dict[str, Any]:
    """What a deal keeps of the moment in which it was agreed, as JSON."""
    parties = enterprises.by_id({offer.supplier_id, offer.receiver_id})
    codes = catalogue.codes_by_id({*_code_ids(supply), *_code_ids(demand)})
    return {
        "supply": _with_codes(supply, codes),
        "demand": _with_codes(demand, codes),
        "supplier": _identity(parties[offer.supplier_id]),
        "receiver": _identity(parties[offer.receiver_id]),
        "rounds": [frozen_round(row) for row in offer.rounds],
        "legal_basis": ground.legal_basis,
        "policy_version": ground.policy_version,
    }


def _code_ids(row: Listing) -> list[int]:
    """The code of a supply, those that a demand accepts."""
    return [row.code_id] if row.code_id else [accept.code_id for accept in row.accepts]


def _with_codes(row: Listing, codes: Mapping[int, CatalogueCode]) -> dict[str, Any]:
    """A listing's terms, its codes as the catalogue spells them."""
    stated = listings.stated_terms(row)
    shown = [{"scheme": codes[code].scheme, "code": codes[code].code} for code in _code_ids(row)]
    named = {"waste": shown[0]} if row.code_id else {"accepts": shown}
    return {**stated, "id": str(row.id), **named}


def _identity(enterprise: Any) -> dict[str, Any]:
    return {
        "id": str(enterprise.id),
        "name": enterprise.name,
        "uscc": enterprise.uscc,
        "region": f"{enterprise.region:06d}",
    }


def frozen_round(row: OfferRound) -> dict[str, Any]:
    """A round as it is kept with the deal: whole kilograms and fen, days and moments as text."""
    names = ("no", "by", "quantity_kg", "price_fen", "minimum_charge_fen", "freight", "note")
    days = {name: json_value(getattr(row, name)) for name in ("from_day", "until_day", "valid_until", "at")}
    return {**{name: getattr(row, name) for name in names}, **days}
