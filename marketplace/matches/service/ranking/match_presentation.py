"""Hits of a ranking as the API shows them, each with its score in parts and its legal basis."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple
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
from .live_index import process_index
from .pair_outlines import pair_outlines, said_of
from .pair_warnings import transfer_day, warning_notices

UNIT_OF_EACH = tuple(UNITS.get(name) for name in matching.COMPONENTS)


class Pairing(NamedTuple):
    """A listing and a hit of its ranking, with the outline of that listing, what both sides say, and the
    first day on which it can be moved."""

    listing: Listing
    hit: Hit
    other: Any
    said: PairVerdicts
    day: date

    @property
    def demand(self) -> Any:
        """The demand of the two."""
        return demand_of(self.listing, self.other)


def present_hits(
    actor: Actor,
    ranked: Sequence[tuple[Listing, Hit]],
    policy: matching.Policy,
    book: Mapping[int, matching.Code],
) -> list[dict[str, Any]]:
    """Hits as the API shows them to the owner of the listing beside each or to its overseers; everything
    they name is fetched together."""
    rows = pair_outlines([(listing.id, hit.listing_id) for listing, hit in ranked])
    pairings = [
        Pairing(
            listing, hit, other, said_of(other), transfer_day(listing.available_from, other.available_from)
        )
        for (listing, hit), other in zip(ranked, rows, strict=True)
    ]
    documents = _documents_of([(pairing.demand, pairing.hit) for pairing in pairings], book)
    on_file = _registered(pairings, book)
    mutual = [(pairing.listing, pairing.other) for pairing in pairings if pairing.said.was_mutual]
    contacts = released_contacts(actor, mutual)
    items = []
    for pairing, km in zip(pairings, _shown_kms(pairings), strict=True):
        item = _item(pairing, km, policy, documents, on_file, book)
        if contacts and (contact := contacts.get((pairing.listing.id, pairing.other.id))):
            item["contact"] = contact
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


def _shown_kms(pairings: Iterable[Pairing]) -> list[float]:
    """`shown_km` of each pairing: all those of one listing together."""
    kms: list[float] = []
    for listing, its in groupby(pairings, lambda pairing: pairing.listing):
        kms += matching.shown_kms((listing.lat, listing.lon), [(row.other.lat, row.other.lon) for row in its])
    return kms


def present_offer(listing: Listing, other: Any, hit: Hit) -> dict[str, Any]:
    """One of several offers of an enterprise, in short."""
    return {
        "id": other.id,
        "title": other.title,
        "score": hit.score / matching.SCORE_UNIT,
        "distance_km": shown_km(listing, other),
        "remaining_t": other.remaining_kg / matching.KG_PER_T,
        "price_cny_per_t": None if other.price_fen is None else other.price_fen / FEN_PER_CNY,
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
    pairing: Pairing,
    km: float,
    policy: matching.Policy,
    documents: licences.LegalDocuments,
    on_file: set[tuple[UUID, int]],
    book: Mapping[int, matching.Code],
) -> dict[str, Any]:
    listing, hit, other, said, day = pairing
    is_registered = _pair_of(listing, other) in on_file if on_file else False
    learned = {} if hit.learned is None else {"learned": hit.learned / matching.LEARNED_UNIT}
    return {
        "rank": hit.rank,
        "score": hit.score / matching.SCORE_UNIT,
        **learned,
        "listing": present_counterpart(other),
        "distance_km": km,
        "legal_basis": _legal_basis(listing, other, hit, documents, book),
        "components": _components(listing, other, hit, km, policy),
        "warnings": warning_notices(hit.warnings, hit.basis, day, is_registered=is_registered),
        **present_verdicts(said),
    }


def _pair_of(listing: Listing, other: Any) -> tuple[UUID, int]:
    """The receiver and the waste code of a pairing."""
    return demand_of(listing, other).enterprise_id, listing.code_id or other.code_id


def _registered(pairings: Iterable[Pairing], book: Mapping[int, matching.Code]) -> set[tuple[UUID, int]]:
    """Which receivers of general waste among these have a registration for it on file."""
    general = [pairing for pairing in pairings if pairing.hit.basis == Basis.GENERAL]
    pairs = {_pair_of(pairing.listing, pairing.other) for pairing in general}
    covering = {code_id: book[code_id].aliases for _, code_id in pairs if code_id in book}
    known = {pair for pair in pairs if pair[1] in covering}
    return registrations.registered(known, clock.today(), covering)


def demand_of(listing: Listing, other: Any) -> Any:
    """The demand of the two."""
    return other if listing.kind == Kind.SUPPLY else listing


def _documents_of(
    hits: Sequence[tuple[Any, Hit]], book: Mapping[int, matching.Code]
) -> licences.LegalDocuments:
    """The documents that these pairings of a demand rest on, as a ranking with this book found them."""
    permits = {
        permit_id
        for _, hit in hits
        for permit_id in (hit.permit_id, hit.approval_id)
        if permit_id is not None
    }
    exemptions = [
        (demand.enterprise_id, demand.exemption_item)
        for demand, hit in hits
        if hit.basis == Basis.EXEMPT and demand.exemption_item
    ]
    return process_index().legal_documents(permits, exemptions, book)


def legal_basis_of(
    listing: Listing, other: Any, hit: Hit, book: Mapping[int, matching.Code]
) -> dict[str, Any]:
    """On what one pairing rests, as `present_hits` shows it."""
    documents = _documents_of([(demand_of(listing, other), hit)], book)
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
    first, last = (
        max(supply.available_from, demand.available_from),
        min(supply.available_until, demand.available_until),
    )
    facts = (
        (None, _code_reason(hit)),
        (km, "distance"),
        (float(enterprises.whole_points(other.credit_milli)), "credit"),
        (
            ((demand.price_fen or 0) - (supply.price_fen or 0)) / FEN_PER_CNY if priced else None,
            "price_gap" if priced else "price_open",
        ),
        (min(supply.remaining_kg, demand.remaining_kg) / matching.KG_PER_T, "quantity"),
        (float((last - first).days + 1), "time"),
    )
    parts = zip(matching.COMPONENTS, UNIT_OF_EACH, hit.values, policy.weights, facts, strict=True)
    return [
        {
            "name": name,
            "value": value / matching.VALUE_UNIT,
            "weight": weight / WEIGHT_UNIT,
            "contribution": value * weight / matching.SCORE_UNIT,
            "raw": raw,
            "unit": unit,
            "reason": reason,
        }
        for name, unit, value, weight, (raw, reason) in parts
    ]


def _code_reason(hit: Hit) -> str:
    fit = hit.values[0] / matching.VALUE_UNIT
    if fit == 1.0:
        return "code_same"
    return "code_category" if fit == matching.CATEGORY_FACTOR else "code_mapped"
