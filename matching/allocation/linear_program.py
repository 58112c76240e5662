"""Flows from supplies to demands under capacities, as linear programs for HiGHS.

The relaxed program is solved on few of the lawful ways at a time; ways that could still add something are
priced in until a bound proves that none can (column generation: Desaulniers, Desrosiers, Solomon, *Column
Generation*, 2005, ch. 1). Minimum lots are rounded by diving (Achterberg, *Constraint Integer Programming*,
2007, ch. 9) or searched for exactly where the ways are few.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from matching.model import KG_PER_T, Bools, Columns, Floats, Ints, spec
from matching.rules import NO_PERMIT

AT_A_TIME = 8
"""Ways of each supply and of each demand, the best by worth, that enter the program together."""
PROVEN = 1e-6
"""Relative distance from its bound at which a solution counts as the best."""
NEAR = 0.01
"""Score by which a way may fall short in the relaxed solution and still take part when lots are fitted."""
FIT = 3e-4
"""Relative distance from its own bound at which a search stops."""
MOST_ROUNDS = 60
MOST_SECONDS = 30
"""Of a search: a guard, for the last of it may be another plan on a slower machine."""
MOST_DIVED = 12
"""Programs of one dive; what is still below its lot then is left to the final fitting of lots."""
WHOLE_KG = 3e-4
"""By how much HiGHS may miss a whole kilogram; times 3,000 ways of one row it is still none."""


@dataclass(frozen=True, slots=True, eq=False)
class Ways(Columns):
    """Lawful pairings, each once: shape (n,).

    `supply` and `demand` are row numbers, `score` is in 0 to 1, `lot_kg` the larger of the two minimum lots,
    `permit` the row of the permit whose tonnes it uses, or `NO_PERMIT`.
    """

    supply: Ints = field(metadata=spec(np.int64, low=0))
    demand: Ints = field(metadata=spec(np.int64, low=0))
    score: Floats = field(metadata=spec(np.float64, low=0, high=1))
    lot_kg: Ints = field(metadata=spec(np.int64, low=1))
    permit: Ints = field(metadata=spec(np.int64, low=NO_PERMIT))


@dataclass(frozen=True, slots=True, eq=False)
class Capacities(Columns):
    """Kilograms that each supply has, each demand takes, each permit has left."""

    supply_kg: Ints = field(metadata=spec(np.int64, low=0, of="supplies"))
    demand_kg: Ints = field(metadata=spec(np.int64, low=0, of="demands"))
    permit_kg: Ints = field(metadata=spec(np.int64, low=0, of="permits"))


@dataclass(frozen=True, slots=True, eq=False)
class Relaxed:
    """The best solution without minimum lots: whole kilograms of every way, the score by which each falls
    short of being used, prices of all rows, and what no other solution can exceed."""

    kg: Ints
    short: Floats
    prices: Floats
    bound: float


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """One row for each supply, demand and permit, one column for each way.

    `rows` has shape (3, ways), `limits` and `most` (what fits into each way) are in tonnes.
    """

    ways: Ways
    rows: Ints
    limits: Floats
    most: Floats

    @classmethod
    def of(cls, ways: Ways, capacities: Capacities) -> Program:
        """Raises: ValueError: a way names a supply, demand or permit that has no capacity here."""
        sizes = [len(capacities.supply_kg), len(capacities.demand_kg), len(capacities.permit_kg)]
        for name, rows, size in zip(
            ("supply", "demand", "permit"), (ways.supply, ways.demand, ways.permit), sizes, strict=True
        ):
            if rows.size and rows.max() >= size:
                raise ValueError(f"{name}: a way names row {rows.max()} of {size}")
        none = sum(sizes)
        permit = np.where(ways.permit == NO_PERMIT, none, ways.permit + sizes[0] + sizes[1])
        rows = np.stack([ways.supply, ways.demand + sizes[0], permit])
        limits = np.concatenate([capacities.supply_kg, capacities.demand_kg, capacities.permit_kg]) / KG_PER_T
        return cls(ways, rows, limits, np.append(limits, np.inf)[rows].min(axis=0))

    @property
    def lots(self) -> Floats:
        """Minimum lots of the ways in tonnes."""
        return self.ways.lot_kg / KG_PER_T

    @property
    def wide(self) -> Bools:
        """Ways into which their lot fits."""
        wide: Bools = self.most * KG_PER_T >= self.ways.lot_kg
        return wide

    def relaxed(self) -> Relaxed:
        """The best solution if ways wide enough for their lots may carry less."""
        wide = self.wide
        used = self._worthiest(self.ways.score, wide)
        for _ in range(MOST_ROUNDS):
            tonnes, prices = self._solved(used)
            value = float(self.limits @ prices)
            reduced = np.where(wide, self.ways.score - np.append(prices, 0.0)[self.rows].sum(axis=0), -1.0)
            bound = value + min(self._slack(reduced, 0), self._slack(reduced, 1))
            more = self._worthiest(reduced, (reduced > 1e-9) & ~used)
            if bound <= value * (1 + PROVEN) or not more.any():
                break
            used |= more
        return Relaxed(self._whole(used, tonnes), -np.minimum(reduced, 0.0), prices, bound)

    def dive(self, relaxed: Relaxed, cut: float) -> Iterator[Ints]:
        """Kilograms of ever better fitting solutions: ways below their lots are closed or, from `cut` of
        the lot on, made to carry it, and the rest is solved again until none is left."""
        from scipy.optimize import linprog

        used = relaxed.short <= NEAR
        rows, lots, table = self.rows[:, used], self.lots[used], self._table(used)
        least = np.zeros(len(lots))
        most = np.where(self.wide[used], np.inf, 0.0)
        left = np.append(self.limits, np.inf)
        tonnes = relaxed.kg[used] / KG_PER_T
        for _ in range(MOST_DIVED):
            small = np.flatnonzero((tonnes > 1e-6) & (tonnes < lots - 1e-6))
            if not small.size:
                return
            part = tonnes[small] / lots[small]
            for way in small[np.argsort(-part, kind="stable")].tolist():
                if tonnes[way] >= cut * lots[way] and (left[rows[:, way]] >= lots[way]).all():
                    least[way] = lots[way]
                    left[rows[:, way]] -= lots[way]
                else:
                    most[way] = 0.0
            found = linprog(
                -self.ways.score[used],
                A_ub=table,
                b_ub=self.limits,
                bounds=np.stack([least, most], axis=1),
                method="highs",
            )
            if not found.success:
                return
            tonnes = found.x
            yield self._whole(used, tonnes)

    def refit(self, among: Bools, strict: Bools, nodes: int) -> tuple[Ints, float]:
        """Kilograms of a good solution by the ways `among`, of which the strict ones carry nothing or at
        least their lots; and what no plan by these ways can exceed.

        HiGHS searches at most so many nodes; without a solution all is zero.
        """
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import block_array, csr_array

        columns, chosen = np.flatnonzero(among), np.flatnonzero(strict[among])
        switches = np.arange(len(chosen))
        lots, most = self.lots[columns[chosen]], self.most[columns[chosen]]
        carried = csr_array((np.ones(len(chosen)), (switches, chosen)), (len(chosen), len(columns)))
        table = block_array(
            [
                [self._table(among), None],
                [-carried, csr_array((lots, (switches, switches)))],
                [carried, csr_array((-most, (switches, switches)))],
            ]
        )
        found = milp(
            np.concatenate([-self.ways.score[columns], np.zeros(len(chosen))]),
            integrality=np.repeat([0, 1], [len(columns), len(chosen)]),
            bounds=Bounds(0, np.repeat([np.inf, 1.0], [len(columns), len(chosen)])),
            constraints=LinearConstraint(table, ub=np.append(self.limits, np.zeros(2 * len(chosen)))),
            options={"mip_rel_gap": FIT, "node_limit": nodes, "time_limit": MOST_SECONDS},
        )
        tonnes = np.zeros(len(columns)) if found.x is None else found.x[: len(columns)]
        bound = np.inf if found.mip_dual_bound is None else -float(found.mip_dual_bound)
        return self._whole(among, tonnes), bound

    def _whole(self, used: Bools, tonnes: Floats) -> Ints:
        kg = np.zeros(len(self.ways), np.int64)
        kg[used] = np.floor(tonnes * KG_PER_T + WHOLE_KG).astype(np.int64)
        return kg

    def _table(self, used: Bools) -> Any:
        """Which rows each used way takes from, as a sparse matrix of ones."""
        from scipy.sparse import csr_array

        rows = self.rows[:, used]
        column = np.broadcast_to(np.arange(rows.shape[1]), rows.shape)
        real = rows < len(self.limits)
        return csr_array(
            (np.ones(int(real.sum())), (rows[real], column[real])), (len(self.limits), rows.shape[1])
        )

    def _solved(self, used: Bools) -> tuple[Floats, Floats]:
        """Tonnes of the used ways, and the price of each row."""
        from scipy.optimize import linprog

        if not used.any():
            return np.zeros(0), np.zeros(len(self.limits))
        found = linprog(-self.ways.score[used], A_ub=self._table(used), b_ub=self.limits, method="highs")
        if not found.success:
            raise RuntimeError(f"HiGHS: {found.message}")
        return found.x, np.maximum(-found.ineqlin.marginals, 0.0)

    def _slack(self, reduced: Floats, kind: int) -> float:
        """What raising the prices of supplies (0) or demands (1) until no way is worth more would cost."""
        raised = np.zeros(len(self.limits))
        np.maximum.at(raised, self.rows[kind], np.maximum(reduced, 0.0))
        return float(raised @ self.limits)

    def _worthiest(self, worth: Floats, among: Bools) -> Bools:
        """The `AT_A_TIME` worthiest of those among the ways of each supply, and of each demand."""
        chosen = np.zeros(len(worth), np.bool_)
        candidates = np.flatnonzero(among)
        for group in (self.rows[0][candidates], self.rows[1][candidates]):
            order = np.lexsort((-worth[candidates], group))
            starts = np.flatnonzero(np.diff(group[order], prepend=-1))
            place = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
            chosen[candidates[order[place < AT_A_TIME]]] = True
        return chosen
