"""Where the waste of a listing lies, and the region that it is said to lie in."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from matching import geodesic_km

from ...catalogue import service as catalogue
from ...errors import Invalid, Notice
from ...events.work import Work, unit_of_work
from ..models import Listing, ListingStatus

PLACE_FIELDS = {"region", "location"}
STAYS_WITHIN_KM = 1.0
"""A listing this near to its owner's old place is taken to have been there. Our own choice."""
MOST_NAMED = 20
"""Listings that one warning names; it counts them all."""


def apply_place(row: Listing, data: dict[str, Any], owner: Any) -> None:
    """Set place and region of a new row, or of one that changes either.

    Without a location the place is the owner's, or the seat of a stated region that the owner is not in; what
    a change leaves out stays. Without a stated region it is the owner's at the owner's place, else the
    district in which the place lies.

    Raises:
        Invalid: `unknown_region`, or the place lies in another province than stated, at sea or abroad
            (`place_not_in_region`).
    """
    new = row.lon is None
    if not new and not PLACE_FIELDS & data.keys():
        return
    if new or "region" in data:
        row.region_stated = data.get("region") is not None
        row.region = data["region"] if row.region_stated else owner.region
    if row.region_stated:
        catalogue.find_region(row.region)
    if new or "location" in data:
        row.lon, row.lat = _place(row, data.get("location"), owner)
    _apply_region(row, owner, "region" if data.get("location") is None and data.get("region") else "location")


def _place(row: Listing, location: dict[str, Any] | None, owner: Any) -> tuple[float, float]:
    if location is not None:
        return catalogue.to_wgs84(location)
    at_home = row.region == owner.region or catalogue.region_covers(row.region, owner.place_region or 0)
    seat = owner if at_home else catalogue.find_region(row.region)
    return seat.lon, seat.lat


def _apply_region(row: Listing, owner: Any, at: str) -> None:
    if row.region_stated:
        row.place_region = _home(row, owner, row.region) or catalogue.locate(row.lon, row.lat, row.region, at)
        return
    district = _home(row, owner, owner.region) or catalogue.district_at(row.lon, row.lat, owner.region)
    if district is None:
        catalogue.locate(row.lon, row.lat, owner.region, at)
        return
    at_home = (row.lon, row.lat) == (owner.lon, owner.lat)
    keeps = at_home and not catalogue.is_other_province(district, owner.region)
    row.region, row.place_region = owner.region if keeps else district, district


def _home(row: Listing, owner: Any, region: int) -> int | None:
    """The district of the owner's place, known already, if the row lies there and within `region`."""
    at_home = (row.lon, row.lat) == (owner.lon, owner.lat)
    within = owner.place_region and catalogue.region_covers(region, owner.place_region)
    return owner.place_region if at_home and within else None


def place_notices(row: Listing) -> list[Notice]:
    """A notice as long as a listing's place lies in another district than it is said to."""
    return notices_of([row])[0]


def notices_of(rows: Sequence[Listing]) -> list[list[Notice]]:
    """`place_notices` of each row, in one statement at most."""
    return catalogue.region_notices([(row.place_region, row.region) for row in rows])


def require_place(row: Listing) -> None:
    """Raises: Invalid: its place lies in another province than its region (`place_not_in_region`)."""
    for notice in place_notices(row):
        if notice.code == "place_not_in_region":
            raise Invalid(notice.code, at=notice.field, **notice.facts)


def left_behind(work: Work, owner: Any) -> list[Notice]:
    """A notice about the listings, not yet closed, that stay at the place from which their owner moves."""
    active = Listing.status.in_((ListingStatus.DRAFT, ListingStatus.OPEN, ListingStatus.PAUSED))
    listings = work.session.scalars(
        select(Listing).where(Listing.enterprise_id == owner.id, active).order_by(Listing.id.desc())
    )
    stay = [row for row in listings if geodesic_km(row.lat, row.lon, owner.lat, owner.lon) <= STAYS_WITHIN_KM]
    if not stay:
        return []
    named = tuple(row.title for row in stay[:MOST_NAMED])
    return [Notice("listings_left_behind", "location", {"count": len(stay), "listings": named})]


def locate_listings(*, everything: bool) -> int:
    """Say of listings in which district they lie: where it is not known yet, or of all.

    Nobody is notified and no version changes: what their owners wrote stays as it is. Returns how many
    changed.
    """
    with unit_of_work() as work:
        return catalogue.locate_rows(work.session, Listing, everything=everything)
