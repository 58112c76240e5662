"""Supplies and demands as columns, read from the database in a fixed number of statements."""

from collections.abc import Sequence
from typing import Any

import numpy as np

import matching
from matching import Components, Demands, Review, Supplies

from ....database import db
from ....enterprises.models import EnterpriseStatus
from ....listings.models import ExemptionReview, Kind, Listing, ListingStatus
from ....numpy_columns import copy_columns, read_columns
from .component_ranges import BY_NO, RANGES_OF, copy_open_ranges, read_ranges

REVIEWS = (
    f"WHEN '{ExemptionReview.ACCEPT}' THEN {Review.ACCEPTED:d}"
    f" WHEN '{ExemptionReview.REFUSE}' THEN {Review.REFUSED:d}"
)
SHARED_TYPES = {
    "key": "i8", "id": "uuid", "enterprise": "i8", "province": "i2", "lat": "f8", "lon": "f8",
    "remaining_kg": "i8", "min_lot_kg": "i8", "price_fen": "i8", "max_km": "f8", "first_day": "i4",
    "last_day": "i4", "credit_milli": "i4", "grade": "i2", "blocked": "bool", "composed": "bool",
}  # fmt: skip
SUPPLY_TYPES = {**SHARED_TYPES, "code": "i4", "small_generator": "bool"}
DEMAND_TYPES = {
    **SHARED_TYPES, "accepts": "i4", "mode": "i2", "exemption_item": "i2", "exemption_review": "i2",
}  # fmt: skip
PRICE = f"coalesce(l.price_fen, {matching.NO_PRICE})"
WINDOW = "l.available_from - DATE '1970-01-01', l.available_until - DATE '1970-01-01'"
PROVINCE = "(coalesce(l.place_region, l.region) / 10000)::int2"
"""That in which the waste lies, as `Listing.lies_in`."""
SHARED = f"""
l.no, l.id, e.no, {PROVINCE}, l.lat, l.lon, l.remaining_kg, l.min_lot_kg,
{PRICE}, coalesce(l.max_distance_km, 'Infinity'), {WINDOW},
e.credit_milli, (ascii(e.grade) - 65)::int2, e.blocked
"""
SUPPLIES = f"""
SELECT {SHARED}, l.composition <> '[]', l.code_id, e.small_generator
FROM listing l JOIN enterprise e ON e.id = l.enterprise_id
WHERE l.kind = '{Kind.SUPPLY}' AND
"""  # noqa: S608 - fragments are constants, values are bound
DEMANDS = f"""
SELECT {SHARED}, l.requires <> '[]', a.code_id, l.mode, coalesce(l.exemption_item, 0)::int2,
       (CASE l.exemption_review {REVIEWS} ELSE {Review.NONE:d} END)::int2
FROM listing_accept a JOIN listing l ON l.id = a.listing_id JOIN enterprise e ON e.id = l.enterprise_id
WHERE
"""  # noqa: S608 - fragments are constants, values are bound
OWNER = "JOIN enterprise e ON e.id = l.enterprise_id"
BY_ID = "l.id = ANY(%(ids)s)"
Seeker = tuple[Any, Components]
"""A listing as its rows, with what it states or requires."""
OPEN = f"l.status = '{ListingStatus.OPEN}' AND e.status = '{EnterpriseStatus.APPROVED}'"
"""Open, and of an owner who may trade."""


def seeker_of(listing: Listing) -> Seeker:
    """One listing as its rows, in whatever state, with what it states or requires."""
    read = read_supplies if listing.kind == Kind.SUPPLY else read_demands
    rows, composed = read(BY_ID, ids=[listing.id])
    return rows, read_ranges(RANGES_OF[Kind(listing.kind)], composed)


def open_listings(kind: Kind, keys: Sequence[int] | None = None) -> tuple[Any, Components]:
    """Open listings of a kind whose owners may trade, with what they state or require: all, or those among
    `keys`."""
    query, types = (SUPPLIES, SUPPLY_TYPES) if kind == Kind.SUPPLY else (DEMANDS, DEMAND_TYPES)
    if keys is None:
        columns = copy_columns(db.session(), query + OPEN, {}, types)
    else:
        columns = read_columns(db.session(), f"{query} {OPEN} AND {BY_NO}", {"keys": keys}, types)
    if kind == Kind.DEMAND:
        columns = _by_code(columns)
    composed = columns["key"][columns.pop("composed")]
    ranges = copy_open_ranges(RANGES_OF[kind]) if keys is None else read_ranges(RANGES_OF[kind], composed)
    rows: Any = Supplies(**columns) if kind == Kind.SUPPLY else Demands(**columns)
    return rows, ranges.take(np.isin(ranges.key, composed))


def _by_code(columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Rows of demands by listing and code: of codes that fit equally well, every reader names the same."""
    order = np.lexsort((columns["accepts"], columns["key"]))
    return {name: column[order] for name, column in columns.items()}


def read_supplies(condition: str, **params: Any) -> tuple[Supplies, np.ndarray]:
    """The supplies that meet a condition in SQL, and the `no` of those that state components."""
    columns = read_columns(db.session(), SUPPLIES + condition, params, SUPPLY_TYPES)
    composed = columns.pop("composed")
    return Supplies(**columns), columns["key"][composed]


def read_demands(condition: str, **params: Any) -> tuple[Demands, np.ndarray]:
    """The demands that meet a condition in SQL, one row for each code, and the `no` of those that require
    components."""
    columns = _by_code(read_columns(db.session(), DEMANDS + condition, params, DEMAND_TYPES))
    composed = columns.pop("composed")
    return Demands(**columns), columns["key"][composed]
