"""A plan for 2,000 supplies and 2,000 demands beside what else one would do: `make bench-allocation`.

`python -m bench.allocation [case ...]` plans four cases, each the same on every run, and writes
`bench/results/allocation.json`:

- `market`: `bench.market` with all gates on, a year from its day: hundreds of codes, few ways for each;
- `province`: the same market in one province and four codes of general waste: many ways, all gates on;
- `dense`: a third of all pairs is lawful, scores are drawn, lots of 1, 5 and 20 t, half of the ways by the
  receiver's permit, capacity is short. No gates: it is hard to solve;
- `large_lots`: the same with lots three times as large, beside supplies of 148 t in the median.

Beside the plan: the best way first until nothing fits (`greedy`); one linear program over all ways, of
which what is below its lot is dropped (`one_lp`); one mixed-integer program over all ways with 60 seconds
(`one_mip`, where the ways are few). Values are parts of the plan's bound, which no lawful plan can exceed.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array, hstack, vstack

import matching as m
from bench.market import TODAY, market
from bench.matching import machine
from matching.allocation import NO_PERMIT, Capacities, Region, Ways, allocate, broken_gates, lawful_ways

RESULTS = Path(__file__).parent / "results" / "allocation.json"
SIZE = 2_000
DAYS = 365
FEW_WAYS = 50_000
LP_SECONDS, MIP_SECONDS = 300, 60

Kilograms = np.ndarray


def dense(supplies: int, demands: int, seed: int = 7) -> tuple[Ways, Capacities]:
    """A region in which a third of all pairs is lawful and capacity is short."""
    chance = np.random.default_rng(seed)
    supply, demand = np.nonzero(chance.random((supplies, demands)) < 0.33)
    lots = chance.choice([1_000, 5_000, 20_000], (2, max(supplies, demands)))
    ways = Ways(
        supply,
        demand,
        chance.random(len(supply)).round(4),
        np.maximum(lots[0][supply], lots[1][demand]),
        np.where(chance.random(len(supply)) < 0.5, demand, NO_PERMIT),
    )
    tonnes = chance.lognormal(5, 1.2, supplies), chance.lognormal(4.7, 1.2, demands)
    kilos = [(column * 1000).astype(np.int64) for column in tonnes]
    return ways, Capacities(kilos[0], kilos[1], (kilos[1] * 0.8).astype(np.int64))


def whole_market() -> Region:
    drawn = market(SIZE, SIZE)
    return Region(drawn.supplies, drawn.demands, drawn.tables, TODAY, TODAY + DAYS - 1)


def province() -> Region:
    """The market's listings within about 150 km, of the first four categories of general waste."""
    whole = whole_market()
    codes = [number for number, code in whole.tables.book.items() if not code.hazardous][:4]
    chance = np.random.default_rng(1)

    def near(size: int) -> dict[str, Any]:
        places = {"lat": chance.normal(29.5, 0.8, size), "lon": chance.normal(120.5, 0.8, size)}
        return {**places, "province": np.full(size, 33, np.int16)}

    def coded(size: int) -> np.ndarray:
        return chance.choice(codes, size, p=[0.4, 0.3, 0.2, 0.1]).astype(np.int32)

    supplies = replace(whole.supplies, **near(SIZE), code=coded(SIZE))
    demands = replace(whole.demands, **near(SIZE), accepts=coded(SIZE))
    return replace(whole, supplies=supplies, demands=demands)


# ---------------------------------------------------------------- other ways to a plan


def greedy(ways: Ways, room: Capacities) -> Kilograms:
    """The best way first, as much as fits."""
    left = [room.supply_kg.tolist(), room.demand_kg.tolist(), [*room.permit_kg.tolist(), 1 << 60]]
    columns = (ways.supply.tolist(), ways.demand.tolist(), ways.permit.tolist())
    lots, kg = ways.lot_kg.tolist(), np.zeros(len(ways), np.int64)
    for way in np.argsort(-ways.score, kind="stable").tolist():
        rows = [column[way] for column in columns]
        most = min(side[row] for side, row in zip(left, rows, strict=True))
        if most >= lots[way]:
            kg[way] = most
            for side, row in zip(left, rows, strict=True):
                side[row] -= most
    return kg


def _table(ways: Ways, room: Capacities) -> tuple[Any, np.ndarray]:
    sizes = np.cumsum([0, len(room.supply_kg), len(room.demand_kg), len(room.permit_kg)])
    held = np.flatnonzero(ways.permit != NO_PERMIT)
    row = np.concatenate([ways.supply, ways.demand + sizes[1], ways.permit[held] + sizes[2]])
    column = np.concatenate([np.arange(len(ways)), np.arange(len(ways)), held])
    limits = np.concatenate([room.supply_kg, room.demand_kg, room.permit_kg]) / 1000
    return csr_array((np.ones(len(row)), (row, column)), (sizes[3], len(ways))), limits


