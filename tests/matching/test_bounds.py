"""A bound leaves out nobody lawful, and puts nobody later than it ranks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

import matching as m
from tests.effort import tries
from tests.matching import reference as ref
from tests.matching.worlds import Columns, cases, crowded, demand_columns, supply_columns

KNOWN = ("key", "lat", "lon", "remaining_kg", "price_fen", "first_day", "last_day")
SORTS = ("score", "distance", "credit", "price")


def outlined(field: Any, kind: Any, code: str, sort: str) -> Any:
    known = (*KNOWN, code, "credit_milli") if sort == "credit" else (*KNOWN, code)
    return m.outline(kind, **{name: getattr(field, name) for name in known})


def bounds(columns: Columns, seeker: ref.Listing, sort: Any) -> m.Bounds:
    world, book = columns.world, dict(columns.tables.book)
    if isinstance(seeker, ref.Supply):
        demands = outlined(columns.demands, m.Demands, "accepts", sort)
        sides: tuple[Any, Any] = (supply_columns([seeker]), demands)
    else:
        sides = (outlined(columns.supplies, m.Supplies, "code", sort), demand_columns([seeker]))
    side: m.Side = "supply" if isinstance(seeker, ref.Supply) else "demand"
    return m.bounds(columns.policy, side, *sides, book, world.today, sort=sort)


def hold(world: ref.World, rules: ref.Rules) -> None:
    columns = Columns(world, rules)
    for seeker in (*world.supplies, *world.demands):
        field = columns.demands if isinstance(seeker, ref.Supply) else columns.supplies
        for sort in SORTS:
            ranking = columns.rank(seeker, k=100, sort=sort)
            least = bounds(columns, seeker, sort)
            place = {int(key): at for at, key in enumerate(least.listing)}
            hits = field.key[ranking.rows].tolist()
            assert set(hits) <= set(place)
            for hit, key in enumerate(hits):
                position = ranking.position(hit)
                bound = tuple(int(part[place[key]]) for part in least.keys)
                assert bound <= position[1:]
                assert set(hits[: hit + 1]) <= set(least.rivals(position, 0.0).tolist())
                score = int(ranking.scores[hit]) / m.SCORE_UNIT
                assert key in least.rivals(None, score)


@pytest.mark.slow
@settings(max_examples=tries(80))
@given(cases())
def test_whoever_is_lawful_has_a_bound_no_later_than_its_rank(case):
    hold(*case)


@pytest.mark.parametrize("seed", range(4))
def test_so_it_is_in_a_crowd(seed):
    hold(*crowded(seed))


def test_the_first_few_have_the_least_bounds():
    world, rules = crowded(7)
    columns = Columns(world, rules)
    found = bounds(columns, world.supplies[0], "distance")
    for most in (0, 1, 3, 1000):
        chosen = np.isin(found.listing, found.first(most))
        assert chosen.sum() == min(most, len(found))
        assert not most or most >= len(found) or found.keys[0][chosen].max() <= found.keys[0][~chosen].min()
