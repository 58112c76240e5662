"""The choice of whom a push may notify of a new or changed listing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import matching

from .... import clock
from ....enterprises import service as enterprises
from ....listings import service as listings
from ....listings.models import Listing
from ..policy import policy_in_force
from .database_search import Search
from .hits import Hit

SEARCH_PAGE = 100


@dataclass(frozen=True, slots=True)
class Counterpart:
    """Whom a push may notify of a listing: their enterprise and listing, and how the pairing ranked."""

    enterprise: Any
    listing: Listing
    rank: int
    score: float


def choose_push_candidates(listing: Listing) -> list[Counterpart]:
    """The best `push_top` enterprises over the threshold, to be notified of a new or changed listing."""
    policy = policy_in_force()
    search = Search.of(listing, policy.matching, clock.today(), "score", policy.body["push_threshold"])
    chosen: dict[UUID, Counterpart] = {}
    done, position = 0, None
    while True:
        page = search.find(SEARCH_PAGE, done, position)
        _add_candidates(chosen, page.hits, policy.body["push_top"])
        if page.last is None or len(chosen) >= policy.body["push_top"]:
            return list(chosen.values())
        done, position = done + len(page.hits), page.last


def _add_candidates(chosen: dict[UUID, Counterpart], hits: Sequence[Hit], most: int) -> None:
    rows = listings.by_id({hit.listing_id for hit in hits})
    owners = enterprises.by_id({row.enterprise_id for row in rows.values()})
    for hit in hits:
        row = rows[hit.listing_id]
        if len(chosen) < most and row.enterprise_id not in chosen:
            chosen[row.enterprise_id] = Counterpart(
                owners[row.enterprise_id], row, hit.rank, hit.score / matching.SCORE_UNIT
            )
