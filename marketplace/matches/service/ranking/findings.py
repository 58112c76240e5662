"""Findings: open listings without a lawful counterpart, what stops most, and what would change that.

A finding is never stored, so it is never stale: whatever changes on either side, a listing, a permit, credit,
the policy or the day, the next response is judged by it.
"""

from collections.abc import Iterator, Sequence
from typing import Any, cast
from uuid import UUID

import numpy as np
from sqlalchemy import select

import matching

from .... import clock
from ....database import db
from ....events.actor import Actor
from ....listings import service as listings
from ....listings.models import Kind, Listing, ListingStatus
from ..policy import policy_in_force
from .database_search import Search
from .fitting_field import field_in_memory, fitting_field
from .live_index import OTHER, IndexSnapshot, process_index
from .match_input import MatchInput, day_number
from .near_misses import near_misses_among

BATCH = 500
MOST_LOOKED_AT = 5_000
"""Open listings that one page looks at; with more without a finding it is short, and `next` goes on."""
REASONS = {"prohibited": "not_allowed", "time": "no_shared_day"}
"""Why a gate stops most, where that does not depend on the side: see `Obstacles.by` for the others."""
OUTLINE = (
    Listing.id, Listing.no, Listing.kind, Listing.title, Listing.quantity_kg, Listing.remaining_kg,
    Listing.min_lot_kg, Listing.price_fen, Listing.max_distance_km, Listing.available_from,
    Listing.available_until,
)  # fmt: skip


def search_findings(
    actor: Actor, gate: str | None, after: UUID | None, limit: int
) -> tuple[list[dict[str, Any]], UUID | None]:
    """Findings of the actor's own open listings or those under its oversight, newest listing first.

    Args:
        gate: only those that this gate stops most.
        after: the listing at which the page before ended.
    Returns:
        at most `limit` findings, and where the page ends if more may follow.
    """
    policy = policy_in_force().matching
    snapshot = process_index().current()
    found: list[dict[str, Any]] = []
    for _ in range(MOST_LOOKED_AT // BATCH):
        batch = _open_listings(actor, after)
        for row in _without_counterpart(snapshot, batch, policy):
            finding = _finding(snapshot, row, policy)
            if gate is None or finding["gate"] == gate:
                found.append(finding)
            if len(found) == limit:
                return found, row.id
        if len(batch) < BATCH:
            return found, None
        after = batch[-1].id
    return found, after


def _open_listings(actor: Actor, after: UUID | None) -> Sequence[Any]:
    query = select(*OUTLINE).where(Listing.status == ListingStatus.OPEN, listings.governed(actor))
    if after is not None:
        query = query.where(Listing.id < after)
    return db.session.execute(query.order_by(Listing.id.desc()).limit(BATCH)).all()


def _without_counterpart(
    snapshot: IndexSnapshot | None, batch: Sequence[Any], policy: matching.Policy
) -> Iterator[Any]:
    """Those of the listings, in their order, whose owner may trade and that have no lawful counterpart."""
    if snapshot is None:
        rows = listings.by_id({row.id for row in batch})
        for row in batch:
            search = Search.of(rows[row.id], policy, clock.today(), "score", 0.0)
            if not search.find(1, 0, None).hits:
                yield row
        return
    unmatched: set[int] = set()
    for kind, side in snapshot.sides.items():
        seekers, ranges = side.take([row.no for row in batch if row.kind == kind])
        if len(seekers):
            best = snapshot.sides[OTHER[kind]].best_of_each(
                policy, seekers, day_number(clock.today()), k=1, ranges=ranges
            )
            first = np.sort(np.unique(seekers.key, return_index=True)[1])
            unmatched |= set(seekers.key[first][best.size == 0].tolist())
    yield from (row for row in batch if row.no in unmatched)


def _finding(snapshot: IndexSnapshot | None, row: Any, policy: matching.Policy) -> dict[str, Any]:
    inputs = _facing(snapshot, row, policy)
    today, seeker = day_number(clock.today()), cast(matching.Side, inputs.seeker.value)
    judged = matching.obstacles(policy, seeker, inputs.supplies, inputs.demands, inputs.tables, today)
    stopped = {gate: count for gate, count in judged.stopped.items() if count and gate != "self"}
    gate = max(stopped, key=lambda name: stopped[name], default="code")
    return {
        "listing_id": row.id,
        "title": row.title,
        "gate": gate,
        "reason": judged.cause(gate) or REASONS.get(gate, Kind(row.kind).value),
        "stopped": stopped,
        "candidates": judged.candidates,
        "near_misses": near_misses_among(row, inputs, policy),
        "at": clock.now(),
    }


def _facing(snapshot: IndexSnapshot | None, row: Any, policy: matching.Policy) -> MatchInput:
    if snapshot is None:
        inputs = fitting_field(listings.by_id({row.id})[row.id], policy, None)
    else:
        inputs = field_in_memory(snapshot, row, policy)
    assert inputs is not None
    return inputs
