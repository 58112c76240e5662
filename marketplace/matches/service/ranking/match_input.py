"""What matching needs, read from the database as columns in a fixed number of statements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import text

import matching
from matching import (
    Code,
    Components,
    Demands,
    ExemptionList,
    Permits,
    Side,
    Supplies,
    Tables,
    VerifiedExemptions,
    WhiteList,
)

from ....catalogue import service as catalogue
from ....database import db
from ....licences import service as licences
from ....listings.models import Kind, Listing
from ....numpy_columns import copy_columns, read_columns

EPOCH = date(1970, 1, 1)
LONG_AGO = date(1970, 1, 1)
STAGE_MODES = {"use": 1, "dispose": 2, "all": 3}
SHARED_TYPES = {
    "key": "i8", "id": "uuid", "enterprise": "i8", "province": "i2", "lat": "f8", "lon": "f8",
    "remaining_kg": "i8", "min_lot_kg": "i8", "price_fen": "i8", "max_km": "f8", "first_day": "i4",
    "last_day": "i4", "credit_milli": "i4", "grade": "i2", "blocked": "bool", "composed": "bool",
}  # fmt: skip
SUPPLY_TYPES = {**SHARED_TYPES, "code": "i4", "small_generator": "bool"}
DEMAND_TYPES = {
    **SHARED_TYPES, "accepts": "i4", "mode": "i2", "exemption_item": "i2", "exemption_review": "i2",
}  # fmt: skip
OUTLINE_TYPES = {
    "key": "i8", "lat": "f8", "lon": "f8", "remaining_kg": "i8", "price_fen": "i8", "first_day": "i4",
    "last_day": "i4",
}  # fmt: skip
COMPONENT_TYPES = {"key": "i8", "component": "i8", "low": "f8", "high": "f8"}
PRICE = f"coalesce(l.price_fen, {matching.NO_PRICE})"
WINDOW = "l.available_from - DATE '1970-01-01', l.available_until - DATE '1970-01-01'"
SHARED = f"""
l.no, l.id, e.no, (l.region / 10000)::int2, l.lat, l.lon, l.remaining_kg, l.min_lot_kg,
{PRICE}, coalesce(l.max_distance_km, 'Infinity'), {WINDOW},
e.credit_milli, (ascii(e.grade) - 65)::int2, e.blocked
"""
SUPPLIES = f"""
SELECT {SHARED}, l.composition <> '[]', l.code_id, e.small_generator
FROM listing l JOIN enterprise e ON e.id = l.enterprise_id
WHERE l.kind = 'supply' AND
"""  # noqa: S608 - fragments are constants, values are bound
DEMANDS = f"""
SELECT {SHARED}, l.requires <> '[]', a.code_id, l.mode, coalesce(l.exemption_item, 0)::int2,
       (CASE l.exemption_review WHEN 'accept' THEN 1 WHEN 'refuse' THEN 2 ELSE 0 END)::int2
FROM listing_accept a JOIN listing l ON l.id = a.listing_id JOIN enterprise e ON e.id = l.enterprise_id
WHERE
"""  # noqa: S608 - fragments are constants, values are bound
OUTLINE = f"SELECT l.no, l.lat, l.lon, l.remaining_kg, {PRICE}, {WINDOW}"
OWNER = "JOIN enterprise e ON e.id = l.enterprise_id"
SUPPLY_OUTLINE = """
{outline}, l.code_id{credit} FROM listing l {owner} WHERE l.status = 'open' AND l.code_id = ANY(%(codes)s)
"""
DEMAND_OUTLINE = """
{outline}, a.code_id{credit} FROM listing_accept a JOIN listing l ON l.id = a.listing_id {owner}
WHERE l.status = 'open' AND l.code_id IS NULL AND a.code_id = ANY(%(codes)s)
"""
PLAN = (
    "SELECT set_config('random_page_cost', '1.1', true),"
    " set_config('max_parallel_workers_per_gather', '0', true)"
)
"""For this transaction: merge two indexes, which are in memory, rather than hash every id; and leave the
other cores to other requests."""
PLAN_OF_MANY = "SELECT set_config('work_mem', '128MB', true), set_config('jit', 'off', true)"
"""For this transaction: joins of hundreds of thousands of rows in memory."""
THESE = "l.id = ANY(%(ids)s)"
OPEN = "l.status = 'open' AND e.status = 'approved'"
COMPONENTS = """
SELECT l.no, hashtextextended(lower(c ->> 'component') || '|' || lower(c ->> 'unit'), 0),
       coalesce((c ->> 'min')::float8, '-Infinity'), coalesce((c ->> 'max')::float8, 'Infinity')
