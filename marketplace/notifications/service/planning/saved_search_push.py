"""Planning messages for the saved searches that find new or changed listings, many at once."""

import logging
import time
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from ....enterprises import service as enterprises
from ....events.models import NOBODY
from ....events.work import Work, unit_of_work
from ....listings import service as listings
from ....listings.models import Listing
from ...models import NotificationKind
from ..subjects import main_code_id
from .cancellation import open_siblings
from .deduplication import About
from .messages import compose_for, release_tiers
from .saved_search_matching import Candidate, Page, first_of_each_reader, pages_of
from .saved_search_readers import uninterested
from .told import Told, hit_key
from .told_statements import lock_unfound

log = logging.getLogger(__name__)


class Errand(NamedTuple):
    """To tell the owners of saved searches of a listing: a page of them, from the one after `after` on.

    The release is counted from `since`, so that a credit grade is one release: when those whom a match told
    have been told.
    """

    listing_id: UUID
    since: datetime
    after: UUID | None


class _Found(NamedTuple):
    """What came of an errand: all whose searches find the listing, and those who are to be told of it."""

    errand: Errand
    listing: Listing
    page: Page
    told: list[Candidate]


def match_saved_searches(errands: Sequence[Errand]) -> None:
    """Plan one message for every enterprise whose saved search finds a new or changed listing, in the order
    of the errands.

    Each takes a page of enterprises and enqueues the rest. What is planned for a search that no longer finds
    its listing is cancelled. The statements are as many for many errands as for one.
    """
    began = time.perf_counter()
    with unit_of_work() as work:
        rows = listings.lock_open(work, {errand.listing_id for errand in errands})
        owners = enterprises.trading_among({row.enterprise_id for row in rows.values()})
        alive = {row.id: row for row in rows.values() if row.enterprise_id in owners}
        errands = [errand for errand in errands if errand.listing_id in alive]
        if not errands:
            return
        planned = _plan(work, _found(errands, [alive[errand.listing_id] for errand in errands]))
    ms = round((time.perf_counter() - began) * 1000)
    log.info("saved searches matched", extra={"listings": len(errands), "messages": planned, "ms": ms})


def _found(errands: Sequence[Errand], rows: Sequence[Listing]) -> list[_Found]:
    pages = pages_of([(row, errand.after) for row, errand in zip(rows, errands, strict=True)])
    firsts = first_of_each_reader(rows, pages)
    unwilling = uninterested(
        {(row, one.reader_id) for row, found in zip(rows, firsts, strict=True) for one in found}
    )
    return [
        _Found(errand, row, page, [one for one in found if (row.id, one.reader_id) not in unwilling])
        for errand, row, page, found in zip(errands, rows, pages, firsts, strict=True)
    ]


def _plan(work: Work, several: Sequence[_Found]) -> int:
    """Plan for locked listings in turn; one may be there twice. Returns how many messages are new."""
    unfound = lock_unfound(
        work,
        [
            {
                "listing_id": found.listing.id,
                "after": found.errand.after or NOBODY,
                "until": found.page.last_reader,
                "still": [one.reader_id for one in found.told],
            }
            for found in several
        ],
    )
    keys = {hit_key(one.reader_id, found.listing) for found in several for one in found.told}
    told, delays = Told.lock(work, keys, unfound), release_tiers().ends
    siblings = open_siblings(work, told.unmatched) if told.unmatched else {}
    for found in several:
        listing, since = found.listing, found.errand.since
        if told.cancel_unmatched(listing):
            for sibling_id in sorted(siblings[listing.id] - {listing.id}):
                work.enqueue("notifications.jobs.plan_listing_push", listing_id=str(sibling_id))
        for one in found.told:
            told.plan(_composed(listing, one, since + delays[one.grade]))
        if found.page.last_reader is not None:
            work.enqueue(
                "notifications.jobs.match_saved_searches",
                listing_id=str(listing.id),
                since=since.isoformat(),
                after=str(found.page.last_reader),
            )
    return told.write()


def _composed(listing: Listing, one: Candidate, release_at: datetime) -> About:
    data = {"saved_search_id": str(one.id), "name": one.name, "counterpart_id": str(listing.id)}
    standing = one.reader_id, one.grade, one.credit_milli
    message = compose_for(*standing, NotificationKind.SEARCH_HIT, data, release_at)
    return About(message, listing, main_code_id(listing))
