"""One page of the ranked lawful counterparts of a listing."""

from typing import Any

import matching

from .... import clock
from ....enterprises import service as enterprises
from ....events.actor import Actor
from ....listings.models import Listing, ListingStatus
from ..policy import policy_in_force
from .database_search import Search
from .formula_or_learned import choose_ranking
from .hits import HitSlice
from .live_index import process_index
from .match_presentation import present_hits
from .page_cursor import Find, PageCursor

ALIVE = (ListingStatus.DRAFT, ListingStatus.OPEN)


def ranking_page(
    actor: Actor, listing: Listing, query: dict[str, Any], cursor: PageCursor | None
) -> dict[str, Any]:
    """One page of lawful counterparts of a listing, best first, each with its score explained.

    Nothing is shown for a closed listing, nor to one whose enterprise is not approved.
    """
    policy = policy_in_force()
    pager = choose_ranking(listing, policy, query["sort"], cursor)
    head: dict[str, Any] = {
        "policy_version": policy.version,
        "order": pager.description,
        "as_of": clock.now(),
    }
    if listing.status not in ALIVE or not enterprises.may_trade(listing.enterprise_id):
        return {**head, "total": 0, "items": [], "cursor": None}
    page = pager.page(_finder(listing, policy.matching, query), query["limit"], cursor)
    items = present_hits(listing, page.hits, policy.matching, page.book)
    return {**head, "total": page.total, "items": items, "cursor": page.next}


def _finder(listing: Listing, policy: matching.Policy, query: dict[str, Any]) -> Find:
    """By score from memory; by another sort, or while the index is being built, from the database."""
    sort, least = query["sort"], query["min_score"]

    def find(k: int, done: int, after: matching.Position | None) -> HitSlice:
        found = None
        if sort == "score":
            found = process_index().find(policy, listing, k=k, done=done, min_score=least, after=after)
        return found or Search.of(listing, policy, clock.today(), sort, least).find(k, done, after)

    return find
