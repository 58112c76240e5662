"""What was known of an enterprise's credit on a day in the past, without a database.

Nothing that became known later enters: an event is known from the day on which it was recorded, or took
effect if that is later, until the day on which it was taken back or repaired.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from ...credit import service as credit
from ...credit.models import EventStatus
from ...enterprises.models import Grade

HORIZON = timedelta(days=90)
"""How far ahead a warning looks."""
SAFE_FLOOR = credit.GRADE_FLOORS[Grade.C]
"""The score, in thousandths, below which an enterprise has fallen to D or E."""
MONTHS_OF_YEAR = 12


@dataclass(frozen=True, slots=True)
class PastEvent:
    """A credit event as the formula reads it, and when it was known: from `known_from` until the day before
    `known_until`. Points in thousandths."""

    rule: str
    axis: str
    points_milli: int
    most_per_year_milli: int | None
    severity: str | None
    recorded_as: str
    cause: str | None
    effective_on: date
    lapses_on: date
    known_from: date
    known_until: date = date.max
    status: EventStatus = EventStatus.RECORDED

    def is_known_on(self, day: date) -> bool:
        return self.known_from <= day < self.known_until and self.effective_on <= day


@dataclass(frozen=True, slots=True)
class PastEvaluation:
    """A published evaluation, and from when on it was known."""

    published_on: date
    valid_until: date
    known_from: date


@dataclass(frozen=True, slots=True)
class CreditHistory:
    """The credit of one enterprise, a member `since` a day."""

    since: date
    events: Sequence[PastEvent]
    evaluations: Sequence[PastEvaluation] = ()

    def as_known_on(self, day: date) -> "CreditHistory":
        """What was known of it on that day."""
        return CreditHistory(
            self.since,
            [event for event in self.events if event.is_known_on(day)],
            [evaluation for evaluation in self.evaluations if evaluation.known_from <= day],
        )

    def score_on(self, day: date) -> int:
        """The score on a day by all that is in here, in thousandths: the formula of the credit room."""
        events: Sequence[Any] = self.events
        evaluations: Sequence[Any] = self.evaluations
        return credit.standing(events, evaluations, self.since, day).score


@dataclass(frozen=True, slots=True)
class Course:
    """When the score was below grade C: from `days[n]` on it was so if `low[n]`, until the next day."""

    days: Sequence[date]
    low: Sequence[bool]

    def falls_within(self, day: date) -> bool:
        """Whether the score is below grade C on a day after `day`, within the horizon; of one that is not so
        on the day itself."""
        first, end = bisect_right(self.days, day), bisect_right(self.days, day + HORIZON)
        return any(self.low[first:end])

    def falls(self) -> int:
        """How many times the score fell from grade C or better."""
        return sum(after and not before for before, after in pairwise(self.low))


def course_of(history: CreditHistory, first: date, last: date) -> Course:
    """Whether the score was below grade C on each day of `first` to `last`, by what was known on it."""
    moments = {history.since + timedelta(days=365), history.since + timedelta(days=366)}
    for event in history.events:
        moments |= {max(event.known_from, event.effective_on), event.known_until, event.lapses_on}
    for evaluation in history.evaluations:
        moments |= {max(evaluation.known_from, evaluation.published_on), evaluation.valid_until}
    days = sorted({first, *(day for day in moments if first < day <= last)})
    return Course(days, [_is_low(history, day) for day in days])


def _is_low(history: CreditHistory, day: date) -> bool:
    """Without the whole formula where the deductions that count are too few to take a newcomer there."""
    lost = sum(
        event.points_milli
        for event in history.events
        if event.points_milli < 0 and event.is_known_on(day) and day < event.lapses_on
    )
    return credit.BASE_NEWCOMER + lost < SAFE_FLOOR and history.as_known_on(day).score_on(day) < SAFE_FLOOR


def months_between(first: date, last: date) -> int:
    """Whole months from one day to another."""
    months = (last.year - first.year) * MONTHS_OF_YEAR + last.month - first.month
    return months - (last.day < first.day)


def first_days(first: date, last: date) -> list[date]:
    """The first day of each month from `first` to `last`."""
    places = range(first.year * MONTHS_OF_YEAR + first.month - 1, last.year * MONTHS_OF_YEAR + last.month)
    days = (date(place // MONTHS_OF_YEAR, place % MONTHS_OF_YEAR + 1, 1) for place in places)
    return [day for day in days if first <= day <= last]
