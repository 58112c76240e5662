"""Which saved searches find listings: asked for many listings at once, by as many statements as for one."""

import json
import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from marshmallow import ValidationError
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    String,
    Uuid,
    and_,
    column,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB, array
from sqlalchemy.orm import aliased

from ....catalogue import service as catalogue
from ....database import db, is_among
from ....enterprises import service as enterprises
from ....enterprises.models import Enterprise, Grade
from ....errors import Invalid
from ....events.models import NOBODY
from ....listings import service as listings
from ....listings.models import Kind, Listing, ListingStatus
from ...models import SavedSearch, SearchNotify
from ..subjects import listing_code_ids

SEARCH_BATCH = 500
"""Saved searches looked at in one transaction, about, where it is of one listing."""
LEAST_SEARCHES = 100
"""Saved searches looked at for each of many listings, about: with the hundred tasks of a job they take a
second or two, after which the worker may be stopped."""
MOST_CONDITIONS = 500
"""Different queries that one statement evaluates."""
INDEXED = {"kind", "code", "region"}
"""Names of a query that the `wanted_` columns answer for, exactly."""
IS_LIVE = and_(SavedSearch.notify != SearchNotify.OFF, ~SavedSearch.paused)
log = logging.getLogger(__name__)
Reader, Owner = aliased(Enterprise), aliased(Enterprise)
Pair = tuple[UUID, UUID]
"""A listing and a saved search."""


class Candidate(NamedTuple):
    """A saved search whose indexed part finds a listing, with what a message to its owner must know."""

    id: UUID
    name: str
    query: dict[str, Any]
    reader_id: UUID
    grade: Grade
    credit_milli: int


class Page(NamedTuple):
    """Candidates for one listing, by enterprise, those with immediate e-mail first; no enterprise is on two
    pages. `last_reader` is the last enterprise of the page, None if it is the last page."""

    candidates: Sequence[Candidate]
    last_reader: UUID | None


def is_any_search_live() -> bool:
    """Whether there is any saved search that notifies its owner."""
    return bool(db.session.scalar(select(exists().where(IS_LIVE))))


# ---------------------------------------------------------------- which searches find them


def reader_may_see_listing() -> ColumnElement[bool]:
    """That the search is live, the listing is open, and both enterprises may trade with each other.

    A reader is shown the supplies that it may receive and the demands to which it may supply, as far as the
    credit of both goes (gate `credit`).
    """
    may_see_supply = (Listing.kind == Kind.SUPPLY) & enterprises.may_supply(Owner, Reader)
    may_see_demand = (Listing.kind == Kind.DEMAND) & enterprises.may_supply(Reader, Owner)
    return and_(
        IS_LIVE,
        Listing.status == ListingStatus.OPEN,
        Reader.may_trade,
        Owner.may_trade,
        Reader.id != Owner.id,
        or_(may_see_supply, may_see_demand),
    )


class Wanted(NamedTuple):
    """What the `wanted_` columns of a saved search must hold to find a listing."""

    codes: frozenset[str]
    regions: frozenset[int]
    kinds: frozenset[str]

    def are_met_by(self, search: SavedSearch) -> bool:
        return (
            not self.codes.isdisjoint(search.wanted_codes)
            and search.wanted_region in self.regions
            and search.wanted_kind in self.kinds
        )


def wanted_of(several: Sequence[Listing]) -> list[Wanted]:
    """For each listing, what finds it."""
    codes = catalogue.codes_finding([(listing.code_id, listing_code_ids(listing)) for listing in several])
    return [
        Wanted(
            frozenset({SavedSearch.ANY_TEXT, *spelled}),
            frozenset({SavedSearch.ANY_REGION, *catalogue.region_with_ancestors(listing.region)}),
            frozenset({SavedSearch.ANY_TEXT, listing.kind}),
        )
        for listing, spelled in zip(several, codes, strict=True)
    ]


