"""What is known of the receivers that a supply faces: nearness, fit, credit, capacity, record, as columns.

Of every feature more is never worse. The record that a training supply sees is made by other suppliers, and
before it where dates are known, so that what is learned holds for suppliers never seen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from matching.model import EARTH_RADIUS_KM, Bools, Floats, Ints
from matching.rules import distance_value

Matrix: TypeAlias = NDArray[np.float32]

NEAR_KM = (20.0, 80.0, 320.0)
"""Half-distances at which transfers of suppliers nearby count."""
USUAL_KM = 100.0
"""Half-distance of the product."""
RECENT_DAYS = 365.0
"""A last transfer so long ago counts half."""
BROADER = 2.0
"""Weight of the broader share, in transfers."""
NEVER = int(np.iinfo(np.int64).min)
"""The day of a transfer without a date."""

FEATURES = (
    "nearness",
    "distance_value",
    "code",
    "credit",
    "quantity",
    "capacity",
    "recency",
    "transfers",
    "suppliers",
    "share",
    "share_of_family",
    "share_of_code",
    "share_nearby",
    *(f"share_of_code_within_{km:g}_km" for km in NEAR_KM),
)
"""Of each, more is never worse. Shares are natural logarithms, smoothed towards the broader share."""


@dataclass(frozen=True, slots=True, eq=False)
class Facing:
    """Supplies (n) of one code and the receivers (m) that may take it.

    `code` and `family` are ids, `lat` and `lon` degrees of the supplies (NaN: unknown), `receivers` rows of
    the receivers, ascending; `km` (n, m), `fit`, `credit` (m,) and `quantity` (n, m) as in `components`,
    values in [0, 1]; `capacity_t` (m,), NaN where unknown.
    """

    code: int
    family: int
    lat: Floats
    lon: Floats
    receivers: Ints
    km: Floats
    fit: Floats
    credit: Floats
    quantity: Floats
    capacity_t: Floats

    @property
    def shape(self) -> tuple[int, int]:
        """Supplies and receivers."""
        return len(self.lat), len(self.receivers)

    def only(self, supplies: Bools) -> Facing:
        """Some of the supplies; `supplies` is (n,)."""
        return replace(
            self,
            lat=self.lat[supplies],
            lon=self.lon[supplies],
            km=self.km[supplies],
            quantity=self.quantity[supplies],
        )


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """Who delivered to whom: one row for each supplier and receiver, ascending by receiver.

    `transfers` counts them, `last_day` is that of the last (`NEVER`: unknown); code, family and degrees are
    the supplier's.
    """

    supplier: Ints
    receiver: Ints
    code: Ints
    family: Ints
    lat: Floats
    lon: Floats
    transfers: Ints
    last_day: Ints

    def __len__(self) -> int:
        return len(self.supplier)

    def take(self, rows: Any) -> Record:
        """Those rows."""
        return Record(*(getattr(self, name)[rows] for name in self.__slots__))

    def about(self, receivers: Ints) -> tuple[Record, Ints]:
        """The rows of some receivers.

        Args:
            receivers: ascending, shape (m,).
        Returns:
            the rows, and for each its receiver's position in `receivers`, shape (rows,).
        """
        if not len(receivers) or not len(self):
            return self.take(slice(0)), np.empty(0, np.int64)
        place = np.minimum(np.searchsorted(receivers, self.receiver), len(receivers) - 1)
        rows = np.flatnonzero(receivers[place] == self.receiver)
        return self.take(rows), place[rows]


def track_record(
    supplier: Ints, receiver: Ints, day: Ints, code: Ints, family: Ints, lat: Floats, lon: Floats
) -> Record:
    """The record that transfers make.

    Args:
        supplier, receiver, day: one row a transfer, shape (t,); days since 1970 or `NEVER`.
        code, family, lat, lon: one row a supplier, shape (s,).
    """
    order = np.lexsort((day, supplier, receiver))
    supplier, receiver, day = supplier[order], receiver[order], day[order]
    new = np.ones(len(order), np.bool_)
    new[1:] = (supplier[1:] != supplier[:-1]) | (receiver[1:] != receiver[:-1])
    first = np.flatnonzero(new)
    last = np.append(first[1:], len(order)) - 1 if len(first) else first
    who = supplier[first]
    return Record(
        who, receiver[first], code[who], family[who], lat[who], lon[who], last - first + 1, day[last]
    )


# Columns


def features(facing: Facing, record: Record, today: int) -> Matrix:
    """What is known of every receiver from every supply's side, in the order of `FEATURES`.

    Args:
        record: transfers that count; a supplier's own are among them unless the caller leaves them out.
        today: days since 1970 from which recency is measured.
    Returns:
        shape (features, n, m); for each, more is never worse.
    """
    n, m = facing.shape
    known, column = record.about(facing.receivers)
    same, kin = known.code == facing.code, known.family == facing.family
    suppliers = _count(column, m)
    share = _share(suppliers, 1 / max(m, 1))
    of_family = _share(_count(column[kin], m), share)
    of_code = _share(_count(column[same], m), of_family)
    angle = _angle_km(facing, known)
    nearby = _share(_nearby(angle, column, m, NEAR_KM[1]), share)
    near_code = [_share(_nearby(angle[:, same], column[same], m, km), of_code) for km in NEAR_KM]
    columns = (
        -np.log1p(facing.km / 10),
        distance_value(facing.km, np.full(1, USUAL_KM)),
        facing.fit,
        facing.credit,
        facing.quantity,
        _capacity(facing.capacity_t),
        _recency(known.last_day, column, m, today),
        np.log1p(np.bincount(column, known.transfers, m)),
        np.log1p(suppliers),
        *(np.log(value) for value in (share, of_family, of_code, nearby, *near_code)),
    )
    matrix = np.empty((len(FEATURES), n, m), np.float32)
    for at, values in enumerate(columns):
        matrix[at] = values
    return matrix


def _count(column: Ints, m: int) -> Floats:
    return np.bincount(column, minlength=m).astype(np.float64)


def _share(count: Floats, broader: Floats | float) -> Floats:
    """Part of all that was counted along the last axis, drawn to the broader share where little was."""
    part: Floats = (count + BROADER * broader) / (count.sum(axis=-1, keepdims=True) + BROADER)
    return part


def _angle_km(facing: Facing, known: Record) -> Floats:
    """Distance of each supply to each recorded supplier in km, infinite where either has no place; shape
    (n, u). By the scalar product of unit vectors: good to a metre, far faster than the haversine."""
    cosine = np.zeros((len(facing.lat), len(known)))
    for here, there in zip(_unit(facing.lat, facing.lon), _unit(known.lat, known.lon), strict=True):
        cosine += here[:, None] * there
    km = EARTH_RADIUS_KM * np.arccos(np.clip(cosine, -1.0, 1.0))
    return np.where(np.isnan(km), np.inf, km)


def _unit(lat: Floats, lon: Floats) -> Floats:
    phi, lam = np.radians(lat), np.radians(lon)
    return np.stack([np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)])


def _nearby(km: Floats, column: Ints, m: int, half_km: float) -> Floats:
    """Recorded suppliers of each receiver, each counted by its nearness to the supply; shape (n, m)."""
    from scipy.sparse import csr_array  # only here: serving needs none of it

    chosen = csr_array((np.ones(len(column)), (np.arange(len(column)), column)), shape=(len(column), m))
    counted: Floats = (chosen.T @ distance_value(km, np.full(1, half_km)).T).T
    return counted


def _capacity(tonnes: Floats) -> Floats:
    """Capacity against the median, in logarithms; the median where it is unknown."""
    known = np.log1p(tonnes)
    middle = np.nanmedian(known) if not np.isnan(known).all() else 0.0
    return np.where(np.isnan(known), 0.0, known - middle)


def _recency(last_day: Ints, column: Ints, m: int, today: int) -> Floats:
    """1 for a transfer today, half as much for every `RECENT_DAYS` since; 0 without one that is dated."""
    last = np.full(m, NEVER)
    np.maximum.at(last, column, last_day)
    age = np.where(last == NEVER, np.inf, np.maximum(today - np.where(last == NEVER, 0, last), 0))
    return np.exp2(-age / RECENT_DAYS)


def rank_features(facing: Facing, matrix: Matrix, rows: Ints) -> Matrix:
    """How many receivers each supply has nearer, and how many with a better record of its code.

    Args:
        matrix: `features`.
        rows: positions of receivers, shape (n, k).
    Returns:
        negated logarithms of 1 + the number, shape (2, n, k).
    """
    record = matrix[FEATURES.index("share_of_code"), 0]
    better = len(record) - np.searchsorted(np.sort(record), record, side="right")
    nearer = np.empty(rows.shape)
    for supply, km in enumerate(facing.km):
        nearer[supply] = np.searchsorted(np.sort(km), km[rows[supply]], side="left")
    placed: Matrix = -np.log1p(np.stack([nearer, better[rows]])).astype(np.float32)
    return placed


def tree_rows(score: Matrix, best: Matrix, rows: Matrix, rank_columns: Matrix) -> Matrix:
    """What the trees see of each of r receivers.

    Args:
        score, best: (r,), log-linear score, and that of the best which the supply faces.
        rows, places_: (r, features) and (r, 2).
    """
    return np.column_stack([rows, score, score - best, rank_columns]).astype(np.float32)
