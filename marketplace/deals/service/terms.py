"""The terms of an offer: completed from both listings, held to bounds, and what is odd about them."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from matching import KG_PER_T

from ... import clock, plausibility
from ...errors import Invalid, Notice
from ...listings import service as listings
from ...listings.models import Kind, Listing
from ...matches import service as matches
from ...messages.names import name_of
from ..models import LONGEST_VALID, OfferRound, Side
from .lookup import start_of

KILOGRAMS_FROM = 10
"""Times what is left from which a quantity looks like kilograms entered as tonnes; our own choice."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What one side names in a round; weights in kg, money in fen, days with both ends."""

    quantity_kg: int
    price_fen: int
    valid_until: datetime
    from_day: date
    until_day: date
    freight: Side
    minimum_charge_fen: int
    note: str | None

    def round(self, no: int, by: Side) -> OfferRound:
        """These terms as a round of an offer."""
        return OfferRound(
            no=no,
            by=by,
            **{name: getattr(self, name) for name in self.__slots__},
        )


def terms_of(
    data: dict[str, Any], supply: Listing, demand: Listing, before: OfferRound | None = None
) -> Terms:
    """The terms that were sent; days that were left out are those of the round before, else the shared ones.

    They end with their last day at the latest: nothing is agreed for days, or a permit's year, that are over.

    Raises:
        Invalid: a term is out of bounds. Conflict: less is left (`not_enough_left`).
    """
    first, last = (before.from_day, before.until_day) if before else (None, None)
    if (data["from_day"] or first) is None or (data["until_day"] or last) is None:
        shared = matches.lawful_days(supply, demand)
        first, last = first or shared[0], last or shared[1]
    days = {"from_day": data["from_day"] or first, "until_day": data["until_day"] or last}
    terms = Terms(**{**data, **days, "freight": Side(data["freight"])})
    _check_moment(terms.valid_until)
    _check_days(terms)
    _check_quantity(terms.quantity_kg, supply, demand)
    return replace(terms, valid_until=min(terms.valid_until, start_of(terms.until_day + timedelta(days=1))))


def _check_moment(valid_until: datetime) -> None:
    now = clock.now()
    if valid_until <= now:
        raise Invalid("offer_over", at="valid_until")
    if valid_until > now + LONGEST_VALID:
        raise Invalid("offer_too_long", at="valid_until", most=LONGEST_VALID.days)


def _check_days(terms: Terms) -> None:
    if terms.until_day < terms.from_day:
        raise Invalid("ends_before_start", at="until")
    if terms.until_day < clock.today():
        raise Invalid("window_over", at="until")


def _check_quantity(kg: int, supply: Listing, demand: Listing) -> None:
    """At least the smallest lot of both listings, at most what remains of both."""
    lot, most = max(supply.min_lot_kg, demand.min_lot_kg), min(supply.remaining_kg, demand.remaining_kg)
    if kg < lot:
        kind = Kind.SUPPLY if supply.min_lot_kg == lot else Kind.DEMAND
        raise Invalid("below_smallest_lot", at="quantity_t", listing=name_of(kind))
    if kg > most * KILOGRAMS_FROM and lot <= kg / KG_PER_T <= most:
        raise Invalid("kilograms_meant", at="quantity_t", tonnes=kg / KG_PER_T, meant=kg / KG_PER_T**2)
    listings.require_left(supply, demand, kg, at="quantity_t")


def term_notices(terms: Terms, supply: Listing, demand: Listing) -> list[Notice]:
    """What is allowed and hardly meant: days outside a window, a price that hardly any waste has."""
    starts = max(supply.available_from, demand.available_from)
    ends = min(supply.available_until, demand.available_until)
    notices = plausibility.price_notices(terms.price_fen, "price_cny_per_t")
    if terms.from_day < starts or terms.until_day > ends:
        at = "from" if terms.from_day < starts else "until"
        notices.append(Notice("outside_window", at, {"first": starts, "last": ends}))
    return notices
