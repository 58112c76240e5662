"""How well a ranking finds the true receivers: reciprocal ranks, recall, nDCG, exposure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matching.model import Bools, Floats, Ints

TOP = 10
"""Places that count as shown, and the depth of nDCG."""
NOWHERE = 0
"""Rank of a receiver that is not among the candidates."""


@dataclass(frozen=True, slots=True, eq=False)
class RankingResult:
    """What one ranking did: `rank` (pairs,) of every true receiver, `NOWHERE` where its codes do not fit,
    `supply` (pairs,) numbered from 0 to `n` - 1, and `shown` (demands,), how often each was in the top."""

    n: int
    supply: Ints
    rank: Ints
    shown: Ints

    def only(self, wanted: Bools) -> RankingResult:
        """Of these supplies only; `wanted` is (n,), and `shown` stays that of all."""
        kept = wanted[self.supply]
        number = np.cumsum(wanted) - 1
        return RankingResult(int(wanted.sum()), number[self.supply[kept]], self.rank[kept], self.shown)


def reciprocal_ranks(found: RankingResult) -> Floats:
    """1 / rank of each supply's best-ranked true receiver, 0 where none is ranked; shape (n,)."""
    best = np.zeros(found.n)
    np.maximum.at(best, found.supply, _inverse(found.rank))
    return best


def hits(found: RankingResult, depth: int) -> Floats:
    """True receivers of each supply within the first `depth`; shape (n,)."""
    within = (found.rank != NOWHERE) & (found.rank <= depth)
    return np.bincount(found.supply[within], minlength=found.n).astype(np.float64)


def ndcg(found: RankingResult, depth: int = TOP) -> Floats:
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
    """Inequality of exposure: 0 if all are shown equally often, towards 1 if one gets it all.

    Args:
        shown: how often each was shown, shape (demands,).
    """
    ordered = np.sort(shown).astype(np.float64)
    n, total = len(ordered), ordered.sum()
    if not n or not total:
        return 0.0
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * total))
