"""Near misses: applying the suggested change opens exactly as many counterparts as was said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import matching as m
from tests.effort import tries
from tests.matching import reference as ref
from tests.matching import worlds

TERMS = {
    "price_fen": "price", "remaining_kg": "quantity", "min_lot_kg": "quantity", "max_km": "distance",
    "first_day": "time", "last_day": "time",
}  # fmt: skip


def listing(**about: Any) -> dict[str, Any]:
    return {
        "number": 1, "id": worlds.UUID(int=1), "enterprise": 1, "province": 33, "lat": 30.0, "lon": 120.6,
        "remaining_kg": 20_000, "min_lot_kg": 1_000, "price_fen": None, "max_km": None, "first_day": 0,
        "last_day": 100, "credit_milli": 80_000, "grade": "B", "blocked": False, "ranges": (), **about,
    }  # fmt: skip


def supply(**about: Any) -> ref.Supply:
    return ref.Supply(**listing(**about), code=worlds.SW17, small_generator=False)


def demand(number: int, **about: Any) -> ref.Demand:
    terms = {"number": number, "id": worlds.UUID(int=number), "enterprise": number, **about}
    return ref.Demand(**listing(**terms), accepts=(worlds.SW17,), mode="use", item=0, review="none")


def columns_of(supplies: list[ref.Supply], demands: list[ref.Demand]) -> worlds.Columns:
    world = ref.World(worlds.BOOK, supplies, demands, [], [], [], [], today=10)
    return worlds.Columns(world, worlds.crowded(0)[1])


def near(columns: worlds.Columns, seeker: ref.Listing) -> list[m.NearMiss]:
    side = "supply" if isinstance(seeker, ref.Supply) else "demand"
    supplies, demands = columns.supplies, columns.demands
    if side == "supply":
        supplies = worlds.supply_columns([seeker])
    else:
        demands = worlds.demand_columns([seeker])
    return m.near_misses(columns.policy, side, supplies, demands, columns.tables, columns.world.today)


def steps(columns: worlds.Columns, seeker: ref.Listing) -> list[tuple[str, int, int]]:
    return [(miss.term, miss.value, miss.opens) for miss in near(columns, seeker)]


def lawful(columns: worlds.Columns, seeker: ref.Listing) -> set[int]:
    field = columns.demands if isinstance(seeker, ref.Supply) else columns.supplies
    return set(field.key[columns.rank(seeker, k=1_000).rows].tolist())


# ---------------------------------------------------------------- the right values


def test_a_supply_learns_at_which_price_how_many_more_would_take_it():
    offers = [demand(n, price_fen=price) for n, price in enumerate([-255_000] * 8 + [-300_000, -100_000], 2)]
    mine = supply(price_fen=-200_000)
    columns = columns_of([mine], offers)
    assert steps(columns, mine) == [("price_fen", -255_000, 8), ("price_fen", -300_000, 9)]


def test_a_demand_learns_the_same_from_its_side():
    wanted = replace(demand(50), price_fen=-255_000)
    asked = [supply(number=n, enterprise=n, price_fen=price) for n, price in ((2, -250_000), (3, -200_000))]
    columns = columns_of(asked, [wanted])
    assert steps(columns, wanted) == [("price_fen", -250_000, 1), ("price_fen", -200_000, 2)]


def test_a_little_more_reaches_the_receivers_lots():
    lots = [20_200, *[21_300] * 5]
    mine = supply(remaining_kg=20_000)
    columns = columns_of(
        [mine], [demand(n, min_lot_kg=lot, remaining_kg=90_000) for n, lot in enumerate(lots, 2)]
    )
    assert steps(columns, mine) == [("remaining_kg", 20_200, 1), ("remaining_kg", 21_300, 6)]


def test_a_smaller_lot_reaches_those_that_can_take_less():
    mine = supply(min_lot_kg=10_000)
    columns = columns_of([mine], [demand(n, remaining_kg=left) for n, left in ((2, 8_000), (3, 5_000))])
    assert steps(columns, mine) == [("min_lot_kg", 8_000, 1), ("min_lot_kg", 5_000, 2)]


def test_a_lot_of_the_others_own_is_no_near_miss():
    mine = supply(min_lot_kg=10_000)
    assert steps(columns_of([mine], [demand(2, remaining_kg=500, min_lot_kg=600)]), mine) == []


def test_a_limit_is_named_in_whole_kilometres_and_never_beyond_the_others_own():
    mine = supply(max_km=5.0)
    there = [demand(2, lat=30.1), demand(3, lat=30.2), demand(4, lat=30.3, max_km=20.0)]
    assert steps(columns_of([mine], there), mine) == [("max_km", 12, 1), ("max_km", 23, 2)]


def test_a_window_can_open_at_either_end():
    mine = supply(first_day=30, last_day=40)
    windows = [(45, 90), (60, 90), (0, 25), (0, 9)]
    there = [demand(n, first_day=first, last_day=last) for n, (first, last) in enumerate(windows, 2)]
    assert steps(columns_of([mine], there), mine) == [
        ("last_day", 45, 1), ("last_day", 60, 2), ("first_day", 25, 1),
    ]  # fmt: skip


def test_whoever_fails_two_gates_is_no_near_miss():
    mine = supply(price_fen=0, max_km=5.0)
    assert steps(columns_of([mine], [demand(2, price_fen=-100, lat=30.2)]), mine) == []


@pytest.mark.parametrize("stopped", [{"grade": "E"}, {"blocked": True}, {"province": 81}, {"enterprise": 1}])
def test_what_the_own_terms_do_not_reach_is_no_near_miss(stopped):
    mine = supply(price_fen=0)
    assert steps(columns_of([mine], [demand(2, price_fen=-100, **stopped)]), mine) == []


def test_of_many_steps_the_nearest_and_those_that_open_twice_as_many_are_named():
    mine = supply(price_fen=0)
    columns = columns_of([mine], [demand(n, price_fen=-n) for n in range(2, 42)])
    assert [opens for _, _, opens in steps(columns, mine)] == [1, 2, 4, 8, 16]


def test_tonnes_of_a_licence_are_never_inferred():
    """A smaller lot would fit what is left of the licence; nobody is told."""
    mine = replace(supply(min_lot_kg=1_000, remaining_kg=9_000), code=worlds.ACID)
    theirs = replace(demand(3), accepts=(worlds.HW34,))
    licence = ref.Permit(
        kind="licence", receiver=3, generator=None, code=worlds.HW34, modes=("use",), first_day=0,
        last_day=900, kg_per_year=500, id=worlds.UUID(int=9), usage=(),
    )  # fmt: skip
    world = ref.World(worlds.BOOK, [mine], [theirs], [licence], [], [], [], today=10)
    columns = worlds.Columns(world, worlds.crowded(0)[1])
    assert lawful(columns, mine) == set()
    assert lawful(columns, replace(mine, min_lot_kg=500, remaining_kg=9_000)) == (
        {3} if theirs.min_lot_kg <= 500 else set()
    )
    assert steps(columns, mine) == []


# ---------------------------------------------------------------- the property


def found_in(seeds: range) -> Iterator[tuple[worlds.Columns, ref.Listing, m.NearMiss]]:
    for seed in seeds:
        world, rules = worlds.crowded(seed)
        columns = worlds.Columns(world, rules)
        for seeker in [*world.supplies, *world.demands]:
            for miss in near(columns, seeker):
                yield columns, seeker, miss


def opened_by(columns: worlds.Columns, seeker: ref.Listing, miss: m.NearMiss) -> set[int]:
    """What is lawful after the change and failed the gate before.

    What a permit stopped is left out: a smaller lot may fit the tonnes left, another window its validity.
    """
    changed = replace(seeker, **{miss.term: miss.value})
    opened = lawful(columns, changed) - lawful(columns, seeker)
    gates = {number: failed(columns, seeker, number) for number in opened}
    if miss.gate == "time":
        return {number for number in opened if "time" in gates[number]}
    return {number for number in opened if gates[number] == [miss.gate]}


def failed(columns: worlds.Columns, seeker: ref.Listing, number: int) -> list[str]:
    world = columns.world
    others = world.demands if isinstance(seeker, ref.Supply) else world.supplies
    (other,) = (listing for listing in others if listing.number == number)
    pair = (seeker, other) if isinstance(seeker, ref.Supply) else (other, seeker)
    return [failure.gate for failure in columns.explain(*pair).failed]


@pytest.mark.parametrize(
    "seeds",
    [
        pytest.param(range(start, start + 15), marks=[pytest.mark.slow] * bool(start))
        for start in range(0, tries(60), 15)
    ],
    ids=str,
)
def test_the_change_opens_exactly_as_many_as_was_said(seeds):
    terms = set()
    for columns, seeker, miss in found_in(seeds):
        assert miss.gate == TERMS[miss.term]
        assert len(opened_by(columns, seeker, miss)) == miss.opens > 0, (seeker, miss)
        terms.add(miss.term)
    assert terms >= {"price_fen", "min_lot_kg", "max_km", "last_day"} or seeds.start


@pytest.mark.slow
def test_an_index_gives_the_same_field():
    for seed in range(12):
        world, rules = worlds.crowded(seed)
        columns = worlds.Columns(world, rules)
        index = m.Index.build(columns.demands, columns.tables, merge_at=None, compiled=False)
        for seeker in world.supplies:
            one = worlds.supply_columns([seeker])
            demands, tables = index.fitting(columns.policy, one, ranges=worlds.component_columns([seeker]))
            asked = (columns.policy, "supply", one, demands, tables, world.today)
            assert m.near_misses(*asked) == near(columns, seeker)
            assert m.obstacles(*asked).lawful == len(lawful(columns, seeker))
            assert index.fitting(columns.policy, one, most=len(demands) - 1) is None
            assert index.fitting(columns.policy, one, most=len(demands)) is not None
            kept, ranges = index.take(world.demands and [world.demands[0].number])
            assert set(np.unique(kept.key).tolist()) == {world.demands[0].number}
            assert set(ranges.key.tolist()) <= {world.demands[0].number}
