"""How well a ranking finds the receivers that suppliers dealt with: the methods compared, and their ranks.

Every ranking is total: ties of its own keys are broken by a fixed hash of the receiver's id, never by
the order of a file or by who the true receiver is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from matching.evaluate.exchange import ANY, NEUTRAL, UNKNOWN, Exchange, ExchangePairs, Hashes
from matching.learning import Facing, Record, track_record, training
from matching.learning.metrics import TOP, RankingResult, gini, hits, ndcg, reciprocal_ranks
from matching.model import (
    COMPONENTS,
    DEFAULT,
    KG_PER_T,
    NO_PRICE,
    Bools,
    Floats,
    Ints,
    Policy,
    sphere_km,
    whole_mm,
)
from matching.rules import Keys, least_rows, score

METHODS = ("formula", "learned", "nearest", "popular", "random")
CELLS, ROWS = 400_000, 128
"""Pairs and supplies worked on at once: what bounds the memory."""
FOLDS = 5
SEED = 20_260_101


# Supplies and what they face


def facings(exchange: Exchange, supplies: Ints, policy: Policy = DEFAULT) -> Iterator[tuple[Ints, Facing]]:
    """The supplies wanted, some of one code at a time, facing every demand that fits.

    Args:
        supplies: rows of supplies, shape (n,).
    Yields:
        rows of some supplies, shape (s,), and their facing; it has no receivers where no demand fits.
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
    split = score.quantity_value(quantity, capacity)
    return Facing(
        code=code,
        family=code if code == ANY else int(exchange.family[code]),
        lat=lat,
        lon=lon,
        receivers=receivers,
        km=np.where(np.isnan(km), half_km(exchange, policy, code), km),
        fit=fit,
        credit=np.where(credit == UNKNOWN, NEUTRAL, score.credit_value(credit)),
        quantity=np.where((quantity == UNKNOWN) | (capacity == UNKNOWN), NEUTRAL, split),
        capacity_t=np.where(capacity == UNKNOWN, np.nan, capacity / KG_PER_T),
    )


def half_km(exchange: Exchange, policy: Policy, code: int) -> float:
    """Half-distance of a code; also the distance where a place is unknown, since its value is neutral."""
    known = exchange.book.get(code)
    return policy.half_distance_km["default"] if known is None else policy.half_distance_for(known)


def record_of(exchange: Exchange, events: ExchangePairs) -> Record:
    """The record that some of the exchange's pairs make."""
    supplies = exchange.supplies
    family = np.append(exchange.family, ANY)[supplies.code]
    return track_record(
        events.supply, events.demand, events.day, supplies.code, family, supplies.lat, supplies.lon
    )


# The methods


def formula_keys(facing: Facing, policy: Policy, half: float) -> Keys:
    """The score of the product, neutral in what files never hold; then credit, then nearness."""
    neutral, unpriced = np.full(1, NEUTRAL), np.full(1, NO_PRICE)
    of = {
        "code": facing.fit,
        "distance": score.distance_value(facing.km, np.full(1, half)),
        "credit": facing.credit,
        "price": score.price_value(unpriced, unpriced, policy.price_scale_cny_per_t),
        "quantity": facing.quantity,
        "time": neutral,
    }
    values = np.empty((*facing.shape, len(COMPONENTS)), np.int64)
    for at, name in enumerate(COMPONENTS):
        values[..., at] = np.rint(of[name] * score.VALUE_UNIT)
    less_credit = np.broadcast_to(-facing.credit, facing.shape)
    return -score.totals(policy, values), less_credit, whole_mm(facing.km)


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
    """Ranks, from 1, of entries (row, column) within their rows.

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
    """How often each demand is among the first `TOP` of a row; shape (demands,)."""
    tops = [receivers[least_rows([key[row] for key in keys], TOP)] for row in range(len(keys[0]))]
    return np.bincount(np.concatenate(tops), minlength=demands)


# Metrics


def figures_of(found: RankingResult, depths: Sequence[int], fitting: Bools) -> dict[str, Any]:
    """The figures of one ranking, with 95 % bootstrap intervals over supplies.

    Args:
        depths: depths of recall.
        fitting: the demands that fit at least one supply, shape (demands,).
    Returns:
        figures by name; `<name>_ci` has the interval.
    """
    truths = np.bincount(found.supply, minlength=found.n).astype(np.float64)
    columns = {"mrr": reciprocal_ranks(found), "ndcg@10": ndcg(found)}
    columns |= {f"recall@{depth}": hits(found, depth) for depth in depths}
    sums = np.column_stack(list(columns.values()))
    over = np.ones_like(sums)
    over[:, 2:] = truths[:, None]
    value = sums.sum(axis=0) / over.sum(axis=0)
    low, high = np.percentile(training.resampled(sums, over, SEED), [2.5, 97.5], axis=0)
    figures: dict[str, Any] = {}
    for name in ("mrr", *(f"recall@{depth}" for depth in depths), "ndcg@10"):
        at = list(columns).index(name)
        figures[name] = float(value[at])
        figures[f"{name}_ci"] = [float(low[at]), float(high[at])]
    figures["exposure_gini"] = gini(found.shown[fitting])
    figures["coverage"] = float((found.shown[fitting] > 0).mean()) if fitting.any() else 0.0
    return figures
