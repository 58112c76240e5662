"""What was done to a listing: which terms changed, from what to what, and who may read it."""

from collections.abc import Sequence
from typing import Any

from matching import KG_PER_T

from ...catalogue import service as catalogue
from ...events.models import Audit
from ..models import Listing
from .presentation import coarse

FEN_PER_CNY = 100
CODES = ("waste", "accepts")
"""Terms whose values are ids of waste codes until they are shown."""

HIDDEN = ("external_id",)
"""Terms that others do not see at all; of a location they see the rounded one."""


def stated_terms(row: Listing) -> dict[str, Any]:
    """The terms of a listing by their names in the API, as JSON; codes by id, unlisted ones as text."""
    return {
        "external_id": row.external_id,
        "title": row.title,
        "waste": row.unlisted_code or row.code_id,
        "accepts": [accept.unlisted_code or accept.code_id for accept in row.accepts] or None,
        "quantity_t": row.quantity_kg / KG_PER_T,
        "min_lot_t": row.min_lot_kg / KG_PER_T,
        "price_cny_per_t": None if row.price_fen is None else row.price_fen / FEN_PER_CNY,
        "region": f"{row.region:06d}",
        "location": {"lon": row.lon, "lat": row.lat, "crs": "wgs84"},
        "max_distance_km": row.max_distance_km,
        "available_from": row.available_from.isoformat(),
        "available_until": row.available_until.isoformat(),
        "form": row.form,
        "packaging": row.packaging,
        "composition": row.composition,
        "requires": row.requires,
        "treatment": row.treatment,
        "exemption_item": row.exemption_item,
    }


def changed_terms(before: dict[str, Any], after: dict[str, Any]) -> dict[str, list[Any]]:
    """{term: [before, after]} of the terms that differ."""
    return {name: [before[name], after[name]] for name in before if before[name] != after[name]}


def others_see(changes: dict[str, list[Any]]) -> bool:
    """Whether others than the owner and its overseers see any of these changes of terms."""
    return any(
        coarse(before["lon"], before["lat"]) != coarse(after["lon"], after["lat"])
        if name == "location"
        else name not in HIDDEN
        for name, (before, after) in changes.items()
    )


def with_codes(lines: Sequence[Audit]) -> list[dict[str, list[Any]]]:
    """The changes of each line, the ids of codes replaced by what the catalogue calls them."""
    changes = [line.detail.get("changes", {}) for line in lines]
    ids = {
        code_id
        for change in changes
        for name in CODES
        for value in change.get(name, ())
        for code_id in _ids_in(value)
    }
    codes = catalogue.codes_by_id(ids)
    shown = {code_id: {"scheme": code.scheme, "code": code.code} for code_id, code in codes.items()}
    return [
        {
            name: [_named(value, shown) for value in values] if name in CODES else values
            for name, values in change.items()
        }
        for change in changes
    ]


def _ids_in(value: Any) -> list[int]:
    return [code for code in (value if isinstance(value, list) else [value]) if isinstance(code, int)]


def _named(value: Any, shown: dict[int, Any]) -> Any:
    if isinstance(value, list):
        return [_named(code, shown) for code in value]
    unlisted = {"scheme": catalogue.UNLISTED_SCHEME, "code": value}
    return None if value is None else unlisted if isinstance(value, str) else shown[value]
