"""Distance in a search: a condition on the chord between points of a sphere, and kilometres to show."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Double, func, literal_column

import matching
from matching.model import EARTH_RADIUS_KM, SHOWN_DIGITS, sphere_km

from ....catalogue import service as catalogue
from ...models import Listing
from .conditions import Condition, Query

PLACE: Any = func.coarse_place(Listing.lon, Listing.lat)


def within_radius(asked: Query) -> Iterator[Condition]:
    """That the place is within `within_km` of the point."""
    if "within_km" in asked:
        yield chord_from_point(asked) <= chord_of(asked["within_km"])


def within_box(asked: Query) -> Iterator[Condition]:
    """The corners of the sphere around the point: a little more than the sphere itself."""
    if "within_km" in asked:
        reach = chord_of(asked["within_km"]) + ROUNDING
        yield PLACE.bool_op("<@")(func.cube_enlarge(_unit_point(asked), reach, literal_column("3")))


ROUNDING = 1e-12
"""What the corners of a box may lose to rounding."""


def point_of(query: Query) -> tuple[float, float]:
    """Longitude and latitude of the point to search from, in WGS-84."""
    return catalogue.to_wgs84({"crs": "wgs84", **query})


def _unit_point(query: Query) -> Any:
    return func.unit_place(*point_of(query))


def chord_from_point(query: Query) -> Any:
    """The chord from the point to a listing's place."""
    return PLACE.op("<->", return_type=Double())(_unit_point(query))


def chord_of(km: float) -> float:
    """The straight line, through a globe of radius 1, between places so far apart on it."""
    return 2 * math.sin(min(km / EARTH_RADIUS_KM, math.pi) / 2)


def kilometres_to(query: Query, rows: Sequence[Listing]) -> list[float]:
    """From the point to the place of each listing as others see it, to 0.1 km."""
    lon, lat = np.array(point_of(query))
    lons, lats = matching.coarse(np.array([(row.lon, row.lat) for row in rows]).reshape(-1, 2)).T
    kilometres: list[float] = np.round(sphere_km(lat, lon, lats, lons), SHOWN_DIGITS).tolist()
    return kilometres
