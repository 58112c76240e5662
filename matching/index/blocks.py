"""Listings of one side laid out for search: rows by code along a curve, in blocks that know their best.

A row is written twice. `HOT` is what the score is bounded by, 32 bytes, float32 rounded so that a bound can
only grow; `COLD` is the row as it is, and what is read of the few rows that a bound lets through. A block of
at most `BLOCK_ROWS` rows of one code keeps the best of each column (`BLOCK`).

Places are unit vectors, distances between them straight lines through the globe ("chords", in radii): the
triangle inequality holds for them, so a row of a block is never nearer than its centre minus its radius.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from matching.model import (
    EARTH_RADIUS_KM,
    NO_PRICE,
    AnyInts,
    Code,
    Columns,
    Components,
    Demands,
    Floats,
    Ints,
    Listings,
    Supplies,
    columns_of,
    repeated,
)
from matching.rules import Records, RecordsByOwner, ranges_of

BLOCK_ROWS = 32
FOREVER = np.int32(2**31 - 1)
LONGEST = 2**31 - 1
CHORD_PAD = 5e-7
"""More than float32 unit vectors are off by: two roundings of 2**-25 on each of three axes, and the sums."""

HOT = np.dtype(
    [
        ("x", "f4"), ("y", "f4"), ("z", "f4"), ("credit", "i4"),
        ("price", "f4"), ("mass", "f4"), ("first", "i4"), ("last", "i4"),
    ],
    align=True,
)  # fmt: skip
COLD = np.dtype(
    [
        ("lat", "f8"), ("lon", "f8"), ("remaining", "i8"), ("min_lot", "i8"), ("price", "i8"),
        ("max_km", "f8"), ("enterprise", "i8"), ("key", "i8"), ("id_hi", "u8"), ("id_lo", "u8"),
        ("code", "i4"), ("next", "i4"), ("province", "i2"), ("item", "i2"), ("nth", "i2"),
        ("grade", "i1"), ("blocked", "?"), ("mode", "i1"), ("review", "i1"), ("small", "?"),
    ],
    align=True,
)  # fmt: skip
BLOCK = np.dtype(
    [
        ("x", "f4"), ("y", "f4"), ("z", "f4"), ("radius", "f4"), ("price", "f4"), ("mass", "f4"),
        ("most", "f4"), ("credit", "i4"), ("first", "i4"), ("last", "i4"), ("shortest", "i4"),
        ("start", "i4"), ("stop", "i4"), ("open", "?"),
    ],
    align=True,
)  # fmt: skip

NAMES = {
    "key": "key", "id_hi": "id_hi", "id_lo": "id_lo", "enterprise": "enterprise", "province": "province",
    "lat": "lat", "lon": "lon", "remaining_kg": "remaining", "min_lot_kg": "min_lot", "price_fen": "price",
    "max_km": "max_km", "grade": "grade", "blocked": "blocked",
}  # fmt: skip
NAMES_OF_SUPPLIES = {**NAMES, "code": "code", "small_generator": "small"}
NAMES_OF_DEMANDS = {
    **NAMES, "accepts": "code", "mode": "mode", "exemption_item": "item", "exemption_review": "review",
}  # fmt: skip
IN_HOT = {"first_day": "first", "last_day": "last", "credit_milli": "credit"}

Table = TypeVar("Table", bound=Columns)


def names_of(kind: type[Listings]) -> dict[str, str]:
    """Fields of `COLD` by the column of the listings that they hold."""
    return NAMES_OF_SUPPLIES if kind is Supplies else NAMES_OF_DEMANDS


def joined(tables: Sequence[Table]) -> Table:
    """The rows of several tables of one kind, one after the other."""
    kind, filled = type(tables[0]), [table for table in tables if len(table)] or [tables[0]]
    if len(filled) == 1:
        return filled[0]
    names = [column.name for column in columns_of(kind)]
    return kind.of_checked(
        {name: np.concatenate([getattr(table, name) for table in filled]) for name in names}
    )


def unit_vectors(lat: Floats, lon: Floats) -> Floats:
    """Places on the unit sphere; degrees in, shape (n, 3) out."""
    phi, lam = np.radians(lat), np.radians(lon)
    return np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)], axis=1)


def chord_km(chord: Floats) -> Floats:
    """Kilometres along the sphere between places at these straight-line distances, in radii; shape (n,)."""
    km: Floats = 2 * EARTH_RADIUS_KM * np.arcsin(np.minimum(chord, 2.0) / 2)
    return km


def above(values: NDArray[Any]) -> NDArray[np.float32]:
    """The least float32 not below the values (n,), however large these whole numbers are."""
    near, exact = values.astype(np.float32), values.astype(np.float64)
    low = (near < exact) | (np.abs(exact) >= 2**53)
    return np.where(low, np.nextafter(near, np.float32(np.inf)), near).astype(np.float32)


def below(values: NDArray[Any]) -> NDArray[np.float32]:
    """The greatest float32 not above the values (n,)."""
    return -above(-values.astype(np.float64))


def province_bit(province: NDArray[np.int16]) -> NDArray[np.uint64]:
    """A bit for each province (n,); two numbers may share one, which makes a bound wider, not wrong."""
    return np.uint64(1) << (province.astype(np.uint64) & np.uint64(63))


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Listings that are searched together; read by many, never changed but for `died`.

    `kind` is Supplies or Demands. `hot`, `cold` (n,) are the rows; `died` (n,) the version of the index from
    which on a row is gone (`FOREVER`: it is not). `provinces` has the bits of each block's. Group g of rows
    of one code is blocks `group_start[g]` to `group_start[g + 1]`, `group_code` ascending. `by_key` are row
    numbers by key. `ranges` is what listings require or state of their composition, `lines` the same by
    listing.
    """

    kind: type[Listings]
    hot: Records
    cold: Records
    died: NDArray[np.int32]
    blocks: Records
    provinces: NDArray[np.uint64]
    group_code: NDArray[np.int32]
    group_start: NDArray[np.int32]
    by_key: NDArray[np.int32]
    ranges: Components
    lines: RecordsByOwner

    def __len__(self) -> int:
        return len(self.hot)

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays but the ranges."""
        held = (getattr(self, column.name) for column in fields(self))
        return sum(array.nbytes for array in held if isinstance(array, np.ndarray))

    @classmethod
    def of(cls, rows: Supplies | Demands, ranges: Components, book: dict[int, Code]) -> Self:
        """Lay out listings."""
        code = rows.code if isinstance(rows, Supplies) else rows.accepts
        kind = type(rows)
        vectors = unit_vectors(rows.lat, rows.lon)
        order = _ranking_order(rows, code, book)
        hot, cold = _hot(rows, vectors)[order], _cold(rows, code, order)
        blocks, group_code, group_start = _blocks(kind, hot, cold, vectors[order])
        return cls(
            kind=kind,
            hot=hot,
            cold=cold,
            died=np.full(len(rows), FOREVER, np.int32),
            blocks=blocks,
            provinces=_provinces(blocks, cold),
            group_code=group_code,
            group_start=group_start,
            by_key=np.argsort(cold["key"], kind="stable").astype(np.int32),
            ranges=ranges,
            lines=ranges_of(ranges),
        )

    def take(self, rows: AnyInts) -> Any:
        """Rows as listings."""
        hot, cold = self.hot[rows], self.cold[rows]
        columns = {column: cold[name] for column, name in names_of(self.kind).items()}
        return self.kind.of_checked(columns | {column: hot[name] for column, name in IN_HOT.items()})

    def alive(self, version: int) -> Ints:
        """Row numbers of what is there at a version."""
        return np.flatnonzero(self.died > version)

    def given_order(self, rows: Ints) -> Ints:
        """`rows` (n,), sorted so that those of one listing keep the order in which they were given."""
        return rows[np.argsort(self.cold["nth"][rows], kind="stable")]

    def rows_of(self, keys: Ints) -> Ints:
        """Row numbers of all rows, alive or not, of the listings `keys`."""
        ordered = self.cold["key"][self.by_key] if len(keys) > 64 else None
        if ordered is not None:
            start, stop = np.searchsorted(ordered, keys), np.searchsorted(ordered, keys, "right")
        else:
            start, stop = (
                np.array([self._place(key, side) for key in keys.tolist()], np.int64) for side in (0, 1)
            )
        return self.by_key[repeated(start, stop - start)[1]].astype(np.int64)

    def rows_of_one(self, key: int) -> Ints:
        """Row numbers of all rows, alive or not, of one listing."""
        return self.by_key[self._place(key, 0) : self._place(key, 1)].astype(np.int64)

    def _place(self, key: int, past: int) -> int:
        """Where a key begins (or, `past` it, ends) in `by_key`."""
        low, high, wanted = 0, len(self.by_key), key + past
        while low < high:
            middle = (low + high) // 2
            if self.cold["key"][self.by_key[middle]] < wanted:
                low = middle + 1
            else:
                high = middle
        return low

    def spans_of(self, codes: AnyInts) -> tuple[Ints, Ints]:
        """First row, and the one after the last, of each of `codes` (n,) that has rows; shape (m,) each."""
        if not len(self.group_code):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        group = np.minimum(np.searchsorted(self.group_code, codes), len(self.group_code) - 1)
        group = group[self.group_code[group] == codes]
        first, after = self.group_start[group], self.group_start[group + 1]
        return self.blocks["start"][first].astype(np.int64), self.blocks["stop"][after - 1].astype(np.int64)

    def blocks_of(self, code: int) -> slice:
        """The blocks of a code."""
        group = int(np.searchsorted(self.group_code, code))
        if group == len(self.group_code) or self.group_code[group] != code:
            return slice(0, 0)
        return slice(int(self.group_start[group]), int(self.group_start[group + 1]))


def _ranking_order(rows: Listings, code: NDArray[np.int32], book: dict[int, Code]) -> Ints:
    """Rows by code; of hazardous ones by province, as they seldom cross its line; then along the curve."""
    distinct, which = np.unique(code, return_inverse=True)
    bound_to_province = np.array(
        [code_id in book and book[code_id].hazardous for code_id in distinct.tolist()], np.bool_
    )[which]
    province = np.where(bound_to_province, rows.province, 0)
    return np.lexsort((_curve(rows), province, code)).astype(np.int64)


def _curve(rows: Listings) -> NDArray[np.uint64]:
    """Positions of rows on a Z-order curve through latitude, longitude and credit: neighbours rank alike.

    Credit has its first say in cells of about 150 km, as half of a credit score weighs as much as a usual
    half-distance.
    """
    credit = (rows.credit_milli.astype(np.int64) * 2**CREDIT_BITS // 100_001).astype(np.uint64)
    return place_on_curve(rows.lat, rows.lon, credit)


def place_on_curve(lat: Floats, lon: Floats, credit: NDArray[np.uint64] | None = None) -> NDArray[np.uint64]:
    """Positions of places on a Z-order curve, with credit as its third axis if given.

    Args:
        lat, lon: degrees, shape (n,).
        credit: whole steps below 2 ** `CREDIT_BITS`, shape (n,).
    Returns:
        whole numbers that order the places along the curve, shape (n,).
    """
    cells = (
        ((lat + 90) * (2**CELL_BITS / 180)).astype(np.uint64),
        (lon % 360 * (2**CELL_BITS / 360)).astype(np.uint64),
    )
    place = np.zeros(len(lat), np.uint64)
    one = np.uint64(1)
    for level in range(CELL_BITS):
        bits = [(cells[0], CELL_BITS - 1 - level), (cells[1], CELL_BITS - 1 - level)]
        if credit is not None and 0 <= level - CREDIT_FROM < CREDIT_BITS:
            bits.append((credit, CREDIT_BITS - 1 - (level - CREDIT_FROM)))
        for cell, shift in bits:
            place = place << one | (cell >> np.uint64(shift) & one)
    return place


CELL_BITS, CREDIT_BITS, CREDIT_FROM = 14, 6, 7


def _hot(rows: Listings, vectors: Floats) -> Records:
    """What bounds a row; price and mass rounded towards the better."""
    hot = np.zeros(len(rows), HOT)
    for axis, name in enumerate("xyz"):
        hot[name] = vectors[:, axis]
    better = below if isinstance(rows, Supplies) else above
    hot["price"] = np.where(rows.price_fen == NO_PRICE, np.float32(np.nan), better(rows.price_fen))
    hot["mass"] = better(rows.remaining_kg)
    hot["credit"], hot["first"], hot["last"] = rows.credit_milli, rows.first_day, rows.last_day
    return hot


def _cold(rows: Listings, code: NDArray[np.int32], order: Ints) -> Records:
    """The rows, sorted; `next` links the rows of a listing in a circle, `nth` counts them."""
    cold = np.zeros(len(rows), COLD)
    for column, name in names_of(type(rows)).items():
        cold[name] = getattr(rows, column)[order]
    new_place = np.empty(len(rows), np.int64)
    new_place[order] = np.arange(len(rows))
    together = np.argsort(rows.key, kind="stable")
    first = np.flatnonzero(np.diff(rows.key[together], prepend=rows.key[together[:1]] - 1))
    size = np.diff(np.append(first, len(rows)))
    which, at = repeated(first, size)
    nth = at - first[which]
    cold["nth"][new_place[together]] = nth
    following = np.where(nth + 1 < size[which], at + 1, first[which])
    cold["next"][new_place[together]] = new_place[together[following]]
    return cold


def _blocks(
    kind: type[Listings], hot: Records, cold: Records, vectors: Floats
) -> tuple[Records, NDArray[np.int32], NDArray[np.int32]]:
    """Blocks of rows in order, and the groups of blocks."""
    codes, first = np.unique(cold["code"], return_index=True)
    size = np.diff(np.append(first, len(hot)))
    count = -(-size // BLOCK_ROWS)
    group, number = repeated(np.zeros(len(codes), np.int64), count)
    start = first[group] + number * BLOCK_ROWS
    stop = np.minimum(start + BLOCK_ROWS, (first + size)[group])
    blocks = np.zeros(len(start), BLOCK)
    blocks["start"], blocks["stop"] = start, stop
    if len(start):
        _summarise(kind, blocks, hot, cold, vectors)
    return blocks, codes.astype(np.int32), np.append(0, np.cumsum(count)).astype(np.int32)


def _summarise(kind: type[Listings], blocks: Records, hot: Records, cold: Records, vectors: Floats) -> None:
    """The best of each column of each block; sums and extremes run from one `start` to the next."""
    start, size = blocks["start"], blocks["stop"] - blocks["start"]
    centre = np.stack([np.add.reduceat(vectors[:, axis], start) / size for axis in range(3)], axis=1)
    centre = centre.astype(np.float32)
    away = np.sqrt(((vectors - np.repeat(centre, size, axis=0)) ** 2).sum(axis=1))
    for axis, name in enumerate("xyz"):
        blocks[name] = centre[:, axis]
    blocks["radius"] = above(np.maximum.reduceat(away, start) + CHORD_PAD)
    best, worst = (np.minimum, np.inf) if kind is Supplies else (np.maximum, -np.inf)
    unpriced = np.isnan(hot["price"])
    blocks["price"] = best.reduceat(np.where(unpriced, np.float32(worst), hot["price"]), start)
    blocks["open"] = np.logical_or.reduceat(unpriced, start)
    blocks["mass"] = best.reduceat(hot["mass"], start)
    blocks["most"] = np.maximum.reduceat(above(cold["remaining"]), start)
    blocks["credit"] = np.maximum.reduceat(hot["credit"], start)
    blocks["first"] = np.minimum.reduceat(hot["first"], start)
    blocks["last"] = np.maximum.reduceat(hot["last"], start)
    days = hot["last"].astype(np.int64) - hot["first"] + 1
    blocks["shortest"] = np.clip(np.minimum.reduceat(days, start), 1, LONGEST)


def _provinces(blocks: Records, cold: Records) -> NDArray[np.uint64]:
    """The bits of each block's provinces."""
    if not len(blocks):
        return np.empty(0, np.uint64)
    return np.bitwise_or.reduceat(province_bit(cold["province"]), blocks["start"])
