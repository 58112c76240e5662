"""The side tables as the kernel reads them, one pair after the other: by receiver, then by which counts
first."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from matching.model import (
    CLOSE,
    AnyInts,
    Approvals,
    Basis,
    Columns,
    Components,
    Groups,
    Ints,
    Permits,
    Tables,
    VerifiedExemptions,
    WhiteList,
)

Records: TypeAlias = NDArray[np.void]

PERMIT = np.dtype(
    [
        ("generator", "i8"), ("kg_per_year", "i8"), ("code", "i4"), ("first", "i4"), ("last", "i4"),
        ("row", "i4"), ("used_start", "i4"), ("used_stop", "i4"), ("modes", "u1"), ("kind", "i1"),
    ],
    align=True,
)  # fmt: skip
APPROVAL = np.dtype(
    [
        ("generator", "i8"), ("left_kg", "i8"), ("code", "i4"), ("first", "i4"), ("last", "i4"),
        ("row", "i4"), ("modes", "u1"),
    ],
    align=True,
)  # fmt: skip
DATED = np.dtype([("code", "i4"), ("first", "i4"), ("last", "i4"), ("about", "i2")], align=True)
EXEMPTION = np.dtype([("code", "i4"), ("item", "i2"), ("modes", "u1")], align=True)
RANGE = np.dtype([("component", "i8"), ("low", "f8"), ("high", "f8")], align=True)


class RecordsByOwner(NamedTuple):
    """Records by owner: those of `owner[i]` (ascending) are `records[start[i]:start[i + 1]]`.

    Where owners' numbers lie close, as internal ones do, `owner` is empty and i is the number less `low`.
    """

    owner: Ints
    low: int
    start: Ints
    records: Records


class SideTables(NamedTuple):
    """Side tables for the kernel.

    `about` of a white-list line is the province it comes from, of a verified exemption its item.
    """

    permits: RecordsByOwner
    used_year: NDArray[np.int16]
    used_kg: Ints
    approvals: RecordsByOwner
    white: RecordsByOwner
    verified: RecordsByOwner
    exemptions: Records


class CrossProvinceRows(NamedTuple):
    """Rows of a segment that hazardous waste may reach (or come from) across a province line, by the seeker.

    Of demands: `white_row[i]` by the white list from the province, for supplies that the code stands for,
    which `white_key[i]` says (ascending); `pair_row[i]` by a channel or an approval of generator
    `pair_key[i]`. Of supplies: `pair_row[i]` by a channel or an approval to receiver `pair_key[i]`; the white
    list opens provinces.
    """

    white_key: Ints
    white_row: NDArray[np.int32]
    pair_key: Ints
    pair_row: NDArray[np.int32]


def crossing_key(code: AnyInts, province: AnyInts) -> Ints:
    """One number for each code and province; both and the result of shape (n,)."""
    return code.astype(np.int64) << 16 | (province.astype(np.int64) & 0xFFFF)


def by_owner(owner: Ints, records: Records) -> RecordsByOwner:
    """Records (n,) of owners (n,) in ascending order, to be found by owner."""
    distinct, start = np.unique(owner, return_index=True)
    start = np.append(start, len(owner)).astype(np.int64)
    if len(distinct) and int(distinct[-1]) - int(distinct[0]) <= CLOSE * len(distinct):
        low = int(distinct[0])
        every = np.searchsorted(owner, np.arange(low, int(distinct[-1]) + 2))
        return RecordsByOwner(np.empty(0, np.int64), low, every.astype(np.int64), records)
    return RecordsByOwner(distinct.astype(np.int64), 0, start, records)


def side_tables_of(tables: Tables) -> SideTables:
    """Sort the side tables for the kernel."""
    permits, white, verified = tables.permits, tables.white_list, tables.verified
    in_force = permits.by_receiver[~permits.paused[permits.by_receiver]]
    approvals = tables.approvals
    return SideTables(
        permits=by_owner(permits.receiver[in_force], _permits(permits)[in_force]),
        used_year=np.array(permits.used_year),
        used_kg=np.array(permits.used_kg),
        approvals=by_owner(approvals.receiver[approvals.by_receiver], _approvals(approvals)),
        white=_dated(white, white.from_province),
        verified=_dated(verified, verified.item),
        exemptions=_filled(EXEMPTION, tables.exemptions, {"code": "code", "item": "item", "modes": "modes"}),
    )


class NamedParties(NamedTuple):
    """The parties that white list, channels and approvals name. `related`: pairs of codes that both stand for
    some supply's."""

    white_receiver: Ints
    white_code: NDArray[np.int32]
    white_key: Ints
    generator: Ints
    receiver: Ints
    related: frozenset[tuple[int, int]]


