"""A ranking of receivers learned from transfers: how to train it, and when to use it.

Both models are monotonic in all features, of which more is never worse, so a receiver never loses by better
credit or a better record and never gains by distance. scikit-learn is imported by training only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from matching.learning.receiver_features import (
    FEATURES,
    Facing,
    Matrix,
    Record,
    features,
    rank_features,
    tree_rows,
)
from matching.model import Bools, Floats, Ints

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier

VERSION = 1
RELATIVE = ("log_linear", "behind_the_best", "place_by_nearness", "place_by_record")
"""What the trees see besides `FEATURES`: how the receiver compares with all that this supply faces."""

START = {
    "nearness": 0.3,
    "distance_value": 0.3,
    "code": 1.0,
    "credit": 1.0,
    "quantity": 0.3,
    "recency": 0.2,
    "share": 0.2,
    "share_of_code": 0.3,
    "share_of_code_within_80_km": 0.4,
}
"""Weights before anything is learned; few transfers move them little."""
TRUST_IN_START = 15.0

SHORTLIST = 200
"""Receivers of a supply that the trees rank; the others follow as the log-linear model ranks them."""
HARD, EASY = 60, 60
"""Receivers a training supply is compared with: the likeliest before learning, and a sample of the others."""
MOST_SUPPLIES = 2500
FOLDS, PERIODS, TRIALS = 4, 3, 3
LEAST_SUPPLIES = 10
"""Fewer training suppliers than this teach nothing."""
LEAST_FOR_TREES = 50
TREES: Mapping[str, Any] = {
    "learning_rate": 0.1,
    "max_iter": 60,
    "max_leaf_nodes": 8,
    "min_samples_leaf": 30,
    "l2_regularization": 5.0,
    "max_features": 0.5,
    "early_stopping": False,
}
SEEDS = (1, 2)
RESAMPLES, AT_ONCE = 1000, 50


# Lessons


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """Training supplies, one after the other, each with `size` (q,) rows: some of the receivers it faced.

    `rows` (r, features) and `rank_features` (r, 2) as above, `truth` (r,) whether the two dealt, `stands_for`
    (r,) how many receivers of the field a row stands for, `supplier` (q,).
    """

    rows: Matrix
    rank_features: Matrix
    truth: Bools
    stands_for: Floats
    size: Ints
    supplier: Ints

    def __len__(self) -> int:
        return len(self.size)

    @property
    def start(self) -> Ints:
        """Where each supply's rows begin."""
        return np.cumsum(self.size) - self.size

    def of(self, wanted: Bools) -> Lessons:
        """These supplies only; `wanted` is (q,)."""
        rows = np.repeat(wanted, self.size)
        return Lessons(
            self.rows[rows],
            self.rank_features[rows],
            self.truth[rows],
            self.stands_for[rows],
            self.size[wanted],
            self.supplier[wanted],
        )


def lessons(
    facing: Facing, record: Record, today: int, truth: Bools, aside: Bools, supplier: Ints, seed: int
) -> Lessons | None:
    """What the supplies of one code teach, given what was known before they dealt.

    Args:
        record: transfers before, the supplies' own left out.
        truth: shape (n, m), with whom each supply dealt; every row has one.
        aside: shape (n, m), with whom it dealt at another time: neither truth nor its contrary.
        supplier: (n,), whose supply it is.
    Returns:
        None where there was no choice: fewer than two receivers.
    """
    n, m = facing.shape
    if m < 2 or not n:
        return None
    matrix = features(facing, record, today)
    likely = np.tensordot(_weights(START), matrix, axes=1)
    chance = np.random.default_rng(seed)
    chosen, stands_for = zip(
        *(_compared(likely[at], truth[at], aside[at], chance) for at in range(n)), strict=True
    )
    size = np.array([len(rows) for rows in chosen])
    widest = np.zeros((n, int(size.max())), np.int64)
    filled = np.arange(widest.shape[1]) < size[:, None]
    widest[filled] = np.concatenate(chosen)
    which = np.repeat(np.arange(n), size)
    column = np.concatenate(chosen)
    return Lessons(
        matrix[:, which, column].T,
        rank_features(facing, matrix, widest)[:, filled].T,
        truth[which, column],
        np.concatenate(stands_for),
        size,
        supplier,
    )