def pages_of(asked: Sequence[tuple[Listing, UUID | None]]) -> list[Page]:
    """For each listing, the page of searches of the enterprises that come after the one given with it."""
    size = min(SEARCH_BATCH, max(LEAST_SEARCHES, SEARCH_BATCH // len(asked)))
    wanted = wanted_of([listing for listing, _ in asked])
    sought = [
        {
            "place": place, "listing_id": str(listing.id), "after": str(after or NOBODY),
            "codes": sorted(codes), "regions": sorted(regions), "kinds": sorted(kinds),
        }
        for place, ((listing, after), (codes, regions, kinds)) in enumerate(zip(asked, wanted, strict=True))
    ]  # fmt: skip
    found: dict[int, list[Candidate]] = defaultdict(list)
    for place, *candidate in db.session.execute(_candidates(sought, size)):
        found[place].append(Candidate(*candidate))
    return [
        Page(found[place], found[place][-1].reader_id if len(found[place]) >= size else None)
        for place in range(len(asked))
    ]


def _candidates(sought: Sequence[dict[str, Any]], size: int) -> Any:
    """The statement: places in `sought`, and `size` candidates for each, with all others of the last
    enterprise."""
    columns: dict[str, Any] = {
        "place": Integer(), "listing_id": Uuid(), "after": Uuid(),
        "codes": ARRAY(String), "regions": ARRAY(BigInteger), "kinds": ARRAY(String),
    }  # fmt: skip
    given = (
        func.jsonb_to_recordset(literal(sought, JSONB))
        .table_valued(*(column(name, kind) for name, kind in columns.items()), name="given")
        .render_derived(with_types=True)
    )
    page = (
        select(SavedSearch.id.label("search_id"))
        .join(Reader, Reader.id == SavedSearch.enterprise_id)
        .join(Listing, Listing.id == given.c.listing_id)
        .join(Owner, Owner.id == Listing.enterprise_id)
        .where(
            reader_may_see_listing(),
            SavedSearch.wanted_codes.overlap(given.c.codes),
            SavedSearch.wanted_region == func.any(given.c.regions),
            SavedSearch.wanted_kind == func.any(given.c.kinds),
            SavedSearch.enterprise_id > given.c.after,
        )
        .order_by(SavedSearch.enterprise_id)
        .fetch(size, with_ties=True)
        .lateral("page")
    )
    search, reader = aliased(SavedSearch), aliased(Enterprise)
    return (
        select(
            given.c.place, search.id, search.name, search.query, reader.id, reader.grade, reader.credit_milli
        )
        .join_from(given, page, true())
        .join(search, search.id == page.c.search_id)
        .join(reader, reader.id == search.enterprise_id)
        .order_by(given.c.place, reader.id, search.notify != SearchNotify.IMMEDIATE, search.id)
    )


def first_of_each_reader(several: Sequence[Listing], pages: Sequence[Page]) -> list[list[Candidate]]:
    """For each listing, the first search of each reader that finds it by all of its query."""
    found_on = list(zip(several, pages, strict=True))
    pairs = [(listing, candidate) for listing, page in found_on for candidate in page.candidates]
    finding = searches_finding(pairs, answered=INDEXED)
    found = [
        [one for one in page.candidates if (listing.id, one.id) in finding] for listing, page in found_on
    ]
    return [[next(own) for _, own in groupby(each, key=lambda one: one.reader_id)] for each in found]


def searches_finding(
    pairs: Iterable[tuple[Listing, SavedSearch | Candidate]], answered: Collection[str] = frozenset()
) -> set[Pair]:
    """Those pairs of listing and search, by their ids, of which the search finds the listing.

    It takes one statement for each `MOST_CONDITIONS` different queries, beside the look-up of their codes.

    Args:
        answered: names of a query by which the searches were found already.
    """
    alike: dict[str, list[Pair]] = defaultdict(list)
    for listing, search in pairs:
        rest = {name: value for name, value in search.query.items() if name not in answered}
        alike[json.dumps(rest, sort_keys=True)].append((listing.id, search.id))
    found = set(alike.pop("{}", []))
    queries = list(alike)
    for start in range(0, len(queries), MOST_CONDITIONS):
        some = queries[start : start + MOST_CONDITIONS]
        found.update(_meeting({query: alike[query] for query in some}))
    return found


def _meeting(alike: Mapping[str, Sequence[Pair]]) -> Iterator[Pair]:
    """Of pairs by the query of their search: those whose listing meets it."""
    conditions = [and_(true(), *_conditions(json.loads(query))) for query in alike]
    named = is_among(Listing.id, {listing_id for pairs in alike.values() for listing_id, _ in pairs})
    rows = db.session.execute(
        select(Listing.id, array(conditions)).where(named), execution_options={"compiled_cache": None}
    )
    met = {listing_id: dict(zip(alike, results, strict=True)) for listing_id, results in rows}
    for query, pairs in alike.items():
        yield from (pair for pair in pairs if met[pair[0]][query])


def _conditions(query: dict[str, Any]) -> list[ColumnElement[bool]]:
    """What a listing must meet; a search that can no longer be read finds nothing and hinders no other."""
    try:
        return listings.conditions(listings.filter_from(query, at="query"))
    except (ValidationError, Invalid) as error:
        log.warning("a saved search cannot be read: %s", error)
        return [false()]