def named_parties(tables: Tables) -> NamedParties:
    """The parties that the side tables name."""
    white, permits = tables.white_list, tables.permits
    channels = np.flatnonzero(permits.kind == Basis.CHANNEL)
    return NamedParties(
        white_receiver=white.receiver,
        white_code=white.code,
        white_key=crossing_key(white.code, white.from_province),
        generator=np.concatenate([permits.generator[channels], tables.approvals.generator]),
        receiver=np.concatenate([permits.receiver[channels], tables.approvals.receiver]),
        related=frozenset(
            pair for code in tables.book.values() for pair in product(code.aliases, code.aliases)
        ),
    )


def cross_province_rows_of(
    named: NamedParties, of_demands: bool, enterprise: Ints, code: NDArray[np.int32]
) -> CrossProvinceRows:
    """The rows of a segment that white list, channels and approvals name across a province line.

    Args:
        of_demands: whether the rows are demands; else supplies.
        enterprise, code: columns of the segment, shape (n,).
    """
    seeker, owner = named.generator, named.receiver
    if not of_demands:
        seeker, owner = owner, seeker
    pair, pair_row = _rows_of(owner, enterprise)
    line, white_row = _rows_of(named.white_receiver if of_demands else owner[:0], enterprise)
    both = zip(named.white_code[line].tolist(), code[white_row].tolist(), strict=True)
    related = np.array([pair in named.related for pair in both], np.bool_)
    return CrossProvinceRows(
        *_sorted(named.white_key[line[related]], white_row[related]),
        *_sorted(seeker[pair], pair_row),
    )


def _rows_of(owner: Ints, enterprise: Ints) -> tuple[Ints, Ints]:
    """Every one of `owner` (n,) with every row of that enterprise."""
    if not len(owner) or not len(enterprise):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    rows = np.flatnonzero(np.isin(enterprise, owner))
    which, at = Groups.of(enterprise[rows]).joined(owner)
    return which, rows[at]


def _sorted(key: Ints, row: Ints) -> tuple[Ints, NDArray[np.int32]]:
    order = np.argsort(key, kind="stable")
    return key[order].astype(np.int64), row[order].astype(np.int32)


def ranges_of(components: Components) -> RecordsByOwner:
    """Ranges by listing."""
    order = components.by_key.rows
    names = {"component": "component", "low": "low", "high": "high"}
    return by_owner(components.key[order], _filled(RANGE, components, names)[order])


def _filled(dtype: np.dtype[np.void], table: Columns, names: dict[str, str]) -> Records:
    records = np.zeros(len(table), dtype)
    for name, column in names.items():
        records[name] = getattr(table, column)
    return records


def _permits(permits: Permits) -> Records:
    names = {
        "generator": "generator", "kg_per_year": "kg_per_year", "code": "code", "first": "first_day",
        "last": "last_day", "modes": "modes", "kind": "kind",
    }  # fmt: skip
    records = _filled(PERMIT, permits, names)
    records["row"] = np.arange(len(permits))
    records["used_start"], records["used_stop"] = permits.used_from[:-1], permits.used_from[1:]
    return records


def _approvals(approvals: Approvals) -> Records:
    names = {
        "generator": "generator", "left_kg": "left_kg", "code": "code", "first": "first_day",
        "last": "last_day", "modes": "modes",
    }  # fmt: skip
    records = _filled(APPROVAL, approvals, names)
    records["row"] = np.arange(len(approvals))
    return records[approvals.by_receiver]


def _dated(table: WhiteList | VerifiedExemptions, about: NDArray[np.int16]) -> RecordsByOwner:
    records = _filled(DATED, table, {"code": "code", "first": "first_day", "last": "last_day"})
    records["about"] = about
    order = np.argsort(table.receiver, kind="stable")
    return by_owner(table.receiver[order], records[order])
