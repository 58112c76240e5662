"""Listings of the demo as bodies of the API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from seed.city import City, DemoListing

SAME_NAME = (
    "kind", "title", "quantity_t", "min_lot_t", "price_cny_per_t", "max_distance_km", "form", "packaging",
)  # fmt: skip
"""What a listing of the demo calls as the API does."""


def body_of(city: City, listing: DemoListing) -> dict[str, Any]:
    """The body of `POST /listings` that a listing of the demo is."""
    body: dict[str, Any] = {
        **{name: getattr(listing, name) for name in SAME_NAME},
        "available_from": str(city.day(listing.from_day)),
        "available_until": str(city.day(listing.until_day)),
        "publish": True,
    }
    if listing.kind == "supply":
        body["waste"] = {"scheme": listing.scheme, "code": listing.code}
        body["composition"] = [asdict(part) for part in listing.composition]
    else:
        body["accepts"] = [{"scheme": scheme, "code": code} for scheme, code in listing.accepts]
        body["requires"] = [asdict(part) for part in listing.requires]
        body["treatment"] = listing.treatment
        body["exemption_item"] = listing.exemption_item
    return body
