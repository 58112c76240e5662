"""Hits of a ranking as the API shows them, each with its score in parts and its legal basis."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import matching
from matching import Basis
from matching.model import WEIGHT_UNIT

from ....catalogue import service as catalogue
from ....http.fields import FEN_PER_CNY
from ....licences import service as licences
from ....listings import service as listings
from ....listings.models import Kind, Listing
from ..feedback.contact_release import released_contacts
from ..feedback.verdicts import verdicts_on
from .hits import Hit
from .pair_warnings import transfer_day, warning_notices


def present_hits(
    listing: Listing, hits: Sequence[Hit], policy: matching.Policy, book: Mapping[int, matching.Code]
) -> list[dict[str, Any]]:
    """Hits as the API shows them to the owner of `listing`; everything they name is fetched together."""
    others = listings.outlines(hit.listing_id for hit in hits)
    references = licences.references(hit.permit_id for hit in hits if hit.permit_id)
    verdicts, mutual = verdicts_on(listing.id, others)
    contacts = released_contacts(listing, [others[other_id] for other_id in mutual])
    items = []
    for hit in hits:
        other = others[hit.listing_id]
        edition = _edition(listing.code_id or other.code_id, book)
        item = _item(listing, other, hit, policy, references, edition)
        item["feedback"] = verdicts.get(other.id)
        if hit.learned is not None:
            item["learned"] = hit.learned / matching.LEARNED_UNIT
        if other.id in contacts:
            item["contact"] = contacts[other.id]
        items.append(item)
    return items


def _edition(code_id: int, book: Mapping[int, matching.Code]) -> str:
    """The edition of its table that a code is of; a code written since the ranking is looked up."""
    return (book.get(code_id) or catalogue.codes_by_id([code_id])[code_id]).edition


def _item(
    listing: Listing,
    other: Any,
    hit: Hit,
    policy: matching.Policy,
    references: Mapping[UUID, str],
    edition: str,
) -> dict[str, Any]:
    demand = other if listing.kind == Kind.SUPPLY else listing
    return {
        "rank": hit.rank,
        "score": hit.score / matching.SCORE_UNIT,
        "listing": {
            "id": other.id,
            "kind": other.kind,
            "title": other.title,
            "enterprise": {"id": other.enterprise_id, "name": other.name, "grade": other.grade},
            "region": other.region,
            "remaining_kg": other.remaining_kg,
            "price_fen": other.price_fen,
        },
        "distance_km": round(matching.geodesic_km(listing.lat, listing.lon, other.lat, other.lon), 6),
        "legal_basis": {
            "kind": hit.basis.name.lower(),
            "reference": _reference(hit, demand, references),
            "edition": edition,
        },
        "components": _components(listing, other, hit, policy),
        "warnings": warning_notices(
            hit.warnings, hit.basis, transfer_day(listing.available_from, other.available_from)
        ),
    }


def _reference(hit: Hit, demand: Any, references: Mapping[UUID, str]) -> str | None:
    if hit.basis == Basis.EXEMPT:
        return f"《危险废物豁免管理清单》第{demand.exemption_item}项"
    return references[hit.permit_id] if hit.permit_id else None


def _components(listing: Listing, other: Any, hit: Hit, policy: matching.Policy) -> list[dict[str, Any]]:
    supply, demand = (listing, other) if listing.kind == Kind.SUPPLY else (other, listing)
    priced = supply.price_fen is not None and demand.price_fen is not None
    shared = min(supply.available_until, demand.available_until) - max(
        supply.available_from, demand.available_from
    )
    facts: dict[str, tuple[float | None, str | None, str]] = {
        "code": (None, None, _code_reason(hit)),
        "distance": (hit.distance_km, "km", "distance"),
        "credit": (other.credit_milli / 1000, "points", "credit"),
        "price": (
            ((demand.price_fen or 0) - (supply.price_fen or 0)) / FEN_PER_CNY if priced else None,
            "CNY/t",
            "price_gap" if priced else "price_open",
        ),
        "quantity": (min(supply.remaining_kg, demand.remaining_kg) / matching.KG_PER_T, "t", "quantity"),
        "time": (float(shared.days + 1), "days", "time"),
    }
    rows = []
    for number, name in enumerate(matching.COMPONENTS):
        raw, unit, reason = facts[name]
        value, weight = hit.values[number], policy.weights[number]
        rows.append(
            {
                "name": name,
                "value": value / matching.VALUE_UNIT,
                "weight": weight / WEIGHT_UNIT,
                "contribution": value * weight / matching.SCORE_UNIT,
                "raw": raw,
                "unit": unit,
                "reason": reason,
            }
        )
    return rows


def _code_reason(hit: Hit) -> str:
    fit = hit.values[0] / matching.VALUE_UNIT
    if fit == 1.0:
        return "code_same"
    return "code_category" if fit == matching.CATEGORY_FACTOR else "code_mapped"
