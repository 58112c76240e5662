"""The region gate: hazardous waste crosses a province line by white list, channel or approval only.

The law: 生态环境法典 art. 536 and 476 §1 for hazardous waste, 476 §1 and 476 §2 for general waste.
Customs borders are no province lines: nothing crosses them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.model import (
    Bools,
    Ints,
    Mode,
    Policy,
)
from matching.rules.licensing import NO_PERMIT, allows, needed_kg
from matching.rules.pairs import Pairs, covering
from matching.rules.warnings import Warn, Warnings, flags

CUSTOMS_TERRITORIES = (71, 81, 82)
"""Provinces (Taiwan, Hong Kong, Macao) behind a customs border."""


def same_customs_zone(pairs: Pairs) -> Bools:
    """Both on the mainland, or both in Hong Kong, in Macao or in Taiwan; shape (n,) or (1,)."""
    zones: Bools = _customs_zone(pairs.supplies.province) == _customs_zone(pairs.demands.province)
    return zones


def _customs_zone(province: NDArray[np.int16]) -> NDArray[np.int16]:
    return np.where(np.isin(province, CUSTOMS_TERRITORIES), province, 0).astype(np.int16)


@dataclass(frozen=True, slots=True, eq=False)
class Crossing:
    """Whether each pair passes the gate, with which warnings, and by which row of `Approvals` (-1: none); all
    of shape (n,)."""

    passes: Bools
    warnings: Warnings
    approval: Ints


def may_cross(policy: Policy, pairs: Pairs, channel: Bools) -> Crossing:
    """Whether each pair may cross the province line between its parties.

    Hazardous waste crosses by white list or channel or by an approval of exactly this pair, or in want of
    one where the policy allows that. General waste crosses with a notice to both provinces for use, and with
    an approval for disposal and storage. Customs borders are left to the gate `prohibited`.

    Args:
        channel: pairs that a channel covers, shape (n,).
    """
    crossing = pairs.spread((pairs.supplies.province != pairs.demands.province) & same_customs_zone(pairs))
    hazardous = pairs.spread(pairs.hazardous)
    for_use = pairs.spread(pairs.demands.mode == Mode.USE)
    approval = np.full(len(pairs), NO_PERMIT, np.int64)
    row, line = valid_approvals(pairs, np.flatnonzero(crossing & (hazardous | ~for_use)))
    first = np.flatnonzero(np.diff(row, prepend=-1))
    approval[row[first]] = line[first]
    unapproved = crossing & (approval == NO_PERMIT)
    barred = unapproved & hazardous & ~channel
    barred[white_listed(pairs, np.flatnonzero(barred))] = False
    wanting = unapproved & ~hazardous & ~for_use
    noticed = crossing & ~hazardous & for_use
    relaxed = policy.cross_province == "with_approval"
    warnings = flags(wanting | (barred & relaxed), Warn.TRANSFER_APPROVAL_REQUIRED)
    return Crossing(~barred | relaxed, warnings | flags(noticed, Warn.ADVANCE_NOTICE_REQUIRED), approval)


def valid_approvals(pairs: Pairs, rows: Ints) -> tuple[Ints, Ints]:
    """Approvals of exactly a pair and code that hold on a shared day from today on, for the way in which the
    demand takes the waste, with tonnes left for the smallest lot of both.

    Args:
        rows: the pairs to look at, ascending, shape (r,).
    Returns:
        pair and row of `Approvals`, by pair and then by which is named first; shape (e,).
    """
    row, line = pair_approvals(pairs, rows)
    approvals = pairs.tables.approvals
    first, last = pairs.shared_days(row, approvals.first_day[line], approvals.last_day[line])
    enough = approvals.left_kg[line] >= pairs.at(needed_kg(pairs), row)
    valid = (first <= last) & enough & allows(approvals.modes[line], pairs.at(pairs.demands.mode, row))
    return row[valid], line[valid]


def pair_approvals(pairs: Pairs, rows: Ints) -> tuple[Ints, Ints]:
    """Approvals of a pair's generator and receiver for the supply's code, valid or not.

    Args:
        rows: the pairs to look at, ascending, shape (r,).
    Returns:
        pair and row of `Approvals`, as `valid_approvals`.
    """
    approvals = pairs.tables.approvals
    row, line = covering(
        pairs, rows, pairs.demands.enterprise, approvals.receiver, approvals.code, approvals.by_receiver
    )
    ours = approvals.generator[line] == pairs.at(pairs.supplies.enterprise, row)
    return row[ours], line[ours]


def white_listed(pairs: Pairs, rows: Ints) -> Ints:
    """The pairs among `rows` (r,) that the white list lets cross on a shared day from today on."""
    row, line = white_list_entries(pairs, rows)
    listed = pairs.tables.white_list
    first, last = pairs.shared_days(row, listed.first_day[line], listed.last_day[line])
    return row[first <= last]


def white_list_entries(pairs: Pairs, rows: Ints) -> tuple[Ints, Ints]:
    """White-list entries for the receiver, the supply's code and the province it comes from, valid or not.

    Args:
        rows: the pairs to look at, ascending, shape (r,).
    Returns:
        pair and row of the white list, shape (e,).
    """
    listed = pairs.tables.white_list
    row, line = covering(pairs, rows, pairs.demands.enterprise, listed.receiver, listed.code)
    from_there = listed.from_province[line] == pairs.at(pairs.supplies.province, row)
    return row[from_there], line[from_there]
