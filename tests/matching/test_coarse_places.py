"""Whatever is computed of listings follows from their places rounded to a hundredth of a degree."""

import random
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import matching as m
from tests.effort import tries
from tests.matching import worlds

HALF = 0.00499


def degrees_of_all_steps() -> np.ndarray:
    return np.arange(-18_000, 18_001) / 100


def test_rounding_a_rounded_place_changes_nothing():
    steps = degrees_of_all_steps()
    assert (m.coarse(steps) == steps).all()
    assert (m.coarse(m.coarse(steps + HALF)) == steps).all()
    assert (m.coarse(steps[1:-1] - HALF) == steps[1:-1]).all()


def test_no_zero_is_negative_and_an_unknown_place_stays_unknown():
    zeros = m.coarse(np.array([-0.0, -0.001, -0.005, 0.0]))
    assert not np.signbit(zeros).any()
    assert np.isnan(m.coarse(np.array([np.nan]))).all()


@pytest.mark.parametrize(
    ("degrees", "seen"), [(30.125, 30.12), (30.375, 30.38), (-0.125, -0.12), (89.999, 90)]
)
def test_a_half_goes_to_the_even_hundredth_and_a_pole_is_in_reach(degrees, seen):
    assert m.coarse(np.array([degrees])).tolist() == [seen]


def test_columns_of_listings_hold_rounded_places_however_they_are_made():
    world, rules = worlds.crowded(1)
    columns = worlds.Columns(world, rules)
    for listings in (columns.supplies, columns.demands):
        side = replace(listings, lat=np.arange(len(listings)) + 30.29, lon=np.arange(len(listings)) + 120.57)
        moved = replace(side, lat=side.lat + HALF, lon=side.lon - HALF)
        parts = [moved, moved.take([0, 1]), replace(moved, max_km=moved.max_km), type(side).empty()]
        for part in parts:
            assert (part.lat == m.coarse(part.lat)).all()
            assert (part.lat == side.lat[: len(part)]).all()
            assert (part.lon == side.lon[: len(part)]).all()


def test_rows_taken_out_of_columns_are_the_rows():
    world, rules = worlds.crowded(2)
    side = worlds.Columns(world, rules).demands
    for index in (np.array([2, 0, 2]), side.remaining_kg > 1_000, slice(1, 3), []):
        taken = side.take(index)
        assert type(taken) is m.Demands
        for column in fields(side):
            assert (getattr(taken, column.name) == getattr(side, column.name)[index]).all()


@pytest.mark.slow
@given(worlds.cases(), st.integers(0, 1_000))
@settings(max_examples=tries(40))
def test_where_in_its_cell_a_listing_lies_changes_no_answer(case, seed):
    world, rules = case
    moved = replace(
        world,
        supplies=[within_its_cell(listing, seed) for listing in world.supplies],
        demands=[within_its_cell(listing, seed) for listing in world.demands],
    )
    assert answers(worlds.Columns(moved, rules)) == answers(worlds.Columns(world, rules))


def within_its_cell(listing: Any, seed: int) -> Any:
    """The same listing somewhere else in its cell."""
    chance = random.Random(f"{seed} {listing.number}")
    lat, lon = (
        min(most, max(-most, round(degrees * 100) / 100 + chance.uniform(-HALF, HALF)))
        for degrees, most in ((listing.lat, 90), (listing.lon, 180))
    )
    return replace(listing, lat=lat, lon=lon)


def answers(columns: worlds.Columns) -> list[Any]:
    """What every public way says of the first supply and the first demand."""
    supplies, demands, tables, today = columns.supplies, columns.demands, columns.tables, 10
    if not len(supplies) or not len(demands):
        return []
    supply, demand = supplies.take([0]), demands.take(demands.key == demands.key[0])
    policy, found = columns.policy, []
    for sort in ("score", "distance", "credit", "price"):
        found.append(read(m.rank_demands(policy, supply, demands, tables, today, k=50, sort=sort)))
        found.append(read(m.rank_supplies(policy, demand, supplies, tables, today, k=50, sort=sort)))
    found.append(m.explain(policy, supply, demand, tables, today))
    for seeker, sides in (("supply", (supply, demands)), ("demand", (supplies, demand))):
        found.append(m.near_misses(policy, seeker, *sides, tables, today))
        found.append(m.obstacles(policy, seeker, *sides, tables, today))
        bounds = m.bounds(policy, seeker, *sides, tables.book, today)
        found.append([key.tolist() for key in bounds.keys])
    for compiled in (True, False):
        index = m.Index.build(demands, tables, compiled=compiled)
        found.append(read(index.top(policy, supply, today, k=50)))
    return found


def read(ranking: m.Ranking) -> list[Any]:
    names = ("rows", "scores", "values", "distance_km", "basis", "warnings", "keys")
    return [np.asarray(getattr(ranking, name)).tolist() for name in names]
