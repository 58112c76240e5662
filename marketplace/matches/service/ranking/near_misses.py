"""Near misses of a listing: which change of its own terms opens how many further matches."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import matching

from .... import clock
from ....http.fields import FEN_PER_CNY
from ....http.languages import language
from ....listings.models import Listing, ListingStatus
from ....messages import say
from ....messages.prices import price_in_words
from .fitting_field import fitting_field
from .listing_columns import Seeker
from .live_index import IndexSnapshot
from .match_input import EPOCH, MatchInput, day_number

FEW = 1_000
"""Listings that fit, up to which near misses are looked for unasked: milliseconds. Our own choice."""
MOST_KEPT = 10_000
"""Listings whose near misses are kept at a time, half a kilobyte each."""


@dataclass(frozen=True, slots=True)
class _Term:
    """How the API names a term of a listing: its field and unit, and its value now and at a near miss."""

    field: str
    unit: str
    now: Callable[[Any], Any]
    value: Callable[[Any, int], Any]


TERMS = {
    "price_fen": _Term(
        "price_cny_per_t",
        "CNY/t",
        lambda own: own.price_fen / FEN_PER_CNY,
        lambda own, fen: fen / FEN_PER_CNY,
    ),
    "remaining_kg": _Term(
        "quantity_t",
        "t",
        lambda own: own.quantity_kg / matching.KG_PER_T,
        lambda own, kg: (own.quantity_kg + kg - own.remaining_kg) / matching.KG_PER_T,
    ),
    "min_lot_kg": _Term(
        "min_lot_t",
        "t",
        lambda own: own.min_lot_kg / matching.KG_PER_T,
        lambda own, kg: kg / matching.KG_PER_T,
    ),
    "max_km": _Term("max_distance_km", "km", lambda own: own.max_distance_km, lambda own, km: float(km)),
    "first_day": _Term(
        "available_from", "days", lambda own: own.available_from, lambda own, day: EPOCH + timedelta(day)
    ),
    "last_day": _Term(
        "available_until", "days", lambda own: own.available_until, lambda own, day: EPOCH + timedelta(day)
    ),
}


def near_misses(
    listing: Listing,
    policy: matching.Policy,
    snapshot: IndexSnapshot | None,
    wanted: bool | None,
    rows: Seeker | None = None,
) -> list[dict[str, Any]] | None:
    """The near misses of a listing, by gate, the nearest step of each term first.

    Those of an open listing are kept with the index that ranked it: they cost more than the ranking.

    Args:
        wanted: whether they were asked for; None: only where few listings fit, else None is returned.
        rows: those of a listing that is not open, if read already.
    """
    if wanted is False:
        return None
    most = None if wanted else FEW
    if snapshot is None or listing.status != ListingStatus.OPEN:
        inputs = fitting_field(listing, policy, snapshot, most, rows)
        return None if inputs is None else near_misses_among(listing, inputs, policy)
    found = _kept(snapshot, listing, policy, most)
    return None if found is None else _present_all(listing, found)


def near_misses_among(own: Any, inputs: MatchInput, policy: matching.Policy) -> list[dict[str, Any]]:
    """The near misses of a listing (or its outline) in the field that it faces, in the API's terms."""
    return _present_all(own, _found(inputs, policy))


def _kept(
    snapshot: IndexSnapshot, listing: Listing, policy: matching.Policy, most: int | None
) -> list[matching.NearMiss] | None:
    """The near misses of an open listing, computed once until the index, the policy or the day changes."""
    state = (snapshot.changes, clock.today(), most, policy)
    kept = snapshot.near_misses.get(listing.no)
    if kept is None or kept[0] != state:
        inputs = fitting_field(listing, policy, snapshot, most)
        kept = state, None if inputs is None else _found(inputs, policy)
        if len(snapshot.near_misses) < MOST_KEPT:
            snapshot.near_misses[listing.no] = kept
    found: list[matching.NearMiss] | None = kept[1]
    return found


def _found(inputs: MatchInput, policy: matching.Policy) -> list[matching.NearMiss]:
    today: Any = day_number(clock.today())
    seeker: Any = inputs.seeker.value
    return matching.near_misses(policy, seeker, inputs.supplies, inputs.demands, inputs.tables, today)


def _present_all(own: Any, found: list[matching.NearMiss]) -> list[dict[str, Any]]:
    optional = {"price_fen": own.price_fen, "max_km": own.max_distance_km}
    # the index may know a change that was committed after the listing was read
    return [_present(own, miss) for miss in found if optional.get(miss.term, 0) is not None]


def _present(own: Any, miss: matching.NearMiss) -> dict[str, Any]:
    term = TERMS[miss.term]
    now, value = term.now(own), term.value(own, miss.value)
    change = (value - now).days if term.unit == "days" else round(value - now, 3)
    return {
        "gate": miss.gate,
        "field": term.field,
        "now": now,
        "value": value,
        "change": change,
        "unit": term.unit,
        "opens": miss.opens,
    }


def say_near_misses(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Near misses as the API shows them, in the caller's language."""
    return [
        {**miss, "detail": say(f"near_miss_{miss['field']}", language(), **_figures(miss))} for miss in found
    ]


def _figures(miss: dict[str, Any]) -> dict[str, Any]:
    """The figures of a near miss as sentences write them; prices say who pays whom."""
    prices = {}
    if miss["field"] == TERMS["price_fen"].field:
        prices = {
            name: price_in_words(round(miss[name] * FEN_PER_CNY), language()) for name in ("now", "value")
        }
    return prices | {
        name: f"{value:,.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
        for name, value in miss.items()
        if name in ("now", "value", "change", "opens") and name not in prices
    }
