"""How high each listing of a field could rank, from the few columns that most decide it.

A bound may ignore a gate and take what it does not know at its best; it never leaves out a lawful listing and
never puts one later than it ranks. So a caller that reads only the first few rows in full, and finds that the
page ends before the next bound, has the very page that the whole field gives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from matching.model import (
    ANY_GENERATOR,
    NO_PRICE,
    Code,
    Demands,
    Grade,
    Ints,
    Listings,
    Mode,
    Policy,
    Review,
    Supplies,
    Tables,
)
from matching.rules import gates, score
from matching.rules.pairs import Pairs, Side
from matching.rules.ranking import Keys, Position, Sort, least_rows, pairs_of, rows_after, sort_keys
from matching.rules.score import SCORE_UNIT

LESS_SCORE = Position._fields.index("less_score") - 1
Field = TypeVar("Field", bound=Listings)

AT_BEST: dict[str, Any] = {
    "id_hi": 0,
    "id_lo": 0,
    "enterprise": ANY_GENERATOR,
    "province": 0,
    "min_lot_kg": 0,
    "price_fen": NO_PRICE,
    "max_km": np.inf,
    "credit_milli": 100_000,
    "grade": Grade.A,
    "blocked": False,
    "small_generator": True,
    "mode": Mode.USE,
    "exemption_item": 0,
    "exemption_review": Review.NONE,
}


def outline(kind: type[Field], **known: Any) -> Field:
    """Listings of which only some columns are known; the others take the values that rank and pass best."""
    size = len(known["key"])
    rest = {name: value for name, value in AT_BEST.items() if name not in known}
    wanted = {name: np.full(size, rest[name]) for name in kind.__dataclass_fields__ if name in rest}
    return kind(**known, **wanted)


@dataclass(frozen=True, slots=True, eq=False)
class Bounds:
    """`listing` (n,) is the `key` of each listing of the field that could be lawful, `keys` the least that it
    could be ordered by."""

    listing: Ints
    keys: Keys
    sort: Sort

    def __len__(self) -> int:
        return len(self.listing)

    def first(self, most: int) -> Ints:
        """Listings with the least bounds, at most so many."""
        return self.listing[least_rows(self.keys, most)]

    def rivals(self, position: Position | None, min_score: float) -> Ints:
        """Listings that may reach `min_score` and rank before a position or at it; without one, anywhere."""
        rivals = self.keys[LESS_SCORE] <= -round(min_score * SCORE_UNIT)
        if position is not None:
            rivals &= ~rows_after(self.keys, self.sort, position)
        return self.listing[rivals]


def bounds(
    policy: Policy,
    seeker: Side,
    supplies: Supplies,
    demands: Demands,
    book: dict[int, Code],
    today: int,
    *,
    sort: Sort = "score",
) -> Bounds:
    """Bounds for one listing facing a field that may be an outline; arguments as for `rank_demands`.

    With `sort` "credit" the outline must know `credit_milli`.
    """
    pairs, _ = pairs_of(seeker, supplies, demands, Tables.empty(book), today)
    kept = pairs.take(np.flatnonzero(_passes_own_gates(pairs)))
    scores = score.totals(policy, score.component_values(policy, kept))
    return Bounds(kept.field.key, sort_keys(kept, scores, sort), sort)


def _passes_own_gates(pairs: Pairs) -> Any:
    """Pairs that pass the gates which two listings decide between them."""
    passes = (
        pairs.coded.where(lambda code: code.tradable),
        pairs.fit > 0,
        gates.credit(pairs)[0],
        gates.quantity(pairs),
        gates.time(pairs),
        gates.price(pairs),
        gates.distance(pairs),
    )
    return np.all([pairs.spread(gate) for gate in passes], axis=0)
