"""How high any row of a block could score: arithmetic that only ever errs upwards.

Why it is safe: every value of the score is monotone in the column it is computed from, so the best of a
block's columns gives the best value; places are bounded by the triangle inequality; float32 columns are
rounded towards the better; and `PAD` is more than all float64 sums and float32 tables can be off by.
"""

from __future__ import annotations

import numpy as np

from matching.index.blocks import CHORD_PAD, unit_vectors
from matching.index.search_plan import STEPS, SearchPlan
from matching.model import NO_PRICE, WEIGHT_UNIT, Demands, Floats, Policy, Supplies
from matching.rules import Records

PAD = 4e-6
EXCLUDED = -1.0


def block_bounds(
    policy: Policy, seeker: Supplies | Demands, plan: SearchPlan, visit: int, blocks: Records, today: int
) -> Floats:
    """The greatest score that a row of each block could have, `EXCLUDED` where a gate stops them all.

    Args:
        seeker: its rows; the first one counts.
        visit: number of the visit of the plan that the blocks belong to.
        blocks: shape (n,), of `BLOCK`.
    Returns:
        scores in [0, 1] and a little above, or `EXCLUDED`; shape (n,).
    """
    supply_seeks = isinstance(seeker, Supplies)
    weights = np.array(policy.weights) / WEIGHT_UNIT
    values = np.stack(
        [
            np.full(len(blocks), plan.visits["fit"][visit]),
            _distance(seeker, plan, int(plan.visits["table"][visit]), blocks),
            blocks["credit"] / 100_000,
            _price(seeker, supply_seeks, blocks, policy.price_scale_cny_per_t * 100),
            _quantity(seeker, supply_seeks, blocks),
            _time(seeker, blocks, today),
        ]
    )
    lot = np.maximum(seeker.min_lot_kg[0], 1)
    enough = (blocks["most"] >= lot) & (seeker.remaining_kg[0] >= lot)
    return np.where(enough & (values > EXCLUDED).all(axis=0), weights @ values + PAD, EXCLUDED)


def _distance(seeker: Supplies | Demands, plan: SearchPlan, table: int, blocks: Records) -> Floats:
    here = unit_vectors(seeker.lat[:1], seeker.lon[:1])[0]
    away = np.sqrt(sum((blocks[axis] - here[number]) ** 2 for number, axis in enumerate("xyz")))
    chord = np.maximum(away - blocks["radius"] - CHORD_PAD, 0)
    step = np.minimum((chord * plan.steps[table]).astype(np.int64), STEPS - 1)
    worth: Floats = plan.worth[table][step].astype(np.float64)
    return worth


def _price(seeker: Supplies | Demands, supply_seeks: bool, blocks: Records, scale: float) -> Floats:
    price_fen = int(seeker.price_fen[0])
    if price_fen == NO_PRICE:
        return np.full(len(blocks), 0.5)
    gap = (
        blocks["price"].astype(np.float64) - price_fen
        if supply_seeks
        else price_fen - blocks["price"].astype(np.float64)
    )
    gap = np.where(np.isfinite(gap), gap + np.abs(price_fen) * 1e-15, -1)
    value = 0.5 + 0.5 * (np.maximum(gap, 0) / (np.maximum(gap, 0) + scale))
    return np.where((gap >= 0) | blocks["open"], value, EXCLUDED)


def _quantity(seeker: Supplies | Demands, supply_seeks: bool, blocks: Records) -> Floats:
    mine, theirs = float(seeker.remaining_kg[0]), blocks["mass"].astype(np.float64)
    segment = theirs / max(mine, 1.0) if supply_seeks else mine / np.maximum(theirs, 1.0)
    return np.clip(segment, 0.0, 1.0)


def _time(seeker: Supplies | Demands, blocks: Records, today: int) -> Floats:
    first, last = int(seeker.first_day[0]), int(seeker.last_day[0])
    until = np.minimum(blocks["last"].astype(np.int64), last)
    shared = until - np.maximum(blocks["first"].astype(np.int64), first) + 1
    shorter = np.maximum(np.minimum(blocks["shortest"], last - first + 1), 1)
    return np.where((shared > 0) & (until >= today), np.clip(shared / shorter, 0, 1), EXCLUDED)
