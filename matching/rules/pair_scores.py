"""Many pairs judged at once, each supply facing a demand of its own."""

from __future__ import annotations

import numpy as np

from matching.model import Coded, Demands, Ints, Policy, Supplies, Tables
from matching.rules import gates, score
from matching.rules.pairs import Pairs
from matching.rules.ranking import best_rows

NOT_LAWFUL = -1


def scores_of_pairs(
    policy: Policy, supplies: Supplies, demands: Demands, pair: Ints, tables: Tables, today: int
) -> Ints:
    """The score of each pair in `SCORE_UNIT`, or `NOT_LAWFUL`, as a ranking would give it; shape (pairs,).

    Args:
        supplies, demands: n rows each, row i facing row i.
        pair: the pair that each row is of, from 0 on without a gap, ascending, shape (n,). A demand has a row
            for each code that it accepts, and is judged by the one that fits best.
        today: days since 1970-01-01.
    Raises:
        ValueError: a code is not in the book.
    """
    if not len(pair):
        return np.empty(0, np.int64)
    coded, fit = Coded.of(supplies.code, tables.book), np.zeros(len(pair))
    for number, code in enumerate(coded.distinct):
        rows = np.flatnonzero(coded.which == number)
        fit[rows] = code.values(demands.accepts[rows])

    def facing(rows: Ints) -> Pairs:
        some, theirs = supplies.take(rows), demands.take(rows)
        return Pairs.facing(
            "supply", some, theirs, coded.take(rows), fit[rows], theirs.accepts, tables, today
        )

    best = best_rows(pair, fit)
    lawful = np.flatnonzero(gates.judge(policy, facing(best)).lawful)
    scores = np.full(len(best), NOT_LAWFUL, np.int64)
    if len(lawful):
        kept = facing(best[lawful])
        scores[lawful] = score.totals(policy, score.component_values(policy, kept))
    return scores
