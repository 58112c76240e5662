"""Near misses: which change of a listing's own terms opens how many further lawful counterparts.

Counted are the pairs that fail one gate alone, and that by a term of the seeker's own: its price, what it
still has or takes, its minimum lot, its distance limit, or the days of its window. What the other side's
terms, permits or credit stop is nobody's near miss: a change of the seeker's own terms does not reach it, and
its figures are not the seeker's to learn.

Price, quantity, lot and distance each decide one gate, so a pair opens exactly at a threshold of its own. A
wider window moves the day of transfer, by which permits are judged too: there each step is judged anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np

from matching.model import AnyInts, Bools, Demands, Ints, Policy, Supplies, Tables
from matching.rules import gates
from matching.rules.gates import GATES
from matching.rules.pairs import Pairs, Side
from matching.rules.ranking import pairs_of

Term: TypeAlias = Literal["price_fen", "remaining_kg", "min_lot_kg", "max_km", "first_day", "last_day"]
MOST_STEPS = 5
"""How many steps of one term are offered: the nearest, then those that open at least twice as many. Our own
choice."""
FARTHEST_KM = 20_100
"""No two places are farther apart, so no limit need be greater."""


@dataclass(frozen=True, slots=True)
class NearMiss:
    """That `term` at `value` instead of what it is opens `opens` further counterparts, which fail `gate`.

    Attributes:
        value: in the unit of the term's column; kilometres are whole.
    """

    gate: str
    term: Term
    value: int
    opens: int


def near_misses(
    policy: Policy, seeker: Side, supplies: Supplies, demands: Demands, tables: Tables, today: int
) -> list[NearMiss]:
    """The near misses of the seeker among the field.

    Args:
        supplies, demands: the seeker's rows and the field's, as for `rank_demands` and `rank_supplies`.
        today: days since 1970-01-01.
    Returns:
        by gate in the order of `GATES`, within a term the nearest step first.
    Raises:
        ValueError: the seeker's side has not the rows of one listing, or a code is not in the book.
    """
    pairs, _ = pairs_of(seeker, supplies, demands, tables, today)
    alone = _failing_alone(pairs)
    found = [*_decided_by_terms(policy, pairs.take(np.flatnonzero(alone["others"])))]
    found += _decided_by_days(policy, pairs.take(np.flatnonzero(alone["time"])))
    return sorted(found, key=lambda miss: GATES.index(miss.gate))


def _failing_alone(pairs: Pairs) -> dict[str, Bools]:
    """Pairs that fail but one of the gates of both sides' terms: that of the days, or another."""
    failed = {
        name: ~pairs.spread(gate(pairs))
        for name, gate in {
            "quantity": gates.quantity, "price": gates.price, "distance": gates.distance, "time": gates.time,
        }.items()
    }  # fmt: skip
    passes_rest = (
        (pairs.fit > 0)
        & pairs.spread(gates.prohibited(pairs))
        & gates.credit(pairs)[0]
        & (pairs.supplies.enterprise != pairs.demands.enterprise)
    )
    one = passes_rest & (np.sum(list(failed.values()), axis=0) == 1)
    return {"time": one & failed["time"], "others": one & ~failed["time"]}


def _decided_by_terms(policy: Policy, pairs: Pairs) -> Iterator[NearMiss]:
    """Near misses of the terms that decide one gate each."""
    if not len(pairs):
        return
    passed = gates.judge(policy, pairs).passed
    only_one = (~passed).sum(axis=0) == 1
    for gate, term, threshold in (
        ("quantity", "remaining_kg", _needed_quantity),
        ("quantity", "min_lot_kg", _needed_lot),
        ("price", "price_fen", _needed_price),
        ("distance", "max_km", _needed_limit),
    ):
        stopped = pairs.take(np.flatnonzero(only_one & ~passed[GATES.index(gate)]))
        if len(stopped):
            reachable, values = threshold(stopped)
            yield from _steps(gate, term, values[reachable], _falls(term, pairs.seeker))  # type: ignore[arg-type]


def _falls(term: str, seeker: Side) -> bool:
    """Whether a term opens more as it falls: the minimum lot, the first day, the price of a supply."""
    return term in ("min_lot_kg", "first_day") or (term == "price_fen" and seeker == "supply")


def _own(pairs: Pairs) -> Any:
    return pairs.supplies if pairs.seeker == "supply" else pairs.demands


def _needed_quantity(pairs: Pairs) -> tuple[Bools, Ints]:
    """What the seeker must have left for both lots; reachable where the other side has it."""
    own, other = _own(pairs), pairs.field
    needed = np.maximum(own.min_lot_kg, other.min_lot_kg)
    return (other.remaining_kg >= needed) & (own.remaining_kg < needed), needed


