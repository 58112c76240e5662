"""From histories to a model and its card: trained on earlier months, calibrated and tested on later ones.

No row of one part looks into another: its 90 days end before the next part begins.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import numpy as np

from ..models import WarningPart, WarningVerdict
from .features import FEATURES, RECENT_DAYS, Matrix, features_of
from .fitting import Truth, calibrate, fit
from .histories import HORIZON, CreditHistory, course_of, first_days, months_between
from .judging import figures, lift
from .monotone_model import MonotoneModel

HISTORY_MONTHS = 36
"""Months back that are learned from: older ones say little of today's rules. Our own choice."""
SHARES = (0.5, 0.75)
"""Of the time, where training ends and where calibration does."""
PARTS = ("training", "calibration", "test")
LEAST_OF_PART = 0.1
"""Of the falls that a training needs, the least that each part has to hold among its rows."""
SCORE = next(place for place, feature in enumerate(FEATURES) if feature.part == WarningPart.SCORE)


@dataclass(frozen=True, slots=True)
class Needs:
    """What has to be there before anything is learned."""

    falls: int
    months: int


@dataclass(slots=True)
class Lessons:
    """Rows of enterprises on first days of months, of `first` to `today`, gathered batch by batch.

    Only months of which the whole horizon has passed are rows. `falls` counts falls, each once.
    """

    first: date
    today: date
    enterprises: int = 0
    falls: int = 0
    _values: list[Matrix] = field(default_factory=list)
    _days: list[int] = field(default_factory=list)
    _truth: list[bool] = field(default_factory=list)
    _recent: list[int] = field(default_factory=list)

    def add(self, histories: Iterable[CreditHistory]) -> None:
        """Add the rows of some enterprises."""
        days, rows = first_days(self.first, self.today - HORIZON), []
        for history in histories:
            course = course_of(history, max(self.first, history.since), self.today)
            self.enterprises += 1
            self.falls += course.falls()
            for day in days:
                row = features_of(history, day)
                if row is not None:
                    rows.append(row)
                    self._days.append(day.toordinal())
                    self._truth.append(course.falls_within(day))
                    self._recent.append(recent_deductions(history, day))
        if rows:
            self._values.append(np.array(rows))

    @property
    def values(self) -> Matrix:
        return np.concatenate(self._values) if self._values else np.empty((0, len(FEATURES)))

    @property
    def truth(self) -> Truth:
        return np.array(self._truth, bool)

    @property
    def recent(self) -> Matrix:
        """Deductions of the last 90 days: the second baseline."""
        return np.array(self._recent, float)

    def places(self) -> dict[str, Truth]:
        """Which rows each part has."""
        start, end, days = self.first.toordinal(), self.today.toordinal(), np.array(self._days)
        borders = [start, *(start + round(share * (end - start)) for share in SHARES), end]
        return {
            part: (days >= first) & (days + HORIZON.days <= last)
            for part, (first, last) in zip(PARTS, pairwise(borders), strict=True)
        }


@dataclass(frozen=True, slots=True)
class Learned:
    """What came of it: the model where it is used, and the card in any case."""

    verdict: WarningVerdict
    card: Mapping[str, Any]
    model: MonotoneModel | None = None


def recent_deductions(history: CreditHistory, day: date) -> int:
    """How many deductions took effect in the 90 days before, by what was known on the day."""
    return sum(
        event.points_milli < 0 and (day - event.effective_on).days < RECENT_DAYS
        for event in history.events
        if event.is_known_on(day)
    )


def earliest_first(today: date) -> date:
    """The day from which on history is learned from, if there is that much."""
    years, month = divmod(today.month - 1 - HISTORY_MONTHS, 12)
    return date(today.year + years, month + 1, 1)


def learn(lessons: Lessons, began_on: date | None, needs: Needs) -> Learned:
    """Train, calibrate and test a model, if there is enough to learn from.

    Args:
        began_on: the day from which on events are known at all; None if there are none.
    """
    months = months_between(began_on, lessons.today) if began_on else 0
    card: dict[str, Any] = {
        "history": {"months": months, "falls": lessons.falls, "enterprises": lessons.enterprises},
        "needed": {"months": needs.months, "falls": needs.falls},
    }
    if months < needs.months or lessons.falls < needs.falls:
        return Learned(WarningVerdict.NOT_ENOUGH_HISTORY, card)
    places, truth = lessons.places(), lessons.truth
    card["parts"] = {part: _about(lessons, mine) for part, mine in places.items()}
    least = max(1, round(needs.falls * LEAST_OF_PART))
    if any(truth[mine].sum() < least for mine in places.values()):
        return Learned(WarningVerdict.NOT_ENOUGH_HISTORY, card)
    return _judged(lessons, places, card)


def _judged(lessons: Lessons, places: Mapping[str, Truth], card: dict[str, Any]) -> Learned:
    values, truth = lessons.values, lessons.truth
    train, later, test = (places[part] for part in PARTS)
    model = fit(values[train], truth[train])
    model = calibrate(model, values[later], truth[later])
    found = figures(model.risks(values[test]), truth[test])
    alone = lift(-values[test][:, SCORE], truth[test])
    recent = lift(lessons.recent[test], truth[test])
    card |= {**found, "lift_of_score": round(alone, 3), "lift_of_recent": round(recent, 3)}
    is_better = found["lift"] > max(alone, recent) and found["brier"] < found["brier_of_mean"]
    if not is_better:
        return Learned(WarningVerdict.NOT_BETTER, card)
    return Learned(WarningVerdict.IN_USE, card, model)


def _about(lessons: Lessons, mine: Truth) -> dict[str, Any]:
    """First and last day of a part's rows with their horizon, the rows, and those that fell."""
    days = np.array(lessons._days)[mine]
    if not len(days):
        return {"first": None, "last": None, "rows": 0, "fell": 0}
    return {
        "first": date.fromordinal(int(days.min())).isoformat(),
        "last": (date.fromordinal(int(days.max())) + timedelta(days=HORIZON.days)).isoformat(),
        "rows": len(days),
        "fell": int(lessons.truth[mine].sum()),
    }