FROM listing l CROSS JOIN LATERAL jsonb_array_elements(l.{column}) c WHERE {which}
"""
THEIRS = "l.no = ANY(%(keys)s)"
RANGES_OF = {Kind.SUPPLY: "composition", Kind.DEMAND: "requires"}


@dataclass(frozen=True, slots=True)
class MatchInput:
    """A seeker, the field it faces, and the tables beside them; one of the two sides is the seeker's."""

    seeker: str
    supplies: Supplies
    demands: Demands
    tables: Tables

    @property
    def field(self) -> Supplies | Demands:
        """The other side's listings."""
        return self.demands if self.seeker == Kind.SUPPLY else self.supplies


def days(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


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
        return "supply" if self.listing.kind == Kind.SUPPLY else "demand"

    def with_tables(self, today: date, keys: np.ndarray | None = None) -> MatchInput:
        """The field, or the listings `keys` of it, as it is; with the tables that say what is lawful.

        A supply of a code that came after the outline was read is left for the next response.
        """
        among, params = "", {"codes": self.codes}
        if keys is not None:
            among, params = " AND l.no = ANY(%(keys)s)", {**params, "keys": keys.tolist()}
        if self.listing.kind == Kind.SUPPLY:
            supplies, composed = _supplies(THESE, ids=[self.listing.id])
            demands, required = _demands(f"{OPEN} AND a.code_id = ANY(%(codes)s){among}", **params)
        else:
            demands, required = _demands(THESE, ids=[self.listing.id])
            params["codes"] = sorted(self.book)
            supplies, composed = _supplies(f"{OPEN} AND l.code_id = ANY(%(codes)s){among}", **params)
        tables = _tables(self.book, supplies, composed, demands, required, alive_on=today)
        return MatchInput(self.listing.kind, supplies, demands, tables)


def outline_of(listing: Listing, *, credit: bool) -> Outline:
    """All open listings of the other side whose codes fit, in outline; their owners' credit if asked for."""
    db.session.execute(text(PLAN))
    if listing.kind == Kind.SUPPLY:
        assert listing.code_id is not None
        book = book_of([listing.code_id])
        codes = sorted(book[listing.code_id].aliases)
        demands = matching.outline(Demands, **_outline_columns(DEMAND_OUTLINE, "accepts", codes, credit))
        supplies, _ = _supplies(THESE, ids=[listing.id])
    else:
        codes = sorted(catalogue.codes_that_fit(accept.code_id for accept in listing.accepts))
        supplies = matching.outline(Supplies, **_outline_columns(SUPPLY_OUTLINE, "code", codes, credit))
        demands, _ = _demands(THESE, ids=[listing.id])
        book = book_of(np.unique(supplies.code).tolist())
    return Outline(listing, supplies, demands, book, codes)


def _outline_columns(query: str, code: str, codes: list[int], credit: bool) -> dict[str, np.ndarray]:
    asked = query.format(
        outline=OUTLINE, credit=", e.credit_milli" if credit else "", owner=OWNER if credit else ""
    )
    types = {**OUTLINE_TYPES, code: "i4", **({"credit_milli": "i4"} if credit else {})}
    return read_columns(db.session(), asked, {"codes": codes}, types)


def pair_of(listing: Listing, other: Listing) -> MatchInput:
    """Two listings facing each other, lawful or not; permits that ended are there to be named."""
    return facing(listing, [other], alive_on=LONG_AGO)


def facing(listing: Listing, others: Sequence[Listing], alive_on: date) -> MatchInput:
    """A listing and some of the other side, lawful or not; with the permits that last to `alive_on`."""
    one, many = [listing.id], [other.id for other in others]
    supply_seeks = listing.kind == Kind.SUPPLY
    sides = (one, many) if supply_seeks else (many, one)
    return MatchInput(listing.kind, *these(*sides, alive_on))


def these(
    supply_ids: Sequence[UUID], demand_ids: Sequence[UUID], alive_on: date
) -> tuple[Supplies, Demands, Tables]:
    """These listings, and the tables beside them with the permits that last to `alive_on`."""
    params = {"supplies": supply_ids, "demands": demand_ids}
    return many("l.id = ANY(%(supplies)s)", "l.id = ANY(%(demands)s)", params, alive_on)


def sides_of(
    code_ids: Sequence[int], first_no: int, last_no: int | None, today: date
) -> tuple[Supplies, Demands, Tables]:
    """The open supplies of these codes with `no` in a range, all open demands that fit one of the codes, and
    the tables that say what is lawful; read by COPY, for hundreds of thousands of rows.
    """
    db.session.execute(text(PLAN_OF_MANY))
    book = book_of(code_ids)
    accepted = sorted({alias for code in book.values() for alias in code.aliases})
    ours = "" if last_no is None else " AND l.no < %(last)s"
    params = {"codes": sorted(book), "first": first_no, "last": last_no}
    among = f"{OPEN} AND l.code_id = ANY(%(codes)s) AND l.no >= %(first)s{ours}"
    supplies = copy_columns(db.session(), SUPPLIES + among, params, SUPPLY_TYPES)
    fitting = f"{OPEN} AND a.code_id = ANY(%(codes)s)"
    demands = copy_columns(db.session(), DEMANDS + fitting, {"codes": accepted}, DEMAND_TYPES)
    composed = supplies["key"][supplies.pop("composed")]
    required = demands["key"][demands.pop("composed")]
    both = Supplies(**supplies), Demands(**demands)
    return *both, _tables(book, both[0], composed, both[1], required, alive_on=today)


def seeker_of(listing: Listing) -> tuple[Any, Components]:
    """One listing as its rows, in whatever state, with what it states or requires."""
    read = _supplies if listing.kind == Kind.SUPPLY else _demands
    rows, composed = read(THESE, ids=[listing.id])
    return rows, _components(RANGES_OF[Kind(listing.kind)], composed)


def open_listings(kind: Kind, keys: Sequence[int] | None = None) -> tuple[Any, Components]:
    """Open listings of a kind whose owners may trade, with what they state or require: all, or those among
    `keys`."""
    query, types = (SUPPLIES, SUPPLY_TYPES) if kind == Kind.SUPPLY else (DEMANDS, DEMAND_TYPES)
    if keys is None:
        columns = copy_columns(db.session(), query + OPEN, {}, types)
    else:
        columns = read_columns(db.session(), f"{query} {OPEN} AND {THEIRS}", {"keys": keys}, types)
    composed = columns["key"][columns.pop("composed")]
    ranges = _all_components(RANGES_OF[kind]) if keys is None else _components(RANGES_OF[kind], composed)
    rows: Any = Supplies(**columns) if kind == Kind.SUPPLY else Demands(**columns)
    return rows, ranges.take(np.isin(ranges.key, composed))


def many(
    supplies_where: str, demands_where: str, params: dict[str, Any], alive_on: date
) -> tuple[Supplies, Demands, Tables]:
    """All supplies and demands that meet conditions, with what says whether their pairings are lawful."""
    supplies, composed = _supplies(supplies_where, **params)
    demands, required = _demands(demands_where, **params)
    book = book_of(np.unique(supplies.code).tolist())
    return supplies, demands, _tables(book, supplies, composed, demands, required, alive_on=alive_on)


def _supplies(condition: str, **params: Any) -> tuple[Supplies, np.ndarray]:
    columns = read_columns(db.session(), SUPPLIES + condition, params, SUPPLY_TYPES)
    composed = columns.pop("composed")
    return Supplies(**columns), columns["key"][composed]


def _demands(condition: str, **params: Any) -> tuple[Demands, np.ndarray]:
    columns = read_columns(db.session(), DEMANDS + condition, params, DEMAND_TYPES)
    composed = columns.pop("composed")
    return Demands(**columns), columns["key"][composed]


def _tables(
    book: dict[int, Code],
    supplies: Supplies,
    composed: np.ndarray,
    demands: Demands,
    required: np.ndarray,
    alive_on: date,
) -> Tables:
    covered = {alias for code in book.values() if code.hazardous for alias in code.aliases}
    receivers = np.unique(demands.enterprise).tolist()
    permit_tables = licences.permit_tables(covered, receivers, alive_on) if covered and receivers else None
    return replace(
        tables_of(permit_tables, book),
        stated=_components("composition", composed),
        required=_components("requires", required),
    )


def tables_of(permit_tables: licences.PermitTables | None, book: Mapping[int, Code]) -> Tables:
    """Columns of `permit_tables` and the exemptions of the codes in `book`, without ranges of listings."""
    covered = {alias for code in book.values() if code.hazardous for alias in code.aliases}
    bare = replace(Tables.empty(book), exemptions=_exemptions(covered))
    if permit_tables is None:
        return bare
    permits = dict(permit_tables.permits)
    entry, row = _join(permit_tables.usage["no"], permits.pop("no"))
    return replace(
        bare,
        permits=Permits(
            **permits,
            usage_permit=row,
            usage_year=permit_tables.usage["year"][entry],
            usage_kg=permit_tables.usage["kg"][entry],
        ),
        white_list=WhiteList(**permit_tables.white_list),
        verified=VerifiedExemptions(**permit_tables.verified),
    )


def whole_book() -> dict[int, Code]:
    """What matching must know of every code."""
    return book_of(catalogue.all_code_ids())


def book_of(ids: Iterable[int]) -> dict[int, Code]:
    """What matching must know of these supply codes."""
    ids = list(ids)
    aliases: dict[int, dict[int, float]] = {code_id: {} for code_id in ids}
    for one in catalogue.aliases_of(ids):
        known = aliases[one.code_id]
        known[one.alias_id] = max(one.factor, known.get(one.alias_id, 0.0))
    return {
        one.id: Code(
            one.scheme, one.code, one.category, one.hazardous, one.tradable, one.edition, aliases[one.id]
        )
        for one in catalogue.codes_for_matching(ids)
    }


def _join(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers (i, j) of every pair with left[i] == right[j]."""
    order = np.argsort(right, kind="stable")
    first = np.searchsorted(right[order], left, "left")
    count = np.searchsorted(right[order], left, "right") - first
    rows = np.repeat(np.arange(len(left)), count)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(count) - count, count)
    return rows, order[np.repeat(first, count) + within]


def _exemptions(covered: set[int]) -> ExemptionList:
    rows = catalogue.exemption_rows(covered) if covered else []
    return ExemptionList(
        item=np.array([row.item for row in rows], np.int16),
        code=np.array([row.code_id for row in rows], np.int32),
        modes=np.array([_modes(row.stages) for row in rows], np.uint8),
    )


def _modes(stages: str) -> int:
    bits = 0
    for stage in stages.split(","):
        bits |= STAGE_MODES.get(stage, 0)
    return bits


def _components(column: str, keys: np.ndarray) -> Components:
    if not len(keys):
        return Components.empty()
    query = COMPONENTS.format(column=column, which=THEIRS)
    params = {"keys": np.unique(keys).tolist()}
    return Components(**read_columns(db.session(), query, params, COMPONENT_TYPES))


def _all_components(column: str) -> Components:
    query = COMPONENTS.format(column=column, which=f"l.status = 'open' AND l.{column} <> '[]'")
    return Components(**copy_columns(db.session(), query, {}, COMPONENT_TYPES))
