"""Offers and deals as the API shows them; what a page names is fetched together."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from ...catalogue import service as catalogue
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise
from ...events import service as events
from ...events.actor import Actor
from ..models import Deal, Offer, OfferStatus, Side
from .deal_carbon import carbon_of
from .ratings import ratings_of, shown_ratings

TERMS = (
    "quantity_kg", "price_fen", "valid_until", "from_day", "until_day", "freight", "minimum_charge_fen",
    "note",
)  # fmt: skip
OF_OFFER = (
    "id", "status", "supply_id", "demand_id", "maker", "whose_turn", "reason", "rounds", "ended_at",
    "created_at", "updated_at",
)  # fmt: skip
OF_DEAL = (
    "id", "number", "status", "offer_id", "supply_id", "demand_id", "region", "quantity_kg", "planned_kg",
    "moving_kg", "shipped_kg", "refused_kg", "accepted_kg", "over_kg", "left_kg", "price_fen",
    "minimum_charge_fen", "from_day", "until_day", "freight", "fault", "reason", "ended_by", "disputed_by",
    "dispute_reason", "invoice_status", "agreed_at", "ended_at", "created_at", "updated_at",
)  # fmt: skip


def present_offers(actor: Actor, offers: Sequence[Offer]) -> list[dict[str, Any]]:
    """Offers with both sides and the terms on the table; an accepted one names its deal."""
    parties = enterprises.references(_party_ids(offers))
    return [
        {
            **{name: getattr(offer, name) for name in OF_OFFER},
            **{name: getattr(offer.latest, name) for name in TERMS},
            **_sides(offer, parties),
            "deal_id": offer.deal.id if offer.status == OfferStatus.ACCEPTED and offer.deal else None,
        }
        for offer in offers
    ]


def present_deals(actor: Actor, deals: Sequence[Deal]) -> list[dict[str, Any]]:
    """Deals with both sides, their contacts, the legal basis, and the ratings that the actor may see."""
    parties = enterprises.by_id(_party_ids(deals))
    codes = catalogue.codes_by_id({deal.code_id for deal in deals})
    ratings = ratings_of(deals)
    return [
        {
            **{name: getattr(deal, name) for name in OF_DEAL},
            **_sides(deal, parties),
            "scheme": codes[deal.code_id].scheme,
            "code": codes[deal.code_id].code,
            "legal_basis": deal.terms["legal_basis"],
            "policy_version": deal.terms["policy_version"],
            "contacts": _contacts(actor, deal, parties),
            "ratings": shown_ratings(actor, deal, ratings[deal.id]),
            "carbon": carbon_of(deal, codes[deal.code_id]),
        }
        for deal in deals
    ]


def _party_ids(rows: Sequence[Offer | Deal]) -> set[UUID]:
    return {party for row in rows for party in (row.supplier_id, row.receiver_id)}


def _sides(row: Offer | Deal, parties: Mapping[UUID, Any]) -> dict[str, Any]:
    return {
        "supplier": enterprises.reference_to(parties[row.supplier_id]),
        "receiver": enterprises.reference_to(parties[row.receiver_id]),
    }


def _contacts(actor: Actor, deal: Deal, parties: dict[UUID, Enterprise]) -> dict[str, Any]:
    """How to reach both sides: for both of them, and for staff that oversees the one."""
    is_side = deal.side_of(actor.enterprise_id) is not None
    contacts: dict[str, Any] = {}
    for side, party_id in ((Side.SUPPLIER, deal.supplier_id), (Side.RECEIVER, deal.receiver_id)):
        party = parties[party_id]
        may_read = is_side or enterprises.sees_all_of(actor, party)
        contacts[side] = enterprises.contact_for(party) if may_read else None
        if contacts[side]:
            events.note_read(actor, events.CONTACT, party.id)
    return contacts
