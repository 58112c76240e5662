"""Every lawful way between many supplies and many demands in a period, and what excluded the rest.

The period is cut into calendar years, for permits count their tonnes by year: within a year both windows
are cut to it, and the gates of a ranking judge what is left. So a pairing is lawful in a year of the period
if some day of both windows in that year passes all gates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from matching.allocation.linear_program import Capacities, Ways
from matching.model import Basis, Bools, Coded, Demands, Floats, Ints, Policy, Supplies, Tables
from matching.rules import (
    GATES,
    NO_PERMIT,
    SCORE_UNIT,
    Pairs,
    Warn,
    cross_province,
    gates,
    licensing,
    score,
)

EPOCH = date(1970, 1, 1)
TOGETHER = 200_000
"""Pairs that are judged at a time."""
MOST_WAYS = 6_000_000
"""About 1.5 GB while a plan is made."""

ReportProgress = Callable[[int, int], None]
Side = TypeVar("Side", Supplies, Demands)


class TooManyWays(ValueError):
    """There are more than `MOST_WAYS` lawful ways."""


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """Supplies (n,) and demands, a row for each accepted code, in a period from `first_day` to `last_day`,
    both included and counted from 1970-01-01, no earlier than today."""

    supplies: Supplies
    demands: Demands
    tables: Tables
    first_day: int
    last_day: int
    account: Ints = field(init=False, repr=False)
    """One number for the rows of one capacity: a collector's line has a row for each line of its partner's,
    and a renewal shares the tonnes of the licence it renews."""

    def __post_init__(self) -> None:
        _, account = np.unique(self.tables.permits.capacity, return_inverse=True)
        object.__setattr__(self, "account", account.reshape(-1).astype(np.int64))

    def years(self) -> list[int]:
        """The calendar years that the period touches."""
        first, last = (EPOCH + timedelta(days=day) for day in (self.first_day, self.last_day))
        return list(range(first.year, last.year + 1))

    def within(self, year: int) -> tuple[Supplies, Demands]:
        """Both sides with their windows cut to the period's part in `year`; some are left without a day."""
        start = max(self.first_day, (date(year, 1, 1) - EPOCH).days)
        end = min(self.last_day, (date(year, 12, 31) - EPOCH).days)
        return _cut(self.supplies, start, end), _cut(self.demands, start, end)


