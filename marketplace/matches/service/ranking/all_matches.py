"""The matches of all open listings of an enterprise in one ranking, by score."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import matching

from .... import clock
from ....enterprises.models import EnterpriseStatus
from ....events.actor import Actor
from ....listings import service as listings
from ....listings.models import Kind, Listing
from ..policy import PolicyInForce, policy_in_force
from .database_search import Search
from .hits import Hit
from .live_index import process_index
from .match_presentation import present_hits

MOST_LISTINGS = 1_000
"""Own listings that one page looks at, the newest of each kind; more are for filters. Our own choice."""
ALL_POSITION = (int, int, int, int, int, int, UUID)
"""Kinds of the parts of a cursor: how many matches went before, and where the last ranks."""
FIRST_ID_BEFORE = 1 << 64


@dataclass(frozen=True, slots=True)
class MergedPosition:
    """Where a match ranks among those of all listings: as its hit by score, then by the own listing."""

    key: tuple[int, ...]
    own: UUID

    def position_for(self, listing: Listing) -> matching.Position:
        """The position behind which the matches of `listing` go on."""
        *rest, high, low = self.key
        if listing.id > self.own:  # the same counterpart at the same score is still to come for it
            high, low = divmod((high << 64 | low) - 1, FIRST_ID_BEFORE)
        return matching.Position("score", 0, *rest, high, low)  # type: ignore[call-arg]


def all_matches(actor: Actor, query: Mapping[str, Any], after: Sequence[Any] | None) -> dict[str, Any]:
    """One page of the matches of the actor's open listings, best first by the formula.

    Args:
        query: `limit` and `min_score`; `kind`, `code` and `listing_id` say of which own listings.
        after: the position of the page before, of the kinds in `ALL_POSITION`.
    """
    policy = policy_in_force()
    done, place = (after[0], MergedPosition(tuple(after[1:6]), after[6])) if after else (0, None)
    ranked, book = _ranked(policy, _own_listings(actor, query), query, place)
    shown = ranked[: query["limit"]]
    numbered = [(listing, replace(hit, rank=done + number)) for number, (listing, hit) in enumerate(shown, 1)]
    items = present_hits(actor, numbered, policy.matching, book)
    for item, (listing, _) in zip(items, shown, strict=True):
        item["own_listing"] = {name: getattr(listing, name) for name in ("id", "kind", "title", "status")}
    following = None
    if len(ranked) > len(shown):
        listing, last = shown[-1]
        following = [done + len(shown), *last.key[1:], listing.id]
    return {"policy_version": policy.version, "as_of": clock.now(), "items": items, "cursor": following}


def _own_listings(actor: Actor, query: Mapping[str, Any]) -> list[Listing]:
    if actor.status != EnterpriseStatus.APPROVED or actor.id is None:
        return []
    conditions = listings.conditions({"code": query["code"]})
    if query["listing_id"] is not None:
        conditions.append(Listing.id == query["listing_id"])
    kinds = [query["kind"]] if query["kind"] else list(Kind)
    return [row for kind in kinds for row in listings.open_of([actor.id], kind, *conditions)[:MOST_LISTINGS]]


def _ranked(
    policy: PolicyInForce, own: Sequence[Listing], query: Mapping[str, Any], place: MergedPosition | None
) -> tuple[list[tuple[Listing, Hit]], dict[int, matching.Code]]:
    """The best matches of each listing behind the place, one more than a page, merged into one ranking."""
    book: dict[int, matching.Code] = {}
    merged: list[tuple[Listing, Hit]] = []
    for listing, found in _best_of_each(policy, own, query, place):
        book.update(found.book)
        merged += [(listing, hit) for hit in found.hits]
    merged.sort(key=lambda pair: (pair[1].key, pair[0].id))
    return merged[: query["limit"] + 1], book


def _best_of_each(
    policy: PolicyInForce, own: Sequence[Listing], query: Mapping[str, Any], place: MergedPosition | None
) -> Iterator[tuple[Listing, Any]]:
    """From memory as it is now, or, while the index is being built, from the database."""
    snapshot, most, least = process_index().current(), query["limit"] + 1, query["min_score"]
    for listing in own:
        after = place.position_for(listing) if place else None
        if snapshot is not None:
            how = {"k": most, "done": 0, "min_score": least, "after": after}
            yield listing, snapshot.top(policy.matching, listing, **how)  # type: ignore[arg-type]
        else:
            search = Search.of(listing, policy.matching, clock.today(), "score", least)
            yield listing, search.find(most, 0, after)
