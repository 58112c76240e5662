"""What anybody may know of open listings: sums by code, and the latest without titles, owners and prices.

A title is what its owner wrote for members; it may name the plant, so that nobody else is shown it. The
district is the one that members are shown, not the one that follows from the exact place.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, select

from ...catalogue import service as catalogue
from ...database import db
from ...statements import Statement
from ..models import Kind, Listing
from .lookup import ACCEPTED, open_to_others


class OpenSum(NamedTuple):
    """Open listings of a kind and, of supplies, of one code (None of demands)."""

    kind: Kind
    code_id: int | None
    listings: int
    remaining_kg: int


class DistrictSum(NamedTuple):
    """Open listings of a kind in one district, as members are shown it."""

    kind: Kind
    region: int
    listings: int
    remaining_kg: int


def open_by_district(region: int | None) -> list[DistrictSum]:
    """The open listings of all who may trade, by kind and district, of a region and those within it."""
    query = (
        select(Listing.kind, Listing.region, func.count(), func.sum(Listing.remaining_kg))
        .where(open_to_others())
        .group_by(Listing.kind, Listing.region)
    )
    if region is not None:
        query = query.where(catalogue.within(Listing.region, region))
    rows = db.session.execute(query)
    return [DistrictSum(kind, district, count, int(kg)) for kind, district, count, kg in rows]


def open_sums() -> list[OpenSum]:
    """The open listings of all who may trade, by kind and code of the supply; one statement over all."""
    remaining = func.sum(Listing.remaining_kg)
    query = (
        select(Listing.kind, Listing.code_id, func.count(), remaining)
        .where(open_to_others())
        .group_by(Listing.kind, Listing.code_id)
    )
    rows = db.session.execute(query)
    return [OpenSum(kind, code_id, count, int(kg)) for kind, code_id, count, kg in rows]


_LATEST = Statement(
    select(
        Listing.kind,
        Listing.code_id,
        ACCEPTED.label("accepted"),
        Listing.remaining_kg,
        Listing.region,
        func.coalesce(Listing.published_at, Listing.created_at).label("published_at"),
    )
    .where(open_to_others())
    .order_by(Listing.id.desc())
    .limit(bindparam("most"))
)


def latest_open(most: int) -> Sequence[Any]:
    """The open listings that were written last: rows of kind, codes, tonnes, district and time, no more."""
    return _LATEST.all(most=most)
