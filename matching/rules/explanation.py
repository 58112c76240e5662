"""Why one pairing is a match or is not: every failed gate with its figures, or the score by component."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from matching.model import Basis, Bools, Demands, Grade, Ints, Mode, Policy, Review, Supplies, Tables
from matching.rules import composition, cross_province, gates, licensing, score
from matching.rules.gates import GATES
from matching.rules.pairs import Pairs, Side, covering
from matching.rules.ranking import pairs_of_demand
from matching.rules.warnings import Warn

Fact: TypeAlias = int | float | str
Facts: TypeAlias = Mapping[str, Fact]
Reason: TypeAlias = tuple[str, Facts]
ONLY = np.zeros(1, np.int64)


@dataclass(frozen=True, slots=True)
class Failure:
    """A failed gate: a stable reason, and plain facts to make a sentence of (days are ISO dates)."""

    gate: str
    reason: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class Pairing:
    """One supply and one demand. The figures are those of a ranking, computed also when the pairing is not
    lawful.

    `failed` has all failed gates in the order of `GATES`; `score` counts 1e-15, `values` 1e-9; `accepted` is
    the demand's code id that fits best, `permit` the row of `Permits` or -1, `approval` that of `Approvals`.
    """

    lawful: bool
    failed: tuple[Failure, ...]
    accepted: int
    score: int
    values: tuple[int, ...]
    distance_km: float
    basis: Basis
    permit: int
    approval: int
    warnings: Warn


def explain(
    policy: Policy, supply: Supplies, demand: Demands, tables: Tables, today: int, *, seeker: Side = "supply"
) -> Pairing:
    """Judge one pairing and say why.

    Args:
        supply: one row.
        demand: the rows of one demand, one for each accepted code.
        today: days since 1970-01-01.
        seeker: whose ranking it is; the credit component is the other side's.
    Raises:
        ValueError: not one supply and one demand, or a code that is not in the book.
    """
    if len(supply) != 1:
        raise ValueError("supply: not the rows of one listing")
    pairs = pairs_of_demand(seeker, supply, demand, tables, today)
    judged = gates.judge(policy, pairs)
    values = score.component_values(policy, pairs)
    failed = [gate for gate, passed in zip(GATES, judged.passed[:, 0], strict=True) if not passed]
    return Pairing(
        lawful=not failed,
        failed=tuple(_failure(gate, pairs) for gate in failed),
        accepted=int(pairs.accepted[0]),
        score=int(score.totals(policy, values)[0]),
        values=tuple(values[0].tolist()),
        distance_km=float(pairs.km[0]),
        basis=Basis(int(judged.basis[0])),
        permit=int(judged.permit[0]),
        approval=int(judged.approval[0]),
        warnings=Warn(int(judged.warnings[0])),
    )


def _failure(gate: str, pairs: Pairs) -> Failure:
    reason, facts = _REASONS[gate](pairs)
    return Failure(gate, reason, facts)


def _prohibited(pairs: Pairs) -> Reason:
    code = pairs.coded.distinct[0]
    if not code.tradable:
        return "not_tradable", {"code": code.code, "category": code.category}
    return "customs_border", _provinces(pairs)


def _provinces(pairs: Pairs) -> Facts:
    return {"from_province": int(pairs.supplies.province[0]), "to_province": int(pairs.demands.province[0])}


def _code(pairs: Pairs) -> Reason:
    """What the demand accepts instead is the caller's to name: the book has the codes of supplies only."""
    return "not_accepted", {"code": pairs.coded.distinct[0].code}


def _licence(pairs: Pairs) -> Reason:
    """The permit that came nearest; without one what became of the exemption that the demand names."""
    row, line = licensing.covering_permits(pairs)
    if not len(line):
        return _exemption(pairs)
    return next((reason, facts) for reason, clears, facts in _hurdles(pairs, row, line) if not clears.any())


