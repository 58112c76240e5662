"""What a risk is computed from: of one enterprise on one day, by what was known then; and in which direction
each may move it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from ...credit.models import AXES, Severity
from ...enterprises.models import MILLI_PER_POINT
from ..models import WarningPart
from .histories import HORIZON, SAFE_FLOOR, CreditHistory, PastEvent

Matrix = NDArray[np.float64]
UP, DOWN, FREE = 1, -1, 0
"""More of it never lowers the risk, never raises it, or may do either."""
RECENT_DAYS, YEAR_DAYS, LONGEST_DAYS = 90, 365, 730
LATE_REPORTS = frozenset({"reporting.late", "reporting.missing", "reporting.plan_late"})
LATE_MANIFESTS = frozenset(
    {"manifest.late_close", "manifest.weight_unexplained", "manifest.outcome_not_told", "fulfilment.no_show"}
)


@dataclass(frozen=True, slots=True)
class Feature:
    """One column. Between two `knots` the log-odds change linearly, beyond the outer ones not at all.

    `reference` is the value of an enterprise of which nothing bad is known. All are our own choice.
    """

    part: WarningPart
    direction: int
    reference: float
    knots: tuple[float, ...]


def _features() -> Iterable[Feature]:
    yield Feature(WarningPart.SCORE, DOWN, 100, (60, 65, 70, 75, 80, 90, 100))
    yield Feature(WarningPart.SCORE_AHEAD, DOWN, 100, (40, 55, 60, 65, 70, 80, 90, 100))
    for days in (RECENT_DAYS, YEAR_DAYS):
        for axis in AXES:
            yield Feature(WarningPart(f"lost_{days}_{axis}"), UP, 0, (0, 4, 12, 30))
    yield Feature(WarningPart.LIGHT_365, UP, 0, (0, 1, 3, 6, 12))
    yield Feature(WarningPart.DAYS_SINCE_DEDUCTION, DOWN, LONGEST_DAYS, (0, 30, 90, 180, 365, LONGEST_DAYS))
    yield Feature(WarningPart.LATE_REPORTS_365, UP, 0, (0, 1, 3, 6))
    yield Feature(WarningPart.LATE_MANIFESTS_365, UP, 0, (0, 1, 3, 6))
    yield Feature(WarningPart.TENURE_DAYS, FREE, LONGEST_DAYS, (0, YEAR_DAYS, LONGEST_DAYS, 1825))


FEATURES = tuple(_features())
REFERENCE: Matrix = np.array([feature.reference for feature in FEATURES])


def features_of(history: CreditHistory, day: date) -> list[float] | None:
    """The row of `FEATURES` of an enterprise on a day, by what was known then; None of one that was no member
    yet, or that has grade D or E already."""
    if history.since > day:
        return None
    known = history.as_known_on(day)
    score = known.score_on(day)
    if score < SAFE_FLOOR:
        return None
    taking = [event for event in known.events if event.points_milli < 0]
    deductions = [(event, (day - event.effective_on).days) for event in taking]
    of_year = [(event, age) for event, age in deductions if age < YEAR_DAYS]
    return [
        score / MILLI_PER_POINT,
        known.score_on(day + HORIZON) / MILLI_PER_POINT,
        *_lost([event for event, age in of_year if age < RECENT_DAYS]),
        *_lost([event for event, _ in of_year]),
        sum(event.severity == Severity.LIGHT for event, _ in of_year),
        min((age for _, age in deductions), default=LONGEST_DAYS),
        sum(event.rule in LATE_REPORTS for event, _ in of_year),
        sum(event.rule in LATE_MANIFESTS for event, _ in of_year),
        (day - history.since).days,
    ]


def _lost(events: Iterable[PastEvent]) -> list[float]:
    """Points that deductions took, by axis, before yearly limits."""
    lost = dict.fromkeys(AXES, 0)
    for event in events:
        lost[event.axis] -= event.points_milli
    return [points / MILLI_PER_POINT for points in lost.values()]
