"""The search, one row after the other, compiled by Numba: every gate and value again, in scalars.

`layout` has the records, `lawfulness` and `row_score` the gates and values of one row, `bounds` the greatest
score that a block or a row could have, and `block_search` the pruned search, which compiles them all into one
unit.

Tests hold it equal to brute force. Whole numbers, divisions and roundings are those of IEEE 754 here as in
NumPy; only sines, arctangents and powers may differ in their last bits. A row is doubtful if its distance
lies so near the middle between two whole millimetres, or its value between two counts of 1e-9, that the last
bits could decide. A doubtful row never raises the bar and is kept while it could be on the page; if one is
left at the end, the caller lets brute force judge the few rows that remain.

Numba checks only the file in which a function is defined before it loads the function's machine code, not the
files of the functions compiled into it. `matching.index.compilation` therefore vouches for all files
together, and deletes all machine code when one of them has changed.
"""

from matching.index.kernel import block_search, bounds, lawfulness, layout, row_score
from matching.index.kernel.block_search import search
from matching.index.kernel.lawfulness import year_of
from matching.index.kernel.layout import (
    ACCEPTED,
    APPROVED,
    BASIS,
    CREDIT,
    ID_HI,
    ID_LO,
    KEY,
    MM,
    PERMIT,
    QUERY,
    SCORE,
    VALUES,
    WARN,
    WIDTH,
    View,
    njit,
)

FILES = (layout, lawfulness, row_score, bounds, block_search)
"""The modules that are compiled into one unit."""

__all__ = [
    "ACCEPTED",
    "APPROVED",
    "BASIS",
    "CREDIT",
    "FILES",
    "ID_HI",
    "ID_LO",
    "KEY",
    "MM",
    "PERMIT",
    "QUERY",
    "SCORE",
    "VALUES",
    "WARN",
    "WIDTH",
    "View",
    "njit",
    "search",
    "year_of",
]