def _needed_lot(pairs: Pairs) -> tuple[Bools, Ints]:
    """The minimum lot that both sides still have; reachable where it is also the other side's."""
    own, other = _own(pairs), pairs.field
    least = np.minimum(own.remaining_kg, other.remaining_kg)
    return (least >= np.maximum(other.min_lot_kg, 1)) & (least < own.min_lot_kg), least


def _needed_price(pairs: Pairs) -> tuple[Bools, Ints]:
    """The other side's price."""
    return np.ones(len(pairs), np.bool_), pairs.field.price_fen


def _needed_limit(pairs: Pairs) -> tuple[Bools, Ints]:
    """The distance in whole km, rounded up; reachable within the other side's limit."""
    limit = np.ceil(pairs.km)
    unlimited_own = _with_term(pairs, "max_km", np.inf)
    return pairs.spread(gates.distance(unlimited_own)) & (limit <= FARTHEST_KM), limit.astype(np.int64)


def _with_term(pairs: Pairs, term: str, value: float) -> Pairs:
    """The same pairs, the seeker's term being `value`."""
    own = _own(pairs)
    changed = replace(own, **{term: np.array([value], getattr(own, term).dtype)})
    return replace(pairs, **{"supplies" if pairs.seeker == "supply" else "demands": changed})


# ---------------------------------------------------------------- steps


def _steps(gate: str, term: Term, values: AnyInts, falls: bool) -> Iterator[NearMiss]:
    """Steps of a term, the nearest first, where each pair opens at its own value and beyond."""
    for value, opens in _chosen(*_opened_at(values, falls)):
        yield NearMiss(gate, term, value, opens)


def _opened_at(values: AnyInts, falls: bool) -> tuple[list[int], list[int]]:
    """Distinct values, the nearest first, and how many pairs have opened at each."""
    distinct, count = np.unique(values, return_counts=True)
    if falls:
        distinct, count = distinct[::-1], count[::-1]
    return distinct.tolist(), np.cumsum(count).tolist()


def _chosen(values: list[int], opens: list[int]) -> list[tuple[int, int]]:
    """All steps where they are few; else the nearest, and each that opens twice as many as the one before."""
    steps = list(zip(values, opens, strict=True))
    if len(steps) <= MOST_STEPS:
        return steps
    chosen = steps[:1]
    for value, count in steps:
        if count >= 2 * chosen[-1][1] and len(chosen) < MOST_STEPS:
            chosen.append((value, count))
    return chosen


# ---------------------------------------------------------------- days


def _decided_by_days(policy: Policy, pairs: Pairs) -> Iterator[NearMiss]:
    """Near misses of the window: from an earlier first day, or to a later last one."""
    if not len(pairs):
        return
    own, other, today = _own(pairs), pairs.field, pairs.today
    start = np.maximum(np.maximum(own.first_day, other.first_day), today)
    yield from _of_window(
        policy, pairs, "last_day", (start <= other.last_day) & (start > own.last_day), start
    )
    end = np.minimum(own.last_day, other.last_day)
    possible = (np.maximum(other.first_day, today) <= end) & (end < own.first_day)
    yield from _of_window(policy, pairs, "first_day", possible, end)


def _of_window(policy: Policy, pairs: Pairs, term: Term, possible: Bools, day: AnyInts) -> Iterator[NearMiss]:
    """Steps of one end of the window, each judged with the window that it makes.

    Args:
        possible: pairs whose windows share a day once that end is moved, shape (n,).
        day: the day to which it must be moved for that, shape (n,).
    """
    rows, falls = np.flatnonzero(possible), _falls(term, pairs.seeker)
    if not len(rows):
        return
    near, days = pairs.take(rows), pairs.spread(day)[rows]
    values, _ = _opened_at(days, falls)
    in_widest = _lawful(policy, near, term, values[-1])
    if not in_widest.any():
        return
    before = 0
    for value, _ in _chosen(*_opened_at(days[in_widest], falls)):
        reached = near.take(np.flatnonzero(_reached(days, value, falls)))
        opens = int(_lawful(policy, reached, term, value).sum())
        if opens > before:
            yield NearMiss("time", term, value, opens)
        before = max(before, opens)


def _lawful(policy: Policy, pairs: Pairs, term: Term, value: int) -> Bools:
    return gates.judge(policy, _with_term(pairs, term, value)).lawful


def _reached(days: AnyInts, value: int, falls: bool) -> Bools:
    return days >= value if falls else days <= value
