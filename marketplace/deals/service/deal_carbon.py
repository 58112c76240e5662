"""The carbon of a deal: of what was accepted, or as long as nothing is, of what was agreed."""

from typing import Any

import matching
from matching import KG_PER_T

from ...carbon import service as carbon
from ...catalogue.models import CatalogueCode
from ...http.languages import language
from ...messages import say
from ..models import Deal


def carbon_of(deal: Deal, code: CatalogueCode) -> dict[str, Any]:
    """The estimate, by the places and the treatment that the deal froze; it says that nobody verified it."""
    supply, demand = deal.terms["supply"], deal.terms["demand"]
    here, there = supply["location"], demand["location"]
    km = matching.shown_km(here["lat"], here["lon"], there["lat"], there["lon"])
    kg = deal.accepted_kg or deal.quantity_kg
    found = carbon.estimate(code.scheme, code.code, demand["treatment"], kg / KG_PER_T, km)
    return {
        **found,
        "of": "accepted" if deal.accepted_kg else "agreed",
        "note": say("carbon_not_verified", language()),
    }
