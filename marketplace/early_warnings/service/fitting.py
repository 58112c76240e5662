"""Fits a monotone model to rows of the past, and its calibration to later ones."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .features import FEATURES, FREE, Matrix
from .monotone_model import GAPS, MonotoneModel, ramps

Truth = NDArray[np.bool_]
Bounds = Sequence[tuple[float | None, float | None]]
PENALTY = 1.0
"""Of the squares of the weights, against the sum of the losses: rare gaps stay near 0. Our own choice."""
SLOPES = (0.2, 5.0)
"""Within which calibration may stretch the log-odds: always upright, so that the model stays monotone."""
ANY = (None, None)


def fit(values: Matrix, truth: Truth) -> MonotoneModel:
    """The monotone model that makes the truth of these rows likeliest.

    The task is convex, so there is one best model, whatever it starts from.

    Args:
        values: (n, features). truth: (n,), whether the enterprise fell; both kinds are among them.
    """
    signs = np.repeat([feature.direction for feature in FEATURES], GAPS)
    turned = np.where(signs == FREE, 1.0, signs)
    inputs = ramps(values) * turned
    start = np.zeros(1 + inputs.shape[1])
    start[0] = np.log(truth.mean() / (1 - truth.mean()))
    bounds: Bounds = [ANY, *(ANY if sign == FREE else (0, None) for sign in signs)]
    found = _least_loss(start, inputs, truth, PENALTY, bounds)
    return MonotoneModel(float(found[0]), found[1:] * turned)


def calibrate(model: MonotoneModel, values: Matrix, truth: Truth) -> MonotoneModel:
    """The model with its log-odds stretched and shifted so that they say what happened in later rows.

    A line on the log-odds (Platt), not steps: so the order of enterprises stays as it is, and parts still add
    up.
    """
    start, inputs = np.array([0.0, 1.0]), model.log_odds(values)[:, None]
    shift, slope = _least_loss(start, inputs, truth, 0.0, [ANY, SLOPES]).tolist()
    return model.calibrated(slope, shift)


def _least_loss(start: Matrix, inputs: Matrix, truth: Truth, penalty: float, bounds: Bounds) -> Matrix:
    """The weights within `bounds` that have the least loss; the first is the intercept."""
    from scipy.optimize import minimize  # only here: it takes long to load

    found = minimize(
        _loss,
        start,
        args=(inputs, truth.astype(float), penalty),
        jac=True,
        method="L-BFGS-B",
        bounds=bounds,
        options={"maxiter": 1000, "ftol": 1e-12, "gtol": 1e-8},
    )
    weights: Matrix = found.x
    return weights


def _loss(weights: Matrix, inputs: Matrix, truth: Matrix, penalty: float) -> tuple[float, Matrix]:
    """Mean logistic loss with the penalty, and its gradient."""
    log_odds = weights[0] + inputs @ weights[1:]
    losses = np.logaddexp(0, log_odds) - truth * log_odds
    loss = losses.sum() + penalty / 2 * weights[1:] @ weights[1:]
    errors = 1 / (1 + np.exp(-log_odds)) - truth
    gradient = np.concatenate([[errors.sum()], inputs.T @ errors + penalty * weights[1:]])
    return loss / len(truth), gradient / len(truth)
