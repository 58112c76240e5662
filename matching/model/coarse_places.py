"""Places as everyone but their owners and staff may know them: all that matching computes is computed so."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

STEPS_PER_DEGREE = 100
"""A hundredth of a degree is about a kilometre. What follows from a place rounded so tells nobody more of it
than the listing shows: neither rank nor score, distance, gate, sequence or cursor."""


def coarse(degrees: ArrayLike) -> NDArray[np.float64]:
    """Latitudes or longitudes rounded to a hundredth of a degree, a half to the even one.

    The same numbers as `coarse_place` of the database; never -0.0, and rounding twice changes nothing.

    Args:
        degrees: any shape; NaN (unknown) stays.
    Returns:
        degrees, of that shape.
    """
    whole: NDArray[np.float64] = np.rint(np.multiply(degrees, STEPS_PER_DEGREE)) + 0.0
    return whole / STEPS_PER_DEGREE
