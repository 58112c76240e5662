"""Pages of one row an enterprise: its best offer, with the others folded behind it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import matching

from .... import clock
from ....events.actor import Actor
from ....listings import service as listings
from ....listings.models import Kind, Listing
from .database_search import rank_field
from .hits import Hit, HitSlice
from .match_input import facing
from .match_presentation import present_hits, present_offer
from .page_cursor import Find, PageCursor
from .track_record import microseconds_of, moment_of

SLICE = 500
MOST_FOLDED = 20
"""Further offers of an enterprise that a row names; it counts them all. Our own choice."""


def grouped_page(
    actor: Actor,
    listing: Listing,
    policy: matching.Policy,
    find: Find,
    query: dict[str, Any],
    cursor: PageCursor | None,
) -> dict[str, Any]:
    """`items`, `total` (of enterprises, if that is known) and the `cursor` of the next page.

    An enterprise stands where its best offer ranks. Later pages go by the offers of the first page's moment:
    a better one that is published meanwhile moves nobody to a page that was shown already.
    """
    as_of = cursor.as_of if cursor and cursor.as_of else microseconds_of(clock.now())
    done, limit = cursor.done if cursor else 0, query["limit"]
    best, book, count = _best_offers(find, moment_of(as_of) if cursor else None, cursor, limit + 1)
    shown = best[:limit]
    ranked = [(listing, replace(hit, rank=done + place)) for place, (_, hit) in enumerate(shown, 1)]
    items = present_hits(actor, ranked, policy, book)
    named = {hit.listing_id for _, hit in shown}
    how = {"sort": query["sort"], "min_score": query["min_score"]}
    folded = _other_offers(listing, policy, [owner for owner, _ in shown], named, how)
    for item, (owner, _) in zip(items, shown, strict=True):
        others = folded.get(owner, [])
        item["others"], item["others_total"] = others[:MOST_FOLDED], len(others)
    has_more = len(best) > limit
    following = PageCursor(0, done + len(shown), shown[-1][1].key, as_of) if has_more else None
    return {"items": items, "total": None if has_more or query["min_score"] else count, "cursor": following}


def _best_offers(
    find: Find, published_by: datetime | None, cursor: PageCursor | None, most: int
) -> tuple[list[tuple[UUID, Hit]], Any, int]:
    """The best offer of each of the `most` enterprises after the cursor; the book; how many were met."""
    met: set[UUID] = set()
    best: list[tuple[UUID, Hit]] = []
    book: Any = {}
    for found, owners in _slices(find, published_by):
        book = book or found.book
        for hit in found.hits:
            owner = owners.get(hit.listing_id)
            if owner is None or owner in met:
                continue
            met.add(owner)
            if cursor is None or hit.key > cursor.after:
                best.append((owner, hit))
            if len(best) == most:
                return best, book, len(met)
    return best, book, len(met)


def _slices(find: Find, published_by: datetime | None) -> Iterator[tuple[HitSlice, dict[UUID, UUID]]]:
    """All hits from the first on, and who owns those that were published by then."""
    done, position = 0, None
    while True:
        found = find(SLICE, done, position)
        yield found, listings.owners_of([hit.listing_id for hit in found.hits], published_by)
        if found.last is None:
            return
        done, position = done + len(found.hits), found.last


def _other_offers(
    listing: Listing,
    policy: matching.Policy,
    owners: Sequence[UUID],
    shown: set[UUID],
    how: dict[str, Any],
) -> dict[UUID, list[dict[str, Any]]]:
    """The lawful offers of these enterprises that are not shown already, by enterprise.

    Args:
        how: the sort that they go by and the least score, those of the page.
    """
    kind = Kind.DEMAND if listing.kind == Kind.SUPPLY else Kind.SUPPLY
    others = [row for row in listings.open_of(owners, kind) if row.id not in shown]
    if not others:
        return {}
    inputs = facing(listing, others, alive_on=clock.today())
    ranking = rank_field(policy, inputs, clock.today(), len(others), **how)
    outlines = listings.outlines([row.id for row in others])
    folded: dict[UUID, list[dict[str, Any]]] = {}
    for hit in HitSlice.of(ranking, inputs.tables, 0, None).hits:
        other = outlines[hit.listing_id]
        folded.setdefault(other.enterprise_id, []).append(present_offer(listing, other, hit))
    return folded
