"""Rough places on a map without tiles: points by longitude and latitude in an SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, MARGIN = 560, 360, 28
LEAST_DEGREES = 0.02
"""What the map covers at least: two steps of the raster to which places are rounded."""
KM_PER_DEGREE = 111.2
SCALES_KM = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


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
    """A spot as it is drawn; `number` is what stands beside it and before its name in the list."""

    x: float
    y: float
    number: int
    label: str
    href: str | None
    tone: str


@dataclass(frozen=True, slots=True)
class PlaceMap:
    """A map: its dots, and a bar of so many kilometres."""

    dots: list[Dot]
    scale_km: int
    scale_width: float
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
    dots = [
        Dot(
            round(WIDTH / 2 + (spot.lon - middle[0]) * narrowing * per_degree, 1),
            round(HEIGHT / 2 - (spot.lat - middle[1]) * per_degree, 1),
            number,
            spot.label,
            spot.href,
            spot.tone,
        )
        for number, spot in enumerate(spots, start=1)
    ]
    per_km = per_degree / KM_PER_DEGREE
    fitting = [km for km in SCALES_KM if km * per_km <= WIDTH / 3] or [SCALES_KM[0]]
    return PlaceMap(dots, fitting[-1], round(fitting[-1] * per_km, 1))