def _hurdles(pairs: Pairs, row: Ints, line: Ints) -> Iterator[tuple[str, Bools, Facts]]:
    """What a permit must clear, one after the other; only the permits that clear one come to the next,
    so the caller can stop where none does."""
    permits, needed = pairs.tables.permits, int(licensing.needed_kg(pairs)[0])
    mode = Mode(int(pairs.demands.mode[0]))
    fits = licensing.mode_fits(pairs, row, line)
    yield (
        "mode",
        fits,
        {"permit": int(line[0]), "mode": mode.name.lower(), "allowed": _modes(permits.modes[line])},
    )
    row, line = row[fits], line[fits]
    fits = licensing.may_collect(pairs, row, line)
    yield "small_generator_only", fits, {"permit": int(line[0])}
    row, line = row[fits], line[fits]
    fits = licensing.is_in_force(pairs, line)
    yield "channel_paused", fits, {"permit": int(line[0])}
    row, line = row[fits], line[fits]
    day, last = licensing.shared_days_of_permit(pairs, row, line)
    latest = int(permits.last_day[line].argmax())
    validity = _days(first_day=permits.first_day[line[latest]], last_day=permits.last_day[line[latest]])
    fits = day <= last
    yield "not_valid", fits, {"permit": int(line[latest]), **validity}
    line, year = line[fits], licensing.year_of(day[fits])
    left = permits.left_kg(line, year)
    most = int(left.argmax())
    figures = {
        "permit": int(line[most]),
        "first_permit": int(line[0]),
        "year": int(year[most]),
        "left_kg": int(left[most]),
        "needed_kg": needed,
    }
    yield "tonnes", left >= needed, {**figures, "kg_per_year": int(permits.kg_per_year[line[most]])}


def _modes(masks: NDArray[np.uint8]) -> str:
    mask = int(np.bitwise_or.reduce(masks))
    return ", ".join(mode.name.lower() for mode in Mode if mask >> mode & 1)


def _exemption(pairs: Pairs) -> Reason:
    demands, listed = pairs.demands, pairs.tables.exemptions
    item, code = int(demands.exemption_item[0]), pairs.coded.distinct[0].code
    if not item:
        return "no_permit", {"code": code}
    if demands.exemption_review[0] == Review.REFUSED:
        return "exemption_refused", {"code": code, "item": item}
    _, line = covering(pairs, ONLY, demands.exemption_item, listed.item, listed.code)
    if not len(line):
        return "exemption_item", {"code": code, "item": item}
    mode = Mode(int(demands.mode[0])).name.lower()
    return "exemption_stage", {
        "code": code,
        "item": item,
        "mode": mode,
        "allowed": _modes(listed.modes[line]),
    }


def _region(pairs: Pairs) -> Reason:
    """The approval of the pair that came nearest, else the entry of the white list."""
    _, approved = cross_province.pair_approvals(pairs, ONLY)
    if len(approved):
        return _approval_hurdle(pairs, approved)
    _, line = cross_province.white_list_entries(pairs, ONLY)
    if not len(line):
        return "not_white_listed", _provinces(pairs)
    listed = pairs.tables.white_list
    latest = line[int(listed.last_day[line].argmax())]
    validity = _days(first_day=listed.first_day[latest], last_day=listed.last_day[latest])
    return "white_list_not_valid", {**_provinces(pairs), **validity}


def _approval_hurdle(pairs: Pairs, line: Ints) -> Reason:
    """Why none of the pair's approvals holds, `line` of shape (a,): its way, its days, or its tonnes."""
    approvals, needed = pairs.tables.approvals, int(licensing.needed_kg(pairs)[0])
    mode = Mode(int(pairs.demands.mode[0]))
    fits = approvals.modes[line] >> np.uint8(mode) & 1 == 1
    if not fits.any():
        ways = {"mode": mode.name.lower(), "allowed": _modes(approvals.modes[line])}
        return "approval_way", {"approval": int(line[0]), **ways}
    line = line[fits]
    rows = np.zeros(len(line), np.int64)
    first, last = pairs.shared_days(rows, approvals.first_day[line], approvals.last_day[line])
    if not (first <= last).any():
        latest = line[int(approvals.last_day[line].argmax())]
        validity = _days(first_day=approvals.first_day[latest], last_day=approvals.last_day[latest])
        return "approval_not_valid", {"approval": int(latest), **validity}
    line = line[first <= last]
    most = line[int(approvals.left_kg[line].argmax())]
    figures = {"left_kg": int(approvals.left_kg[most]), "needed_kg": needed}
    return "approval_tonnes", {"approval": int(most), **figures}


