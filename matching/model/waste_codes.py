"""Waste codes, and the codes that stand for them: themselves, their category, national codes they map to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

CATEGORY_FACTOR = 0.9
"""Fit of a match by a category, compared with 1 by the code itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Code:
    """A code of some scheme, with every code id that stands for it.

    `aliases` says by how much: 1.0 the code itself, 0.9 its category, the crosswalk's confidence a national
    code that it maps to, 0.9 of that the national category. A demand that accepts one of them, and a permit
    for one of them, covers this code. `edition` is that of the catalogue the code is judged by.

    Raises:
        ValueError: a factor is not in (0, 1].
    """

    scheme: str
    code: str
    category: str
    hazardous: bool
    tradable: bool
    edition: str
    aliases: Mapping[int, float]

    def __post_init__(self) -> None:
        if not all(0 < factor <= 1 for factor in self.aliases.values()):
            raise ValueError(f"code {self.code}: a factor outside (0, 1]")

    def values(self, ids: NDArray[np.int32]) -> NDArray[np.float64]:
        """The factor of each of `ids`, 0 for one that does not stand for this code; shape (n,)."""
        values = np.zeros(len(ids))
        for alias, factor in self.aliases.items():
            values[ids == alias] = factor
        return values

    def covered_by(self, ids: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Which of `ids` stand for this code; shape (n,)."""
        return self.values(ids) > 0


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """The few distinct codes of many rows: row i has `distinct[which[i]]`."""

    distinct: tuple[Code, ...]
    which: NDArray[np.intp]

    @classmethod
    def of(cls, ids: NDArray[np.int32], book: Mapping[int, Code]) -> Self:
        """Look up `ids`, shape (n,).

        Raises:
            ValueError: an id is not in the book.
        """
        distinct, which = np.unique(ids, return_inverse=True)
        unknown = [code_id for code_id in distinct.tolist() if code_id not in book]
        if unknown:
            raise ValueError(f"column code: {unknown[0]} is not in the book")
        return cls(tuple(book[code_id] for code_id in distinct.tolist()), which)

    def each(self, of: Callable[[Code], float]) -> NDArray[Any]:
        """`of(code)` for every row, computed once per distinct code; shape (n,)."""
        return np.array([of(code) for code in self.distinct], dtype=np.float64)[self.which]

    def where(self, true: Callable[[Code], bool]) -> NDArray[np.bool_]:
        """Rows whose code is so; shape (n,)."""
        return np.array([true(code) for code in self.distinct], dtype=np.bool_)[self.which]

    def take(self, index: NDArray[Any]) -> Coded:
        """The same codes for the rows that `index`, row numbers or a mask of shape (n,), names."""
        return Coded(self.distinct, self.which[index])

    def best(self, accepts: NDArray[np.int32]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
        """How well the best of `accepts` (m, at least one) fits each row, and which it is, the first among
        equals.

        Returns:
            values in [0, 1] and positions in `accepts`, both of shape (n,).
        """
        table = np.array([code.values(accepts) for code in self.distinct]).reshape(
            len(self.distinct), len(accepts)
        )
        choice = table.argmax(axis=1)
        return table[np.arange(len(table)), choice][self.which], choice[self.which]
