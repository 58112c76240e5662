"""Where a place lies: in the outline of a district, or nearest to the seat of one."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, exists, select, text, update

from matching import EARTH_RADIUS_KM

from ...database import db
from ...errors import Invalid, Notice
from ...messages.names import Name
from ..models import OutlineRing
from .lookup_cache import lookup_cache
from .regions import find_region, region_covers, region_with_ancestors, regions_by_code

BORDER_KM = 1.0
"""How far a place may be outside the outline of its stated region and still count as in it. Our own choice:
the outlines have a point every 1.5 km or so, and a place read from a map in GCJ-02 but sent as WGS-84 is up
to 0.7 km off."""
OFFSHORE_KM = 22.2
"""A place in no outline belongs to the nearest district this far: quays, islets and rigs within the twelve
nautical miles of the territorial sea. Beyond, it is at sea or abroad."""
FARTHEST_SEAT_KM = 400.0
"""Without outlines: how far the nearest seat of a district may be; the widest counties have places so far."""
SEAT_DOUBT = 1.5
"""Without outlines: a stated region is believed if its seat is at most so many times as far as the nearest.
Our own choice: the border lies somewhere between two seats, seldom half-way."""
BATCH = 2_000

Near = tuple[int, ...]
"""The districts that a place may be in, likeliest first; none: at sea or abroad."""

BY_OUTLINE = text("""
    SELECT p.n, o.adcode, count(*) FILTER (WHERE o.shape @> p.here) % 2 = 1 AS inside,
           min(p.here <-> path(o.shape)) * p.km_per_unit AS km
    FROM (SELECT n, point(x, y) AS here, km_per_unit,
                 polygon(box(point(x - reach, y - reach), point(x + reach, y + reach))) AS around
          FROM unnest(CAST(:x AS float8[]), CAST(:y AS float8[]), CAST(:reach AS float8[]),
                      CAST(:km_per_unit AS float8[])) WITH ORDINALITY AS t(x, y, reach, km_per_unit, n)) AS p
    JOIN outline_ring o ON o.shape && p.around
    GROUP BY p.n, o.adcode, p.km_per_unit
""")
BY_SEAT = text("""
    SELECT p.n, r.adcode, r.km
    FROM unnest(CAST(:lon AS float8[]), CAST(:lat AS float8[])) WITH ORDINALITY AS p(lon, lat, n)
    CROSS JOIN LATERAL (
        SELECT s.adcode, 2 * :radius * asin(sqrt(power(sin(radians(s.lat - p.lat) / 2), 2)
               + cos(radians(p.lat)) * cos(radians(s.lat)) * power(sin(radians(s.lon - p.lon) / 2), 2))) AS km
        FROM region s
        WHERE s.coord_source <> 'parent' AND NOT EXISTS (SELECT FROM region b WHERE b.parent = s.adcode)
        ORDER BY 2 LIMIT 8
    ) AS r
""")
"""The seats of regions that have none below them; a region with the point of its parent has no seat."""


def northing(lat: float) -> float:
    """Mercator's ordinate in degrees. A degree on this plane is as long east as north, at any one place."""
    return math.degrees(math.asinh(math.tan(math.radians(lat))))


def on_plane(lon: float, lat: float) -> tuple[float, float]:
    """A place on the plane on which outlines lie."""
    return lon, northing(lat)


def locate(lon: float, lat: float, stated: int, at: str) -> int:
    """The district in which a place (WGS-84) lies; the stated region counts where the outlines leave a doubt.

    Raises:
        Invalid: it lies in another province than stated, at sea or abroad (`place_not_in_region`), says `at`.
    """
    district = district_at(lon, lat, stated)
    if district is None or is_other_province(district, stated):
        raise Invalid("place_not_in_region", at=at, **_facts(district, stated, _names([district, stated])))
    return district


def district_at(lon: float, lat: float, stated: int) -> int | None:
    """The district in which a place (WGS-84) lies, None at sea or abroad. A region's seat lies in the region.

    Args:
        stated: the region that it is said to lie in, which counts where the outlines leave a doubt.
    Raises:
        Invalid: there is no such region (`unknown_region`).
    """
    region = find_region(stated)
    district = _district_of(_near_one(lon, lat), stated)
    inside = district is not None and region_covers(stated, district)
    return stated if not inside and (lon, lat) == (region.lon, region.lat) else district


def region_notices(places: Sequence[tuple[int | None, int]]) -> list[list[Notice]]:
    """For each place, of which the district and the stated region are given, a notice if the two disagree.

    The names of all come in one statement, or in none where all agree.
    """
    differ = [place for place in places if _differs(*place)]
    names = _names([code for place in differ for code in place]) if differ else {}
    return [[_notice(*place, names)] if _differs(*place) else [] for place in places]


def _differs(district: int | None, stated: int) -> bool:
    if district is None:
        return False
    return not (region_covers(stated, district) or region_covers(district, stated))


def _notice(district: int | None, stated: int, names: dict[int, str]) -> Notice:
    other = district is not None and is_other_province(district, stated)
    facts = _facts(district, stated, names)
    return Notice("place_not_in_region" if other else "place_in_other_county", "location", facts)


def is_other_province(district: int, stated: int) -> bool:
    """Whether two regions lie in different provinces."""
    return district // 10_000 != stated // 10_000


