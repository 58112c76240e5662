"""Rough places on a map without tiles: points by longitude and latitude in an SVG."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

WIDTH, HEIGHT, MARGIN = 560, 360, 28
LEAST_DEGREES = 0.02
"""What the map covers at least: two steps of the raster to which places are rounded."""
KM_PER_DEGREE = 111.2
MOST_OF_WAY = 2000
"""Places of a way that are drawn: 16 kB."""
LonLat = tuple[float, float]
Row = TypeVar("Row")
SCALES_KM = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
RADIUS, LARGEST = 6, 16
MOST_NUMBERED = 40
"""Numbers beside more dots than these would lie on top of each other."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place with what it is called and where it leads; `tone` is its class."""

    lon: float
    lat: float
    label: str
    href: str | None = None
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Dot:
    """A place as it is drawn, larger the more spots are there; `number` is its number in the list."""

    x: float
    y: float
    radius: float
    number: int
    spots: list[Spot]
    tone: str


@dataclass(frozen=True, slots=True)
class PlaceMap:
    """A map: its dots, a bar of so many kilometres, and the points of a way for a `polyline`."""

    dots: list[Dot]
    scale_km: int
    scale_width: float
    numbered: bool
    way: str = ""
    width: int = WIDTH
    height: int = HEIGHT


def place_map(spots: Sequence[Spot], way: Sequence[LonLat] = ()) -> PlaceMap | None:
    """The map on which all spots are, and a way between some of them; None without any."""
    if not spots:
        return None
    lons, lats = zip(*[(spot.lon, spot.lat) for spot in spots], *way, strict=True)
    middle = ((min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2)
    narrowing = math.cos(math.radians(middle[1]))
    wide = max((max(lons) - min(lons)) * narrowing, LEAST_DEGREES)
    high = max(max(lats) - min(lats), LEAST_DEGREES)
    per_degree = min((WIDTH - 2 * MARGIN) / wide, (HEIGHT - 2 * MARGIN) / high)

    def on_map(lon: float, lat: float) -> tuple[float, float]:
        x = WIDTH / 2 + (lon - middle[0]) * narrowing * per_degree
        return round(x, 1), round(HEIGHT / 2 - (lat - middle[1]) * per_degree, 1)

    spots_at: dict[LonLat, list[Spot]] = defaultdict(list)
    for spot in spots:
        spots_at[spot.lon, spot.lat].append(spot)
    dots = [
        Dot(*on_map(*at), min(LARGEST, round(RADIUS * math.sqrt(len(there)), 1)), number, there, _tone(there))
        for number, (at, there) in enumerate(spots_at.items(), start=1)
    ]
    per_km = per_degree / KM_PER_DEGREE
    scale_km = max((km for km in SCALES_KM if km * per_km <= WIDTH / 3), default=SCALES_KM[0])
    return PlaceMap(
        dots,
        scale_km,
        round(scale_km * per_km, 1),
        len(dots) <= MOST_NUMBERED,
        _line([on_map(*place) for place in way]),
    )


def _tone(spots: Sequence[Spot]) -> str:
    """That of the first which has one: what is marked is seen among all that is in its place."""
    return next((spot.tone for spot in spots if spot.tone), "")


def _line(places: Sequence[tuple[float, float]]) -> str:
    """A way between whole units, each place that differs from the one before; thinned where it has many."""
    whole = [(round(x), round(y)) for x, y in places]
    kept = [place for number, place in enumerate(whole) if number == 0 or place != whole[number - 1]]
    return " ".join(f"{x},{y}" for x, y in thinned(kept, MOST_OF_WAY))


def thinned(rows: Sequence[Row], most: int) -> Sequence[Row]:
    """At most so many of them at equal distances, the first and the last among them."""
    if len(rows) <= most:
        return rows
    return [rows[number * (len(rows) - 1) // (most - 1)] for number in range(most)]
