"""The licence gate: which permit, channel, collector or exemption makes a transfer lawful.

The law: 生态环境法典 art. 534, operating licences; the exemption list of the hazardous-waste catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matching.model import (
    ANY_GENERATOR,
    AnyInts,
    Basis,
    Bools,
    Ints,
    Review,
)
from matching.rules.pairs import Pairs, covering
from matching.rules.warnings import Warn, Warnings, flags

NO_PERMIT = -1


@dataclass(frozen=True, slots=True, eq=False)
class LegalBasis:
    """By what a hazardous pair is lawful: `basis` a `Basis`, `permit` the row of `Permits` or -1, `channel`
    whether a channel for exactly this pair holds, whatever the basis; all of shape (n,)."""

    basis: NDArray[np.int8]
    permit: Ints
    channel: Bools


def legal_basis(pairs: Pairs) -> LegalBasis:
    """General waste needs no permit; hazardous waste needs the first that holds of `Basis`.

    Among several permits of a kind the latest to expire is named, then the one with the smallest id.
    """
    row, line = valid_permits(pairs)
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
    return LegalBasis(basis, permit, channel)


def valid_permits(pairs: Pairs) -> tuple[Ints, Ints]:
    """Every pair of hazardous waste with every permit that makes it lawful.

    Returns:
        pair and row of `Permits`, by pair and then by which is named first as the basis.
    """
    row, line = covering_permits(pairs)
    fits = mode_fits(pairs, row, line) & may_collect(pairs, row, line) & is_in_force(pairs, line)
    row, line = row[fits], line[fits]
    day, last = shared_days_of_permit(pairs, row, line)
    valid = day <= last
    row, line, day = row[valid], line[valid], day[valid]
    enough = pairs.tables.permits.left_kg(line, year_of(day)) >= pairs.at(needed_kg(pairs), row)
    return row[enough], line[enough]


def covering_permits(pairs: Pairs) -> tuple[Ints, Ints]:
    """Permits of the receiver that cover a hazardous supply's code, and its generator where they name one."""
    permits = pairs.tables.permits
    rows = np.flatnonzero(pairs.spread(pairs.hazardous))
    row, line = covering(
        pairs, rows, pairs.demands.enterprise, permits.receiver, permits.code, permits.by_receiver
    )
    named = permits.generator[line]
    ours = (named == ANY_GENERATOR) | (named == pairs.at(pairs.supplies.enterprise, row))
    return row[ours], line[ours]


def mode_fits(pairs: Pairs, row: Ints, line: Ints) -> Bools:
    """Whether permit `line` allows the mode of the demand's treatment in pair `row`; all of shape (p,)."""
    return allows(pairs.tables.permits.modes[line], pairs.at(pairs.demands.mode, row))


def allows(modes: NDArray[np.uint8], mode: NDArray[np.int8]) -> Bools:
    """Whether each mask of modes has the bit of a mode; all of one shape."""
    allowed: Bools = (modes >> mode.astype(np.uint8)) & 1 == 1
    return allowed


def may_collect(pairs: Pairs, row: Ints, line: Ints) -> Bools:
    """Whether permit `line` may serve pair `row`: a collector serves small generators only; all of shape
    (p,).
    """
    small = pairs.at(pairs.supplies.small_generator, row)
    allowed: Bools = (pairs.tables.permits.kind[line] != Basis.COLLECTOR) | small
    return allowed


def is_in_force(pairs: Pairs, line: Ints) -> Bools:
    """Whether permit `line` is not paused; both of shape (p,)."""
    in_force: Bools = ~pairs.tables.permits.paused[line]
    return in_force


def shared_days_of_permit(pairs: Pairs, row: Ints, line: Ints) -> tuple[Ints, Ints]:
    """First and last day, from today on, in both windows and in the permit's validity; all of shape (p,)."""
    return pairs.shared_days(row, pairs.tables.permits.first_day[line], pairs.tables.permits.last_day[line])


def year_of(day: AnyInts) -> Ints:
    """Calendar years of days since 1970-01-01, of the same shape, as (n,)."""
    years: Ints = day.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    return years


def exempt(pairs: Pairs) -> Bools:
    """The demand names an exemption for this code and stage, and no admin has refused it; shape (n,)."""
    demands, listed = pairs.demands, pairs.tables.exemptions
    named = (demands.exemption_item != 0) & (demands.exemption_review != Review.REFUSED)
    rows = np.flatnonzero(pairs.spread(pairs.hazardous & named))
    row, line = covering(pairs, rows, demands.exemption_item, listed.item, listed.code)
    freed = np.zeros(len(pairs), np.bool_)
    freed[row[allows(listed.modes[line], pairs.at(demands.mode, row))]] = True
    return freed


def exemption_warnings(pairs: Pairs, basis: NDArray[np.int8]) -> Warnings:
    """`EXEMPTION_UNVERIFIED` until an admin has accepted the evidence, for this demand or for the holder.

    Args:
        basis: the `Basis` of each pair, shape (n,).
    Returns:
        warnings, shape (n,).
    """
    verified = pairs.tables.verified
    unseen = (basis == Basis.EXEMPT) & (pairs.demands.exemption_review != Review.ACCEPTED)
    row, line = covering(
        pairs, np.flatnonzero(unseen), pairs.demands.enterprise, verified.receiver, verified.code
    )
    first, last = pairs.shared_days(row, verified.first_day[line], verified.last_day[line])
    seen = (verified.item[line] == pairs.at(pairs.demands.exemption_item, row)) & (first <= last)
    unseen[row[seen]] = False
    return flags(unseen, Warn.EXEMPTION_UNVERIFIED)


def verification_warnings(basis: NDArray[np.int8]) -> Warnings:
    """`VERIFY_RECEIVER` for general waste: no authority licenses its receiver, so the generator verifies it.

    The law: 生态环境法典 art. 490, and 1068 §1 for its joint liability.

    Args:
        basis: the `Basis` of each pair, shape (n,).
    Returns:
        warnings, shape (n,).
    """
    return flags(basis == Basis.GENERAL, Warn.VERIFY_RECEIVER)


def needed_kg(pairs: Pairs) -> Ints:
    """The larger of the two minimum lots, at least 1 kg; shape (n,)."""
    return np.maximum(np.maximum(pairs.supplies.min_lot_kg, pairs.demands.min_lot_kg), 1)
