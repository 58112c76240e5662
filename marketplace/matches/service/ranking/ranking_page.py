"""One page of the ranked lawful counterparts of a listing."""

from typing import Any

import matching

from .... import clock
from ....enterprises.models import EnterpriseStatus
from ....events.actor import Actor
from ....listings.models import Listing, ListingStatus
from ..policy import PolicyInForce, policy_in_force
from .database_search import Search
from .formula_or_learned import choose_ranking
from .formula_page import FormulaPager
from .grouped_page import grouped_page
from .hits import HitSlice
from .listing_columns import Seeker, seeker_of
from .live_index import process_index
from .match_presentation import present_hits
from .near_misses import near_misses
from .page_cursor import Find, PageCursor

Json = dict[str, Any]
ALIVE = (ListingStatus.DRAFT, ListingStatus.OPEN)


def ranking_page(
    actor: Actor, listing: Listing, query: dict[str, Any], cursor: PageCursor | None
) -> dict[str, Any]:
    """One page of lawful counterparts of a listing, best first, each with its score explained.

    The first page has the near misses too, where they were asked for or few listings fit. Nothing is shown
    for a closed listing, nor to one whose enterprise is not approved.

    Raises:
        Invalid: the cursor's model is no longer stored (`bad_cursor`).
    """
    policy = policy_in_force()
    sort = query["sort"]
    pager = FormulaPager(sort) if query["group"] else choose_ranking(listing, policy, sort, cursor)
    head: dict[str, Any] = {
        "policy_version": policy.version,
        "order": pager.description,
        "as_of": clock.now(),
    }
    if not is_matched(listing):
        return {**head, "total": 0, "items": [], "near_misses": None, "cursor": None}
    rows = _rows_of_draft(listing, sort)
    find = finder(listing, policy.matching, sort, query["min_score"], rows)
    if query["group"]:
        shown = grouped_page(actor, listing, policy.matching, find, query, cursor)
    else:
        page = pager.page(find, query["limit"], cursor)
        items = present_hits(actor, [(listing, hit) for hit in page.hits], policy.matching, page.book)
        shown = {"total": page.total, "items": items, "cursor": page.next}
    near = _near_misses(listing, policy, query, rows) if cursor is None else None
    return {**head, **shown, "near_misses": near}


def is_matched(listing: Any) -> bool:
    """Whether a listing, as a row of what ranking takes, has matches: it is a draft or open, of an owner that
    may trade."""
    return listing.status in ALIVE and listing.owner_status == EnterpriseStatus.APPROVED


def _rows_of_draft(listing: Listing, sort: matching.Sort) -> Seeker | None:
    """The rows of a listing that no index has, read once for its ranking from memory and its near misses."""
    return seeker_of(listing) if sort == "score" and listing.status != ListingStatus.OPEN else None


def _near_misses(
    listing: Listing, policy: PolicyInForce, query: dict[str, Any], rows: Seeker | None
) -> list[Json] | None:
    """From the index that has just ranked the page, or, by another sort, as it is now."""
    index = process_index()
    snapshot = index.held() if query["sort"] == "score" else index.current()
    return near_misses(listing, policy.matching, snapshot, query["near_misses"], rows)


def finder(
    listing: Listing, policy: matching.Policy, sort: matching.Sort, least: float, rows: Seeker | None = None
) -> Find:
    """By score from memory; by another sort, or while the index is being built, from the database.

    Args:
        rows: the listing's, if read already.
    """

    def find(k: int, done: int, after: matching.Position | None) -> HitSlice:
        found = None
        if sort == "score":
            asked = {"k": k, "done": done, "min_score": least, "after": after, "rows": rows}
            found = process_index().find(policy, listing, **asked)  # type: ignore[arg-type]
        return found or Search.of(listing, policy, clock.today(), sort, least).find(k, done, after)

    return find
