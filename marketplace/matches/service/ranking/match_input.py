"""What a ranking reads: a seeker, the field it faces, and the tables that say what is lawful."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import text

from matching import Demands, Supplies, Tables

from ....database import db
from ....listings.models import Kind, Listing
from ....numpy_columns import copy_columns
from .listing_columns import DEMAND_TYPES, DEMANDS, OPEN, SUPPLIES, SUPPLY_TYPES, read_demands, read_supplies
from .side_tables import book_of, tables_beside

EPOCH = date(1970, 1, 1)
LONG_AGO = date(1970, 1, 1)
LARGE_JOIN_SETTINGS = "SELECT set_config('work_mem', '128MB', true), set_config('jit', 'off', true)"
"""For this transaction: joins of hundreds of thousands of rows in memory."""


@dataclass(frozen=True, slots=True)
class MatchInput:
    """A seeker, the field it faces, and the tables beside them; one of the two sides is the seeker's."""

    seeker: Kind
    supplies: Supplies
    demands: Demands
    tables: Tables

    @property
    def field(self) -> Supplies | Demands:
        """The other side's listings."""
        return self.demands if self.seeker == Kind.SUPPLY else self.supplies


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def pair_of(listing: Listing, other: Listing) -> MatchInput:
    """Two listings facing each other, lawful or not; ended permits are included so that they can be named."""
    return facing(listing, [other], alive_on=LONG_AGO)


def facing(listing: Listing, others: Sequence[Listing], alive_on: date) -> MatchInput:
    """A listing and some of the other side, lawful or not; with the permits that last until `alive_on`."""
    own, other_ids = [listing.id], [other.id for other in others]
    sides = (own, other_ids) if listing.kind == Kind.SUPPLY else (other_ids, own)
    return MatchInput(listing.kind, *read_by_ids(*sides, alive_on))


def read_by_ids(
    supply_ids: Sequence[UUID], demand_ids: Sequence[UUID], alive_on: date
) -> tuple[Supplies, Demands, Tables]:
    """These listings, and the tables beside them with the permits that last until `alive_on`."""
    params = {"supplies": supply_ids, "demands": demand_ids}
    return read_where("l.id = ANY(%(supplies)s)", "l.id = ANY(%(demands)s)", params, alive_on)


def copy_sides(
    code_ids: Sequence[int], first_no: int, last_no: int | None, today: date
) -> tuple[Supplies, Demands, Tables]:
    """The open supplies of these codes with `no` in a range, all open demands that fit one of the codes, and
    the tables that say what is lawful; read by COPY, for hundreds of thousands of rows.
    """
    db.session.execute(text(LARGE_JOIN_SETTINGS))
    book = book_of(code_ids)
    accepted = sorted({alias for code in book.values() for alias in code.aliases})
    upper_bound = "" if last_no is None else " AND l.no < %(last)s"
    params = {"codes": sorted(book), "first": first_no, "last": last_no}
    among = f"{OPEN} AND l.code_id = ANY(%(codes)s) AND l.no >= %(first)s{upper_bound}"
    supplies = copy_columns(db.session(), SUPPLIES + among, params, SUPPLY_TYPES)
    fitting = f"{OPEN} AND a.code_id = ANY(%(codes)s)"
    demands = copy_columns(db.session(), DEMANDS + fitting, {"codes": accepted}, DEMAND_TYPES)
    composed = supplies["key"][supplies.pop("composed")]
    required = demands["key"][demands.pop("composed")]
    both = Supplies(**supplies), Demands(**demands)
    return *both, tables_beside(book, both[0], composed, both[1], required, alive_on=today)


def read_where(
    supplies_where: str, demands_where: str, params: dict[str, Any], alive_on: date
) -> tuple[Supplies, Demands, Tables]:
    """All supplies and demands that meet conditions in SQL, with what says which pairings are lawful; both by
    key, because an index by which they are found may sort them by something that is not for all to see."""
    supplies, composed = read_supplies(supplies_where, **params)
    supplies = supplies.take(np.argsort(supplies.key))
    demands, required = read_demands(demands_where, **params)
    book = book_of(np.unique(supplies.code).tolist())
    return supplies, demands, tables_beside(book, supplies, composed, demands, required, alive_on=alive_on)
