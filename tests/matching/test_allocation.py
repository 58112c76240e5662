"""Plans for a region: never beyond a capacity, never below a lot, and as good as the best."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp

from bench.allocation import dense
from matching.allocation import NO_PERMIT, Capacities, Plan, Ways, Why, allocate, capacity_prices
from tests.effort import tries


@st.composite
def regions(draw, *, lots=True):
    """A few supplies, demands and permits, and lawful ways between them."""
    sizes = [draw(st.integers(1, 6)), draw(st.integers(1, 6)), draw(st.integers(0, 3))]
    kilos = st.integers(0, 60_000)
    room = Capacities(*[np.array(draw(st.lists(kilos, min_size=n, max_size=n)), np.int64) for n in sizes])
    pairs = draw(
        st.lists(
            st.tuples(st.integers(0, sizes[0] - 1), st.integers(0, sizes[1] - 1)), unique=True, max_size=20
        )
    )
    ways = [
        (
            supply,
            demand,
            draw(st.integers(0, 1000)) / 1000,
            draw(st.integers(1, 30_000)) if lots else 1,
            draw(st.integers(NO_PERMIT, sizes[2] - 1)),
        )
        for supply, demand in pairs
    ]
    return Ways(*[np.array([way[at] for way in ways]) for at in range(5)]) if ways else Ways.empty(), room


def used(rows, kg, size):
    found = np.zeros(size, np.int64)
    np.add.at(found, rows, kg)
    return found


def held(ways: Ways, room: Capacities, plan: Plan) -> None:
    """Hold a plan to every capacity, lot and figure of its own."""
    carrying = ways.take(plan.way)
    assert (plan.kg >= carrying.lot_kg).all()
    placed = used(carrying.supply, plan.kg, len(room.supply_kg))
    assert (placed <= room.supply_kg).all()
    assert (plan.unplaced_kg == room.supply_kg - placed).all()
    assert (used(carrying.demand, plan.kg, len(room.demand_kg)) <= room.demand_kg).all()
    with_permit = carrying.permit != NO_PERMIT
    assert (
        used(carrying.permit[with_permit], plan.kg[with_permit], len(room.permit_kg)) <= room.permit_kg
    ).all()
    assert plan.value == pytest.approx(float(carrying.score @ plan.kg) / 1000)
    assert plan.value <= plan.bound * (1 + 1e-9) + 1e-9
    assert ((plan.why == Why.PLACED) == (plan.unplaced_kg == 0)).all()
    for price in (plan.supply_price, plan.demand_price, plan.permit_price):
        assert (price >= 0).all()


def exact(ways: Ways, room: Capacities) -> float:
    """The best value by a mixed-integer program: a way carries nothing, or at least its lot."""
    n = len(ways)
    sizes = [len(room.supply_kg), len(room.demand_kg), len(room.permit_kg)]
    table = np.zeros((sum(sizes), 2 * n))
    table[ways.supply, np.arange(n)] = 1
    table[sizes[0] + ways.demand, np.arange(n)] = 1
    permit = ways.permit != NO_PERMIT
    table[sizes[0] + sizes[1] + ways.permit[permit], np.flatnonzero(permit)] = 1
    limits = np.concatenate([room.supply_kg, room.demand_kg, room.permit_kg])
    eye, most = np.eye(n), limits.max(initial=1)
    found = milp(
        -np.concatenate([ways.score, np.zeros(n)]),
        integrality=np.repeat([0, 1], n),
        bounds=Bounds(0, np.repeat([np.inf, 1], n)),
        constraints=[
            LinearConstraint(table, ub=limits),
            LinearConstraint(np.hstack([eye, -most * eye]), ub=0),
            LinearConstraint(np.hstack([eye, -np.diag(ways.lot_kg)]), lb=0),
        ],
        options={"mip_rel_gap": 0},
    )
    return -found.fun / 1000


@given(regions(lots=False))
@settings(max_examples=tries(60))
def test_without_lots_the_plan_is_the_best(region):
    ways, room = region
    plan = allocate(ways, room)

    held(ways, room, plan)
    assert plan.value == pytest.approx(plan.bound, rel=1e-5, abs=1e-2)


@given(regions())
@settings(max_examples=tries(60))
def test_with_lots_no_rule_is_broken_and_nothing_lawful_exceeds_the_bound(region):
    ways, room = region
    plan = allocate(ways, room)

    held(ways, room, plan)
    if len(ways):
        best = exact(ways, room)
        assert plan.value <= best + 1e-2
        assert best <= plan.bound + 1e-2


def test_a_region_as_large_as_was_asked_for_is_within_a_thousandth_of_the_best():
    ways, room = dense(300, 300)
    plan = allocate(ways, room)

    held(ways, room, plan)
    assert plan.gap <= 1e-3
    assert set(np.unique(plan.why)) >= {Why.PLACED, Why.NO_CAPACITY}


def test_why_a_supply_stays_is_said():
    ways = Ways([0, 1, 2], [0, 0, 1], [0.9, 0.5, 0.5], [1, 1, 12_000], [NO_PERMIT] * 3)
    plan = allocate(ways, Capacities([10_000, 10_000, 10_000, 10_000], [10_000, 15_000], []))

    assert plan.why.tolist() == [Why.PLACED, Why.NO_CAPACITY, Why.BELOW_LOT, Why.NO_LAWFUL_WAY]
    assert plan.demand_price[0] == pytest.approx(0.5)
    assert (plan.way.tolist(), plan.kg.tolist()) == ([0], [10_000])
    prices = capacity_prices(ways, plan, np.array([0, 0, 1, 2]), 3)
    assert prices[:2].tolist() == [pytest.approx(0.5), 0]
    assert np.isnan(prices[2])


def test_a_permit_in_common_is_shared_by_the_demands_that_use_it():
    ways = Ways([0, 1], [0, 1], [0.4, 0.8], [1, 1], [0, 0])
    plan = allocate(ways, Capacities([10_000, 10_000], [50_000, 50_000], [12_000]))

    assert dict(zip(plan.way.tolist(), plan.kg.tolist(), strict=True)) == {0: 2_000, 1: 10_000}
    assert plan.permit_price[0] == pytest.approx(0.4)


def test_a_region_without_a_lawful_way_has_an_empty_plan():
    plan = allocate(Ways.empty(), Capacities([5_000], [], []))

    assert (len(plan.way), plan.value, plan.gap) == (0, 0, 0)
    assert plan.why.tolist() == [Why.NO_LAWFUL_WAY]


def test_a_way_to_nowhere_is_refused():
    with pytest.raises(ValueError, match="demand: a way names row 1 of 1"):
        allocate(Ways([0], [1], [0.5], [1], [NO_PERMIT]), Capacities([1], [1], []))
