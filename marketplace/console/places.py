"""Rough places on a map without tiles: points by longitude and latitude in an SVG."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, MARGIN = 560, 360, 28
LEAST_DEGREES = 0.02
"""What the map covers at least: two steps of the raster to which places are rounded."""
KM_PER_DEGREE = 111.2
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
    """A map: its dots, and a bar of so many kilometres."""

    dots: list[Dot]
    scale_km: int
    scale_width: float
    numbered: bool
    width: int = WIDTH
    height: int = HEIGHT


def place_map(spots: Sequence[Spot]) -> PlaceMap | None:
    """The map on which all spots are; None without any."""
    if not spots:
        return None
    lons, lats = [spot.lon for spot in spots], [spot.lat for spot in spots]
    middle = ((min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2)
    narrowing = math.cos(math.radians(middle[1]))
    wide = max((max(lons) - min(lons)) * narrowing, LEAST_DEGREES)
    high = max(max(lats) - min(lats), LEAST_DEGREES)
    per_degree = min((WIDTH - 2 * MARGIN) / wide, (HEIGHT - 2 * MARGIN) / high)
    spots_at: dict[tuple[float, float], list[Spot]] = defaultdict(list)
    for spot in spots:
        spots_at[spot.lon, spot.lat].append(spot)
    dots = [
        Dot(
            round(WIDTH / 2 + (lon - middle[0]) * narrowing * per_degree, 1),
            round(HEIGHT / 2 - (lat - middle[1]) * per_degree, 1),
            min(LARGEST, round(RADIUS * math.sqrt(len(there)), 1)),
            number,
            there,
            there[0].tone,
        )
        for number, ((lon, lat), there) in enumerate(spots_at.items(), start=1)
    ]
    per_km = per_degree / KM_PER_DEGREE
    fitting = [km for km in SCALES_KM if km * per_km <= WIDTH / 3] or [SCALES_KM[0]]
    return PlaceMap(dots, fitting[-1], round(fitting[-1] * per_km, 1), len(dots) <= MOST_NUMBERED)
