"""The vectorised ranking against the row-by-row reference."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

import matching as m
from tests.effort import tries
from tests.matching import reference as ref
from tests.matching import worlds

SORTS = ("score", "distance", "credit", "price")
CROWDS = range(max(10, tries(24)))
"""Fewer worlds than ten hold no pair by one of the legal bases."""
WARNINGS = {
    "composition_partial",
    "composition_unknown",
    "exemption_unverified",
    "advance_notice_required",
    "supervised",
    "transfer_approval_required",
    "verify_receiver",
}


def thorough(examples: int):
    return settings(max_examples=tries(examples))


def seekers(world: ref.World) -> list[ref.Listing]:
    return [*world.supplies, *world.demands]


def ranks_as_the_reference(world: ref.World, rules: ref.Rules) -> list[ref.Verdict]:
    columns, lawful = worlds.Columns(world, rules), []
    for seeker in seekers(world):
        for sort in SORTS:
            expected = ref.rank(world, rules, seeker, sort)
            ranking = columns.rank(seeker, k=1_000, sort=sort)
            assert columns.hits(seeker, ranking) == worlds.reference_hits(expected)
            assert ranking.total == len(expected)
            assert not ranking.more
            lawful += [verdict for _, verdict in expected]
        assert ranking.stopped == ref.stopped(world, rules, seeker)
    return lawful


@pytest.mark.slow
@given(worlds.cases())
@thorough(100)
def test_columns_rank_as_row_by_row_reasoning_does(case):
    ranks_as_the_reference(*case)


@pytest.mark.slow
def test_crowded_worlds_rank_as_row_by_row_reasoning_does_and_hold_many_lawful_pairs():
    lawful = [verdict for seed in CROWDS for verdict in ranks_as_the_reference(*worlds.crowded(seed))]

    assert len(lawful) > 70 * len(CROWDS)
    assert {verdict.basis for verdict in lawful} == {0, 1, 2, 3, 4}
    assert {warning for verdict in lawful for warning in verdict.warnings} == WARNINGS


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("size", [1, 2, 5])
def test_pages_one_after_the_other_are_the_whole_ranking(sort, size):
    for seed in CROWDS[:20]:
        world, rules = worlds.crowded(seed)
        columns = worlds.Columns(world, rules)
        for seeker in seekers(world)[::3]:
            whole = columns.hits(seeker, columns.rank(seeker, k=1_000, sort=sort))
            pages, after, more = [], None, True
            while more and len(pages) <= len(whole):
                page = columns.rank(seeker, k=size, sort=sort, after=after)
                pages += columns.hits(seeker, page)
                more = page.more
                assert len(page) == size or not more
                after = page.position(-1) if len(page) else None
            assert pages == whole


def test_a_page_goes_on_where_the_last_one_ended_although_better_rows_were_added():
    one = ref.Supply(1, worlds.UUID(int=1), enterprise=1, code=worlds.SLAG)
    far = [demand(number, lat=30.0 + number / 10) for number in range(2, 7)]
    world = ref.World(worlds.BOOK, [one], far)
    first = worlds.Columns(world, RULES).rank(one, k=2)
    world.demands = [demand(90), *far, demand(91, lat=30.25)]
    columns = worlds.Columns(world, RULES)

    second = columns.rank(one, k=9, after=first.position(-1))

    assert numbers(first) == [0, 1]
    assert [hit[0] for hit in columns.hits(one, second)] == [4, 5, 6]


def test_positions_compare_as_the_hits_stand():
    world, rules = worlds.crowded(1)
    columns = worlds.Columns(world, rules)
    for seeker in seekers(world):
        ranking = columns.rank(seeker, k=1_000, sort="price")
        positions = [ranking.position(hit) for hit in range(len(ranking))]
        assert positions == sorted(positions)
        assert len(set(positions)) == len(positions)


@pytest.mark.parametrize(
    "least", [pytest.param(0.0, marks=pytest.mark.slow), 0.5, pytest.param(0.7, marks=pytest.mark.slow), 1.0]
)
def test_a_least_score_cuts_the_tail_and_leaves_the_count_of_lawful_rows(least):
    for seed in CROWDS[:10]:
        world, rules = worlds.crowded(seed)
        columns = worlds.Columns(world, rules)
        for seeker in seekers(world):
            ranking = columns.rank(seeker, k=1_000, min_score=least)
            assert columns.hits(seeker, ranking) == worlds.reference_hits(
                ref.rank(world, rules, seeker, min_score=least)
            )
            assert ranking.total == len(ref.rank(world, rules, seeker))


@pytest.mark.slow
@given(worlds.cases())
@thorough(50)
def test_an_explanation_names_the_gates_that_the_reference_names(case):
    explains_as_the_reference(*case)


@pytest.mark.slow
def test_explanations_hold_in_crowded_worlds_and_a_pair_is_lawful_exactly_if_it_ranks():
    for seed in CROWDS[::6]:
        explains_as_the_reference(*worlds.crowded(seed))


def explains_as_the_reference(world: ref.World, rules: ref.Rules) -> None:
    columns = worlds.Columns(world, rules)
    for supply in world.supplies:
        ranked = {hit[0] for hit in columns.hits(supply, columns.rank(supply, k=1_000))}
        for demand in world.demands:
            for seeker in ("supply", "demand"):
                told = columns.explain(supply, demand, seeker)
                expected = ref.judge(world, rules, supply, demand, seeker)
                assert [failure.gate for failure in told.failed] == expected.failed
                assert told.lawful == (not expected.failed) == (demand.number in ranked)
                assert (told.score, told.values) == (expected.score, expected.values)
                assert (told.basis, told.permit) == (expected.basis, expected.permit)
                assert (set(told.warnings.names), told.accepted) == (expected.warnings, expected.accepted)


RULES = ref.Rules(
    (250_000, 250_000, 250_000, 120_000, 80_000, 50_000), {"default": 100.0}, 300.0, "white_list"
)


def demand(number: int, **what) -> ref.Demand:
    return ref.Demand(number, worlds.UUID(int=number), 100 + number, accepts=(worlds.SLAG,), **what)


def numbers(ranking: m.Ranking) -> list[int]:
    return ranking.rows.tolist()


def test_ties_go_to_credit_then_nearness_then_the_smaller_id():
    one = ref.Supply(1, worlds.UUID(int=1), enterprise=1, code=worlds.SLAG)
    twins = [
        ref.Demand(9, worlds.UUID(int=1 << 127), 3, accepts=(worlds.SLAG,)),
        ref.Demand(8, worlds.UUID(int=1 << 63), 4, accepts=(worlds.SLAG,)),
        ref.Demand(7, worlds.UUID(int=1 << 64), 5, accepts=(worlds.SLAG,)),
    ]
    assert numbers(worlds.Columns(ref.World(worlds.BOOK, [one], twins), RULES).rank(one, k=3)) == [1, 2, 0]

    only_code = ref.Rules((1_000_000, 0, 0, 0, 0, 0), {"default": 100.0}, 300.0, "white_list")
    equals = [demand(2, lat=30.1), demand(3), demand(4, lat=31.0, credit_milli=80_001)]
    columns = worlds.Columns(ref.World(worlds.BOOK, [one], equals), only_code)
    assert numbers(columns.rank(one, k=3)) == [2, 1, 0]


def test_nobody_is_ranked_in_an_empty_field():
    one = ref.Supply(1, worlds.UUID(int=1), enterprise=1, code=worlds.ACID)
    ranking = worlds.Columns(ref.World(worlds.BOOK, [one]), RULES).rank(one, k=5)

    assert (len(ranking), ranking.total, ranking.more) == (0, 0, False)
    assert ranking.stopped == dict.fromkeys(m.GATES, 0)
    none = ref.Demand(2, worlds.UUID(int=2), 2, accepts=(worlds.ACID,))
    assert len(worlds.Columns(ref.World(worlds.BOOK, [], [none]), RULES).rank(none, k=5)) == 0


def test_a_position_of_another_sort_an_unknown_sort_and_a_negative_page_are_refused():
    one = ref.Supply(1, worlds.UUID(int=1), enterprise=1, code=worlds.SLAG)
    columns = worlds.Columns(ref.World(worlds.BOOK, [one], [demand(2)]), RULES)
    position = columns.rank(one, k=1).position(0)

    wrong = {
        "after": {"sort": "price", "after": position},
        "sort": {"sort": "luck"},
        "k below 0": {"k": -1},
        "min_score": {"min_score": np.nan},
    }
    for named, how in wrong.items():
        with pytest.raises(ValueError, match=named):
            columns.rank(one, **{"k": 1, **how})
    assert len(columns.rank(one, k=0)) == 0


def test_two_listings_cannot_seek_at_once_and_a_code_must_be_in_the_book():
    one = ref.Supply(1, worlds.UUID(int=1), enterprise=1, code=worlds.SLAG)
    world = ref.World(worlds.BOOK, [one], [demand(2), demand(3)])
    columns = worlds.Columns(world, RULES)
    with pytest.raises(ValueError, match="supply"):
        m.rank_demands(m.DEFAULT, columns.supplies.take([0, 0]), columns.demands, columns.tables, 10, k=1)
    with pytest.raises(ValueError, match="demand"):
        m.rank_supplies(m.DEFAULT, columns.demands, columns.supplies, columns.tables, 10, k=1)
    with pytest.raises(ValueError, match="not in the book"):
        m.rank_demands(m.DEFAULT, columns.supplies, columns.demands, m.Tables.empty({}), 10, k=1)
