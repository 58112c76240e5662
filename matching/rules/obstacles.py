"""What stands between a listing and the field: how many counterparts each gate stops, by whose terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from matching.model import Bools, Demands, Grade, Policy, Supplies, Tables
from matching.rules import gates
from matching.rules.gates import GATES
from matching.rules.pairs import Pairs, Side
from matching.rules.ranking import pairs_of

TEN_YEARS = 3650


@dataclass(frozen=True, slots=True)
class Obstacles:
    """How many listings fit by code (`candidates`), how many of them are lawful counterparts, and how many
    each gate stops, alone or with others.

    A pair that shares no day is counted under `licence` and `region` only if no day at all would pass them.
    `by` says for some gates how many are stopped by what: (gate, cause) -> number. The causes are `own_lot`
    and `own_quantity` (the seeker's minimum lot is more than what there is, or it has less than the other
    side's lot), `own` (its distance limit, its credit) and `other` (only the other side can change it).
    """

    candidates: int
    lawful: int
    stopped: Mapping[str, int]
    by: Mapping[tuple[str, str], int]

    def cause(self, gate: str) -> str | None:
        """What stops most at a gate, own terms first among equals; None where a gate has but one cause."""
        causes = {cause: count for (at, cause), count in self.by.items() if at == gate and count}
        return max(causes, key=lambda cause: causes[cause], default=None)


def obstacles(
    policy: Policy, seeker: Side, supplies: Supplies, demands: Demands, tables: Tables, today: int
) -> Obstacles:
    """Hold the field against every gate; the arguments are those of `near_misses`."""
    pairs, _ = pairs_of(seeker, supplies, demands, tables, today)
    judged = gates.judge(policy, pairs)
    failed = dict(zip(GATES, ~judged.passed, strict=True))
    _blame_time(policy, pairs, failed)
    return Obstacles(
        candidates=len(pairs),
        lawful=int(judged.lawful.sum()),
        stopped={gate: int(mask.sum()) for gate, mask in failed.items()},
        by={
            **_causes("quantity", failed["quantity"], _quantity(pairs)),
            **_causes("distance", failed["distance"], _distance(pairs)),
            **_causes("credit", failed["credit"], _credit(pairs)),
        },
    )


def _blame_time(policy: Policy, pairs: Pairs, failed: Mapping[str, Bools]) -> None:
    """Where no day is shared, count a permit as missing only if it would be on any day too."""
    rows = np.flatnonzero(failed["time"])
    if not len(rows):
        return
    passed = gates.judge(policy, _always_available(pairs.take(rows))).passed
    for gate in ("licence", "region"):
        failed[gate][rows] = ~passed[GATES.index(gate)]


def _always_available(pairs: Pairs) -> Pairs:
    """The same pairs, with windows that all begin today and last for ten years."""
    today = pairs.today
    return replace(
        pairs, supplies=_with_window(pairs.supplies, today), demands=_with_window(pairs.demands, today)
    )


def _with_window(side: Any, today: int) -> Any:
    first, last = (np.full(len(side), day, np.int32) for day in (today, today + TEN_YEARS))
    return replace(side, first_day=first, last_day=last)


def _causes(gate: str, failed: Bools, causes: Mapping[str, Bools]) -> dict[tuple[str, str], int]:
    return {(gate, cause): int((failed & mask).sum()) for cause, mask in causes.items()}


def _quantity(pairs: Pairs) -> dict[str, Bools]:
    own, other = _own_and_other(pairs)
    own_quantity = pairs.spread(own.remaining_kg < other.min_lot_kg)
    own_lot = pairs.spread(np.minimum(own.remaining_kg, other.remaining_kg) < own.min_lot_kg)
    return {"own_lot": own_lot, "own_quantity": own_quantity, "other": ~own_lot & ~own_quantity}


def _distance(pairs: Pairs) -> dict[str, Bools]:
    own, _ = _own_and_other(pairs)
    beyond = pairs.spread(pairs.km > own.max_km)
    return {"own": beyond, "other": ~beyond}


def _credit(pairs: Pairs) -> dict[str, Bools]:
    own, _ = _own_and_other(pairs)
    fallen = pairs.spread((own.grade == Grade.E) | own.blocked)
    return {"own": fallen, "other": ~fallen}


def _own_and_other(pairs: Pairs) -> tuple[Supplies | Demands, Supplies | Demands]:
    if pairs.seeker == "supply":
        return pairs.supplies, pairs.demands
    return pairs.demands, pairs.supplies