def _compared(likely: Matrix, truth: Bools, aside: Bools, chance: np.random.Generator) -> tuple[Ints, Floats]:
    """The receivers one supply is compared with, and how many each stands for."""
    sure = truth.copy()
    sure[np.argpartition(-likely, min(HARD, len(likely) - 1))[:HARD]] = True
    sure &= ~aside
    others = np.flatnonzero(~sure & ~aside)
    if len(others) > EASY:
        some = np.sort(chance.choice(others, EASY, replace=False))
    else:
        some = others
    weight = np.where(sure, 1.0, len(others) / max(len(some), 1))
    chosen = np.union1d(np.flatnonzero(sure), some)
    return chosen, weight[chosen]


def joined(parts: Iterable[Lessons]) -> Lessons:
    """All of them as one.

    Raises:
        ValueError: there is none.
    """
    every = list(parts)
    if not every:
        raise ValueError("no lessons")
    return Lessons(
        *(np.concatenate([getattr(lesson, name) for lesson in every]) for name in Lessons.__slots__)
    )


def _weights(named: Mapping[str, float]) -> Matrix:
    return np.array([named.get(name, 0.0) for name in FEATURES], np.float32)


# The log-linear model


def fit_log_linear(taught: Lessons) -> Matrix:
    """Weights, none below 0, of a choice among the receivers in proportion to exp(weights . features).

    They make the receivers dealt with likeliest in the mean, and are drawn to `START`; a row that stands for
    several receivers counts so often.

    Source: McFadden 1974, conditional logit, with sampling of alternatives.
    """
    rows = taught.rows.astype(np.float64)
    start, home = taught.start, _weights(START).astype(np.float64)
    offset = np.log(taught.stands_for)
    truths = np.add.reduceat(taught.truth.astype(np.float64), start)
    share = taught.truth / np.repeat(truths, taught.size)
    hold = TRUST_IN_START / len(taught)

    def loss(weights: Floats) -> tuple[float, Floats]:
        score = rows @ weights
        raised = score + offset
        raised -= np.repeat(np.maximum.reduceat(raised, start), taught.size)
        part = np.exp(raised)
        total = np.repeat(np.add.reduceat(part, start), taught.size)
        part /= total
        fall = weights - home
        chosen = share @ (raised - np.log(total) - offset)
        slope = rows.T @ (part - share) / len(taught) + hold * fall
        return -chosen / len(taught) + hold * (fall @ fall) / 2, slope

    with _one_thread():
        found = minimize(loss, home, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(home))
    weights_: Matrix = found.x.astype(np.float32)
    return weights_


# Trees


