"""A learned ranking as it is stored and served: plain arrays, no scikit-learn, no pickled objects.

`training.py` trains it. Values come out as whole numbers of 1e-6, so that the last bit of a float never
decides between two receivers.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from matching.learning.receiver_features import (
    FEATURES,
    Facing,
    Matrix,
    Record,
    features,
    rank_features,
    tree_rows,
)
from matching.model import Floats, Ints
from matching.rules import LEARNED_UNIT

if TYPE_CHECKING:
    from matching.learning.training import Model

_FORMAT = 1


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """Boosted trees, their leaves already divided by the number of models that they are the mean of.

    Every array has shape (trees, nodes); node 0 is a tree's root, a leaf leads to itself. A value goes left
    if it is at most the node's `threshold`.
    """

    start: float
    feature: NDArray[np.int16]
    threshold: Floats
    left: NDArray[np.int16]
    right: NDArray[np.int16]
    value: Floats

    @classmethod
    def of(cls, models: Sequence[Any]) -> Self:
        """The mean of `HistGradientBoostingClassifier`s without categories and missing values."""
        grown = [stage[0].nodes for model in models for stage in model._predictors]
        shape = (len(grown), max(len(nodes) for nodes in grown))
        feature, left, right = (np.zeros(shape, np.int16) for _ in range(3))
        threshold, value = np.zeros(shape), np.zeros(shape)
        for row, nodes in enumerate(grown):
            here, leaf = slice(len(nodes)), nodes["is_leaf"].astype(np.bool_)
            itself = np.arange(len(nodes))
            feature[row, here] = np.where(leaf, 0, nodes["feature_idx"])
            threshold[row, here] = np.where(leaf, 0.0, nodes["num_threshold"])
            left[row, here] = np.where(leaf, itself, nodes["left"])
            right[row, here] = np.where(leaf, itself, nodes["right"])
            value[row, here] = np.where(leaf, nodes["value"], 0.0) / len(models)
        start = float(np.mean([model._baseline_prediction[0, 0] for model in models]))
        return cls(start, feature, threshold, left, right, value)

    def odds(self, seen: Matrix) -> Floats:
        """Log-odds of rows (r, features); shape (r,)."""
        tree = np.arange(len(self.value))[:, None]
        node = np.zeros((len(self.value), len(seen)), np.int16)
        row = np.arange(len(seen))
        while True:
            low = seen[row, self.feature[tree, node]] <= self.threshold[tree, node]
            further = np.where(low, self.left[tree, node], self.right[tree, node])
            if np.array_equal(further, node):
                break
            node = further
        odds = np.full(len(seen), self.start)
        for grown, at in zip(self.value, node, strict=True):
            odds += grown[at]
        return odds


@dataclass(frozen=True, slots=True, eq=False)
class LearnedRanking:
    """A ranking of the receivers that one supply faces: log-linear `weights` over `FEATURES`, and `trees`.

    `kind` is one of `learning.KINDS`: with "trees" the trees decide, with "both" the sum of the two.
    """

    kind: str
    weights: Floats
    trees: Trees | None

    @classmethod
    def of(cls, model: Model) -> Self:
        """The parts of a trained model that are served."""
        return cls(
            model.kind, model.weights.astype(np.float64), Trees.of(model.trees) if model.trees else None
        )

    def values(self, facing: Facing, record: Record, today: int) -> Ints:
        """The worth of each receiver of one supply, greater first, in counts of 1e-6; shape (m,).

        They compare within one facing only. More credit, less distance or a better record never makes one
        smaller.

        Args:
            facing: a single supply.
            record: transfers that count, by receivers of the facing.
            today: days since 1970.
        """
        m = facing.shape[1]
        if not m:
            return np.empty(0, np.int64)
        matrix = features(facing, record, today)
        score = np.zeros(m)
        for weight, column in zip(self.weights.tolist(), matrix[:, 0], strict=True):
            score += weight * column
        value = score
        if self.trees is not None:
            near = rank_features(facing, matrix, np.arange(m)[None])[:, 0]
            single = score.astype(np.float32)
            odds = self.trees.odds(
                tree_rows(single, np.full_like(single, single.max()), matrix[:, 0].T, near.T)
            )
            value = odds + (score if self.kind == "both" else 0.0)
        return np.rint(value * LEARNED_UNIT).astype(np.int64)

    def dump(self) -> bytes:
        """As one compressed file of arrays."""
        about = json.dumps({"format": _FORMAT, "kind": self.kind, "features": FEATURES})
        arrays: dict[str, NDArray[Any]] = {"about": np.array(about), "weights": self.weights}
        if self.trees is not None:
            arrays |= {f"tree_{name}": np.array(getattr(self.trees, name)) for name in Trees.__slots__}
        whole = io.BytesIO()
        np.savez_compressed(whole, **arrays)  # type: ignore[arg-type]
        return whole.getvalue()

    @classmethod
    def load(cls, data: bytes) -> Self:
        """The ranking that `dump` wrote.

        Raises:
            ValueError: it is none, or uses other features than `FEATURES`.
        """
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
                about = json.loads(str(arrays["about"]))
                if (about["format"], tuple(about["features"])) != (_FORMAT, FEATURES):
                    raise ValueError("a ranking of another format or other features")
                parts = {name: arrays[f"tree_{name}"] for name in Trees.__slots__ if "tree_start" in arrays}
                weights = arrays["weights"]
        except (BadZipFile, EOFError, KeyError, OSError, TypeError) as broken:
            raise ValueError(f"not a learned ranking: {broken}") from broken
        trees = Trees(float(parts.pop("start")), **parts) if parts else None
        return cls(about["kind"], weights, trees)
