"""The greatest score that a block or a row could have: `matching.index.block_bounds` in scalars."""

from __future__ import annotations

import math

import numpy as np

from matching.index.block_bounds import EXCLUDED, PAD
from matching.index.blocks import CHORD_PAD
from matching.index.kernel.layout import jit
from matching.index.search_plan import STEPS
from matching.model import NO_PRICE, WEIGHT_UNIT


@jit
def distance_bound(worth, steps, table, chord):
    """The greatest value of distance at a chord."""
    step = int(max(chord, 0.0) * steps[table])
    return worth[table, min(step, STEPS - 1)]


@jit
def best_price(query, price, is_open):
    """The greatest value of price, or `EXCLUDED`."""
    if query.price == NO_PRICE:
        return 0.5
    price_of_seeker = float(query.price)
    gap = price - price_of_seeker if query.supply else price_of_seeker - price
    gap += abs(price_of_seeker) * 1e-15
    if gap >= 0 and gap < np.inf:
        return 0.5 + 0.5 * (gap / (gap + query.scale))
    return 0.5 if is_open else EXCLUDED


@jit
def best_quantity(query, mass):
    """The greatest value of quantity."""
    if query.supply:
        return min(mass / max(float(query.remaining), 1.0), 1.0)
    return min(float(query.remaining) / max(mass, 1.0), 1.0)


@jit
def best_time(query, first, last, shortest):
    """The greatest value of time, or `EXCLUDED`."""
    until = min(last, query.last)
    shared = until - max(first, query.first) + 1
    if shared <= 0 or until < query.today:
        return EXCLUDED
    shorter = max(min(shortest, query.last - query.first + 1), 1)
    return min(shared / shorter, 1.0)


@jit
def block_bound(query, weights, worth, steps, visit, block):
    """The greatest score that a row of one block could have, or `EXCLUDED`."""
    if block.most < max(query.min_lot, 1):
        return EXCLUDED
    time = best_time(query, np.int64(block.first), np.int64(block.last), np.int64(block.shortest))
    if time == EXCLUDED:
        return EXCLUDED
    price = best_price(query, float(block.price), block.open)
    if price == EXCLUDED:
        return EXCLUDED
    x, y, z = block.x - query.x, block.y - query.y, block.z - query.z
    chord = math.sqrt(x * x + y * y + z * z) - block.radius - CHORD_PAD
    return (
        weights[0] * visit.fit
        + weights[1] * distance_bound(worth, steps, visit.table, chord)
        + weights[2] * (block.credit / 100_000)
        + weights[3] * price
        + weights[4] * best_quantity(query, float(block.mass))
        + weights[5] * time
    ) / WEIGHT_UNIT + PAD


@jit
def row_bound(query, weights, worth, steps, visit, hot, bar):
    """The greatest score that a row could have, or `EXCLUDED` where it cannot reach the bar; the costly
    values last."""
    x, y, z = hot.x - query.x, hot.y - query.y, hot.z - query.z
    chord = math.sqrt(x * x + y * y + z * z) - CHORD_PAD
    most = weights[0] * visit.fit + weights[1] * distance_bound(worth, steps, visit.table, chord)
    most += weights[2] * (hot.credit / 100_000)
    if (most + weights[3] + weights[4] + weights[5]) / WEIGHT_UNIT + PAD < bar:
        return EXCLUDED
    price = 0.5 if math.isnan(hot.price) else best_price(query, float(hot.price), False)
    time = best_time(query, np.int64(hot.first), np.int64(hot.last), np.int64(hot.last) - hot.first + 1)
    if price == EXCLUDED or time == EXCLUDED:
        return EXCLUDED
    most += weights[3] * price + weights[4] * best_quantity(query, float(hot.mass)) + weights[5] * time
    most = most / WEIGHT_UNIT + PAD
    return most if most >= bar else EXCLUDED
