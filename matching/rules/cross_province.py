"""The region gate: hazardous waste crosses a province line by white list or channel only, or with approval.

The law: 生态环境法典 art. 536 and 476 §1 for hazardous waste, 476 §1 and 476 §2 for general waste.
Customs borders are no province lines: nothing crosses them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matching.model import (
    Bools,
    Ints,
    Mode,
    Policy,
)
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


def may_cross(policy: Policy, pairs: Pairs, channel: Bools) -> tuple[Bools, Warnings]:
    """Whether each pair may cross the province line between its parties, and with which warning.

    Hazardous waste crosses by white list or channel, or with approval where the policy allows that. General
    waste crosses with a notice to both provinces for use, and with an approval for disposal and storage.
    Customs borders are left to the gate `prohibited`.

    Args:
        channel: pairs that a channel covers, shape (n,).
    Returns:
        whether each pair passes, and its warnings; both of shape (n,).
    """
    crossing = pairs.spread((pairs.supplies.province != pairs.demands.province) & same_customs_zone(pairs))
    hazardous = pairs.spread(pairs.hazardous)
    for_use = pairs.spread(pairs.demands.mode == Mode.USE)
    barred = crossing & hazardous & ~channel
    barred[white_listed(pairs, np.flatnonzero(barred))] = False
    approval = crossing & ~hazardous & ~for_use
    noticed = crossing & ~hazardous & for_use
    relaxed = policy.cross_province == "with_approval"
    warnings = flags(approval | (barred & relaxed), Warn.TRANSFER_APPROVAL_REQUIRED)
    return ~barred | relaxed, warnings | flags(noticed, Warn.ADVANCE_NOTICE_REQUIRED)


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
