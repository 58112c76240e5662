"""One listing facing a field of the other side, and the lines of side tables that are about such a pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from matching.model import (
    AnyInts,
    Bools,
    Coded,
    Demands,
    Floats,
    Ints,
    Listings,
    Supplies,
    Tables,
    places,
    repeated,
    sphere_km,
    whole_mm,
)

Side: TypeAlias = Literal["supply", "demand"]


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """The seeker's side has one row, the field n, and columns of the two broadcast to (n,).

    `fit` is the value of the best accepted code (0: none fits), `accepted` that code's id, `km` and `mm` the
    distance on the sphere, all of shape (n,); `coded` runs along the supplies.
    """

    seeker: Side
    supplies: Supplies
    demands: Demands
    coded: Coded
    fit: Floats
    accepted: NDArray[np.int32]
    km: Floats
    mm: Ints
    tables: Tables
    today: int

    @classmethod
    def facing(
        cls,
        seeker: Side,
        supplies: Supplies,
        demands: Demands,
        coded: Coded,
        fit: Floats,
        accepted: NDArray[np.int32],
        tables: Tables,
        today: int,
    ) -> Self:
        """Measure the distances between the one and the many."""
        km = sphere_km(supplies.lat, supplies.lon, demands.lat, demands.lon)
        return cls(seeker, supplies, demands, coded, fit, accepted, km, whole_mm(km), tables, today)

    def __len__(self) -> int:
        return len(self.field)

    @property
    def field(self) -> Listings:
        """The many."""
        return self.demands if self.seeker == "supply" else self.supplies

    @property
    def hazardous(self) -> Bools:
        """Along the supplies."""
        return self.coded.where(lambda code: code.hazardous)

    def spread(self, column: NDArray[Any]) -> NDArray[Any]:
        """A column of either side, or an expression of both, as shape (n,)."""
        return np.broadcast_to(column, (len(self),))

    def at(self, column: NDArray[Any], rows: Ints) -> NDArray[Any]:
        """A column of either side at pairs `rows`, in their shape."""
        return np.broadcast_to(column, rows.shape) if len(column) == 1 else column[rows]

    def take(self, rows: Ints) -> Pairs:
        """The seeker facing only `rows` of the field."""
        supply_seeks = self.seeker == "supply"
        return Pairs(
            self.seeker,
            self.supplies if supply_seeks else self.supplies.take(rows),
            self.demands.take(rows) if supply_seeks else self.demands,
            self.coded if supply_seeks else self.coded.take(rows),
            self.fit[rows],
            self.accepted[rows],
            self.km[rows],
            self.mm[rows],
            self.tables,
            self.today,
        )

    def shared_days(self, rows: Ints, first: AnyInts, last: AnyInts) -> tuple[Ints, Ints]:
        """The first and the last day, from today on, in both windows of pairs `rows` and in `first` to
        `last`.

        Returns:
            days of the shape of `rows`; where the first is after the last there is none.
        """
        starts = np.maximum(self.at(self.supplies.first_day, rows), self.at(self.demands.first_day, rows))
        ends = np.minimum(self.at(self.supplies.last_day, rows), self.at(self.demands.last_day, rows))
        return np.maximum(np.maximum(starts, first), self.today), np.minimum(ends, last)


def covering(
    pairs: Pairs,
    rows: Ints,
    party: AnyInts,
    of: AnyInts,
    code: NDArray[np.int32],
    by_party: Ints | None = None,
) -> tuple[Ints, Ints]:
    """Lines of a side table that apply to a pair: the same party, and a code that stands for the supply's.

    Args:
        rows: the pairs to look at, ascending, shape (r,).
        party: column of the demands that names the party, shape (n,) or (1,).
        of, code: columns of the side table, shape (m,).
        by_party: the side table's rows by party, sorted as wanted within one; by row number if not given.
    Returns:
        pair and line, by pair and then as the side table is sorted; shape (e,).
    """
    if not len(rows) or not len(of):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    pool = np.argsort(of, kind="stable") if by_party is None else by_party
    if len(party) == 1:
        pool = pool[of[pool] == party[0]]
    which = pairs.at(pairs.coded.which, rows)
    line, size = _lines_by_code(
        pairs.coded, np.bincount(which, minlength=len(pairs.coded.distinct)) > 0, pool, code
    )
    parties, place = np.unique(of[line], return_inverse=True)
    if not len(parties):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    block = np.repeat(np.arange(len(size)), size) * len(parties) + place
    count = np.bincount(block, minlength=len(size) * len(parties))
    place = places(parties, pairs.at(party, rows))
    asked = which * len(parties) + place
    found, at = repeated((np.cumsum(count) - count)[asked], np.where(place >= 0, count[asked], 0))
    return rows[found], line[at]


def _lines_by_code(coded: Coded, asked: Bools, pool: Ints, code: NDArray[np.int32]) -> tuple[Ints, Ints]:
    """Lines of `pool` for one distinct code after the other, and how many each has."""
    of_pool = code[pool]
    lines = [
        pool[code_of_supply.covered_by(of_pool)] if wanted else pool[:0]
        for code_of_supply, wanted in zip(coded.distinct, asked, strict=True)
    ]
    return np.concatenate(lines), np.array([len(block) for block in lines])
