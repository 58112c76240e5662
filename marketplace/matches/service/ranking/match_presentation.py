"""Hits of a ranking as the API shows them, each with its score in parts and its legal basis."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

import matching
from matching import Basis
from matching.model import WEIGHT_UNIT

from .... import clock
from ....catalogue import service as catalogue
from ....enterprises import service as enterprises
from ....events.actor import Actor
from ....http.fields import FEN_PER_CNY
from ....http.languages import language
from ....licences import service as licences
from ....listings import service as listings
from ....listings.models import Kind, Listing
from ....messages import say
from ....registrations import service as registrations
from ...models import UNITS, Verdict
from ..feedback.contact_release import released_contacts
from ..feedback.verdicts import PairVerdicts
from .hits import Hit
from .pair_outlines import pair_outlines
from .pair_warnings import transfer_day, warning_notices


def present_hits(
    actor: Actor,
    ranked: Sequence[tuple[Listing, Hit]],
    policy: matching.Policy,
    book: Mapping[int, matching.Code],
) -> list[dict[str, Any]]:
    """Hits as the API shows them to the owner of the listing beside each or to its overseers; everything
    they name is fetched together."""
    others, said = pair_outlines([(listing.id, hit.listing_id) for listing, hit in ranked])
    documents = _documents_of([(demand_of(listing, others[hit.listing_id]), hit) for listing, hit in ranked])
    on_file = _registered([(listing, others[hit.listing_id], hit) for listing, hit in ranked], book)
    contacts = released_contacts(
        actor,
        [
            (listing, others[hit.listing_id])
            for listing, hit in ranked
            if said[listing.id, hit.listing_id].was_mutual
        ],
    )
    items = []
    for (listing, hit), km in zip(ranked, _shown_kms(ranked, others), strict=True):
        other, pair = others[hit.listing_id], (listing.id, hit.listing_id)
        basis = _legal_basis(listing, other, hit, documents, book)
        is_registered = _pair_of(listing, other) in on_file
        item = {
            **_item(listing, other, hit, km, policy, basis, is_registered),
            **present_verdicts(said[pair]),
        }
        if hit.learned is not None:
            item["learned"] = hit.learned / matching.LEARNED_UNIT
        if pair in contacts:
            item["contact"] = contacts[pair]
        items.append(item)
    return items


def present_verdicts(said: PairVerdicts) -> dict[str, str | None]:
    """What the two sides say of a pairing, as far as the owner of its first listing may know it."""
    return {
        "feedback": said.own,
        "their_feedback": Verdict.INTERESTED if said.is_other_interested else None,
    }


def shown_km(mine: Any, theirs: Any) -> float:
    """The distance between two listings (or outlines of them) as people read it everywhere, owner and staff
    included: between their rounded places, to 0.1 km."""
    return matching.shown_km(mine.lat, mine.lon, theirs.lat, theirs.lon)


def _shown_kms(ranked: Sequence[tuple[Listing, Hit]], others: Mapping[UUID, Any]) -> list[float]:
    """`shown_km` of each pairing: all those of one listing together."""
    kms: list[float] = []
    for listing, hits in groupby(ranked, lambda pair: pair[0]):
        places = [(others[hit.listing_id].lat, others[hit.listing_id].lon) for _, hit in hits]
        kms += matching.shown_kms((listing.lat, listing.lon), places)
    return kms


def present_offer(listing: Listing, other: Any, hit: Hit) -> dict[str, Any]:
    """One of several offers of an enterprise, in short."""
    return {
        "id": other.id,
        "title": other.title,
        "score": hit.score / matching.SCORE_UNIT,
        "distance_km": shown_km(listing, other),
        "remaining_kg": other.remaining_kg,
        "price_fen": other.price_fen,
    }


def present_counterpart(other: Any) -> dict[str, Any]:
    """A listing of the other side, as an outline of it with its owner's name, grade and score, in short."""
    return {
        "id": other.id,
        "kind": other.kind,
        "title": other.title,
        "enterprise": listings.owner_of(other),
        "region": other.region,
        "remaining_kg": other.remaining_kg,
        "price_fen": other.price_fen,
    }


def _edition(code_id: int, book: Mapping[int, matching.Code]) -> str:
    """The edition of its table that a code is of; a code written since the ranking is looked up."""
    return (book.get(code_id) or catalogue.codes_by_id([code_id])[code_id]).edition


def _item(
    listing: Listing,
    other: Any,
    hit: Hit,
    km: float,
    policy: matching.Policy,
    basis: dict[str, Any],
    is_registered: bool,
) -> dict[str, Any]:
    return {
        "rank": hit.rank,
        "score": hit.score / matching.SCORE_UNIT,
        "listing": present_counterpart(other),
        "distance_km": km,
        "legal_basis": basis,
        "components": _components(listing, other, hit, km, policy),
        "warnings": warning_notices(
            hit.warnings,
            hit.basis,
            transfer_day(listing.available_from, other.available_from),
            is_registered=is_registered,
        ),
    }


