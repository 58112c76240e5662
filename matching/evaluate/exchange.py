"""An exchange read from files: its supplies, its demands, and the pairs that came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from matching.model import Code, Floats, Ints

NEUTRAL = 0.5
"""The value of a component that needs what the files do not say."""
ANY = -1
"""Code id of a demand that names none, and of a supply that names none: it fits everything."""
UNKNOWN = -1

Hashes: TypeAlias = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class ExchangeSupplies:
    """Supplies: code ids (or `ANY`), degrees (or NaN), kg (or `UNKNOWN`), days since 1970 (or `NEVER`)."""

    ids: Sequence[str]
    hashes: Hashes
    code: Ints
    lat: Floats
    lon: Floats
    quantity_kg: Ints
    day: Ints

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, eq=False)
class ExchangeDemands:
    """Demands: demand i accepts the code ids `accepts[start[i] : start[i + 1]]`, or is `ANY` alone.

    Degrees (or NaN), kg and credit in 1e-3 (or `UNKNOWN`).
    """

    ids: Sequence[str]
    hashes: Hashes
    start: Ints
    accepts: NDArray[np.int32]
    lat: Floats
    lon: Floats
    capacity_kg: Ints
    credit_milli: Ints

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, eq=False)
class ExchangePairs:
    """Pairs that came about: rows of supplies and demands, the day (`NEVER`: neither the pair nor its supply
    says), and the line of the file."""

    supply: Ints
    demand: Ints
    day: Ints
    line: Ints

    def __len__(self) -> int:
        return len(self.supply)

    def take(self, rows: NDArray[np.bool_] | Ints) -> ExchangePairs:
        """The rows that `rows`, row numbers or a mask of shape (n,), names."""
        return ExchangePairs(self.supply[rows], self.demand[rows], self.day[rows], self.line[rows])


@dataclass(frozen=True, slots=True, eq=False)
class Exchange:
    """The files read. `book` knows every code of a supply, `family` (by code id) the parent of a code: the
    code itself where the tree says nothing."""

    supplies: ExchangeSupplies
    demands: ExchangeDemands
    pairs: ExchangePairs
    book: Mapping[int, Code]
    family: Ints
    notes: Sequence[str]

    def fit(self, code: int) -> Floats:
        """How well each demand's best code fits supplies of this one, 0 for not at all; shape (demands,)."""
        if code == ANY:
            return np.full(len(self.demands), NEUTRAL)
        if not len(self.demands):
            return np.empty(0)
        values = self.book[code].values(self.demands.accepts)
        return np.maximum.reduceat(values, self.demands.start[:-1])
