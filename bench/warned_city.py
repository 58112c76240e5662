"""A simulated city whose enterprises keep or break the rules of credit, for the early warning.

How diligent an enterprise is nobody sees: it differs from one to the next, drifts from month to month, and
breaks down now and then for half a year. What is seen are events: late reports in the season of reports,
late manifests as often as one has manifests, defects when somebody inspects, penalties, accidents that nobody
is to blame for. Decisions are recorded weeks after the act; some are taken back or repaired later. Everything
is drawn by one seed. It shows that a method works, not how real enterprises behave.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from marketplace.credit import service as credit
from marketplace.early_warnings.service.histories import CreditHistory, PastEvaluation, PastEvent

MONTHS_OF_YEAR = 12


@dataclass(frozen=True)
class Habit:
    """How often a rule is broken: `monthly` by an average enterprise of average size.

    `care` is how much diligence matters, `size` how much the number of manifests does; `season` multiplies
    months. A person records it `delay` days after the act on average; the platform at once.
    """

    rule: str
    points: float
    severity: str | None
    months: int
    recorder: str
    monthly: float
    care: float
    size: float = 0.0
    most: float | None = None
    season: dict[int, float] | None = None
    delay: float = 0.0

    @property
    def axis(self) -> str:
        axes = {"law": "law", "manifest": "manifests", "incident": "incidents"}
        first = self.rule.partition(".")[0]
        return axes.get(first, first)


REPORTS = {1: 2.0, 4: 2.5, 7: 1.5, 10: 1.5}
PEAK = {1: 1.4, 2: 0.5, 11: 1.3, 12: 1.6}
INSPECTIONS = {5: 1.8, 6: 2.2, 9: 1.5, 2: 0.3}
HABITS = (
    Habit("manifest.late_close", -2, "light", 12, "system", 0.05, 0.9, 0.8, 10, PEAK),
    Habit("manifest.weight_unexplained", -4, "light", 12, "system", 0.015, 0.7, 0.8, None, PEAK),
    Habit("manifest.outcome_not_told", -1, "light", 12, "system", 0.03, 0.8, 0.8, 4),
    Habit("reporting.late", -2, "light", 12, "system", 0.06, 1.0, 0.0, 12, REPORTS),
    Habit("reporting.missing", -5, "general", 12, "system", 0.008, 1.4, 0.0, None, REPORTS),
    Habit("reporting.untrue", -8, "general", 24, "regulator", 0.002, 0.8, 0.2, None, None, 30),
    Habit("site.defect", -4, "light", 12, "regulator", 0.03, 0.9, 0.1, 16, INSPECTIONS, 7),
    Habit("site.label", -3, "light", 12, "regulator", 0.02, 0.7, 0.1, 9, INSPECTIONS, 7),
    Habit("site.incompatible_mixed", -15, "general", 24, "regulator", 0.001, 1.2, 0.2, None, INSPECTIONS, 10),
    Habit("law.penalty_minor", -6, "light", 12, "regulator", 0.006, 0.9, 0.2, None, None, 35),
    Habit("law.penalty_general", -10, "general", 18, "regulator", 0.003, 1.1, 0.2, None, None, 45),
    Habit("law.penalty_major", -15, "general", 24, "regulator", 0.0015, 1.2, 0.2, None, None, 60),
    Habit("law.penalty_severe", -30, "serious", 24, "regulator", 0.0003, 1.2, 0.0, None, None, 60),
    Habit("incident.accident", -12, "general", 24, "regulator", 0.0015, 0.0, 0.3, None, None, 20),
    Habit("incident.complaint", -3, "light", 12, "regulator", 0.006, 0.4, 0.3, None, None, 20),
    Habit("fulfilment.cancelled_by_fault", -4, "light", 12, "system", 0.01, 0.6, 0.6),
    Habit("fulfilment.completed", 0.5, None, 24, "system", 0.3, -0.1, 1.0, 10),
)
"""Points, months and limits are those of the default table; how often is our own invention."""
OFTEN = 0.6
PERSISTENCE, DRIFT = 0.93, 0.25
BREAKDOWNS, BREAKDOWN_MONTHS, BREAKDOWN = 0.006, 6, 1.8
"""Chance of a month that a breakdown begins, how long it lasts, and how much diligence it takes."""
TAKEN_BACK, REPAIRED = 0.03, 0.05
EVALUATED = 0.45


def simulated_city(enterprises: int, months: int, last: date, seed: int) -> list[CreditHistory]:
    """The histories of so many enterprises over the months that end with `last`, in no order."""
    chance = np.random.default_rng(seed)
    first = last - timedelta(days=round(months * 30.44))
    days = [first + timedelta(days=round(month * 30.44)) for month in range(months)]
    diligence = _diligence(chance, enterprises, months)
    size = chance.normal(0, 1, enterprises)
    since = (
        first
        - timedelta(days=1)
        + np.array([timedelta(days=int(day)) for day in chance.integers(-1500, months * 25, enterprises)])
    )
    events: list[list[PastEvent]] = [[] for _ in range(enterprises)]
    number = 0
    for habit in HABITS:
        season = np.array([(habit.season or {}).get(day.month, 1.0) for day in days])
        rate = OFTEN * habit.monthly * np.exp(-habit.care * diligence + habit.size * size[:, None]) * season
        counts = chance.poisson(np.minimum(rate, 6))
        for firm, month in zip(*np.nonzero(counts), strict=True):
            for _ in range(counts[firm, month]):
                day = days[month] + timedelta(days=int(chance.integers(30)))
                number += 1
                event = _event(chance, habit, day, number)
                if since[firm] <= event.effective_on and event.known_from <= last:
                    events[firm].append(event)
    return [
        CreditHistory(since[firm], events[firm], _evaluations(chance, diligence[firm], since[firm], days))
        for firm in range(enterprises)
    ]


def _diligence(chance: np.random.Generator, enterprises: int, months: int) -> np.ndarray:
    """(enterprises, months), of mean 0 and about 1 wide."""
    lasting = chance.normal(0, 0.8, enterprises)
    passing = np.zeros((enterprises, months))
    passing[:, 0] = chance.normal(0, DRIFT / np.sqrt(1 - PERSISTENCE**2), enterprises)
    for month in range(1, months):
        passing[:, month] = PERSISTENCE * passing[:, month - 1] + chance.normal(0, DRIFT, enterprises)
    begins = chance.random((enterprises, months)) < BREAKDOWNS
    broken = np.zeros_like(begins)
    for later in range(BREAKDOWN_MONTHS):
        broken[:, later:] |= begins[:, : months - later]
    return lasting[:, None] + passing - BREAKDOWN * broken


def _event(chance: np.random.Generator, habit: Habit, day: date, number: int) -> PastEvent:
    known = day + timedelta(days=int(chance.exponential(habit.delay))) if habit.delay else day
    until = date.max
    if habit.points < 0 and habit.recorder != "system" and chance.random() < TAKEN_BACK:
        until = known + timedelta(days=int(chance.integers(20, 60)))
    elif habit.points < 0 and habit.recorder != "system" and chance.random() < REPAIRED:
        until = known + timedelta(days=int(chance.integers(100, 300)))
    return PastEvent(
        rule=habit.rule,
        axis=habit.axis,
        points_milli=round(habit.points * 1000),
        most_per_year_milli=None if habit.most is None else round(habit.most * 1000),
        severity=habit.severity,
        recorded_as=habit.recorder,
        cause=f"made:{number}:receipt" if habit.recorder == "system" and habit.severity else None,
        effective_on=day,
        lapses_on=credit.lapse_date(day, habit.months),
        known_from=known,
        known_until=until,
    )


def _evaluations(
    chance: np.random.Generator, diligence: np.ndarray, since: date, days: list[date]
) -> list[PastEvaluation]:
    """The better are evaluated more often; an evaluation holds for two years."""
    if chance.random() > EVALUATED * (1 + np.tanh(diligence.mean())):
        return []
    published = max(since, days[0]) + timedelta(days=int(chance.integers(-600, 300)))
    published = max(published, since)
    return [PastEvaluation(published, credit.lapse_date(published, 24), published)]
