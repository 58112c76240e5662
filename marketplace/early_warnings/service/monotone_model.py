"""The model: log-odds as a sum of one monotone curve a feature. Applied, explained, written and read; no
database and no library of learning.

Each curve is piecewise linear between the knots of its feature. Its weights (the rise from one knot to the
next) have the sign of the feature's direction, so no curve ever turns: that is checked at reading too.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import orjson

from .features import DOWN, FEATURES, REFERENCE, UP, Feature, Matrix

KIND = "monotone_logistic"
VERSION = 1
MOST_WEIGHT = 50.0
"""A rise of log-odds beyond this is no finding but a fault."""


class BadModel(ValueError):
    """Stored parameters that are not those of a model of ours: changed, cut off, or of another version."""


def ramps(values: Matrix) -> Matrix:
    """How far each value is between each two knots of its feature, from 0 to 1: (n, all gaps)."""
    columns = []
    for place, feature in enumerate(FEATURES):
        starts, ends = np.array(feature.knots[:-1]), np.array(feature.knots[1:])
        columns.append(np.clip((values[:, place, None] - starts) / (ends - starts), 0, 1))
    return np.concatenate(columns, axis=1)


GAPS = tuple(len(feature.knots) - 1 for feature in FEATURES)
STARTS = np.cumsum((0, *GAPS[:-1]))
"""Where the ramps of each feature begin."""


@dataclass(frozen=True, slots=True, eq=False)
class MonotoneModel:
    """`intercept` is the log-odds at value 0 of all ramps; `weights` (all gaps,) what each ramp adds."""

    intercept: float
    weights: Matrix

    def curves(self, values: Matrix) -> Matrix:
        """What each feature adds to the log-odds: (n, features)."""
        return np.add.reduceat(ramps(values) * self.weights, STARTS, axis=1)

    def log_odds(self, values: Matrix) -> Matrix:
        """(n,) of rows of features."""
        log_odds: Matrix = self.intercept + self.curves(values).sum(axis=1)
        return log_odds

    def risks(self, values: Matrix) -> Matrix:
        """(n,) from 0 to 1."""
        return 1 / (1 + np.exp(-self.log_odds(values)))

    def parts(self, values: Matrix) -> Matrix:
        """How much each feature moves the log-odds from where its reference would have them: (n, features).

        They add up to the log-odds of the row less those of the reference.
        """
        return self.curves(values) - self.curves(REFERENCE[None, :])

    def calibrated(self, slope: float, shift: float) -> Self:
        """The model whose log-odds are `slope` times these, plus `shift`."""
        return type(self)(slope * self.intercept + shift, slope * self.weights)

    def to_parameters(self) -> dict[str, Any]:
        """Plain numbers, as they are stored."""
        pieces = np.split(np.round(self.weights, 6) + 0.0, STARTS[1:])  # no negative zero
        return {
            "kind": KIND,
            "version": VERSION,
            "intercept": round(float(self.intercept), 6) + 0.0,
            "features": [
                {"name": feature.part.value, "knots": list(feature.knots), "weights": piece.tolist()}
                for feature, piece in zip(FEATURES, pieces, strict=True)
            ],
        }

    @classmethod
    def from_parameters(cls, parameters: Any, digest: str | None) -> Self:
        """The model of stored parameters.

        Raises:
            BadModel: they are not what was stored, or not a monotone model of these features.
        """
        if digest != digest_of(parameters):
            raise BadModel("the digest is another's")
        if not isinstance(parameters, dict) or (parameters.get("kind"), parameters.get("version")) != (
            KIND,
            VERSION,
        ):
            raise BadModel("another kind or version")
        stored = parameters.get("features")
        if not isinstance(stored, list) or len(stored) != len(FEATURES):
            raise BadModel("other features")
        weights = [
            weight
            for feature, entry in zip(FEATURES, stored, strict=True)
            for weight in _weights_of(feature, entry)
        ]
        return cls(_number(parameters.get("intercept")), np.array(weights))


def digest_of(parameters: Any) -> str:
    """SHA-256 of parameters in one spelling, hexadecimal.

    Raises:
        BadModel: they hold what none of ours has: numbers beyond 64 bits, or lists within lists without end.
    """
    try:
        written = orjson.dumps(parameters, option=orjson.OPT_SORT_KEYS)
    except TypeError as error:
        raise BadModel("not to be written as JSON") from error
    return hashlib.sha256(written).hexdigest()


def _weights_of(feature: Feature, entry: Any) -> Sequence[float]:
    if not isinstance(entry, Mapping) or entry.get("name") != feature.part.value:
        raise BadModel(f"{feature.part} is not where it belongs")
    if not isinstance(entry.get("knots"), list) or tuple(entry["knots"]) != feature.knots:
        raise BadModel(f"{feature.part} has other knots")
    stored = entry.get("weights")
    if not isinstance(stored, list) or len(stored) != len(feature.knots) - 1:
        raise BadModel(f"{feature.part} has too few weights, or too many")
    weights = [_number(weight) for weight in stored]
    if (feature.direction == UP and min(weights) < 0) or (feature.direction == DOWN and max(weights) > 0):
        raise BadModel(f"{feature.part} turns")
    return weights


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadModel("not a number")
    if abs(value) > MOST_WEIGHT:
        raise BadModel("a number beyond all reason")
    return float(value)
