"""The index against the brute force, which is held against the row-by-row reference."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import matching as m
from matching.index import blocks, compilation, compile_ahead, kernel
from matching.index.block_bounds import block_bounds
from matching.index.search_plan import SearchPlans
from tests.effort import tries
from tests.matching import reference as ref
from tests.matching import worlds


@pytest.fixture(autouse=True, scope="module")
def small_blocks():
    """Blocks so small that a world of a dozen listings has several of a code."""
    compile_ahead()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK_ROWS", 2)
        yield


def index_of(columns: worlds.Columns, side: str, *, compiled: bool) -> m.Index:
    rows = columns.demands if side == "demand" else columns.supplies
    return m.Index.build(rows, columns.tables, merge_at=None, compiled=compiled)


def told(ranking: m.Ranking, keys: Any) -> list[Any]:
    """All that a ranking says of its hits, by key of the listing; distances to a micrometre."""
    exact = ["accepted", "scores", "values", "basis", "permits", "approvals", "warnings"]
    return [
        np.asarray(keys).tolist(),
        *(getattr(ranking, name).tolist() for name in exact),
        ranking.distance_km.round(9).tolist(),
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
        index = index_of(columns, side, compiled=compiled)
        for seeker in seekers:
            page = agree(columns, index, seeker, k=k)
            if page.more and len(page):
                agree(columns, index, seeker, k=k, after=page.position(-1))
            agree(columns, index, seeker, k=k, min_score=0.6)
        if seekers and compiled:
            answers_each(columns, index, seekers, k)


def answers_each(columns: worlds.Columns, index: m.Index, seekers: Any, k: int) -> None:
    """All at once as one after the other."""
    rows = columns.supplies if isinstance(seekers[0], ref.Supply) else columns.demands
    ranges, today = worlds.component_columns(seekers), columns.world.today
    best = index.best_of_each(columns.policy, rows, today, k=k, ranges=ranges)
    assert len(best.size) == len(seekers)
    for number, seeker in enumerate(seekers):
        query, own = seeker_of(columns, seeker)
        alone = index.top(columns.policy, query, today, k=k, ranges=own)
        size = best.size[number]
        assert best.key[number, :size].tolist() == alone.rows.tolist()
        assert best.score[number, :size].tolist() == alone.scores.tolist()


def quick(examples: int) -> Any:
    return settings(max_examples=tries(examples))


@pytest.mark.slow
@given(worlds.cases(), st.sampled_from([0, 1, 2, 1000]))
@quick(100)
def test_the_compiled_index_ranks_as_brute_force_does(case, k):
    holds(*case, k, compiled=True)


@given(worlds.cases(), st.sampled_from([0, 1, 2, 1000]))
@quick(20)
def test_the_index_ranks_as_brute_force_does_without_a_compiler(case, k):
    holds(*case, k, compiled=False)


@pytest.mark.parametrize("seed", range(tries(20)))
def test_so_it_does_in_a_crowd(seed):
    holds(*worlds.crowded(seed), k=seed % 5 + 1, compiled=True)


MIDDLE_OF_A_MILLIMETRE = {"lat": 31.53, "lon": 120.83}
"""A rounded place whose distance from 30.0, 120.6 on the sphere is 171,541,752.5000008 millimetres."""


def test_where_the_last_bits_could_decide_brute_force_does(monkeypatch):
    left_over = []
    settled = m.Index._settled
    monkeypatch.setattr(m.Index, "_settled", lambda *args: left_over.append(args) or settled(*args))
    for seed in range(8):
        world, rules = worlds.crowded(seed)
        world.demands = [replace(demand, lat=30.0, lon=120.6) for demand in world.demands]
        columns = worlds.Columns(world, rules)
        index = index_of(columns, "demand", compiled=True)
        for supply in world.supplies:
            agree(columns, index, replace(supply, **MIDDLE_OF_A_MILLIMETRE), k=3)
    assert len(left_over) > 10


@given(st.data())
@quick(25)
def test_after_any_changes_the_index_ranks_as_brute_force_does_over_what_is_left(data):
    world, rules = worlds.crowded(data.draw(st.integers(0, 30)))
    pool, today = world.demands, world.today
    columns = worlds.Columns(world, rules)
    compiled = data.draw(st.booleans())
    index = m.Index.build(m.Demands.empty(), columns.tables, merge_at=None, compiled=compiled)
    alive: dict[int, ref.Demand] = {}
    for _ in range(data.draw(st.integers(1, 8))):
        verb = data.draw(st.sampled_from(["insert", "change", "remove", "merge", "set_rules"]))
        chosen = data.draw(st.lists(st.sampled_from(pool), max_size=5, unique_by=lambda it: it.number))
        if verb == "insert":
            chosen = [listing for listing in chosen if listing.number not in alive]
            index.insert(*written(chosen))
        elif verb == "change":
            kilos = data.draw(st.sampled_from([100, 3_000, 1_024_000]))
            ranges = data.draw(st.sampled_from(pool)).ranges
            chosen = [replace(listing, remaining_kg=kilos, ranges=ranges) for listing in chosen]
            index.change(*written(chosen))
        elif verb == "remove":
            index.remove(np.array([listing.number for listing in chosen], np.int64))
            alive = {
                number: it
                for number, it in alive.items()
                if it not in chosen and number not in numbers(chosen)
            }
            continue
        elif verb == "merge":
            index.merge()
            continue
        else:
            index.set_rules(columns.tables)
            continue
        alive |= {listing.number: listing for listing in chosen}
    left = worlds.Columns(replace(world, demands=list(alive.values()), today=today), rules)
    assert len(index) == len(alive)
    for supply in world.supplies:
        agree(left, index, supply, k=data.draw(st.sampled_from([1, 3, 100])))


@pytest.mark.parametrize("compiled", [True, False])
def test_a_changed_requirement_replaces_the_one_before(compiled):
    world, rules = worlds.crowded(0)
    weak, strong = ref.Range(1, 0.0, 1.0), ref.Range(1, 5.0, 6.0)
    world.supplies = [replace(supply, ranges=(weak,)) for supply in world.supplies]
    strict = [replace(demand, ranges=(strong,)) for demand in world.demands]
    relaxed = [replace(demand, ranges=()) for demand in world.demands]
    columns = worlds.Columns(replace(world, demands=strict), rules)
    index = index_of(columns, "demand", compiled=compiled)
    for supply in world.supplies:
        assert len(agree(columns, index, supply, k=3)) == 0

    index.change(*written(relaxed))
    left = worlds.Columns(replace(world, demands=relaxed), rules)
    assert sum(len(agree(left, index, supply, k=3)) for supply in world.supplies) > 0


def numbers(listings: list[ref.Demand]) -> set[int]:
    return {listing.number for listing in listings}


def written(demands: list[ref.Demand]) -> tuple[m.Demands, m.Components]:
    if not demands:
        return m.Demands.empty(), m.Components.empty()
    return worlds.demand_columns(demands), worlds.component_columns(demands)


def test_a_listing_cannot_be_inserted_twice():
    world, rules = worlds.crowded(1)
    columns = worlds.Columns(world, rules)
    index = index_of(columns, "demand", compiled=True)
    with pytest.raises(ValueError, match="there already"):
        index.insert(*written(world.demands[:1]))


def test_changes_while_a_merge_runs_are_kept(monkeypatch):
    world, rules = worlds.crowded(2)
    columns = worlds.Columns(world, rules)
    index = index_of(columns, "demand", compiled=True)
    laid_out = index._laid_out
    late = [replace(world.demands[0], remaining_kg=77_000)]

    def meanwhile(*args: Any) -> Any:
        monkeypatch.setattr(index, "_laid_out", laid_out)
        segment = laid_out(*args)
        index.change(*written(late))
        return segment

    monkeypatch.setattr(index, "_laid_out", meanwhile)
    index.merge()

    left = worlds.Columns(replace(world, demands=[*late, *world.demands[1:]]), rules)
    for supply in world.supplies:
        agree(left, index, supply, k=5)


def test_a_search_that_began_before_a_change_sees_nothing_of_it():
    world, rules = worlds.crowded(3)
    columns = worlds.Columns(world, rules)
    index = index_of(columns, "demand", compiled=True)
    before = index._state
    index.remove(columns.demands.key)
    index.change(*written(world.demands[:2]))
    now, index._state = index._state, before

    for supply in world.supplies:
        agree(columns, index, supply, k=5)
    index._state = now
    assert len(index) == 2


def test_fresh_rows_are_merged_when_they_are_many():
    world, rules = worlds.crowded(4)
    columns = worlds.Columns(world, rules)
    index = m.Index.build(m.Demands.empty(), columns.tables, merge_at=1)
    index.insert(*written(world.demands))
    for thread in threading.enumerate():
        if thread.name == "matching-merge":
            thread.join(timeout=10)
    assert len(index._state.fresh) == 0
    for supply in world.supplies:
        agree(columns, index, supply, k=5)


def test_a_process_without_its_machine_code_searches_by_columns(monkeypatch, tmp_path):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(compilation, "_tried", False)
    monkeypatch.setattr(compilation, "_kernel", None)
    world, rules = worlds.crowded(5)
    columns = worlds.Columns(world, rules)
    index = index_of(columns, "demand", compiled=True)

    assert index._kernel is None
    agree(columns, index, world.supplies[0], k=5)


def test_a_seeker_of_an_unknown_code_a_negative_page_and_a_score_above_1_are_refused():
    world, rules = worlds.crowded(6)
    columns = worlds.Columns(world, rules)
    index = index_of(columns, "demand", compiled=True)
    one = columns.supplies.take([0])
    with pytest.raises(ValueError, match="not in the book"):
        index.top(columns.policy, replace(one, code=np.array([99], np.int32)), 10, k=1)
    with pytest.raises(ValueError, match="k below 0"):
        index.top(columns.policy, one, 10, k=-1)
    with pytest.raises(ValueError, match="min_score"):
        index.top(columns.policy, one, 10, k=1, min_score=1.1)


@pytest.mark.parametrize("day", [-1, 0, 58, 59, 60, 364, 365, 11_015, 11_016, 20_453, 20_454, 47_540])
def test_the_kernel_counts_years_as_the_calendar_does(day):
    assert kernel.year_of(day) == (date(1970, 1, 1) + timedelta(days=day)).year


@given(worlds.cases())
@quick(20)
def test_no_row_scores_above_the_reach_of_its_block(case):
    world, rules = case
    columns = worlds.Columns(world, rules)
    segment = blocks.Segment.of(columns.demands, columns.tables.required, dict(columns.tables.book))
    for supply in world.supplies:
        rows, _ = seeker_of(columns, supply)
        plan = SearchPlans(columns.tables.book).plan(columns.policy, rows)
        ranking = columns.rank(supply, k=1_000)
        score = dict(zip(columns.demands.key[ranking.rows].tolist(), ranking.scores.tolist(), strict=True))
        for visit in range(len(plan.visits)):
            at = segment.blocks_of(int(plan.visits["code"][visit]))
            most = block_bounds(columns.policy, rows, plan, visit, segment.blocks[at], world.today)
            for block, bound in zip(segment.blocks[at], most.tolist(), strict=True):
                for row in range(block["start"], block["stop"]):
                    key = int(segment.cold["key"][row])
                    best = ranking.accepted[columns.demands.key[ranking.rows] == key]
                    if key in score and segment.cold["code"][row] in best:
                        assert bound >= score[key] / m.SCORE_UNIT