def one_lp(ways: Ways, room: Capacities) -> Kilograms | None:
    """One linear program over all ways; what is below its lot is dropped. None: not in `LP_SECONDS`."""
    table, limits = _table(ways, room)
    found = linprog(-ways.score, A_ub=table, b_ub=limits, method="highs", options={"time_limit": LP_SECONDS})
    return _kept(ways, found.x) if found.success else None


def one_mip(ways: Ways, room: Capacities) -> Kilograms | None:
    """One mixed-integer program over all ways, with `MIP_SECONDS`. None: no solution in that time."""
    table, limits = _table(ways, room)
    size, eye = len(ways), csr_array((np.ones(len(ways)), (np.arange(len(ways)),) * 2))
    most = np.full(size, limits.max())
    low, high = eye * (ways.lot_kg / 1000)[:, None], eye * most[:, None]
    rows = vstack([hstack([table, csr_array(table.shape)]), hstack([-eye, low]), hstack([eye, -high])])
    found = milp(
        np.concatenate([-ways.score, np.zeros(size)]),
        integrality=np.repeat([0, 1], size),
        bounds=Bounds(0, np.repeat([np.inf, 1.0], size)),
        constraints=LinearConstraint(rows.tocsr(), ub=np.concatenate([limits, np.zeros(2 * size)])),
        options={"mip_rel_gap": 1e-3, "time_limit": MIP_SECONDS},
    )
    return None if found.x is None else _kept(ways, found.x[:size])


def _kept(ways: Ways, tonnes: np.ndarray) -> Kilograms:
    kg = np.floor(tonnes * 1000 + 3e-4).astype(np.int64)
    return np.where(kg >= ways.lot_kg, kg, 0)


# ---------------------------------------------------------------- measured


def measure(case: str) -> dict[str, Any]:
    """One case: the plan, what it is held to, and the other ways to it."""
    result: dict[str, Any] = {"supplies": SIZE, "demands": SIZE}
    region, found = None, None
    if case in ("dense", "large_lots"):
        ways, room = dense(SIZE, SIZE)
        ways = replace(ways, lot_kg=ways.lot_kg * (3 if case == "large_lots" else 1))
    else:
        region = whole_market() if case == "market" else province()
        found, result["judging"] = timed(partial(lawful_ways, m.DEFAULT, region))
        ways, room = found.ways, found.capacities
    result["ways"] = len(ways)
    plan, result["plan"] = timed(lambda: allocate(ways, room))
    result["plan"]["of_bound"] = 1 - plan.gap
    result["gap"] = plan.gap
    result["placed_part"] = float(plan.kg.sum() / room.supply_kg.sum())
    if region is not None and found is not None:
        result["broken_gates"] = broken_gates(m.DEFAULT, region, found, plan.way, plan.kg)
    others: dict[str, Callable[[Ways, Capacities], Kilograms | None]] = {"greedy": greedy, "one_lp": one_lp}
    if len(ways) <= FEW_WAYS:
        others["one_mip"] = one_mip
    for name, way in others.items():
        kg, result[name] = timed(partial(way, ways, room))
        result[name]["of_bound"] = None if kg is None else float(ways.score @ kg) / 1000 / plan.bound
    return result


def timed(make: Callable[[], Any]) -> tuple[Any, dict[str, Any]]:
    """What it makes, and how long that took: by the clock, and of the processor, which others may share."""
    start, cpu = time.perf_counter(), time.process_time()
    made = make()
    seconds = {"seconds": round(time.perf_counter() - start, 2), "cpu_s": round(time.process_time() - cpu, 2)}
    return made, seconds


def main(cases: list[str]) -> None:
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {"cases": {}}
    results: dict[str, Any] = {"machine": machine(), "cases": known["cases"]}
    for case in cases:
        found = results["cases"][case] = measure(case)
        print(f"{case}: {found['ways']:,} ways, gap {found['gap']:.5%}", flush=True)
        for name, row in found.items():
            if isinstance(row, dict) and "of_bound" in row:
                of_bound = "none" if row["of_bound"] is None else f"{row['of_bound']:.4%}"
                print(
                    f"  {name:10} {row['seconds']:8.2f} s ({row['cpu_s']:.2f} CPU)  {of_bound} of the bound",
                    flush=True,
                )
        RESULTS.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:] or ["market", "province", "dense", "large_lots"])
