"""What makes a pairing lawful and possible at all: eleven yes-or-no rules, and the warnings beside them.

The law behind them: 固废法 art. 22 (province lines) and art. 80 (operating licences), the exemption list of
the hazardous-waste catalogue. Each function answers for all pairs at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from matching.model import (
    ANY_GENERATOR,
    MM_PER_KM,
    AnyInts,
    Basis,
    Bools,
    Components,
    Floats,
    Grade,
    Groups,
    Ints,
    Mode,
    Policy,
    Review,
)
from matching.rules.pairs import Pairs, covering
from matching.rules.score import priced

GATES = (
    "prohibited",
    "code",
    "licence",
    "region",
    "credit",
    "quantity",
    "time",
    "price",
    "distance",
    "composition",
    "self",
)

CUSTOMS_TERRITORIES = (71, 81, 82)
NO_PERMIT = -1

Warnings: TypeAlias = NDArray[np.int32]


class Warn(IntFlag):
    """What the parties of a lawful pairing must know."""

    TRANSFER_APPROVAL_REQUIRED = 1
    FILING_REQUIRED = 2
    SUPERVISED = 4
    COMPOSITION_PARTIAL = 8
    COMPOSITION_UNKNOWN = 16
    EXEMPTION_UNVERIFIED = 32

    @property
    def names(self) -> tuple[str, ...]:
        """Stable names, in the order of the bits: `filing_required`, ..."""
        return tuple(it.name.lower() for it in type(self) if it in self and it.name)


@dataclass(frozen=True, slots=True, eq=False)
class Legal:
    """By what a hazardous pair is lawful: `basis` a `Basis`, `permit` the row of `Permits` or -1, `channel`
    whether a channel for exactly this pair holds, whatever the basis; all of shape (n,)."""

    basis: NDArray[np.int8]
    permit: Ints
    channel: Bools


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """`passed` of shape (11, n) in the order of `GATES`; the rest of shape (n,)."""

    passed: Bools
    basis: NDArray[np.int8]
    permit: Ints
    warnings: Warnings

    @property
    def lawful(self) -> Bools:
        """Pairs that pass every gate, shape (n,)."""
        return np.asarray(self.passed.all(axis=0))


def judge(policy: Policy, pairs: Pairs) -> Judgement:
    """Hold every pair against every gate."""
    law = legal(pairs)
    over_the_line, line_warnings = region(policy, pairs, law.channel)
    trusted, credit_warnings = credit(pairs)
    mixes, mix_warnings = composition(pairs)
    passes = (
        prohibited(pairs),
        pairs.fit > 0,
        law.basis != Basis.NONE,
        over_the_line,
        trusted,
        quantity(pairs),
        time(pairs),
        price(pairs),
        distance(pairs),
        mixes,
        pairs.supplies.enterprise != pairs.demands.enterprise,
    )
    passed = np.stack([pairs.spread(it) for it in passes])
    warnings = line_warnings | credit_warnings | mix_warnings | exemption_warnings(pairs, law.basis)
    return Judgement(passed, law.basis, law.permit, warnings)


def prohibited(pairs: Pairs) -> Bools:
    """Passes a tradable code that does not cross a customs border."""
    passes: Bools = pairs.coded.where(lambda code: code.tradable) & same_zone(pairs)
    return passes


def same_zone(pairs: Pairs) -> Bools:
    """Both on the mainland, or both in Hong Kong, in Macao or in Taiwan."""
    zones: Bools = _zone(pairs.supplies.province) == _zone(pairs.demands.province)
    return zones


def _zone(province: NDArray[np.int16]) -> NDArray[np.int16]:
    return np.where(np.isin(province, CUSTOMS_TERRITORIES), province, 0).astype(np.int16)


def needed_kg(pairs: Pairs) -> Ints:
    """The larger of the two smallest lots, and no lot is empty."""
    return np.maximum(np.maximum(pairs.supplies.min_lot_kg, pairs.demands.min_lot_kg), 1)


def legal(pairs: Pairs) -> Legal:
    """General waste needs no permit; hazardous waste needs the first that holds of `Basis`.

    Among several permits of a kind the latest to expire is named, then the one with the smallest id.
    """
    row, line = permitted(pairs)
    kind = pairs.tables.permits.kind[line]
    basis = np.where(pairs.spread(pairs.hazardous), np.int8(Basis.NONE), np.int8(Basis.GENERAL))
    permit = np.full(len(pairs), NO_PERMIT, np.int64)
    channel = np.zeros(len(pairs), np.bool_)
    channel[row[kind == Basis.CHANNEL]] = True
    first = np.flatnonzero(np.diff(row, prepend=-1))
    basis[row[first]] = kind[first]
    permit[row[first]] = line[first]
    freed = exempt(pairs) & ((basis == Basis.NONE) | (basis == Basis.COLLECTOR))
    basis[freed] = Basis.EXEMPT
    permit[freed] = NO_PERMIT
    return Legal(basis, permit, channel)


def permitted(pairs: Pairs) -> tuple[Ints, Ints]:
    """Every pair of hazardous waste with every permit that makes it lawful.

    Returns:
        pair and row of `Permits`, by pair and then in the order in which a basis is named.
    """
    row, line = permits_about(pairs)
    fits = mode_fits(pairs, row, line) & may_collect(pairs, row, line)
    row, line = row[fits], line[fits]
    day, last = permit_days(pairs, row, line)
    valid = day <= last
    row, line, day = row[valid], line[valid], day[valid]
    enough = pairs.tables.permits.left_kg(line, year_of(day)) >= pairs.at(needed_kg(pairs), row)
    return row[enough], line[enough]


def permits_about(pairs: Pairs) -> tuple[Ints, Ints]:
    """Permits of the receiver that cover a hazardous supply's code, and its generator where they name one."""
    permits = pairs.tables.permits
    rows = np.flatnonzero(pairs.spread(pairs.hazardous))
    row, line = covering(pairs, rows, pairs.demands.enterprise, permits.receiver, permits.code, permits.order)
    named = permits.generator[line]
    ours = (named == ANY_GENERATOR) | (named == pairs.at(pairs.supplies.enterprise, row))
    return row[ours], line[ours]