def fit_trees(
    taught: Lessons, weights: Matrix, seeds: Sequence[int] = SEEDS
) -> list[HistGradientBoostingClassifier]:
    """Boosted trees that never decrease in any feature, one model a seed.

    Args:
        weights: of the log-linear model, shape (features,).
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    seen = _seen(taught, weights)
    rising = [1] * seen.shape[1]
    with _one_thread():
        return [
            HistGradientBoostingClassifier(**TREES, monotonic_cst=rising, random_state=seed).fit(
                seen, taught.truth
            )
            for seed in seeds
        ]


def _seen(taught: Lessons, weights: Matrix) -> Matrix:
    score = taught.rows @ weights
    best = np.repeat(np.maximum.reduceat(score, taught.start), taught.size)
    return tree_rows(score, best, taught.rows, taught.rank_features)


def tree_values(trees: Sequence[HistGradientBoostingClassifier], seen: Matrix) -> Floats:
    """Mean log-odds; shape (r,)."""
    with _one_thread():
        odds: Floats = np.mean([tree.decision_function(seen) for tree in trees], axis=0)
    return odds


def _one_thread() -> AbstractContextManager[Any]:
    """Threads of OpenMP and BLAS wait for each other busily; on cores that others use, one is far faster."""
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[Any] = threadpool_limits(1)
    return limits


# Who is wanted, and what was known then


@dataclass(frozen=True, slots=True, eq=False)
class Round:
    """Masks over transfers: those `known` when those `wanted` about took place. No supplier is in both."""

    known: Bools
    wanted: Bools
    today: int


def folds(suppliers: NDArray[np.uint64], number: int) -> Ints:
    """A fold for each supplier by the order of its hash, so that folds are of a size; shape (n,)."""
    fold = np.empty(len(suppliers), np.int64)
    fold[np.argsort(suppliers, kind="stable")] = np.arange(len(suppliers)) % number
    return fold


def rounds(supplier: Ints, fold: Ints, day: Ints, *, by_time: bool) -> list[Round]:
    """Rounds in which each supplier is asked about at most once, about its last dealings.

    Args:
        supplier, day: one row a transfer, shape (t,); days since 1970.
        fold: the fold of each supplier, shape (s,).
        by_time: cut by days, so that only earlier transfers are known; otherwise by folds.
    Returns:
        rounds whose masks have shape (t,).
    """
    cuts = _cuts(day) if by_time else np.empty(0, np.int64)
    period = np.searchsorted(cuts, day, side="right") if len(cuts) else np.ones(len(day), np.int64)
    last = np.zeros(len(fold), np.int64)
    np.maximum.at(last, supplier, period)
    found = []
    for number in np.unique(period[period > 0]).tolist():
        before = period < number if len(cuts) else np.ones(len(day), np.bool_)
        today = int(cuts[number - 1]) if len(cuts) else int(day.max())
        for part in np.unique(fold).tolist():
            within = fold[supplier] == part
            wanted = within & (period == number) & (last[supplier] == number)
            if wanted.any():
                found.append(Round(before & ~within, wanted, today))
    return found


def _cuts(day: Ints) -> Ints:
    """First days of the periods; where nearly all is of one day, the first day after it. None: all is."""
    ordered = np.sort(day)
    at = [len(ordered) * (PERIODS + 2 * part) // (3 * PERIODS) for part in range(PERIODS)]
    cuts = np.unique(ordered[at])
    later: Ints = cuts[cuts > ordered[0]]
    return later if len(later) else np.unique(ordered)[1:2]


# The model


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A trained ranking: log-linear `weights`, and `trees` that rank the likeliest.

    `kind` (of `KINDS`) says what decides, `card` what it learned from and how it did on suppliers left out.
    """

    kind: str
    weights: Matrix
    trees: Sequence[HistGradientBoostingClassifier]
    card: Mapping[str, Any]

    def keys(self, facing: Facing, matrix: Matrix) -> tuple[NDArray[Any], ...]:
        """What the receivers (m) of each supply (n) are ordered by, least first, each of shape (n, m).

        Args:
            matrix: `features`.
        """
        score = np.tensordot(self.weights, matrix, axes=1)
        if not self.trees or not facing.shape[1]:
            return (-score,)
        k = min(SHORTLIST, score.shape[1])
        rows = np.argpartition(-score, k - 1, axis=1)[:, :k]
        supply = np.arange(len(score))[:, None]
        found = score[supply, rows]
        best = np.broadcast_to(found.max(axis=1, keepdims=True), found.shape)
        seen = tree_rows(
            found.ravel(),
            best.ravel(),
            matrix[:, supply, rows].reshape(len(matrix), -1).T,
            rank_features(facing, matrix, rows).reshape(2, -1).T,
        )
        odds = tree_values(self.trees, seen).reshape(rows.shape)
        listed, lead = np.ones(score.shape), np.zeros(score.shape)
        listed[supply, rows] = 0
        lead[supply, rows] = -odds - (found if self.kind == "both" else 0)
        return listed, lead, -score


PLAIN: Mapping[str, Mapping[str, float]] = {
    "start": START,
    "nearest": {"nearness": 1.0},
    "popular": {"suppliers": 1.0},
}
"""Log-linear models that nothing is learned for: where one of them does best, it is used."""
WITH_TREES = ("trees", "both")
KINDS = ("log_linear", *WITH_TREES, *PLAIN)
"""`both` goes by the sum of the log-linear score and the log-odds of the trees."""