def _pair_of(listing: Listing, other: Any) -> tuple[UUID, int]:
    """The receiver and the waste code of a pairing."""
    return demand_of(listing, other).enterprise_id, listing.code_id or other.code_id


def _registered(
    pairings: Sequence[tuple[Listing, Any, Hit]], book: Mapping[int, matching.Code]
) -> set[tuple[UUID, int]]:
    """Which receivers of general waste among these have a registration for it on file."""
    pairs = {_pair_of(mine, theirs) for mine, theirs, hit in pairings if hit.basis == Basis.GENERAL}
    covering = {code_id: book[code_id].aliases for _, code_id in pairs if code_id in book}
    known = {pair for pair in pairs if pair[1] in covering}
    return registrations.registered(known, clock.today(), covering)


def demand_of(listing: Listing, other: Any) -> Any:
    """The demand of the two."""
    return other if listing.kind == Kind.SUPPLY else listing


def _documents_of(hits: Sequence[tuple[Any, Hit]]) -> licences.LegalDocuments:
    """The documents that these pairings of a demand rest on."""
    return licences.LegalDocuments(
        (
            permit_id
            for _, hit in hits
            for permit_id in (hit.permit_id, hit.approval_id)
            if permit_id is not None
        ),
        [
            (demand.enterprise_id, demand.exemption_item)
            for demand, hit in hits
            if hit.basis == Basis.EXEMPT and demand.exemption_item
        ],
    )


def legal_basis_of(
    listing: Listing, other: Any, hit: Hit, book: Mapping[int, matching.Code]
) -> dict[str, Any]:
    """On what one pairing rests, as `present_hits` shows it."""
    documents = _documents_of([(demand_of(listing, other), hit)])
    return _legal_basis(listing, other, hit, documents, book)


def _legal_basis(
    listing: Listing,
    other: Any,
    hit: Hit,
    documents: licences.LegalDocuments,
    book: Mapping[int, matching.Code],
) -> dict[str, Any]:
    """On what a pairing rests: kind, number, codes and validity of the document; never its tonnes."""
    demand, code_id = demand_of(listing, other), listing.code_id or other.code_id
    if hit.basis == Basis.EXEMPT:
        covering = book[code_id].aliases if code_id in book else {code_id: 1.0}
        document = documents.of_exemption(demand.enterprise_id, demand.exemption_item, covering)
        reference: str | None = exemption_reference(demand.exemption_item)
    else:
        document = documents.of_permit(hit.permit_id)
        reference = document.number if document else None
    return {
        "kind": hit.basis.name.lower(),
        "reference": reference,
        "edition": _edition(code_id, book),
        **licences.paper_of(document),
        **_approval(listing, other, hit, documents),
    }


def _approval(
    listing: Listing, other: Any, hit: Hit, documents: licences.LegalDocuments
) -> dict[str, dict[str, str]]:
    """The approval by which a pairing crosses a province line, and the law that asks for it."""
    document = documents.of_permit(hit.approval_id)
    if document is None:
        return {}
    day = transfer_day(listing.available_from, other.available_from)
    return {
        "approval": {
            "id": str(hit.approval_id),
            "number": document.number,
            "valid_from": str(document.valid_from),
            "valid_until": str(document.valid_until),
            "source": say("source_region", language(), law_of=day),
        }
    }


def exemption_reference(item: int) -> str:
    """How an item of the exemption list is named."""
    return f"《危险废物豁免管理清单》第{item}项"


def _components(
    listing: Listing, other: Any, hit: Hit, km: float, policy: matching.Policy
) -> list[dict[str, Any]]:
    supply, demand = (listing, other) if listing.kind == Kind.SUPPLY else (other, listing)
    priced = supply.price_fen is not None and demand.price_fen is not None
    shared = min(supply.available_until, demand.available_until) - max(
        supply.available_from, demand.available_from
    )
    facts: dict[str, tuple[float | None, str]] = {
        "code": (None, _code_reason(hit)),
        "distance": (km, "distance"),
        "credit": (float(enterprises.whole_points(other.credit_milli)), "credit"),
        "price": (
            ((demand.price_fen or 0) - (supply.price_fen or 0)) / FEN_PER_CNY if priced else None,
            "price_gap" if priced else "price_open",
        ),
        "quantity": (min(supply.remaining_kg, demand.remaining_kg) / matching.KG_PER_T, "quantity"),
        "time": (float(shared.days + 1), "time"),
    }
    rows = []
    for number, name in enumerate(matching.COMPONENTS):
        raw, reason = facts[name]
        value, weight = hit.values[number], policy.weights[number]
        rows.append(
            {
                "name": name,
                "value": value / matching.VALUE_UNIT,
                "weight": weight / WEIGHT_UNIT,
                "contribution": value * weight / matching.SCORE_UNIT,
                "raw": raw,
                "unit": UNITS.get(name),
                "reason": reason,
            }
        )
    return rows


def _code_reason(hit: Hit) -> str:
    fit = hit.values[0] / matching.VALUE_UNIT
    if fit == 1.0:
        return "code_same"
    return "code_category" if fit == matching.CATEGORY_FACTOR else "code_mapped"
