"""A track with fewer points that lies nowhere farther from it than a tolerance (Douglas and Peucker 1973)."""

import numpy as np

from matching.model import EARTH_RADIUS_KM, Floats, Ints

TOLERANCE_M = 25.0
EARTH_RADIUS_M = EARTH_RADIUS_KM * 1000
POLE = 85.0
"""Degrees; Mercator's map ends near the poles, where no load goes."""


def metres(lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    """Places on Mercator's map, on which a line is what people see drawn, in metres that are never too short.

    The map is scaled to the place of the track that is nearest to the equator: there a metre is a metre, at
    all others at most one.

    Args:
        lon, lat: degrees, shape (n,), n > 0.
    Returns:
        x and y, shape (n,).
    """
    phi = np.radians(np.clip(lat, -POLE, POLE))
    scale = EARTH_RADIUS_M * np.cos(np.abs(phi).min())
    return scale * np.radians(lon), scale * np.arctanh(np.sin(phi))


def kept_points(lon: Floats, lat: Floats, tolerance_m: float = TOLERANCE_M) -> Ints:
    """The positions of the points that the simplified track keeps, the first and last among them, ascending.

    Args:
        lon, lat: degrees in the order of the journey, shape (n,).
    """
    if len(lon) < 3:
        return np.arange(len(lon))
    import shapely  # 20 MB, for the few processes that simplify

    x, y = metres(lon, lat)
    line = shapely.linestrings(np.column_stack([x, y, np.arange(len(x))]))
    simplified = shapely.simplify(line, tolerance_m, preserve_topology=False)
    kept: Ints = shapely.get_coordinates(simplified, include_z=True)[:, 2].astype(np.int64)
    return kept
