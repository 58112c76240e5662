"""How well risks said what happened: calibration, Brier score, and how many falls the top tenth holds."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from .features import Matrix
from .fitting import Truth

BINS = 10
TOP_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Bin:
    """A tenth of the rows, by risk: the mean of what was predicted, and the share that fell."""

    rows: int
    predicted: float
    observed: float


def calibration(risks: Matrix, truth: Truth) -> list[Bin]:
    """Ten bins of as many rows each, the lowest risks first."""
    order = np.argsort(risks, kind="stable")
    return [
        Bin(len(some), round(float(risks[some].mean()), 6), round(float(truth[some].mean()), 6))
        for some in np.array_split(order, BINS)
        if len(some)
    ]


def calibration_error(bins: list[Bin]) -> float:
    """The mean distance of predicted from observed over the bins, by their rows."""
    rows = sum(each.rows for each in bins)
    return sum(each.rows * abs(each.predicted - each.observed) for each in bins) / rows


def brier(risks: Matrix, truth: Truth) -> float:
    """The mean square of what was predicted less what happened."""
    return float(np.mean((risks - truth) ** 2))


def lift(values: Matrix, truth: Truth, share: float = TOP_SHARE) -> float:
    """How many times as often the rows with the highest values fell as all rows did.

    Of rows with the same value at the border a part counts, as if they were drawn by lot.
    """
    top = max(1, round(len(values) * share))
    border = np.partition(values, -top)[-top]
    above, tied = values > border, values == border
    hits = truth[above].sum() + (top - above.sum()) * truth[tied].mean()
    return float(hits / top / truth.mean())


def figures(risks: Matrix, truth: Truth) -> dict[str, Any]:
    """All of them, as a card holds them."""
    bins = calibration(risks, truth)
    return {
        "calibration": [asdict(each) for each in bins],
        "calibration_error": round(calibration_error(bins), 6),
        "brier": round(brier(risks, truth), 6),
        "brier_of_mean": round(brier(np.full(len(truth), truth.mean()), truth), 6),
        "lift": round(lift(risks, truth), 3),
    }
