"""A plan for a whole region: which tonnes go where, so that the sum of score times tonnes is greatest.

A transportation problem with capacities of supplies, demands and permits, solved by HiGHS on few of the
lawful ways at a time; ways that could still add something are priced in until a bound proves that none can
(column generation: Desaulniers, Desrosiers, Solomon, *Column Generation*, 2005, ch. 1).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.columns import Bools, Columns, Floats, spec
from matching.joins import Ints

NO_PERMIT = -1
KG_PER_T = 1000
AT_A_TIME = 8
"""Ways of each supply and of each demand, the best by worth, that enter the program together."""
PROVEN = 1e-6
"""Relative distance from its bound at which a solution counts as the best."""
GOOD_ENOUGH = 9e-4
"""Relative distance from the bound at which no better fit of smallest lots is looked for."""
NEAR = 0.01
"""Score by which a way may fall short in the relaxed solution and still take part when lots are fitted."""
MOST_ROUNDS = 60
MOST_REFITS = 24
MOST_NODES = 500
"""Of the search tree of one fit of lots; seconds would give another plan on another machine."""


class Why(IntEnum):
    """Why a supply is not placed in full."""

    PLACED = 0
    NO_LAWFUL_WAY = 1
    NO_CAPACITY = 2
    """All who may take it are full, of tonnes or of their permits'."""
    BELOW_LOT = 3
    """There is room, but for less than the smallest lot."""


