"""The index against the brute force, which is held against the row-by-row reference."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import matching as m
from matching import blocks
from matching.compiled import compile_ahead
from tests.matching import reference as ref
from tests.matching import worlds


@pytest.fixture(autouse=True, scope="module")
def small_blocks():
    """Blocks so small that a world of a dozen listings has several of a code."""
    compile_ahead()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK_ROWS", 2)
        yield


def index_of(columns: worlds.Columns, side: str, compiled: bool) -> m.Index:
    rows = columns.demands if side == "demand" else columns.supplies
    return m.Index.build(rows, columns.tables, merge_at=None, compiled=compiled)


def told(ranking: m.Ranking, keys: Any) -> list[Any]:
    """All that a ranking says of its hits, by key of the listing."""
    return [
        np.asarray(keys).tolist(),
        *(
            getattr(ranking, name).tolist()
            for name in ["accepted", "scores", "values", "distance_km", "basis", "permits", "warnings"]
        ),
        [key.tolist() for key in ranking.keys],
        ranking.more,
        ranking.sort,
    ]


def seeker_of(columns: worlds.Columns, seeker: ref.Listing) -> tuple[Any, m.Components]:
    rows = (
        worlds.supply_columns([seeker]) if isinstance(seeker, ref.Supply) else worlds.demand_columns([seeker])
    )
    return rows, worlds.component_columns([seeker])


def agree(columns: worlds.Columns, index: m.Index, seeker: ref.Listing, **how: Any) -> m.Ranking:
    brute = columns.rank(seeker, **how)
    field = columns.demands if isinstance(seeker, ref.Supply) else columns.supplies
    rows, ranges = seeker_of(columns, seeker)
    ranking = index.top(columns.policy, rows, columns.world.today, ranges=ranges, **how)
    assert told(ranking, ranking.rows) == told(brute, field.key[brute.rows])
    return brute


def holds(world: ref.World, rules: ref.Rules, k: int, compiled: bool) -> None:
    columns = worlds.Columns(world, rules)
    for side, seekers in (("demand", world.supplies), ("supply", world.demands)):
        index = index_of(columns, side, compiled)
        for seeker in seekers:
            page = agree(columns, index, seeker, k=k)
            if page.more and len(page):
                agree(columns, index, seeker, k=k, after=page.position(-1))
            agree(columns, index, seeker, k=k, min_score=0.6)


def quick(examples: int) -> Any:
    return settings(max_examples=examples, deadline=None, derandomize=True, database=None)


@given(worlds.cases(), st.sampled_from([0, 1, 2, 1000]))
@quick(100)
def test_the_compiled_index_ranks_as_brute_force_does(case, k):
    holds(*case, k, compiled=True)


@given(worlds.cases(), st.sampled_from([0, 1, 2, 1000]))
@quick(20)
def test_the_index_ranks_as_brute_force_does_without_a_compiler(case, k):
    holds(*case, k, compiled=False)


@pytest.mark.parametrize("seed", range(20))
def test_so_it_does_in_a_crowd(seed):
    holds(*worlds.crowded(seed), k=seed % 5 + 1, compiled=True)
