"""The arithmetic of a declaration: its balance to the kilogram, and what is unusual in one's own history."""

from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.reporting.models import DeclaredAmount
from marketplace.reporting.service.checks import balances, gap_kg, in_hand_kg, is_unusual, notices_of
from marketplace.reporting.service.figures import Known
from tests.effort import tries

KG = st.integers(0, 10**11)
A = DeclaredAmount
lines_of_kg = st.fixed_dictionaries({amount.column: KG for amount in A})


def known(**about):
    return Known(**{"lines": {}, "history": [], "moved": {}, "unclosed": 0, **about})


def said(line, history=()):
    """The codes of what is said of a line with a history of its own, manifests agreeing."""
    row = {"code_id": 1, "code": "900-349-34", **line}
    moved = {1: (line[A.RECEIVED.column], line[A.OUTSIDE.column])}
    before = [{1: {**row, **each}} for each in history]
    return [notice.code for notice in notices_of([row], known(moved=moved, history=before))]


@settings(max_examples=tries(200))
@given(line=lines_of_kg)
def test_a_balance_is_exact_to_the_kilogram_and_closes_when_the_gap_is_booked(line):
    gap = gap_kg(line)
    closed = {**line, A.CLOSING.column: line[A.CLOSING.column] + gap}
    assert gap_kg(closed) == 0
    assert ("balance_gap" in said(line)) == (gap != 0)
    assert gap_kg({**line, A.GENERATED.column: line[A.GENERATED.column] + 1}) == gap + 1
    assert gap_kg({**line, A.OUTSIDE.column: line[A.OUTSIDE.column] + 1}) == gap - 1


@settings(max_examples=tries(100))
@given(lines=st.lists(lines_of_kg, max_size=5))
def test_a_year_that_closes_by_code_is_balanced_and_one_without_waste_is_none(lines):
    closed = []
    for line in lines:
        without = {**line, A.OWN.column: 0, A.OUTSIDE.column: 0}
        closed.append({**without, A.CLOSING.column: in_hand_kg(line)})
    assert balances(closed) == (sum(map(in_hand_kg, lines)) > 0)


def test_two_per_cent_of_all_that_was_in_hand_may_be_missing():
    line = {amount.column: 0 for amount in A} | {A.GENERATED.column: 100_000, A.OUTSIDE.column: 98_000}
    assert balances([line])
    assert not balances([{**line, A.OUTSIDE.column: 97_999}])
    hidden = [{**line, A.OUTSIDE.column: 90_000}, {**line, A.OUTSIDE.column: 110_000}]
    assert not balances(hidden), "a gap of one code does not make up for that of another"


@settings(max_examples=tries(100))
@given(history=st.lists(st.integers(0, 10**9), max_size=5), kg=st.integers(0, 10**9))
def test_nothing_is_said_of_fewer_than_six_periods(history, kg):
    assert not is_unusual(kg, history)


@settings(max_examples=tries(100))
@given(history=st.lists(st.integers(1, 10**9), min_size=6, max_size=24), factor=st.integers(2, 50))
def test_the_judgement_does_not_depend_on_order_or_unit(history, factor):
    for kg in (history[0], sum(history) * 10):
        assert is_unusual(kg, history) == is_unusual(kg, history[::-1])
        assert is_unusual(kg * 1000 * factor, [each * 1000 * factor for each in history]) == is_unusual(
            kg * 1000, [each * 1000 for each in history]
        )


def test_one_outlier_in_the_history_does_not_hide_another():
    usual = [10_000, 10_400, 9_800, 10_100, 9_900, 10_200]
    assert not is_unusual(10_300, usual)
    assert not is_unusual(11_500, usual), "5 % of the median is spread enough for any"
    assert is_unusual(100_000, usual)
    assert is_unusual(100_000, [*usual, 1_000_000]), "mean and standard deviation would not see it"
    assert is_unusual(0, usual)
    assert not is_unusual(10_000, [10_000] * 6)


def test_equal_and_round_figures_are_hints():
    line = {amount.column: 0 for amount in A} | {A.GENERATED.column: 7_000, A.CLOSING.column: 7_000}
    assert said(line) == []
    assert said(line, history=[{}, {}]) == ["figure_repeated"]
    assert said(line, history=[{}, {A.GENERATED.column: 7_001}]) == []
    rows = [
        {"code_id": number, "code": "x", **line, A.GENERATED.column: 1000 * number,
         A.CLOSING.column: 1000 * number}
        for number in (1, 2, 3)
    ]  # fmt: skip
    assert [notice.code for notice in notices_of(rows, known())] == ["figures_round"]
    rows[0][A.GENERATED.column] = rows[0][A.CLOSING.column] = 1001
    assert notices_of(rows, known()) == []