def mode_fits(pairs: Pairs, row: Ints, line: Ints) -> Bools:
    """The permit allows the mode of the demand's treatment."""
    return _allows(pairs.tables.permits.modes[line], pairs.at(pairs.demands.mode, row))


def _allows(modes: NDArray[np.uint8], mode: NDArray[np.int8]) -> Bools:
    allowed: Bools = (modes >> mode.astype(np.uint8)) & 1 == 1
    return allowed


def may_collect(pairs: Pairs, row: Ints, line: Ints) -> Bools:
    """A collector's permit is for small generators only."""
    small = pairs.at(pairs.supplies.small_generator, row)
    allowed: Bools = (pairs.tables.permits.kind[line] != Basis.COLLECTOR) | small
    return allowed


def permit_days(pairs: Pairs, row: Ints, line: Ints) -> tuple[Ints, Ints]:
    """First and last day, from today on, in both windows and in the permit's validity."""
    return pairs.shared_days(row, pairs.tables.permits.first_day[line], pairs.tables.permits.last_day[line])


def year_of(day: AnyInts) -> Ints:
    """Calendar year of days since 1970-01-01."""
    years: Ints = day.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    return years


def exempt(pairs: Pairs) -> Bools:
    """The demand names an exemption for this code and stage, and no admin has refused it; shape (n,)."""
    demands, listed = pairs.demands, pairs.tables.exemptions
    named = (demands.exemption_item != 0) & (demands.exemption_review != Review.REFUSED)
    rows = np.flatnonzero(pairs.spread(pairs.hazardous & named))
    row, line = covering(pairs, rows, demands.exemption_item, listed.item, listed.code)
    freed = np.zeros(len(pairs), np.bool_)
    freed[row[_allows(listed.modes[line], pairs.at(demands.mode, row))]] = True
    return freed


