"""Which of many pairings are lawful now, all read at once."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

import numpy as np

import matching

from .... import clock
from ..policy import policy_in_force
from .hits import uuid_of
from .match_input import day_number, read_by_ids


def lawful_pairs(pairs: Collection[tuple[UUID, UUID]], is_new: bool = True) -> set[tuple[UUID, UUID]]:
    """Which pairs of a supply and a demand, in either order, are lawful now.

    The statements do not grow with the pairs, and all are judged at once.

    Args:
        is_new: they must be over the push threshold too, as what is told for the first time.
    """
    if not pairs:
        return set()
    policy, today = policy_in_force(), clock.today()
    min_score = policy.body["push_threshold"] if is_new else 0.0
    ids = list({listing_id for pair in pairs for listing_id in pair})
    supplies, demands, tables = read_by_ids(ids, ids, today)
    supply_row = {supply: row for row, supply in enumerate(_ids(supplies))}
    demand_rows: dict[UUID, list[int]] = defaultdict(list)
    for row, demand in enumerate(_ids(demands)):
        demand_rows[demand].append(row)
    facing: dict[UUID, set[UUID]] = defaultdict(set)
    for first, second in pairs:
        supply, demand = (first, second) if first in supply_row else (second, first)
        facing[supply].add(demand)
    both = [(supply, demand) for supply, its in facing.items() for demand in its if demand_rows[demand]]
    rows = np.array(
        [
            (place, supply_row[supply], row)
            for place, (supply, demand) in enumerate(both)
            for row in demand_rows[demand]
        ],
        dtype=np.int64,
    ).reshape(-1, 3)
    pair, supply_rows, rows_of_demands = rows.T
    scores = matching.scores_of_pairs(
        policy.matching, supplies.take(supply_rows), demands.take(rows_of_demands), pair, tables,
        day_number(today),
    )  # fmt: skip
    least = round(min_score * matching.SCORE_UNIT)
    lawful = {each for each, score in zip(both, scores.tolist(), strict=True) if score >= least}
    return lawful | {(demand, supply) for supply, demand in lawful}


def _ids(rows: matching.Supplies | matching.Demands) -> list[UUID]:
    return [uuid_of(high, low) for high, low in zip(rows.id_hi.tolist(), rows.id_lo.tolist(), strict=True)]
