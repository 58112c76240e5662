"""Joins of columns of whole numbers, many to many, without a loop over rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
AnyInts: TypeAlias = NDArray[np.integer[Any]]
CLOSE = 4


def repeated(start: Ints, count: Ints) -> tuple[Ints, Ints]:
    """Runs written out: for each i the numbers start[i], start[i] + 1, ..., `count[i]` of them.

    Returns:
        i and the number, both of shape (sum of count,), by i.
    """
    which = np.repeat(np.arange(len(count)), count)
    before = np.cumsum(count) - count
    return which, np.arange(len(which)) + (start - before)[which]


def places(values: AnyInts, wanted: AnyInts) -> Ints:
    """Position of each of `wanted` (n,) in `values` (m > 0, ascending, distinct), or -1; shape (n,).

    By a table where the values lie close, as internal numbers do; by search otherwise.
    """
    low, high = int(values[0]), int(values[-1])
    if high - low > CLOSE * (len(values) + len(wanted)):
        place = np.minimum(np.searchsorted(values, wanted), len(values) - 1)
        return np.where(values[place] == wanted, place, -1)
    table = np.full(high - low + 2, -1, np.int64)
    table[values.astype(np.int64) - low] = np.arange(len(values))
    within = (wanted >= low) & (wanted <= high)
    return table[np.where(within, wanted.astype(np.int64) - low, high - low + 1)]


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Rows of a column by value: of `values[i]`, ascending, the `count[i]` rows from `rows[start[i]]` on."""

    values: AnyInts
    start: Ints
    count: Ints
    rows: Ints

    @classmethod
    def of(cls, column: AnyInts) -> Self:
        """Group a column (m,); rows of one value keep their sequence."""
        order = np.argsort(column, kind="stable").astype(np.int64)
        values, start, count = np.unique(column[order], return_index=True, return_counts=True)
        return cls(values, start, count, order)

    def rows_of(self, value: int) -> Ints:
        """The rows of one value."""
        at = int(np.searchsorted(self.values, value))
        if at == len(self.values) or self.values[at] != value:
            return np.empty(0, np.int64)
        return self.rows[self.start[at] : self.start[at] + self.count[at]]

    def joined(self, left: AnyInts) -> tuple[Ints, Ints]:
        """Positions of equal values in `left` (n,) and in the column, many to many, by left, then right."""
        if not len(left) or not len(self.values):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        place = places(self.values, left)
        which, at = repeated(self.start[place], np.where(place >= 0, self.count[place], 0))
        return which, self.rows[at]
