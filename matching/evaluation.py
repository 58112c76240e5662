"""How well an order finds the receivers that suppliers dealt with: the orders compared, ranks and metrics.

Every order is total: what its own keys leave open is decided by a fixed hash of the receiver's id, never by
the order of a file or by who the true receiver is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from matching import components, learning
from matching.columns import NO_PRICE, Bools, Floats
from matching.exchanges import ANY, NEUTRAL, UNKNOWN, Events, Exchange, Hashes
from matching.features import Facing, Record, recorded
from matching.geo import sphere_km, whole_mm
from matching.joins import Ints
from matching.policy import COMPONENTS, DEFAULT, Policy
from matching.ranking import Keys, first

METHODS = ("formula", "learned", "nearest", "popular", "random")
TOP = 10
"""Places that count as shown, and the depth of nDCG."""
CELLS, ROWS = 400_000, 128
"""Pairs and supplies worked on at once: what bounds the memory."""
FOLDS = 5
SEED = 20_260_101
NOWHERE = 0
"""Rank of a receiver that is not among the candidates."""


# Supplies and what they face


def facings(exchange: Exchange, supplies: Ints, policy: Policy = DEFAULT) -> Iterator[tuple[Ints, Facing]]:
    """The supplies asked for, some of one code at a time, facing every demand that fits.

    Supplies that nothing fits come with a facing of no receivers.
    """
    codes = exchange.supplies.code[supplies]
    for code in np.unique(codes).tolist():
        rows = supplies[codes == code]
        fit = exchange.fit(code)
        receivers = np.flatnonzero(fit > 0)
        most = max(1, min(ROWS, CELLS // max(len(receivers), 1)))
        for start in range(0, len(rows), most):
            some = rows[start : start + most]
            yield some, _facing(exchange, policy, code, some, receivers, fit[receivers])


def _facing(
    exchange: Exchange, policy: Policy, code: int, rows: Ints, receivers: Ints, fit: Floats
) -> Facing:
    supplies, demands = exchange.supplies, exchange.demands
    lat, lon = supplies.lat[rows], supplies.lon[rows]
    km = sphere_km(lat[:, None], lon[:, None], demands.lat[receivers], demands.lon[receivers])
    capacity, credit = demands.capacity_kg[receivers], demands.credit_milli[receivers]
    quantity = supplies.quantity_kg[rows, None]
    part = components.quantity_value(quantity, capacity)
    return Facing(
        code=code,
        family=code if code == ANY else int(exchange.family[code]),
        lat=lat,
        lon=lon,
        receivers=receivers,
        km=np.where(np.isnan(km), half_km(exchange, policy, code), km),
        fit=fit,
        credit=np.where(credit == UNKNOWN, NEUTRAL, components.credit_value(credit)),
        quantity=np.where((quantity == UNKNOWN) | (capacity == UNKNOWN), NEUTRAL, part),
        capacity_t=np.where(capacity == UNKNOWN, np.nan, capacity / 1000),
    )


def half_km(exchange: Exchange, policy: Policy, code: int) -> float:
    """Half-distance of a code; also the distance where a place is unknown, since its value is neutral."""
    known = exchange.book.get(code)
    return policy.half_distance_km["default"] if known is None else policy.half_distance_for(known)


def record_of(exchange: Exchange, events: Events) -> Record:
    """The record that some of the exchange's pairs make."""
    supplies = exchange.supplies
    family = np.append(exchange.family, ANY)[supplies.code]
    return recorded(
        events.supply, events.demand, events.day, supplies.code, family, supplies.lat, supplies.lon
    )


# The orders


def formula_keys(facing: Facing, policy: Policy, half: float) -> Keys:
    """The score of the product, neutral in what files never hold; then credit, then nearness."""
    neutral, unpriced = np.full(1, NEUTRAL), np.full(1, NO_PRICE)
    of = {
        "code": facing.fit,
        "distance": components.distance_value(facing.km, np.full(1, half)),
        "credit": facing.credit,
        "price": components.price_value(unpriced, unpriced, policy.price_scale_cny_per_t),
        "quantity": facing.quantity,
        "time": neutral,
    }
    values = np.empty((*facing.shape, len(COMPONENTS)), np.int64)
    for at, name in enumerate(COMPONENTS):
        values[..., at] = np.rint(of[name] * components.VALUE_UNIT)
    less_credit = np.broadcast_to(-facing.credit, facing.shape)
    return -components.scores(policy, values), less_credit, whole_mm(facing.km)


def nearest_key(facing: Facing) -> Ints:
    """Nearest first; shape (n, m)."""
    return whole_mm(facing.km)


def popular_key(facing: Facing, record: Record) -> Ints:
    """Most distinct suppliers first; shape (n, m)."""
    _, column = record.about(facing.receivers)
    return np.broadcast_to(-np.bincount(column, minlength=facing.shape[1]), facing.shape)


