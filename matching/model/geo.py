"""Distances: on a sphere to rank by, on the ellipsoid to show."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from matching.model.coarse_places import coarse
from matching.model.columns import Floats
from matching.model.joins import Ints

if TYPE_CHECKING:
    from pyproj import Geod

EARTH_RADIUS_KM = 6371.0088
MM_PER_KM = 1e6
SHOWN_DIGITS = 1
"""Digits behind the point of a distance that people read: between rounded places more would mean nothing."""


def sphere_km(lat_a: Floats, lon_a: Floats, lat_b: Floats, lon_b: Floats) -> Floats:
    """Great-circle distance on the sphere of the mean radius (IUGG), by haversine and its complement.

    The complement (the haversine to the antipode) keeps the last digits on the far side of the globe, where
    the haversine alone loses them.

    Args:
        lat_a, lon_a, lat_b, lon_b: degrees, of shapes that broadcast.
    Returns:
        kilometres, of the broadcast shape.
    """
    phi_a, phi_b, turn = np.radians(lat_a), np.radians(lat_b), np.radians(lon_b - lon_a) / 2
    across = np.cos(phi_a) * np.cos(phi_b)
    near = np.sin((phi_b - phi_a) / 2) ** 2 + across * np.sin(turn) ** 2
    far = np.sin((phi_b + phi_a) / 2) ** 2 + across * np.cos(turn) ** 2
    km: Floats = 2 * EARTH_RADIUS_KM * np.arctan2(np.sqrt(near), np.sqrt(far))
    return km


def whole_mm(km: Floats) -> Ints:
    """Kilometres as whole millimetres, by which distances are compared, so that a last bit never decides.

    Any shape; the result has the same.
    """
    return np.rint(km * MM_PER_KM).astype(np.int64)


@cache
def _ellipsoid() -> Geod:
    """WGS-84 as PROJ computes on it, loaded by the first who asks (23 MB)."""
    from pyproj import Geod  # only here

    return Geod(ellps="WGS84")


def geodesic_km(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Distance on WGS-84 in km, to show to a person (Karney's geodesic, by PROJ); degrees."""
    _, _, metres = _ellipsoid().inv(lon_a, lat_a, lon_b, lat_b)
    return float(metres) / 1000


def shown_km(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Distance as people read it everywhere: between the places as others see them, on the ellipsoid, to
    0.1 km; exact or rounded degrees in. Gates and values go by the sphere, which differs by 0.6 % at most."""
    (km,) = shown_kms((lat_a, lon_a), [(lat_b, lon_b)])
    return km


def shown_kms(place: tuple[float, float], others: Sequence[tuple[float, float]]) -> list[float]:
    """`shown_km` from a place to each of the others; each is a latitude and a longitude in degrees."""
    return shown_kms_between([place] * len(others), others)


def shown_kms_between(
    places: Sequence[tuple[float, float]], others: Sequence[tuple[float, float]]
) -> list[float]:
    """`shown_km` from each place to the other at the same position."""
    pairs = np.array([places, others]).reshape(2, -1, 2)
    lat, lon = coarse(pairs.T)
    _, _, metres = _ellipsoid().inv(lon[:, 0], lat[:, 0], lon[:, 1], lat[:, 1])
    return [round(km, SHOWN_DIGITS) for km in (metres / 1000).tolist()]
