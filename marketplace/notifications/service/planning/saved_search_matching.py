"""Which saved searches find a listing, and which of their owners want to be notified of it."""

import json
import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from marshmallow import ValidationError
from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import aliased

from ....catalogue import service as catalogue
from ....database import db
from ....enterprises import service as enterprises
from ....enterprises.models import Enterprise
from ....errors import Invalid
from ....listings import service as listings
from ....listings.models import Kind, Listing, ListingStatus
from ....matches import service as matches
from ...models import LastNotification, NotificationKind, SavedSearch, SearchNotify
from ..preferences.muted_codes import covering_codes, muted_codes_by_receiver
from ..subjects import listing_code_ids, main_code_id
from .deduplication import may_repeat, told_again_enough

SEARCH_BATCH = 500
"""Saved searches looked at in one transaction."""
INDEXED = {"kind", "code", "region"}
"""Names of a query that the `wanted_` columns answer for, exactly."""
IS_LIVE = and_(SavedSearch.notify != SearchNotify.OFF, ~SavedSearch.paused)
log = logging.getLogger(__name__)
Reader, Owner = aliased(Enterprise), aliased(Enterprise)
Found = Sequence[tuple[SavedSearch, Enterprise]]


def is_any_search_live() -> bool:
    """Whether there is any saved search that notifies its owner."""
    return bool(db.session.scalar(select(exists().where(IS_LIVE))))


# ---------------------------------------------------------------- which searches find it


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


def page_of(listing: Listing, after: UUID | None) -> tuple[Found, UUID | None]:
    """Searches whose indexed part finds the listing, with their owners; those with immediate e-mail first.

    Also the last enterprise of the page, None if it is the last page. No enterprise is on two pages.
    """
    codes = catalogue.codes_finding(listing.code_id, listing_code_ids(listing))
    regions = catalogue.region_with_ancestors(listing.region)
    query = (
        select(SavedSearch, Reader)
        .join(Reader, Reader.id == SavedSearch.enterprise_id)
        .join(Listing, Listing.id == listing.id)
        .join(Owner, Owner.id == Listing.enterprise_id)
        .where(
            reader_may_see_listing(),
            SavedSearch.wanted_codes.overlap([SavedSearch.ANY_TEXT, *sorted(codes)]),
            SavedSearch.wanted_region.in_([SavedSearch.ANY_REGION, *regions]),
            SavedSearch.wanted_kind.in_([SavedSearch.ANY_TEXT, listing.kind]),
        )
        .order_by(SavedSearch.enterprise_id, SavedSearch.notify != SearchNotify.IMMEDIATE, SavedSearch.id)
        .limit(SEARCH_BATCH)
    )
    if after is not None:
        query = query.where(SavedSearch.enterprise_id > after)
    rows = [(search, reader) for search, reader in db.session.execute(query)]
    if len(rows) < SEARCH_BATCH:
        return rows, None
    whole = [row for row in rows if row[1].id != rows[-1][1].id]
    return whole, whole[-1][1].id


def first_of_each_reader(listing: Listing, page: Found) -> Found:
    """The first search of each reader that finds the listing by all of its query."""
    finding = searches_finding(listing, [search for search, _ in page], answered=INDEXED)
    first: dict[UUID, tuple[SavedSearch, Enterprise]] = {}
    for search, reader in page:
        if search.id in finding:
            first.setdefault(reader.id, (search, reader))
    return list(first.values())


def searches_finding(
    listing: Listing, searches: Iterable[SavedSearch], answered: Collection[str] = frozenset()
) -> set[UUID]:
    """Which of the searches find the listing, in one statement beside the look-up of codes.

    Args:
        answered: names of a query by which the searches were found already.
    """
    alike: dict[str, list[SavedSearch]] = defaultdict(list)
    for search in searches:
        rest = {name: value for name, value in search.query.items() if name not in answered}
        alike[json.dumps(rest, sort_keys=True)].append(search)
    found = {search.id for search in alike.pop("{}", [])}
    if not alike:
        return found
    conditions = [and_(true(), *_conditions(json.loads(rest))) for rest in alike]
    results = db.session.execute(
        select(array(conditions)).where(Listing.id == listing.id), execution_options={"compiled_cache": None}
    ).scalar_one()
    for same_query, is_met in zip(alike.values(), results, strict=True):
        if is_met:
            found |= {search.id for search in same_query}
    return found


def _conditions(query: dict[str, Any]) -> list[ColumnElement[bool]]:
    """What a listing must meet; a search that can no longer be read finds nothing and hinders no other."""
    try:
        return listings.conditions(listings.filter_from(query, at="query"))
    except (ValidationError, Invalid) as error:
        log.warning("a saved search cannot be read: %s", error)
        return [false()]


# ---------------------------------------------------------------- whose owners want to be notified of it


def uninterested_readers(listing: Listing, readers: Collection[UUID]) -> set[UUID]:
    """Readers that are notified of the listing by a match, or have muted it, its owner or its code."""
    covering = covering_codes(main_code_id(listing))
    muted = muted_codes_by_receiver(set(readers), listing.enterprise_id)
    with_muted_code = {reader for reader, codes in muted.items() if covering & codes}
    return with_muted_code | matches.enterprises_refusing(listing.id) | _notified_of_match(listing, readers)


def _notified_of_match(listing: Listing, readers: Collection[UUID]) -> set[UUID]:
    """Readers with a message, sent or planned, that the listing at these terms matches one of theirs."""
    code_ids = listing_code_ids(listing)
    last = db.session.scalars(
        select(LastNotification).where(
            LastNotification.receiver_id.in_(readers),
            LastNotification.counterpart_id == listing.enterprise_id,
            LastNotification.code_id.in_(code_ids if listing.code_id else catalogue.codes_that_fit(code_ids)),
            LastNotification.kind == NotificationKind.MATCH_FOUND,
        )
    )
    records = list(last)
    enough = told_again_enough({record.receiver_id for record in records}, listing.enterprise_id)
    return {
        record.receiver_id
        for record in records
        if record.receiver_id in enough or not may_repeat(record, listing)
    }
