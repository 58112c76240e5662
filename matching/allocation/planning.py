"""A plan for a whole region: which tonnes go where, maximising the sum of score times tonnes.

A transportation problem with capacities of supplies, demands and permits (`linear_program.py`). Minimum
lots make it hard: its relaxed solution gives the bound and the prices, and plans with lots are searched for
below it until one is near enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from matching.allocation.linear_program import NEAR, Capacities, Program, Relaxed, Ways
from matching.model import KG_PER_T, Bools, Floats, Ints

GOOD_ENOUGH = 9e-4
"""Relative distance from the bound at which no better plan is looked for."""
CUTS = (0.5, 0.3, 0.7)
"""Parts of its lot from which a way that carries less is rounded up, one dive after the other."""
FEW = 1_500
"""Ways that could be in a better plan and are all searched, with all lots: that lowers the bound too."""
MOST_SEARCHED = 15_000
"""Ways of all refits together."""
MOST_NODES = 500
"""Of the search tree of one refit."""

ReportProgress = Callable[[int, float], None]


class Why(IntEnum):
    """Why a supply is not placed in full."""

    PLACED = 0
    NO_LAWFUL_WAY = 1
    NO_CAPACITY = 2
    """None of the receivers that may take it has tonnes and permitted tonnes left for all of the rest."""
    BELOW_LOT = 3
    """Some receiver has tonnes for all of the rest, but the rest is less than the minimum lot."""


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
        return _gap(self.value, self.bound)


def allocate(ways: Ways, capacities: Capacities, report: ReportProgress = lambda solution, gap: None) -> Plan:
    """The plan of greatest value in which nothing exceeds its capacity and no way carries less than its lot.

    Without minimum lots it is the best plan; with them its value may be lower, by at most `gap`.

    Args:
        report: called while it works with the number of solutions tried and the gap of the best of them.
    Raises:
        ValueError: a way names a supply, demand or permit that has no capacity here.
    """
    program = Program.of(ways, capacities)
    relaxed = program.relaxed()
    search = _Search(capacities, program, relaxed)
    for number, (kg, bound) in enumerate(search.solutions(), start=1):
        search.take(kg, bound)
        report(number, search.gap)
        if search.gap <= GOOD_ENOUGH:
            break
    return _plan_of(ways, capacities, search.best, relaxed, search.bound)


class _Search:
    """Looks for a plan with lots below the bound, and lowers the bound; quick ways first."""

    def __init__(self, capacities: Capacities, program: Program, relaxed: Relaxed) -> None:
        self._room, self._program, self._relaxed = capacities, program, relaxed
        self.best = np.zeros(len(program.ways), np.int64)
        self.bound = relaxed.bound

    @property
    def gap(self) -> float:
        return _gap(_value(self._program.ways, self.best), self.bound)

    def take(self, kg: Ints, bound: float) -> None:
        """Fit a solution; keep it if it is better, and its bound if that is lower."""
        ways = self._program.ways
        fitted = _fit_lots(ways, self._room, kg)
        self.best = max(self.best, fitted, key=lambda kg: _value(ways, kg))
        self.bound = max(min(self.bound, bound), _value(ways, self.best))

    def solutions(self) -> Iterator[tuple[Ints, float]]:
        """Solutions to be fitted, and what no plan can exceed."""
        program, relaxed = self._program, self._relaxed
        strict = self._small(relaxed.kg)
        yield relaxed.kg, relaxed.bound
        for cut in CUTS:
            for kg in program.dive(relaxed, cut):
                strict |= self._small(kg)
                yield kg, relaxed.bound
        if (promising := self._promising()).sum() <= FEW:
            yield program.refit(promising, promising, MOST_NODES)
            return
        searched = 0
        while searched < MOST_SEARCHED:
            among = (relaxed.short <= NEAR) | strict
            kg, _ = program.refit(among, strict, MOST_NODES)
            yield kg, relaxed.bound
            searched += int(among.sum())
            if not self._small(kg).any():
                return
            strict |= self._small(kg)

    def _promising(self) -> Bools:
        """The ways that a better plan could use: the lot of any other one costs more than is left."""
        program, relaxed = self._program, self._relaxed
        left = relaxed.bound - _value(program.ways, self.best)
        could: Bools = program.wide & (relaxed.short * program.lots <= left)
        return could

    def _small(self, kg: Ints) -> Bools:
        small: Bools = (kg > 0) & (kg < self._program.ways.lot_kg)
        return small


def capacity_prices(ways: Ways, plan: Plan, group: Ints, groups: int) -> Floats:
    """What one more tonne of capacity would add to a plan's value, for groups of supplies.

    Args:
        group: number of each supply's group, below `groups`.
    Returns:
        the price of demand and permit together where it is highest of all that may take from the group, NaN
        where no receiver may; shape (groups,).
    """
    prices = np.full(groups, np.nan)
    worth = plan.demand_price[ways.demand] + np.append(plan.permit_price, 0.0)[ways.permit]
    np.fmax.at(prices, group[ways.supply], worth)
    return prices


def _value(ways: Ways, kg: Ints) -> float:
    return float(ways.score @ kg) / KG_PER_T


def _gap(value: float, bound: float) -> float:
    return max(bound - value, 0.0) / bound if bound > 0 else 0.0


# Minimum lots


def _fit_lots(ways: Ways, capacities: Capacities, kg: Ints) -> Ints:
    """A solution without what is below its lot; what that sets free goes where it fits, best ways first."""
    kg = np.where(kg >= ways.lot_kg, kg, 0)
    left = _remaining(ways, capacities, kg)
    open_ways = np.flatnonzero(_addable(ways, kg, left))
    for way in open_ways[np.argsort(-ways.score[open_ways], kind="stable")].tolist():
        supply, demand, permit = int(ways.supply[way]), int(ways.demand[way]), int(ways.permit[way])
        more = min(left[0][supply], left[1][demand], left[2][permit])
        if more > 0 and kg[way] + more >= ways.lot_kg[way]:
            kg[way] += more
            for kind, row in enumerate((supply, demand, permit)):
                left[kind][row] -= more
    return kg


def _remaining(ways: Ways, capacities: Capacities, kg: Ints) -> list[Ints]:
    """Kilograms left of supplies, demands and permits; the last entry of the permits means no permit."""
    left = []
    for rows, limits in (
        (ways.supply, capacities.supply_kg),
        (ways.demand, capacities.demand_kg),
        (ways.permit, np.append(capacities.permit_kg, np.iinfo(np.int64).max)),
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


def _plan_of(ways: Ways, capacities: Capacities, kg: Ints, relaxed: Relaxed, bound: float) -> Plan:
    left = _remaining(ways, capacities, kg)
    has_way, has_capacity = np.zeros((2, len(capacities.supply_kg)), np.bool_)
    has_way[ways.supply] = True
    enough = np.minimum(left[1][ways.demand], left[2][ways.permit]) >= left[0][ways.supply]
    has_capacity[ways.supply[enough]] = True
    why = np.select(
        [left[0] == 0, ~has_way, has_capacity],
        [Why.PLACED, Why.NO_LAWFUL_WAY, Why.BELOW_LOT],
        Why.NO_CAPACITY,
    ).astype(np.int8)
    carried = np.flatnonzero(kg)
    supplies, demands, permits = np.split(
        relaxed.prices, np.cumsum([len(capacities.supply_kg), len(capacities.demand_kg)])
    )
    return Plan(
        way=carried,
        kg=kg[carried],
        value=_value(ways, kg),
        bound=bound,
        unplaced_kg=left[0],
        why=why,
        supply_price=supplies,
        demand_price=demands,
        permit_price=permits,
    )
