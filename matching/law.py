"""The side tables as one pair after the other is judged by them: by receiver, then as they count."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from matching.columns import (
    Basis,
    Columns,
    Components,
    Permits,
    Tables,
    VerifiedExemptions,
    WhiteList,
)
from matching.joins import AnyInts, Ints

Records: TypeAlias = NDArray[np.void]

PERMIT = np.dtype(
    [
        ("generator", "i8"), ("kg_per_year", "i8"), ("code", "i4"), ("first", "i4"), ("last", "i4"),
        ("row", "i4"), ("used_start", "i4"), ("used_stop", "i4"), ("modes", "u1"), ("kind", "i1"),
    ],
    align=True,
)  # fmt: skip
DATED = np.dtype([("code", "i4"), ("first", "i4"), ("last", "i4"), ("about", "i2")], align=True)
EXEMPTION = np.dtype([("code", "i4"), ("item", "i2"), ("modes", "u1")], align=True)
RANGE = np.dtype([("component", "i8"), ("low", "f8"), ("high", "f8")], align=True)


class Lines(NamedTuple):
    """Records by owner: those of `owner[i]` (ascending) are `records[start[i]:start[i + 1]]`."""

    owner: Ints
    start: Ints
    records: Records


class Law(NamedTuple):
    """Side tables for the kernel.

    `about` of a white-list line is the province it comes from, of a verified exemption its item.
    `crossing` is sorted by code and province together: which receivers the white list names for them;
    `channels` by generator: which receivers it has a channel to.
    """

    permits: Lines
    used_year: NDArray[np.int16]
    used_kg: Ints
    white: Lines
    verified: Lines
    exemptions: Records
    crossing_key: Ints
    crossing_receiver: Ints
    channel_generator: Ints
    channel_receiver: Ints


def crossing_key(code: AnyInts, province: AnyInts) -> Ints:
    """One number for a code and a province."""
    return code.astype(np.int64) << 16 | (province.astype(np.int64) & 0xFFFF)


def lines(owner: Ints, records: Records) -> Lines:
    """Records of owners in ascending order, found by owner."""
    distinct, start = np.unique(owner, return_index=True)
    return Lines(distinct.astype(np.int64), np.append(start, len(owner)).astype(np.int64), records)


def law_of(tables: Tables) -> Law:
    """Put the side tables in order."""
    white, permits = tables.white_list, tables.permits
    crossing = crossing_key(white.code, white.from_province)
    by_crossing = np.argsort(crossing, kind="stable")
    channels = np.flatnonzero(permits.kind == Basis.CHANNEL)
    channels = channels[np.argsort(permits.generator[channels], kind="stable")]
    return Law(
        permits=lines(permits.receiver[permits.order], _permits(permits)),
        used_year=permits.used_year,
        used_kg=permits.used_kg,
        white=_dated(white, white.from_province),
        verified=_dated(tables.verified, tables.verified.item),
        exemptions=_filled(EXEMPTION, tables.exemptions, {"code": "code", "item": "item", "modes": "modes"}),
        crossing_key=crossing[by_crossing],
        crossing_receiver=white.receiver[by_crossing],
        channel_generator=permits.generator[channels],
        channel_receiver=permits.receiver[channels],
    )


def ranges_of(components: Components) -> Lines:
    """Ranges by listing."""
    order = components.by_key.order
    names = {"component": "component", "low": "low", "high": "high"}
    return lines(components.key[order], _filled(RANGE, components, names)[order])


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
    return records[permits.order]


def _dated(table: WhiteList | VerifiedExemptions, about: NDArray[np.int16]) -> Lines:
    records = _filled(DATED, table, {"code": "code", "first": "first_day", "last": "last_day"})
    records["about"] = about
    order = np.argsort(table.receiver, kind="stable")
    return lines(table.receiver[order], records[order])
