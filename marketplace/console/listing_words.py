"""Listings as pages show them: their codes named, prices as who pays whom, places on a map."""

from collections.abc import Callable, Sequence
from typing import Any

from ..catalogue import service as catalogue
from ..listings.models import Kind
from .places import PlaceMap, Spot, place_map

FEN_PER_CNY = 100
LONGEST_TITLE, MOST_ACCEPTED = 120, 100
ANY_LOT_KG = 1
"""The smallest lot where none is asked for."""
NO_FILTER: dict[str, Any] = {
    **dict.fromkeys(
        (
            "kind", "code", "region", "q", "lon", "lat", "within_km", "price_min", "price_max",
            "quantity_min_t", "quantity_max_t", "available_from", "available_until", "grade", "status",
            "external_id", "cursor",
        )
    ),
    "crs": "wgs84", "mine": False, "sort": "newest",
}  # fmt: skip
"""A search of listings, by the names of the API, that finds all."""


def named_listings(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Listings as the API shows them, with their `codes` and the name of the region."""
    codes = catalogue.codes_by_id({row["code_id"] for row in rows if row["code_id"]})
    regions = catalogue.region_names({row["region"] for row in rows})
    return [
        {**row, "codes": _codes_of(row, codes), "region_name": regions.get(row["region"], "")} for row in rows
    ]


def _codes_of(row: dict[str, Any], codes: dict[int, Any]) -> list[dict[str, Any]]:
    if row["waste"]:
        known = codes[row["code_id"]]
        name = known.name_zh or known.name_en
        return [{**row["waste"], "name": name, "hazardous": known.hazardous}]
    return [{**code, "name": "", "hazardous": code["scheme"] == "cn-hw"} for code in row["accepts"] or ()]


def page_of(row: dict[str, Any]) -> str:
    """The page of a listing."""
    return f"/listings/{row['id']}"


def map_of(
    rows: Sequence[dict[str, Any]],
    first: dict[str, Any] | None = None,
    leads_to: Callable[[dict[str, Any]], str] = page_of,
) -> PlaceMap | None:
    """Listings on a map, `first` among them marked; `leads_to` is where a place leads."""
    return place_map(
        [
            Spot(
                row["location"]["lon"],
                row["location"]["lat"],
                row["title"],
                leads_to(row),
                "own" if first and row["id"] == first["id"] else "in" if row["kind"] == Kind.DEMAND else "",
            )
            for row in rows
        ]
    )


def price_terms(price: float | None, payer: str) -> float | None:
    """What the API calls `price_cny_per_t`: from the supplier's side, below zero if the supplier pays."""
    if price is None:
        return None
    return -price if payer == "supplier" else price


def written_codes(kind: str, written: list[str]) -> dict[str, Any]:
    """Codes as written, with their scheme where a suggestion said it, by the name of the API."""
    named = []
    for text in written[:MOST_ACCEPTED]:
        scheme, _, code = text.partition(" ")
        known = scheme in ("cn-hw", "cn-sw", "eu-low") and code
        named.append({"scheme": scheme, "code": code} if known else {"scheme": None, "code": text})
    return {"waste": named[0]} if kind == Kind.SUPPLY else {"accepts": named}
