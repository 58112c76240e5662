"""All lawful ways of a period: those of a ranking year by year, at its scores; and plans held to them."""

from dataclasses import replace
from uuid import UUID

import numpy as np
import pytest

from matching.allocation import NO_PERMIT, Region, allocate, broken_gates, lawful_ways
from matching.model import Basis
from tests.matching import reference as ref
from tests.matching import worlds

SEEDS = range(10)
NEW_YEAR = worlds.NEW_YEAR
LAST_DAY = 700


def region_of(world, rules):
    """Permits get ids of their own: rows of one id would share their tonnes."""
    world = replace(world, permits=[replace(it, id=UUID(int=n)) for n, it in enumerate(world.permits)])
    columns = worlds.Columns(world, rules)
    return columns, Region(columns.supplies, columns.demands, columns.tables, world.today, LAST_DAY)


def cut(world, start, end):
    """The world with all windows cut to some days, without those that have none of them."""

    def shorter(listings):
        found = [
            replace(listing, first_day=max(listing.first_day, start), last_day=min(listing.last_day, end))
            for listing in listings
        ]
        return [result for result in found if result.first_day <= result.last_day]

    return replace(
        world,
        supplies=shorter(world.supplies),
        demands=shorter(world.demands),
        today=max(world.today, start),
    )


def expected(world, rules):
    """{(supply, demand)} that are lawful in some year of the period, judged row by row."""
    parts = [cut(world, world.today, NEW_YEAR - 1), cut(world, NEW_YEAR, LAST_DAY)]
    return {
        (supply.number, demand.number)
        for part in parts
        for supply in part.supplies
        for demand, _ in ref.rank(part, rules, supply, "score")
    }


@pytest.mark.parametrize("seed", SEEDS)
def test_the_ways_are_the_lawful_pairings_of_some_year_at_the_scores_of_a_ranking(seed):
    world, rules = worlds.crowded(seed)
    columns, region = region_of(world, rules)
    found = lawful_ways(columns.policy, region)
    supply, demand = region.supplies.key[found.ways.supply], region.demands.key[found.demand_row]

    assert set(zip(supply.tolist(), demand.tolist(), strict=True)) == expected(world, rules)
    by_number = {listing.number: listing for listing in [*world.supplies, *world.demands]}
    for supply_row, other, score in zip(supply.tolist(), demand.tolist(), found.ways.score, strict=True):
        pairing = columns.explain(by_number[supply_row], by_number[other])
        assert score == pytest.approx(pairing.score / 1e15)
    names = list(zip(supply, demand, found.permit, found.year, strict=True))
    assert len(set(names)) == len(names)
    without = found.permit == NO_PERMIT
    assert len(set(zip(supply[without], demand[without], strict=True))) == without.sum()


def test_a_plan_breaks_no_gate_and_one_that_does_is_noticed():
    carried = 0
    for seed in SEEDS:
        world, rules = worlds.crowded(seed)
        columns, region = region_of(world, rules)
        found = lawful_ways(columns.policy, region)
        plan = allocate(found.ways, found.capacities)
        assert broken_gates(columns.policy, region, found, plan.way, plan.kg) == []
        carried += len(plan.way)
        if not len(plan.way):
            continue
        too_much = broken_gates(columns.policy, region, found, plan.way, plan.kg + 10**8)
        assert {"supply beyond its tonnes", "demand beyond its tonnes"} <= set(too_much)
        assert said_of(columns, region, found, plan, "smallest lot", kg=plan.kg * 0)
        blocked = replace(region, demands=replace(region.demands, blocked=~region.demands.blocked))
        assert said_of(columns, blocked, found, plan, "credit")
        if (found.basis[plan.way] == Basis.LICENCE).any():
            bare = replace(found, permit=np.full(len(found.permit), NO_PERMIT))
            assert said_of(columns, region, bare, plan, "does not cover")
    assert carried > 30


def said_of(columns, region, found, plan, what, kg=None):
    kg = plan.kg if kg is None else kg
    return [
        sentence for sentence in broken_gates(columns.policy, region, found, plan.way, kg) if what in sentence
    ]


def test_a_permits_tonnes_of_two_years_are_two_capacities():
    world, rules = worlds.crowded(3)
    supply = replace(
        world.supplies[0], code=worlds.ACID, enterprise=1, province=33, lat=30.0, lon=120.6,
        remaining_kg=3_000, min_lot_kg=1, price_fen=None, max_km=None, first_day=300, last_day=500, grade="A",
        blocked=False, ranges=(), credit_milli=80_000,
    )  # fmt: skip
    demand = replace(
        world.demands[0], accepts=(worlds.ACID,), enterprise=3, province=33, lat=30.0, lon=120.6,
        remaining_kg=100_000, min_lot_kg=1, price_fen=None, max_km=None, first_day=300, last_day=500,
        grade="A", blocked=False, ranges=(), mode="use", item=0, credit_milli=80_000,
    )  # fmt: skip
    permit = replace(
        world.permits[0], kind="licence", receiver=3, generator=None, code=worlds.HW34, modes=("use",),
        first_day=0, last_day=900, kg_per_year=2_000, usage=((1970, 500),),
    )  # fmt: skip
    small = replace(world, supplies=[supply], demands=[demand], permits=[permit], today=300)
    columns, region = region_of(small, rules)
    found = lawful_ways(columns.policy, region)
    plan = allocate(found.ways, found.capacities)

    assert found.capacities.permit_kg.tolist() == [1_500, 2_000]
    assert (int(plan.kg.sum()), len(plan.way)) == (3_000, 2)
    short = replace(region, last_day=NEW_YEAR - 1)
    found = lawful_ways(columns.policy, short)
    assert int(allocate(found.ways, found.capacities).kg.sum()) == 1_500


def test_the_gate_that_stopped_most_is_named():
    world, rules = worlds.crowded(4)
    columns, region = region_of(replace(world, permits=[], exemptions=[]), rules)
    found = lawful_ways(columns.policy, region)
    acid = [row for row, it in enumerate(world.supplies) if it.code == worlds.ACID]

    assert all(found.stopped[row][2] > 0 for row in acid)
    lonely = replace(region, demands=region.demands.take([]))
    assert lawful_ways(columns.policy, lonely).gate_against(0) == "code"