def random_key(supplies: Hashes, demands: Hashes) -> Hashes:
    """A fixed shuffle for each supply, from the hashes of both ids; shapes (n,) and (n, m).

    Source: the finaliser of SplitMix64 (Steele, Lea, Flood 2014).
    """
    mixed = supplies[:, None] * np.uint64(0x9E3779B97F4A7C15) ^ demands
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def ranks(keys: Keys, row: Ints, column: Ints) -> Ints:
    """Places, from 1, of entries (row, column) in the order of their rows.

    Args:
        keys: shapes (n, m), least first, the first leading; together they leave no tie.
    """
    rank = np.ones(len(row), np.int64)
    most = max(1, CELLS // keys[0].shape[1])
    for start in range(0, len(row), most):
        some = slice(start, start + most)
        level = np.ones((len(row[some]), keys[0].shape[1]), np.bool_)
        for key in keys:
            values, mark = key[row[some]], key[row[some], column[some]][:, None]
            rank[some] += (level & (values < mark)).sum(axis=1)
            level &= values == mark
    return rank


def exposure(keys: Keys, receivers: Ints, demands: int) -> Ints:
    """How often each demand stands among the first `TOP` of a row; shape (demands,)."""
    tops = [receivers[first([key[row] for key in keys], TOP)] for row in range(len(keys[0]))]
    return np.bincount(np.concatenate(tops), minlength=demands)


# Metrics


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """What one order did: `rank` (pairs,) of every true receiver, `NOWHERE` where its codes do not fit,
    `supply` (pairs,) numbered from 0 to `n` - 1, and `shown` (demands,), how often each stood in the top."""

    n: int
    supply: Ints
    rank: Ints
    shown: Ints

    def only(self, wanted: Bools) -> Ranked:
        """Of these supplies only; `wanted` is (n,), and what was shown stays that of all."""
        kept = wanted[self.supply]
        number = np.cumsum(wanted) - 1
        return Ranked(int(wanted.sum()), number[self.supply[kept]], self.rank[kept], self.shown)


def reciprocal_ranks(found: Ranked) -> Floats:
    """1 / rank of each supply's best-ranked true receiver, 0 where none is ranked; shape (n,)."""
    best = np.zeros(found.n)
    np.maximum.at(best, found.supply, _inverse(found.rank))
    return best


def hits(found: Ranked, depth: int) -> Floats:
    """True receivers of each supply within the first `depth`; shape (n,)."""
    within = (found.rank != NOWHERE) & (found.rank <= depth)
    return np.bincount(found.supply[within], minlength=found.n).astype(np.float64)


def ndcg(found: Ranked, depth: int = TOP) -> Floats:
    """Normalised discounted cumulative gain of each supply, a true receiver being worth 1; shape (n,).

    Source: Järvelin and Kekäläinen 2002, with log2(1 + rank).
    """
    within = (found.rank != NOWHERE) & (found.rank <= depth)
    gain = np.where(within, 1 / np.log2(1.0 + np.maximum(found.rank, 1)), 0.0)
    truths = np.bincount(found.supply, minlength=found.n)
    ideal = np.cumsum(1 / np.log2(1.0 + np.arange(1, depth + 1)))
    part: Floats = np.bincount(found.supply, gain, found.n) / ideal[np.clip(truths, 1, depth) - 1]
    return part


def _inverse(rank: Ints) -> Floats:
    return np.where(rank == NOWHERE, 0.0, 1 / np.maximum(rank, 1))


def gini(shown: Ints) -> float:
    """Inequality of exposure: 0 if all are shown equally often, towards 1 if one gets it all."""
    ordered = np.sort(shown).astype(np.float64)
    n, total = len(ordered), ordered.sum()
    if not n or not total:
        return 0.0
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * total))


def measured(found: Ranked, depths: Sequence[int], fitting: Bools) -> dict[str, Any]:
    """The figures of one order, with 95 % bootstrap intervals over supplies."""
    truths = np.bincount(found.supply, minlength=found.n).astype(np.float64)
    columns = {"mrr": reciprocal_ranks(found), "ndcg@10": ndcg(found)}
    columns |= {f"recall@{depth}": hits(found, depth) for depth in depths}
    sums = np.column_stack(list(columns.values()))
    over = np.ones_like(sums)
    over[:, 2:] = truths[:, None]
    value = sums.sum(axis=0) / over.sum(axis=0)
    low, high = np.percentile(learning.resampled(sums, over, SEED), [2.5, 97.5], axis=0)
    figures: dict[str, Any] = {}
    for name in ("mrr", *(f"recall@{depth}" for depth in depths), "ndcg@10"):
        at = list(columns).index(name)
        figures[name] = float(value[at])
        figures[f"{name}_ci"] = [float(low[at]), float(high[at])]
    figures["exposure_gini"] = gini(found.shown[fitting])
    figures["coverage"] = float((found.shown[fitting] > 0).mean()) if fitting.any() else 0.0
    return figures