def _credit(pairs: Pairs) -> Reason:
    supplies, demands = pairs.supplies, pairs.demands
    receiver = Grade(int(demands.grade[0])).name
    if demands.blocked[0]:
        return "receiver_blocked", {}
    if receiver == "E":
        return "receiver_grade", {"receiver_grade": receiver}
    generator = Grade(int(supplies.grade[0])).name
    return "generator_supervised", {
        "receiver_grade": receiver,
        "generator_grade": generator,
        "generator_blocked": bool(supplies.blocked[0]),
    }


def _quantity(pairs: Pairs) -> Reason:
    needed = int(licensing.needed_kg(pairs)[0])
    supply, wanted = int(pairs.supplies.remaining_kg[0]), int(pairs.demands.remaining_kg[0])
    short = (
        "both_short"
        if max(supply, wanted) < needed
        else "supply_short"
        if supply < needed
        else "demand_short"
    )
    return short, {"needed_kg": needed, "supply_remaining_kg": supply, "demand_remaining_kg": wanted}


def _time(pairs: Pairs) -> Reason:
    supplies, demands = pairs.supplies, pairs.demands
    first = max(int(supplies.first_day[0]), int(demands.first_day[0]))
    last = min(int(supplies.last_day[0]), int(demands.last_day[0]))
    if first <= last:
        return "over", _days(last_shared_day=last, today=pairs.today)
    return "no_shared_day", _days(
        supply_first_day=supplies.first_day[0],
        supply_last_day=supplies.last_day[0],
        demand_first_day=demands.first_day[0],
        demand_last_day=demands.last_day[0],
    )


def _price(pairs: Pairs) -> Reason:
    supply, offered = int(pairs.supplies.price_fen[0]), int(pairs.demands.price_fen[0])
    return "below_asking", {"supply_price_fen": supply, "demand_price_fen": offered}


def _distance(pairs: Pairs) -> Reason:
    return "too_far", {"distance_km": float(pairs.km[0]), "limit_km": float(gates.limit_km(pairs)[0])}


def _composition(pairs: Pairs) -> Reason:
    """The first component that is out of range; an open end has no fact."""
    required, stated = pairs.tables.required, pairs.tables.stated
    need, has = composition.out_of_range(pairs)
    bounds = {
        "required_low": float(required.low[need[0]]),
        "required_high": float(required.high[need[0]]),
        "stated_low": float(stated.low[has[0]]),
        "stated_high": float(stated.high[has[0]]),
    }
    closed = {name: bound for name, bound in bounds.items() if math.isfinite(bound)}
    return "out_of_range", {"component": int(required.component[need[0]]), **closed}


def _self(pairs: Pairs) -> Reason:
    return "same_enterprise", {}


def _days(**days: Any) -> dict[str, Fact]:
    """Days since 1970-01-01 as ISO dates; a day beyond the calendar stays a number."""
    return {name: _iso(int(day)) for name, day in days.items()}


def _iso(day: int) -> Fact:
    try:
        return (date(1970, 1, 1) + timedelta(days=day)).isoformat()
    except OverflowError:
        return day


_REASONS: dict[str, Callable[[Pairs], Reason]] = {
    "prohibited": _prohibited,
    "code": _code,
    "licence": _licence,
    "region": _region,
    "credit": _credit,
    "quantity": _quantity,
    "time": _time,
    "price": _price,
    "distance": _distance,
    "composition": _composition,
    "self": _self,
}