def _cut(side: Side, start: int, end: int) -> Side:
    return replace(
        side,
        first_day=np.maximum(side.first_day, start).astype(np.int32),
        last_day=np.minimum(side.last_day, end).astype(np.int32),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Lawful:
    """The lawful ways and what they take from.

    `ways` name supplies by row, demands by their place among the distinct listings, permits by their place
    in `permit` and `year` (a permit has tonnes of its own in each year). Along the ways: `demand_row` (of the
    code that fits best), `permit` (row of `Permits` or `NO_PERMIT`), `year`, `km` on the sphere, `basis`,
    `warnings`. `stopped` has shape (supplies, gates): how many of the demands that take
    its code each gate stops.
    """

    ways: Ways
    capacities: Capacities
    demand_row: Ints
    permit: Ints
    year: Ints
    km: Floats
    basis: NDArray[np.int8]
    warnings: NDArray[np.int32]
    stopped: Ints

    def gate_against(self, supply: int) -> str:
        """The gate that stopped most of a supply's demands; `code` if none takes its code."""
        stopped = self.stopped[supply].copy()
        stopped[GATES.index("self")] = 0
        return GATES[int(stopped.argmax())] if stopped.any() else "code"


def lawful_ways(policy: Policy, region: Region, report: ReportProgress = lambda done, of: None) -> Lawful:
    """Judge every supply against every demand that takes its code.

    Args:
        report: called while it works with the number of pairs judged and the total.
    Raises:
        TooManyWays: there are more than `MOST_WAYS`. ValueError: a code is not in the book.
    """
    stopped = np.zeros((len(region.supplies), len(GATES)), np.int64)
    sides = {year: region.within(year) for year in region.years()}
    pieces = list(_pieces(region))
    of, done, count = sum(len(piece) for piece in pieces), 0, 0
    found: list[_ScoredWays] = []
    for piece in pieces:
        passed = np.zeros((len(GATES), len(piece)), np.bool_)
        free = np.zeros(len(piece), np.bool_)
        for year, cut in sides.items():
            pairs = piece.pairs(*cut, region)
            judged = gates.judge(policy, pairs)
            passed |= judged.passed
            bound = _bound_to_channel(policy, pairs)
            more = [
                _without_permit(pairs, judged, year, free, bound),
                _by_permit(pairs, judged, year, region.account, bound),
            ]
            found += [entries.scored(policy, piece, region) for entries in more]
            count += sum(len(entries.pair) for entries in more)
            if count > MOST_WAYS:
                raise TooManyWays(f"more than {MOST_WAYS} lawful ways")
        for gate, passes in enumerate(passed):
            np.add.at(stopped[:, gate], piece.supply[~passes], 1)
        done += len(piece)
        report(done, of)
    return _combine(region, found, stopped)


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """Pairs to judge together: supplies, rows of demands and how well the codes fit, each of shape (n,)."""

    supply: Ints
    demand_row: Ints
    fit: Floats

    def __len__(self) -> int:
        return len(self.supply)

    def take(self, pair: Ints) -> _Piece:
        return _Piece(self.supply[pair], self.demand_row[pair], self.fit[pair])

    def pairs(self, supplies: Supplies, demands: Demands, region: Region) -> Pairs:
        """Supply i facing demand i; the supplies are the seekers, as in a ranking of demands."""
        supplies, demands = supplies.take(self.supply), demands.take(self.demand_row)
        coded = Coded.of(supplies.code, region.tables.book)
        return Pairs.facing(
            "supply", supplies, demands, coded, self.fit, demands.accepts, region.tables, region.first_day
        )


def _pieces(region: Region) -> Iterator[_Piece]:
    """Every supply with every demand that takes its code, by the row that fits best."""
    waiting: list[_Piece] = []
    for piece in _by_code(region):
        waiting.append(piece)
        if sum(map(len, waiting)) >= TOGETHER:
            yield _concatenated(waiting)
            waiting = []
    if waiting:
        yield _concatenated(waiting)


def _by_code(region: Region) -> Iterator[_Piece]:
    if not len(region.supplies):
        return
    coded = Coded.of(region.supplies.code, region.tables.book)
    for number, code in enumerate(coded.distinct):
        fit = code.values(region.demands.accepts)
        rows = np.flatnonzero(fit)
        rows = rows[np.lexsort((-fit[rows], region.demands.key[rows]))]
        _, first = np.unique(region.demands.key[rows], return_index=True)
        rows, supplies = rows[first], np.flatnonzero(coded.which == number)
        step = max(TOGETHER // max(len(rows), 1), 1)
        for start in range(0, len(supplies) if len(rows) else 0, step):
            some = supplies[start : start + step]
            row = np.tile(rows, len(some))
            yield _Piece(np.repeat(some, len(rows)), row, fit[row])


def _concatenated(pieces: list[_Piece]) -> _Piece:
    return _Piece(
        np.concatenate([piece.supply for piece in pieces]),
        np.concatenate([piece.demand_row for piece in pieces]),
        np.concatenate([piece.fit for piece in pieces]),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _PieceWays:
    """Ways of a piece: which pair, by which permit with how much left in which year, on which basis."""

    pair: Ints
    permit: Ints
    left_kg: Ints
    year: int
    basis: NDArray[np.int8]
    warnings: NDArray[np.int32]

    def scored(self, policy: Policy, piece: _Piece, region: Region) -> _ScoredWays:
        """With the scores of a ranking, for which windows are as they are."""
        mine = piece.take(self.pair)
        pairs = mine.pairs(region.supplies, region.demands, region)
        scores = score.totals(policy, score.component_values(policy, pairs))
        return _ScoredWays(mine, scores / SCORE_UNIT, licensing.needed_kg(pairs), pairs.km, self)


@dataclass(frozen=True, slots=True, eq=False)
class _ScoredWays:
    piece: _Piece
    score: Floats
    lot_kg: Ints
    km: Floats
    lines: _PieceWays


def _bound_to_channel(policy: Policy, pairs: Pairs) -> Bools:
    """Pairs that only a channel lets cross a province line: no other permit's tonnes may."""
    return ~cross_province.may_cross(policy, pairs, np.zeros(len(pairs), np.bool_)).passes


def _without_permit(
    pairs: Pairs, judged: gates.Judgement, year: int, free: Bools, bound: Bools
) -> _PieceWays:
    """Lawful pairs that need no permit, unless an earlier year had them, which `free` knows and learns."""
    general = judged.basis == Basis.GENERAL
    pair = np.flatnonzero(judged.lawful & ~free & ~bound & (general | licensing.exempt(pairs)))
    free[pair] = True
    basis = np.where(general, Basis.GENERAL, Basis.EXEMPT).astype(np.int8)
    warnings = _but_unverified(judged) | licensing.exemption_warnings(pairs, basis)
    none = np.full(len(pair), NO_PERMIT, np.int64)
    return _PieceWays(pair, none, none, year, basis[pair], warnings[pair])


def _by_permit(pairs: Pairs, judged: gates.Judgement, year: int, account: Ints, bound: Bools) -> _PieceWays:
    """Lawful pairs with each permit that covers them; a permit that does so twice counts once."""
    permits = pairs.tables.permits
    pair, line = licensing.valid_permits(pairs)
    keep = judged.lawful[pair] & (~bound[pair] | (permits.kind[line] == Basis.CHANNEL))
    pair, line = pair[keep], line[keep]
    _, once = np.unique(np.stack([pair, account[line]]), axis=1, return_index=True)
    pair, line = pair[np.sort(once)], line[np.sort(once)]
    left = permits.left_kg(line, np.full(len(line), year))
    return _PieceWays(pair, line, left, year, permits.kind[line], _but_unverified(judged)[pair])


def _but_unverified(judged: gates.Judgement) -> NDArray[np.int32]:
    return judged.warnings & ~np.int32(Warn.EXEMPTION_UNVERIFIED)


def _combine(region: Region, found: list[_ScoredWays], stopped: Ints) -> Lawful:
    """All ways together, with the capacities that they name."""
    _, first, place = np.unique(region.demands.key, return_index=True, return_inverse=True)
    supply = _column(np.int64, [scored.piece.supply for scored in found])
    row = _column(np.int64, [scored.piece.demand_row for scored in found])
    permit = _column(np.int64, [scored.lines.permit for scored in found])
    year = _column(np.int64, [np.full(len(scored.score), scored.lines.year) for scored in found])
    held = np.flatnonzero(permit != NO_PERMIT)
    names = np.stack([region.account[permit[held]], year[held]])
    entries, account = np.unique(names, axis=1, return_inverse=True)
    shared = np.full(len(permit), NO_PERMIT, np.int64)
    shared[held] = account.reshape(-1)
    left = _column(np.int64, [scored.lines.left_kg for scored in found])
    return Lawful(
        ways=Ways(
            supply=supply,
            demand=place.reshape(-1)[row].astype(np.int64),
            score=_column(np.float64, [scored.score for scored in found]),
            lot_kg=_column(np.int64, [scored.lot_kg for scored in found]),
            permit=shared,
        ),
        capacities=Capacities(
            supply_kg=np.maximum(region.supplies.remaining_kg, 0),
            demand_kg=np.maximum(region.demands.remaining_kg[first], 0),
            permit_kg=_largest(left[held], account.reshape(-1), entries.shape[1]),
        ),
        demand_row=row,
        permit=permit,
        year=year,
        km=_column(np.float64, [scored.km for scored in found]),
        basis=_column(np.int8, [scored.lines.basis for scored in found]),
        warnings=_column(np.int32, [scored.lines.warnings for scored in found]),
        stopped=stopped,
    )


def _largest(kg: Ints, account: Ints, accounts: int) -> Ints:
    """The most kilograms that any row of each account has left: a renewal may allow more than before."""
    most = np.zeros(accounts, np.int64)
    np.maximum.at(most, account, kg)
    return most


def _column(dtype: type[np.generic], parts: list[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate([np.empty(0, dtype), *parts]).astype(dtype, copy=False)


def broken_gates(policy: Policy, region: Region, lawful: Lawful, way: Ints, kg: Ints) -> list[str]:
    """What a plan breaks: the gates judge again what is carried alone, and the tonnes are added up again.

    Args:
        way, kg: rows of the ways that carry something, and the kilograms they carry; shape (w,).
    Returns:
        a sentence for each rule that is broken; none for a sound plan.
    """
    broken: list[str] = []
    supply, row, permit = lawful.ways.supply[way], lawful.demand_row[way], lawful.permit[way]
    for year in np.unique(lawful.year[way]).tolist():
        mine = np.flatnonzero(lawful.year[way] == year)
        coded = Coded.of(region.supplies.code[supply[mine]], region.tables.book)
        fit = np.array(
            [
                coded.distinct[code].aliases.get(accepted, 0.0)
                for code, accepted in zip(
                    coded.which, region.demands.accepts[row[mine]].tolist(), strict=True
                )
            ]
        )
        pairs = _Piece(supply[mine], row[mine], fit).pairs(*region.within(year), region)
        judged = gates.judge(policy, pairs)
        broken += [
            f"{year}: {gate}" for gate, passes in zip(GATES, judged.passed, strict=True) if not passes.all()
        ]
        bound = _bound_to_channel(policy, pairs)
        pair, line = licensing.valid_permits(pairs)
        covers = ~bound[pair] | (region.tables.permits.kind[line] == Basis.CHANNEL)
        lines = set(zip(pair[covers].tolist(), line[covers].tolist(), strict=True))
        free = ~bound & ((judged.basis == Basis.GENERAL) | licensing.exempt(pairs))
        by = enumerate(permit[mine].tolist())
        if not all(
            free[pair_] if by_line == NO_PERMIT else (pair_, by_line) in lines for pair_, by_line in by
        ):
            broken.append(f"{year}: a permit that does not cover")
        if (kg[mine] < licensing.needed_kg(pairs)).any():
            broken.append(f"{year}: less than the smallest lot")
        broken += _overdrawn(region, permit[mine], kg[mine], year)
    broken += _beyond("supply", region.supplies.key, region.supplies.remaining_kg, supply, kg)
    broken += _beyond("demand", region.demands.key, region.demands.remaining_kg, row, kg)
    return broken


def _overdrawn(region: Region, line: Ints, kg: Ints, year: int) -> list[str]:
    permits, held = region.tables.permits, line != NO_PERMIT
    line, kg = line[held], kg[held]
    left = permits.left_kg(np.arange(len(permits)), np.full(len(permits), year))
    start, end = ((date(year, month, day) - EPOCH).days for month, day in ((1, 1), (12, 31)))
    left[(permits.last_day < start) | (permits.first_day > end)] = 0
    return _beyond(f"{year}: permit", region.account, left, line, kg)


def _beyond(name: str, owner: Ints, most_kg: Ints, row: Ints, kg: Ints) -> list[str]:
    """Whether an owner of rows gives or takes more than the largest `most_kg` of its rows."""
    owners, place = np.unique(owner, return_inverse=True)
    most = _largest(most_kg, place.reshape(-1), len(owners))
    used = np.zeros(len(owners), np.int64)
    np.add.at(used, place.reshape(-1)[row], kg)
    return [f"{name} beyond its tonnes"] if (used > most).any() else []
