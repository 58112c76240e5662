"""What all files of the compiled search share: the records it reads, the columns it writes, and `jit`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np

from matching.index.blocks import COLD
from matching.model import WEIGHT_UNIT, Basis, Grade, Mode, Review
from matching.rules import CUSTOMS_TERRITORIES, CrossProvinceRows, RecordsByOwner, Warn

Function = TypeVar("Function", bound=Callable[..., Any])

try:
    from numba import njit
except ImportError:
    njit = None


def jit(function: Function) -> Function:
    """Compile at the first call, or load what an earlier process compiled; do nothing without Numba."""
    return function if njit is None else njit(cache=True, nogil=True, error_model="numpy")(function)


SEEKER = [(name, COLD.fields[name][0]) for name in COLD.names or () if COLD.fields is not None]
QUERY = np.dtype(
    [
        *SEEKER,
        ("x", "f8"), ("y", "f8"), ("z", "f8"), ("first", "i4"), ("last", "i4"), ("today", "i4"),
        ("supply", "?"), ("relaxed", "?"), ("paged", "?"), ("k", "i8"), ("floor", "i8"), ("scale", "f8"),
        ("after_score", "i8"), ("after_credit", "i8"), ("after_mm", "i8"), ("after_hi", "u8"),
        ("after_lo", "u8"), ("visit_start", "i8"), ("visit_stop", "i8"),
    ],
    align=True,
)  # fmt: skip
"""A seeker's row and its query.

`supply`: the seeker is a supply; `relaxed`: hazardous waste may cross a province line with approval; `floor`
is the minimum score in 1e-15, `after_*` the last position of the page before; its visits are those of the
`SearchPlan` from `visit_start` to `visit_stop`.
"""


class View(NamedTuple):
    """A segment and the version at which it is searched; arrays as in `Segment` and `CrossProvinceRows`."""

    hot: Any
    cold: Any
    died: Any
    blocks: Any
    provinces: Any
    group_code: Any
    group_start: Any
    ranges: RecordsByOwner
    cross_rows: CrossProvinceRows
    version: int


(
    SEGMENT, ROW, KEY, ACCEPTED, BASIS, PERMIT, APPROVED, WARN, CREDIT, MM, ID_HI, ID_LO, DOUBT, SCORE,
    VALUES,
) = range(15)  # fmt: skip
WIDTH = VALUES + 6
"""Columns of the rows found."""
KEPT, FOUND = range(2)
"""Counters: scores on the heap, rows found."""

MARGIN = WEIGHT_UNIT
"""More than a doubtful row's score can be off by: one count of 1e-9 in its value of distance."""
DOUBT_VALUE = 2e-5
DOUBT_MM = 1e-5
DOUBT_RELATIVE = 1e-13
"""Sines and powers of any library are exact to a few units of 1e-16; these bands are over ten times that."""

USE, CHANNEL, COLLECTOR = int(Mode.USE), int(Basis.CHANNEL), int(Basis.COLLECTOR)
NONE, GENERAL, EXEMPT = int(Basis.NONE), int(Basis.GENERAL), int(Basis.EXEMPT)
GRADE_B, GRADE_E = int(Grade.B), int(Grade.E)
ACCEPTED_BY_ADMIN, REFUSED = int(Review.ACCEPTED), int(Review.REFUSED)
APPROVAL, NOTICE = int(Warn.TRANSFER_APPROVAL_REQUIRED), int(Warn.ADVANCE_NOTICE_REQUIRED)
VERIFY = int(Warn.VERIFY_RECEIVER)
SUPERVISED, UNVERIFIED = int(Warn.SUPERVISED), int(Warn.EXEMPTION_UNVERIFIED)
PARTIAL, UNKNOWN = int(Warn.COMPOSITION_PARTIAL), int(Warn.COMPOSITION_UNKNOWN)
BARRED = -1
TAIWAN, HONG_KONG, MACAO = CUSTOMS_TERRITORIES
RADIANS = math.pi / 180