def exemption_warnings(pairs: Pairs, basis: NDArray[np.int8]) -> Warnings:
    """`EXEMPTION_UNVERIFIED` until an admin has accepted the evidence, for this demand or for the holder."""
    verified = pairs.tables.verified
    unseen = (basis == Basis.EXEMPT) & (pairs.demands.exemption_review != Review.ACCEPTED)
    row, line = covering(
        pairs, np.flatnonzero(unseen), pairs.demands.enterprise, verified.receiver, verified.code
    )
    first, last = pairs.shared_days(row, verified.first_day[line], verified.last_day[line])
    seen = (verified.item[line] == pairs.at(pairs.demands.exemption_item, row)) & (first <= last)
    unseen[row[seen]] = False
    return _flag(unseen, Warn.EXEMPTION_UNVERIFIED)


def _flag(where: Bools, warn: Warn) -> Warnings:
    return where.astype(np.int32) * np.int32(warn)


def region(policy: Policy, pairs: Pairs, channel: Bools) -> tuple[Bools, Warnings]:
    """Hazardous waste crosses a province line by white list or channel, or with approval if the policy lets
    it.

    General waste crosses with a filing for use, with an approval for disposal and storage. Customs borders
    are `prohibited`'s.
    """
    crossing = pairs.spread((pairs.supplies.province != pairs.demands.province) & same_zone(pairs))
    hazardous = pairs.spread(pairs.hazardous)
    for_use = pairs.spread(pairs.demands.mode == Mode.USE)
    barred = crossing & hazardous & ~channel
    barred[white_listed(pairs, np.flatnonzero(barred))] = False
    approval = crossing & ~hazardous & ~for_use
    filing = crossing & ~hazardous & for_use
    relaxed = policy.cross_province == "with_approval"
    warnings = _flag(approval | (barred & relaxed), Warn.TRANSFER_APPROVAL_REQUIRED)
    return ~barred | relaxed, warnings | _flag(filing, Warn.FILING_REQUIRED)


def white_listed(pairs: Pairs, rows: Ints) -> Ints:
    """Those of pairs `rows` that the white list lets cross on a day to come."""
    row, line = white_list_about(pairs, rows)
    listed = pairs.tables.white_list
    first, last = pairs.shared_days(row, listed.first_day[line], listed.last_day[line])
    return row[first <= last]


def white_list_about(pairs: Pairs, rows: Ints) -> tuple[Ints, Ints]:
    """White-list entries for the receiver, the supply's code and the province it comes from, valid or not."""
    listed = pairs.tables.white_list
    row, line = covering(pairs, rows, pairs.demands.enterprise, listed.receiver, listed.code)
    from_there = listed.from_province[line] == pairs.at(pairs.supplies.province, row)
    return row[from_there], line[from_there]


def credit(pairs: Pairs) -> tuple[Bools, Warnings]:
    """A receiver of grade E or blocked is out; a generator in that state has A and B only, supervised."""
    supplies, demands = pairs.supplies, pairs.demands
    fallen = (supplies.grade == Grade.E) | supplies.blocked
    receives = (demands.grade != Grade.E) & ~demands.blocked
    passes = pairs.spread(receives & (~fallen | (demands.grade <= Grade.B)))
    return passes, _flag(pairs.spread(fallen), Warn.SUPERVISED)


def quantity(pairs: Pairs) -> Bools:
    """What remains on both sides reaches the smallest lot of both."""
    enough: Bools = np.minimum(pairs.supplies.remaining_kg, pairs.demands.remaining_kg) >= needed_kg(pairs)
    return enough


def time(pairs: Pairs) -> Bools:
    """The windows share a day, and one that is not over; both ends included."""
    supplies, demands = pairs.supplies, pairs.demands
    first = np.maximum(np.maximum(supplies.first_day, demands.first_day), pairs.today)
    shares: Bools = first <= np.minimum(supplies.last_day, demands.last_day)
    return shares


