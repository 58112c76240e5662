"""Outlines: what is cheap to read of all open listings whose codes fit a seeker's."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from sqlalchemy import text

import matching
from matching import Code, Demands, Side, Supplies

from ....catalogue import service as catalogue
from ....database import db
from ....listings.models import Kind, Listing
from ....numpy_columns import read_columns
from .listing_columns import BY_ID, OPEN, OWNER, PRICE, WINDOW, read_demands, read_supplies
from .match_input import MatchInput
from .side_tables import book_of, tables_beside

OUTLINE_TYPES = {
    "key": "i8", "lat": "f8", "lon": "f8", "remaining_kg": "i8", "price_fen": "i8", "first_day": "i4",
    "last_day": "i4",
}  # fmt: skip
OUTLINE = f"SELECT l.no, l.lat, l.lon, l.remaining_kg, {PRICE}, {WINDOW}"
SUPPLY_OUTLINE = """
{outline}, l.code_id{credit} FROM listing l {owner} WHERE l.status = 'open' AND l.code_id = ANY(%(codes)s)
"""
DEMAND_OUTLINE = """
{outline}, a.code_id{credit} FROM listing_accept a JOIN listing l ON l.id = a.listing_id {owner}
WHERE l.status = 'open' AND l.code_id IS NULL AND a.code_id = ANY(%(codes)s)
"""
INDEX_MERGE_SETTINGS = (
    "SELECT set_config('random_page_cost', '1.1', true),"
    " set_config('max_parallel_workers_per_gather', '0', true)"
)
"""For this transaction: merge two indexes, which are in memory, rather than hash every id; and leave the
other cores to other requests."""


@dataclass(frozen=True, slots=True)
class Outline:
    """A seeker and what is cheap to read of all open listings whose codes fit.

    `codes` are the codes that the field is found by.
    """

    listing: Listing
    supplies: Supplies
    demands: Demands
    book: dict[int, Code]
    codes: list[int]

    @property
    def side(self) -> Side:
        """The seeker's side."""
        return "supply" if self.listing.kind == Kind.SUPPLY else "demand"

    def with_tables(self, today: date, keys: np.ndarray | None = None) -> MatchInput:
        """The field, or the listings `keys` of it, as it is; with the tables that say what is lawful.

        A supply of a code that came after the outline was read is left for the next response.
        """
        among, params = "", {"codes": self.codes}
        if keys is not None:
            among, params = " AND l.no = ANY(%(keys)s)", {**params, "keys": keys.tolist()}
        if self.listing.kind == Kind.SUPPLY:
            supplies, composed = read_supplies(BY_ID, ids=[self.listing.id])
            demands, required = read_demands(f"{OPEN} AND a.code_id = ANY(%(codes)s){among}", **params)
        else:
            demands, required = read_demands(BY_ID, ids=[self.listing.id])
            params["codes"] = sorted(self.book)
            supplies, composed = read_supplies(f"{OPEN} AND l.code_id = ANY(%(codes)s){among}", **params)
        tables = tables_beside(self.book, supplies, composed, demands, required, alive_on=today)
        return MatchInput(self.listing.kind, supplies, demands, tables)


def outline_of(listing: Listing, *, credit: bool) -> Outline:
    """All open listings of the other side whose codes fit, in outline; their owners' credit if asked for."""
    db.session.execute(text(INDEX_MERGE_SETTINGS))
    if listing.kind == Kind.SUPPLY:
        assert listing.code_id is not None
        book = book_of([listing.code_id])
        codes = sorted(book[listing.code_id].aliases)
        demands = matching.outline(Demands, **_outline_columns(DEMAND_OUTLINE, "accepts", codes, credit))
        supplies, _ = read_supplies(BY_ID, ids=[listing.id])
    else:
        demands, _ = read_demands(BY_ID, ids=[listing.id])
        codes = sorted(catalogue.codes_that_fit(demands.accepts.tolist()))
        supplies = matching.outline(Supplies, **_outline_columns(SUPPLY_OUTLINE, "code", codes, credit))
        book = book_of(np.unique(supplies.code).tolist())
    return Outline(listing, supplies, demands, book, codes)


def _outline_columns(query: str, code: str, codes: list[int], credit: bool) -> dict[str, np.ndarray]:
    outline_query = query.format(
        outline=OUTLINE, credit=", e.credit_milli" if credit else "", owner=OWNER if credit else ""
    )
    types = {**OUTLINE_TYPES, code: "i4", **({"credit_milli": "i4"} if credit else {})}
    return read_columns(db.session(), outline_query, {"codes": codes}, types)
