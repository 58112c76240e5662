"""All open listings whose codes fit a listing's, lawful or not, to be judged as columns."""

from typing import Any

import matching

from .... import clock
from ....listings.models import Kind, Listing
from .listing_columns import Seeker
from .live_index import OTHER, IndexSnapshot
from .match_input import MatchInput
from .outline import outline_of


def fitting_field(
    listing: Listing,
    policy: matching.Policy,
    snapshot: IndexSnapshot | None,
    most: int | None = None,
    rows: Seeker | None = None,
) -> MatchInput | None:
    """A listing and all that its code fits: from memory, or else from the database.

    Args:
        most: rows beyond which it is None; then the database is not asked either.
        rows: the listing's, if read already.
    """
    if snapshot is not None:
        return field_in_memory(snapshot, listing, policy, most, rows)
    if most is not None:
        return None
    return outline_of(listing, credit=False).with_tables(clock.today())


def field_in_memory(
    snapshot: IndexSnapshot,
    listing: Any,
    policy: matching.Policy,
    most: int | None = None,
    rows: Seeker | None = None,
) -> MatchInput | None:
    """A listing (or an outline of it that is in the index) and all that its code fits, from memory."""
    kind = Kind(listing.kind)
    seeker, ranges = rows or snapshot.seeker(listing)
    found = snapshot.sides[OTHER[kind]].fitting(policy, seeker, ranges=ranges, most=most)
    if found is None:
        return None
    field, tables = found
    return (
        MatchInput(kind, seeker, field, tables)
        if kind == Kind.SUPPLY
        else MatchInput(kind, field, seeker, tables)
    )