def train(taught: Lessons, window: tuple[int, int] | None = None) -> Model | None:
    """The kind of model that did best on suppliers left out in turn; None with fewer than `LEAST_SUPPLIES`.

    Trees are tried from `LEAST_FOR_TREES` on.

    Args:
        window: first and last day of what it learns from, days since 1970, for the card.
    """
    suppliers = len(np.unique(taught.supplier))
    if suppliers < LEAST_SUPPLIES:
        return None
    kinds = [kind for kind in KINDS if kind not in WITH_TREES or suppliers >= LEAST_FOR_TREES]
    trials = _tried(taught, kinds)
    kind = max(kinds, key=lambda kind: float(trials[kind].mean()))
    weights = _weights(PLAIN[kind]) if kind in PLAIN else fit_log_linear(taught)
    trees = fit_trees(taught, weights) if kind in WITH_TREES else []
    card = {
        "version": VERSION,
        "kind": kind,
        "window": window,
        "suppliers": suppliers,
        "features": [*FEATURES, *(RELATIVE if trees else ())],
        "weights": {name: round(float(weight), 4) for name, weight in zip(FEATURES, weights, strict=True)},
        "mrr_on_suppliers_left_out": {name: round(float(ranks.mean()), 4) for name, ranks in trials.items()},
    }
    return Model(kind, weights, trees, card)


def _tried(taught: Lessons, kinds: Sequence[str]) -> dict[str, Floats]:
    """Reciprocal rank of each supply's best true receiver, by models that have not seen its supplier."""
    names, supplier = np.unique(taught.supplier, return_inverse=True)
    fold = (np.arange(len(names)) % TRIALS)[supplier]
    found = {kind: np.zeros(len(taught)) for kind in kinds}
    for part in range(TRIALS):
        unseen, rest = taught.of(fold == part), taught.of(fold != part)
        weights = fit_log_linear(rest)
        score = unseen.rows @ weights
        leads: dict[str, NDArray[np.floating[Any]]] = {
            "log_linear": score,
            **{kind: unseen.rows @ _weights(PLAIN[kind]) for kind in PLAIN},
        }
        if any(kind in WITH_TREES for kind in kinds):
            odds = tree_values(fit_trees(rest, weights, SEEDS[:1]), _seen(unseen, weights))
            leads |= {"trees": odds, "both": odds + score}
        for kind in kinds:
            found[kind][fold == part] = _reciprocal_ranks(unseen, leads[kind])
    return found


def _reciprocal_ranks(wanted: Lessons, lead: NDArray[np.floating[Any]]) -> Floats:
    """Ties cost half."""
    best = np.maximum.reduceat(np.where(wanted.truth, lead, -np.inf), wanted.start)
    mark = np.repeat(best, wanted.size)
    ahead = np.add.reduceat((~wanted.truth & (lead > mark)) * wanted.stands_for, wanted.start)
    level = np.add.reduceat((~wanted.truth & (lead == mark)) * wanted.stands_for, wanted.start)
    return 1 / (1 + ahead + level / 2)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How much better the second is in the mean, with a 95 % bootstrap interval; `wins` if all of it is above
    0."""

    gain: float
    low: float
    high: float

    @property
    def wins(self) -> bool:
        """By more than noise."""
        return self.low > 0


def compare(first: Floats, second: Floats, seed: int = 20_260_101) -> Comparison:
    """Compare two rankings by what each reaches for the same supplies, say reciprocal ranks; shapes (n,)."""
    gain = second - first
    means = [float(mean) for mean in resampled(gain[:, None], np.ones(len(gain)), seed)[:, 0]]
    low, high = np.percentile(means, [2.5, 97.5])
    return Comparison(float(gain.mean()), float(low), float(high))


def resampled(sums: Floats, sizes: Floats, seed: int) -> Floats:
    """Ratios of sums over supplies drawn with replacement, `RESAMPLES` times.

    Args:
        sums: (n, columns); sizes: (n,) or (n, columns), above 0, what each ratio is over.
    Returns:
        shape (RESAMPLES, columns).
    """
    chance = np.random.default_rng(seed)
    n = len(sums)
    over = np.broadcast_to(sizes.reshape(n, -1), sums.shape)
    drawn = []
    for start in range(0, RESAMPLES, AT_ONCE):
        count = min(AT_ONCE, RESAMPLES - start)
        which = chance.integers(0, n, (count, n)) + n * np.arange(count)[:, None]
        times = np.bincount(which.ravel(), minlength=count * n).reshape(count, n).astype(np.float64)
        drawn.append((times @ sums) / (times @ over))
    return np.concatenate(drawn)