def districts_near(places: Sequence[tuple[float, float]]) -> list[Near]:
    """For each place (lon, lat in WGS-84) the districts that it may be in, in a few statements for all."""
    found = _by_outline(places, BORDER_KM)
    missing = [n for n, near in enumerate(found) if not near]
    if missing:
        rest = [places[n] for n in missing]
        by_outlines = db.session.scalar(select(exists().select_from(OutlineRing)))
        for n, near in zip(missing, _offshore(rest) if by_outlines else _by_seat(rest), strict=True):
            found[n] = near
    return found


def look_up_places(places: Iterable[tuple[float, float]]) -> None:
    """Look these places up together, for a block of cached look-ups that will ask for each of them."""
    cache = lookup_cache()
    if cache is None:
        return
    new = [place for place in set(places) if place not in cache.near]
    for start in range(0, len(new), BATCH):
        part = new[start : start + BATCH]
        cache.keep_near(dict(zip(part, districts_near(part), strict=True)))


def locate_rows(session: Any, model: Any, *, everything: bool) -> int:
    """Say of rows in which district their places lie: of those that do not say it yet, or of all again.

    Args:
        model: a table with no, lon, lat, region and place_region.
    Returns:
        how many rows changed.
    """
    table, last, changed = model.__table__, 0, 0
    columns = table.c.no, table.c.lon, table.c.lat, table.c.region, table.c.place_region
    write = update(table).where(table.c.no == bindparam("row")).values(place_region=bindparam("district"))
    while True:
        rows = select(*columns).where(table.c.no > last).order_by(table.c.no).limit(BATCH)
        batch = session.execute(rows if everything else rows.where(table.c.place_region.is_(None))).all()
        if not batch:
            return changed
        near = districts_near([(row.lon, row.lat) for row in batch])
        values = [
            {"row": row.no, "district": district}
            for row, districts in zip(batch, near, strict=True)
            if (district := _district_of(districts, row.region)) != row.place_region
        ]
        if values:
            session.execute(write, values)
        last, changed = batch[-1].no, changed + len(values)


def _near_one(lon: float, lat: float) -> Near:
    cache = lookup_cache()
    if cache is None:
        return districts_near([(lon, lat)])[0]
    near = cache.near.get((lon, lat))
    if near is None:
        near = districts_near([(lon, lat)])[0]
        cache.keep_near({(lon, lat): near})
    return near


def _district_of(near: Near, stated: int) -> int | None:
    return next((adcode for adcode in near if region_covers(stated, adcode)), near[0] if near else None)


def _by_outline(places: Sequence[tuple[float, float]], reach_km: float) -> list[Near]:
    """Districts within `reach_km`: those that contain the place, the deepest first, then by distance."""
    here = [(lon, max(-89.0, min(89.0, lat))) for lon, lat in places]
    km_per_unit = [math.radians(EARTH_RADIUS_KM) * math.cos(math.radians(lat)) for _, lat in here]
    rows = db.session.execute(
        BY_OUTLINE,
        {
            "x": [lon for lon, _ in here],
            "y": [northing(lat) for _, lat in here],
            "reach": [reach_km / km for km in km_per_unit],
            "km_per_unit": km_per_unit,
        },
    )
    found: list[list[tuple[float, int]]] = [[] for _ in places]
    for n, adcode, inside, km in rows:
        if inside or km <= reach_km:
            found[n - 1].append((-km if inside else km, adcode))
    return [tuple(adcode for _, adcode in sorted(districts)) for districts in found]


def _offshore(places: Sequence[tuple[float, float]]) -> list[Near]:
    """The nearest district and those about as near, of places in no outline."""
    return _by_outline(places, OFFSHORE_KM)


def _by_seat(places: Sequence[tuple[float, float]]) -> list[Near]:
    """The district with the nearest seat, and those whose seats are about as near."""
    rows = db.session.execute(
        BY_SEAT,
        {
            "lon": [lon for lon, _ in places],
            "lat": [lat for _, lat in places],
            "radius": EARTH_RADIUS_KM,
        },
    )
    found: list[list[tuple[float, int]]] = [[] for _ in places]
    for n, adcode, km in rows:
        found[n - 1].append((km, adcode))
    near = []
    for seats in map(sorted, found):
        reach = min(FARTHEST_SEAT_KM, seats[0][0] * SEAT_DOUBT) if seats else 0
        near.append(tuple(adcode for km, adcode in seats if km <= reach))
    return near


def _names(codes: Iterable[int | None]) -> dict[int, str]:
    """The names of these regions and of those above them."""
    above = {adcode for code in codes if code is not None for adcode in region_with_ancestors(code)}
    return {adcode: region.name_zh for adcode, region in regions_by_code(above).items()}


def _facts(district: int | None, stated: int, names: dict[int, str]) -> dict[str, Any]:
    """For sentences that name where a place lies and where it is said to."""
    place = Name("place", "outside") if district is None else _label(district, names)
    return {"place": place, "region": _label(stated, names)}


def _label(adcode: int, names: dict[int, str]) -> str:
    """A region with those above it and its code: 浙江省绍兴市越城区 330602."""
    whole = "".join(names[code] for code in sorted(region_with_ancestors(adcode)) if code in names)
    return f"{whole} {adcode:06d}"
