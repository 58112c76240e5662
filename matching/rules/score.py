"""The six values of a lawful pairing, each in [0, 1], and the score that they add up to.

A value is computed in float64 and kept as a whole number of 1e-9; with weights of 1e-6 a score is a whole
number of 1e-15, the same on every machine.
"""

from __future__ import annotations

import numpy as np

from matching.model import COMPONENTS, NO_PRICE, WEIGHT_UNIT, AnyInts, Bools, Floats, Ints, Policy
from matching.rules.pairs import Pairs

VALUE_UNIT = 1_000_000_000
SCORE_UNIT = VALUE_UNIT * WEIGHT_UNIT
LEARNED_UNIT = 1_000_000
"""Values by a learned ranking are counts of 1e-6: the last bits of its floats never decide."""


def distance_value(km: Floats, half_km: Floats) -> Floats:
    """Value of nearness: 1 at 0 km, 0.5 at `half_km`, halving again every further `half_km`.

    Args:
        km: kilometres, shape (n,).
        half_km: half-distance in km, > 0, shape (n,) or (1,).
    Returns:
        values in [0, 1], shape (n,).
    """
    return np.exp2(-km / half_km)


def credit_value(credit_milli: AnyInts) -> Floats:
    """The other side's credit score (0 to 100, here in 1e-3) as a value in [0, 1]; shape (n,)."""
    return credit_milli / 100_000


def priced(supply_fen: Ints, demand_fen: Ints) -> Bools:
    """Whether both sides name a price; prices in CNY 0.01/t or `NO_PRICE`, of shapes that broadcast."""
    both: Bools = (supply_fen != NO_PRICE) & (demand_fen != NO_PRICE)
    return both


def price_value(supply_fen: Ints, demand_fen: Ints, scale_cny_per_t: float) -> Floats:
    """Worth of the gap that is left to share: 0.5 at none or when a price is open, 0.75 at the scale, below 1
    always.

    Args:
        supply_fen, demand_fen: CNY 0.01/t from the supplier's side, or `NO_PRICE`; shapes that broadcast.
        scale_cny_per_t: CNY/t, > 0.
    """
    gap = np.where(priced(supply_fen, demand_fen), np.maximum(demand_fen, supply_fen) - supply_fen, 0)
    return 0.5 + 0.5 * (gap / (gap + scale_cny_per_t * 100))


def quantity_value(supply_kg: Ints, demand_kg: Ints) -> Floats:
    """The part of the supply's remaining kilograms that this demand can take, in [0, 1]; shapes that
    broadcast.
    """
    part: Floats = np.clip(demand_kg / np.maximum(supply_kg, 1), 0.0, 1.0)
    return part


def time_value(
    supply_first: AnyInts, supply_last: AnyInts, demand_first: AnyInts, demand_last: AnyInts
) -> Floats:
    """Days of overlap over days of the shorter window, both ends included, in [0, 1].

    Days since 1970-01-01, of shapes that broadcast.
    """
    shared = (
        np.minimum(supply_last, demand_last) - np.maximum(supply_first, demand_first).astype(np.int64) + 1
    )
    shorter = (
        np.minimum(supply_last - supply_first.astype(np.int64), demand_last - demand_first.astype(np.int64))
        + 1
    )
    part: Floats = np.clip(shared / np.maximum(shorter, 1), 0.0, 1.0)
    return part


def component_values(policy: Policy, pairs: Pairs) -> Ints:
    """The values of every pair as counts of 1e-9.

    Returns:
        shape (n, 6), in the order of `COMPONENTS`.
    """
    supplies, demands = pairs.supplies, pairs.demands
    of = {
        "code": pairs.fit,
        "distance": distance_value(pairs.km, pairs.coded.each(policy.half_distance_for)),
        "credit": credit_value(pairs.field.credit_milli),
        "price": price_value(supplies.price_fen, demands.price_fen, policy.price_scale_cny_per_t),
        "quantity": quantity_value(supplies.remaining_kg, demands.remaining_kg),
        "time": time_value(supplies.first_day, supplies.last_day, demands.first_day, demands.last_day),
    }
    return np.stack([np.rint(pairs.spread(of[name]) * VALUE_UNIT) for name in COMPONENTS], axis=1).astype(
        np.int64
    )


def totals(policy: Policy, values: Ints) -> Ints:
    """Weighted sums of `values` (n, 6) as counts of 1e-15, shape (n,)."""
    return values @ np.array(policy.weights, np.int64)


def contributions(policy: Policy, values: Ints) -> Floats:
    """What each component adds to the score, in the shape of `values` (..., 6); they add up to it."""
    return values * np.array(policy.weights, np.int64) / SCORE_UNIT