def price(pairs: Pairs) -> Bools:
    """Where both name a price, the demand's is not below the supply's."""
    supply_fen, demand_fen = pairs.supplies.price_fen, pairs.demands.price_fen
    passes: Bools = ~priced(supply_fen, demand_fen) | (demand_fen >= supply_fen)
    return passes


def distance(pairs: Pairs) -> Bools:
    """Within the smaller of both limits, compared in whole millimetres."""
    within: Bools = pairs.mm <= np.rint(limit_km(pairs) * MM_PER_KM)
    return within


def limit_km(pairs: Pairs) -> Floats:
    """The smaller of both sides' limits in km; infinite when neither has one."""
    return np.minimum(pairs.supplies.max_km, pairs.demands.max_km)


def composition(pairs: Pairs) -> tuple[Bools, Warnings]:
    """Each component that is required and stated has ranges that meet; in part or unstated is a warning."""
    row, need, has = requirements(pairs)
    silent, stated = has < 0, has >= 0
    outside = np.zeros(len(row), np.bool_)
    partial = np.zeros(len(row), np.bool_)
    outside[stated], partial[stated] = _ranges(pairs, need[stated], has[stated])
    passes = ~_any(pairs, row[outside])
    unknown = _flag(_any(pairs, row[silent]), Warn.COMPOSITION_UNKNOWN)
    return passes, unknown | _flag(_any(pairs, row[partial]), Warn.COMPOSITION_PARTIAL)


def out_of_range(pairs: Pairs) -> tuple[Ints, Ints]:
    """Rows of `required` and of `stated` whose ranges do not meet, by pair."""
    _, need, has = requirements(pairs)
    need, has = need[has >= 0], has[has >= 0]
    misses, _ = _ranges(pairs, need, has)
    return need[misses], has[misses]


def _any(pairs: Pairs, rows: Ints) -> Bools:
    some = np.zeros(len(pairs), np.bool_)
    some[rows] = True
    return some


def _ranges(pairs: Pairs, need: Ints, has: Ints) -> tuple[Bools, Bools]:
    """Whether stated ranges miss the required ones, and whether they meet them only in part."""
    required, stated = pairs.tables.required, pairs.tables.stated
    low, high = required.low[need], required.high[need]
    misses = np.maximum(low, stated.low[has]) > np.minimum(high, stated.high[has])
    inside = (low <= stated.low[has]) & (stated.high[has] <= high)
    return misses, ~misses & ~inside


def requirements(pairs: Pairs) -> tuple[Ints, Ints, Ints]:
    """Every requirement of every pair beside every statement about the same component.

    Returns:
        pair, row of `required` and row of `stated`, by pair; after them, with -1, where the supply is silent.
    """
    required, stated = pairs.tables.required, pairs.tables.stated
    row, need = _of_listings(pairs, np.arange(len(pairs)), pairs.demands.key, required)
    asking = row[np.flatnonzero(np.diff(row, prepend=-1))]
    supply_row, has = _of_listings(pairs, asking, pairs.supplies.key, stated)
    if not len(has):
        return row, need, np.full(len(row), -1, np.int64)
    kinds, kind = np.unique(
        np.concatenate([required.component[need], stated.component[has]]), return_inverse=True
    )
    need_kind, has_kind = kind[: len(need)], kind[len(need) :]
    asked, met = Groups.of(supply_row * len(kinds) + has_kind).joined(row * len(kinds) + need_kind)
    silent = np.flatnonzero(np.bincount(asked, minlength=len(row)) == 0)
    every = np.concatenate([asked, silent])
    return row[every], need[every], np.concatenate([has[met], np.full(len(silent), -1, np.int64)])


def _of_listings(pairs: Pairs, rows: Ints, key: Ints, table: Components) -> tuple[Ints, Ints]:
    """Pairs `rows` with the rows of `table` about their listing `key`."""
    found, line = table.by_key.joined(pairs.at(key, rows))
    return rows[found], line
