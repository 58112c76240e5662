"""The composition gate: ranges that a demand requires against ranges that a supply states."""

from __future__ import annotations

import numpy as np

from matching.model import (
    Bools,
    Components,
    Groups,
    Ints,
)
from matching.rules.pairs import Pairs
from matching.rules.warnings import Warn, Warnings, flags


def check_composition(pairs: Pairs) -> tuple[Bools, Warnings]:
    """Each component that is required and stated has ranges that meet; in part or unstated is a warning."""
    row, need, has = requirements(pairs)
    silent, stated = has < 0, has >= 0
    outside = np.zeros(len(row), np.bool_)
    partial = np.zeros(len(row), np.bool_)
    outside[stated], partial[stated] = _ranges(pairs, need[stated], has[stated])
    passes = ~_any(pairs, row[outside])
    unknown = flags(_any(pairs, row[silent]), Warn.COMPOSITION_UNKNOWN)
    return passes, unknown | flags(_any(pairs, row[partial]), Warn.COMPOSITION_PARTIAL)


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
