"""Offers and deals as the API shows them; what a page names is fetched together."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from ...catalogue import service as catalogue
from ...enterprises import service as enterprises
from ...events import service as events
from ...events.actor import Actor
from ...persons import service as persons
from ..models import Deal, Offer, OfferRound, OfferStatus, Side
from .deal_carbon import carbon_of
from .ratings import ratings_of, shown_ratings

TERMS = (
    "quantity_kg", "price_fen", "valid_until", "from_day", "until_day", "freight", "minimum_charge_fen",
    "note",
)  # fmt: skip
OF_OFFER = (
    "id", "status", "supply_id", "demand_id", "maker", "whose_turn", "reason", "ended_at", "created_at",
    "updated_at",
)  # fmt: skip
OF_DEAL = (
    "id", "number", "status", "offer_id", "supply_id", "demand_id", "region", "quantity_kg", "planned_kg",
    "moving_kg", "shipped_kg", "refused_kg", "accepted_kg", "over_kg", "left_kg", "price_fen",
    "minimum_charge_fen", "from_day", "until_day", "freight", "fault", "reason", "ended_by", "disputed_by",
    "dispute_reason", "invoice_status", "agreed_at", "ended_at", "created_at", "updated_at",
)  # fmt: skip
OF_ROUND = (*TERMS, "no", "by", "at", "person_id")
_of_offer = attrgetter(*OF_OFFER)
_of_deal = attrgetter(*OF_DEAL)


def present_offers(actor: Actor, offers: Sequence[Offer]) -> list[dict[str, Any]]:
    """Offers with both sides and the terms on the table; an accepted one names its deal."""
    rounds = [[_shown_round(one) for one in offer.rounds] for offer in offers]
    deals = [offer.deal.id if _is_accepted(offer) and offer.deal else None for offer in offers]
    return _present_offers(actor, offers, rounds, deals)


def present_offer_rows(rows: Sequence[Any], actor: Actor | None = None) -> list[dict[str, Any]]:
    """The same of rows of `search_offers`; without the reader nothing says which persons acted."""
    deals = [row.deal_id if _is_accepted(row) else None for row in rows]
    return _present_offers(actor, rows, [_read_back(row.rounds) for row in rows], deals)


def _is_accepted(offer: Any) -> bool:
    return bool(offer.status == OfferStatus.ACCEPTED)


def _present_offers(
    actor: Actor | None,
    offers: Sequence[Any],
    rounds: Sequence[list[dict[str, Any]]],
    deals: Sequence[UUID | None],
) -> list[dict[str, Any]]:
    _name_persons(actor, offers, rounds)
    parties = enterprises.references(_party_ids(offers))
    return [
        {
            **dict(zip(OF_OFFER, _of_offer(offer), strict=True)),
            **{name: its[-1][name] for name in TERMS},
            **_sides(offer, parties),
            "rounds": its,
            "deal_id": deal_id,
        }
        for offer, its, deal_id in zip(offers, rounds, deals, strict=True)
    ]


def _name_persons(actor: Actor | None, offers: Sequence[Any], rounds: Sequence[list[dict[str, Any]]]) -> None:
    """Say of each round which person named the terms, as far as the reader may know."""
    made = [(one, offer) for offer, its in zip(offers, rounds, strict=True) for one in its]
    acted = [
        (one.pop("person_id"), offer.supplier_id if one["by"] == Side.SUPPLIER else offer.receiver_id)
        for one, offer in made
    ]
    for (one, _), person in zip(made, persons.named_for(actor, acted), strict=True):
        one["by_person"] = person


def _shown_round(row: OfferRound) -> dict[str, Any]:
    return {name: getattr(row, name) for name in OF_ROUND}


def _read_back(rounds: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rounds from JSON, which has neither moments nor days."""
    for one in rounds:
        for name in ("valid_until", "at"):
            one[name] = datetime.fromisoformat(one[name])
        for name in ("from_day", "until_day"):
            one[name] = date.fromisoformat(one[name])
    return rounds


def present_deals(actor: Actor, deals: Sequence[Deal]) -> list[dict[str, Any]]:
    """Deals with both sides, their contacts, the legal basis, and the ratings that the actor may see."""
    parties = enterprises.contacts_of(_party_ids(deals))
    codes = catalogue.codes_by_id({deal.code_id for deal in deals})
    ratings = ratings_of(deals)
    return [
        {
            **dict(zip(OF_DEAL, _of_deal(deal), strict=True)),
            **_sides(deal, parties),
            "scheme": codes[deal.code_id].scheme,
            "code": codes[deal.code_id].code,
            "legal_basis": deal.terms["legal_basis"],
            "policy_version": deal.terms["policy_version"],
            "contacts": _contacts(actor, deal, parties),
            "ratings": shown_ratings(actor, deal, ratings[deal.id]),
            "carbon": carbon,
        }
        for deal, carbon in zip(deals, carbon_of(deals, codes), strict=True)
    ]


def _party_ids(rows: Sequence[Any]) -> set[UUID]:
    return {party for row in rows for party in (row.supplier_id, row.receiver_id)}


def _sides(row: Any, parties: Mapping[UUID, Any]) -> dict[str, Any]:
    return {
        "supplier": enterprises.reference_to(parties[row.supplier_id]),
        "receiver": enterprises.reference_to(parties[row.receiver_id]),
    }


def _contacts(actor: Actor, deal: Deal, parties: Mapping[UUID, Any]) -> dict[str, Any]:
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