@dataclass(frozen=True, slots=True, eq=False)
class Ways(Columns):
    """Lawful pairings, each once: shape (n,).

    `supply` and `demand` are row numbers, `score` is in 0 to 1, `lot_kg` the larger of the two smallest lots,
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
class Plan:
    """What goes where.

    `way` are rows of the ways that carry something and `kg` what they carry, of one shape; `value` is the sum
    of score times tonnes and `bound` what no lawful plan can exceed. `unplaced_kg` and `why` run along the
    supplies. Prices are what one more tonne would add to the value, along supplies, demands and permits: a
    demand with a high price lacks capacity.
    """

    way: Ints
    kg: Ints
    value: float
    bound: float
    unplaced_kg: Ints
    why: NDArray[np.int8]
    supply_price: Floats
    demand_price: Floats
    permit_price: Floats

    @property
    def gap(self) -> float:
        """How far the plan may be from the best, relative to the bound."""
        return (self.bound - self.value) / self.bound if self.bound else 0.0


def allocate(ways: Ways, room: Capacities) -> Plan:
    """The plan of greatest value in which nothing exceeds its capacity and no way carries less than its lot.

    Without smallest lots it is the best plan; with them it may be less, by no more than `gap` says.

    Raises:
        ValueError: a way names a supply, demand or permit that has no capacity here.
    """
    program = _Program.of(ways, room)
    relaxed = program.best()
    best = _fitted(ways, room, relaxed.kg)
    kg, strict = relaxed.kg, np.zeros(len(ways), np.bool_)
    for _ in range(MOST_REFITS):
        too_small = (kg > 0) & (kg < ways.lot_kg)
        if not too_small.any() or _value(ways, best) >= relaxed.bound * (1 - GOOD_ENOUGH):
            break
        strict |= too_small
        kg = program.with_lots(relaxed, strict)
        best = max(best, _fitted(ways, room, kg), key=lambda one: _value(ways, one))
    return _plan(ways, room, best, relaxed)


def _value(ways: Ways, kg: Ints) -> float:
    return float(ways.score @ kg) / KG_PER_T


# The linear program


@dataclass(frozen=True, slots=True, eq=False)
class _Solution:
    """Whole kilograms of every way, by how much each falls short of being used, prices of all rows, and what
    no other solution can exceed."""

    kg: Ints
    short: Floats
    prices: Floats
    bound: float


@dataclass(frozen=True, slots=True, eq=False)
class _Program:
    """One row for each supply, demand and permit, one column for each way; `rows` has shape (3, ways)."""

    ways: Ways
    rows: Ints
    limits: Floats
    first_demand: int

    @classmethod
    def of(cls, ways: Ways, room: Capacities) -> _Program:
        sizes = [len(room.supply_kg), len(room.demand_kg), len(room.permit_kg)]
        for name, rows, size in zip(
            ("supply", "demand", "permit"), (ways.supply, ways.demand, ways.permit), sizes, strict=True
        ):
            if rows.size and rows.max() >= size:
                raise ValueError(f"{name}: a way names row {rows.max()} of {size}")
        none = sum(sizes)
        permit = np.where(ways.permit == NO_PERMIT, none, ways.permit + sizes[0] + sizes[1])
        limits = np.concatenate([room.supply_kg, room.demand_kg, room.permit_kg]) / KG_PER_T
        return cls(ways, np.stack([ways.supply, ways.demand + sizes[0], permit]), limits, sizes[0])

    def best(self) -> _Solution:
        """The best solution if ways wide enough for their lots may carry less."""
        wide = np.append(self.limits, np.inf)[self.rows].min(axis=0) * KG_PER_T >= self.ways.lot_kg
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
        return _Solution(self._whole(used, tonnes), -np.minimum(reduced, 0.0), prices, bound)

    def with_lots(self, relaxed: _Solution, strict: Bools) -> Ints:
        """Kilograms of a good solution in which the strict ways carry nothing or at least their lots.

        Only ways that fall `NEAR` or less short take part; HiGHS stops at `GOOD_ENOUGH`, or for time with the
        best it has.
        """
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import block_array, csr_array

        used = (relaxed.short <= NEAR) | strict
        columns, chosen = np.flatnonzero(used), np.flatnonzero(strict[used])
        switches = np.arange(len(chosen))
        lots = self.ways.lot_kg[columns[chosen]] / KG_PER_T
        most = np.append(self.limits, np.inf)[self.rows[:, columns[chosen]]].min(axis=0)
        shape = (len(chosen), len(columns))
        carried = csr_array((np.ones(len(chosen)), (switches, chosen)), shape)
        table = block_array(
            [
                [self._table(used), None],
                [-carried, csr_array((lots, (switches, switches)))],
                [carried, csr_array((-most, (switches, switches)))],
            ]
        )
        found = milp(
            np.concatenate([-self.ways.score[columns], np.zeros(len(chosen))]),
            integrality=np.repeat([0, 1], [len(columns), len(chosen)]),
            bounds=Bounds(0, np.repeat([np.inf, 1.0], [len(columns), len(chosen)])),
            constraints=LinearConstraint(table, ub=np.append(self.limits, np.zeros(2 * len(chosen)))),
            options={"mip_rel_gap": GOOD_ENOUGH / 3, "node_limit": MOST_NODES},
        )
        return relaxed.kg if found.x is None else self._whole(used, found.x[: len(columns)])

    def _whole(self, used: Bools, tonnes: Floats) -> Ints:
        kg = np.zeros(len(self.ways), np.int64)
        kg[used] = np.floor(tonnes * KG_PER_T + 1e-6).astype(np.int64)
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


# Smallest lots


def _fitted(ways: Ways, room: Capacities, kg: Ints) -> Ints:
    """A solution without what is below its lot; what that sets free goes where it fits, best ways first."""
    kg = np.where(kg >= ways.lot_kg, kg, 0)
    left = _left(ways, room, kg)
    open_ways = np.flatnonzero(_addable(ways, kg, left))
    for way in open_ways[np.argsort(-ways.score[open_ways], kind="stable")].tolist():
        supply, demand, permit = int(ways.supply[way]), int(ways.demand[way]), int(ways.permit[way])
        more = min(left[0][supply], left[1][demand], left[2][permit])
        if more > 0 and kg[way] + more >= ways.lot_kg[way]:
            kg[way] += more
            for kind, row in enumerate((supply, demand, permit)):
                left[kind][row] -= more
    return kg


def _left(ways: Ways, room: Capacities, kg: Ints) -> list[Ints]:
    """Kilograms left of supplies, demands and permits; the last of the permits stands for none at all."""
    left = []
    for rows, limits in (
        (ways.supply, room.supply_kg),
        (ways.demand, room.demand_kg),
        (ways.permit, np.append(room.permit_kg, np.iinfo(np.int64).max)),
    ):
        used = np.zeros(len(limits), np.int64)
        np.add.at(used, rows, kg)
        left.append(limits - used)
    return left


def _addable(ways: Ways, kg: Ints, left: list[Ints]) -> Bools:
    """Ways that could carry more than they do."""
    more = np.minimum(np.minimum(left[0][ways.supply], left[1][ways.demand]), left[2][ways.permit])
    addable: Bools = (more > 0) & (kg + more >= ways.lot_kg)
    return addable


def _plan(ways: Ways, room: Capacities, kg: Ints, relaxed: _Solution) -> Plan:
    left = _left(ways, room, kg)
    roomy = np.minimum(left[1][ways.demand], left[2][ways.permit]) > 0
    has_way, has_room = np.zeros((2, len(room.supply_kg)), np.bool_)
    has_way[ways.supply] = True
    has_room[ways.supply[roomy]] = True
    why = np.select(
        [left[0] == 0, ~has_way, has_room],
        [Why.PLACED, Why.NO_LAWFUL_WAY, Why.BELOW_LOT],
        Why.NO_CAPACITY,
    ).astype(np.int8)
    carried = np.flatnonzero(kg)
    supplies, demands, permits = np.split(
        relaxed.prices, np.cumsum([len(room.supply_kg), len(room.demand_kg)])
    )
    return Plan(
        way=carried,
        kg=kg[carried],
        value=_value(ways, kg),
        bound=relaxed.bound,
        unplaced_kg=left[0],
        why=why,
        supply_price=supplies,
        demand_price=demands,
        permit_price=permits,
    )
