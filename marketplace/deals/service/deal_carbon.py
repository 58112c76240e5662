"""The carbon of a deal: of what was accepted, or as long as nothing is, of what was agreed."""

from collections.abc import Mapping, Sequence
from typing import Any

import matching
from matching import KG_PER_T

from ...carbon import service as carbon
from ...catalogue.models import CatalogueCode
from ...http.languages import language
from ...messages import say
from ..models import Deal


def carbon_of(deals: Sequence[Deal], codes: Mapping[int, CatalogueCode]) -> list[dict[str, Any]]:
    """The estimates, by the places and the treatment that each deal froze; nobody verified them."""
    if not deals:
        return []
    kms = matching.shown_kms_between(
        *([_place(deal.terms[side]["location"]) for deal in deals] for side in ("supply", "demand"))
    )
    note = say("carbon_not_verified", language())
    return [
        {**_estimate(deal, codes[deal.code_id], km), "note": note}
        for deal, km in zip(deals, kms, strict=True)
    ]


def _place(location: dict[str, float]) -> tuple[float, float]:
    return location["lat"], location["lon"]


def _estimate(deal: Deal, code: CatalogueCode, km: float) -> dict[str, Any]:
    tonnes = (deal.accepted_kg or deal.quantity_kg) / KG_PER_T
    found = carbon.estimate(code.scheme, code.code, deal.terms["demand"]["treatment"], tonnes, km)
    return {**found, "of": "accepted" if deal.accepted_kg else "agreed"}
