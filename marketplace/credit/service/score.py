"""The score: base plus the points of all events that count, its grade, and its six axes. No database."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ...enterprises.models import MILLI_PER_POINT, Grade
from ..models import AXES, EVALUATION, RECORD, CreditEvent, Evaluation, Recorder, Severity
from .lapse import counts, holds, year_before

FULL = 100 * MILLI_PER_POINT
BASE_ESTABLISHED = 100 * MILLI_PER_POINT
BASE_NEWCOMER = 80 * MILLI_PER_POINT
GRADE_FLOORS = {
    Grade.A: 90 * MILLI_PER_POINT,
    Grade.B: 75 * MILLI_PER_POINT,
    Grade.C: 60 * MILLI_PER_POINT,
    Grade.D: 40 * MILLI_PER_POINT,
    Grade.E: 0,
}
"""The lowest score of each grade, best grade first, in thousandths of a point."""
COMPLETED = "fulfilment.completed"
COMPLETED_TO_ESTABLISH = 5
CAP = "cap"
"""The line of what events of the platform do not take, because they alone never make grade E."""


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """What the events of one rule (and year, where the rule has a yearly limit) add, in thousandths.

    The line `CAP` has neither axis nor events. `recorded_as` is whom the rule names to record them.
    """

    rule: str
    axis: str | None
    year: int | None
    events: int
    points: int
    recorded_as: Recorder | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A score and all it is made of; points in thousandths.

    `established_by` is "evaluation" or "record", None for a newcomer, whose standing is provisional.
    """

    base: int
    established_by: str | None
    lines: tuple[ScoreLine, ...]
    valid_until: date | None

    @property
    def sum(self) -> int:
        return self.base + sum(line.points for line in self.lines)

    @property
    def score(self) -> int:
        return clamped(self.sum)

    @property
    def grade(self) -> Grade:
        return grade_of(self.score)

    @property
    def is_provisional(self) -> bool:
        return self.established_by is None

    @property
    def axes(self) -> dict[str, int]:
        """Each axis: 100 plus its own points, from 0 to 100."""
        own: dict[str, int] = defaultdict(int)
        for line in self.lines:
            if line.axis is not None:
                own[line.axis] += line.points
        return {axis: clamped(FULL + own[axis]) for axis in AXES}


def clamped(points_milli: int) -> int:
    """The points within 0 to 100, in thousandths."""
    return min(FULL, max(0, points_milli))


def grade_thresholds() -> dict[str, float]:
    """The lowest score of each grade in points, best grade first."""
    return {grade.value: floor / MILLI_PER_POINT for grade, floor in GRADE_FLOORS.items()}


def grade_of(score_milli: int) -> Grade:
    """The grade of a score given in thousandths."""
    return next(grade for grade, floor in GRADE_FLOORS.items() if score_milli >= floor)


def next_grade(score_milli: int) -> dict[str, Any] | None:
    """The next better grade and what a score lacks to it, in thousandths; None of the best."""
    better = [(floor, grade) for grade, floor in GRADE_FLOORS.items() if floor > score_milli]
    return {"grade": min(better)[1], "missing": min(better)[0] - score_milli} if better else None


def standing(
    events: Iterable[CreditEvent], evaluations: Iterable[Evaluation], member_since: date, today: date
) -> Standing:
    """Score = base + the points of all events that count, clamped once at the end.

    The order of events never matters: points are summed for each rule, and for each calendar year where the
    rule has a yearly limit. What only the platform recorded never makes grade E: see `relief`.

    Args:
        member_since: the day of registration, in Asia/Shanghai.
    """
    current = [event for event in events if counts(event, today)]
    ends = [evaluation.valid_until for evaluation in evaluations if holds(evaluation, today)]
    valid_until = max((end for end in ends if end is not None), default=None)
    completed = sum(event.rule == COMPLETED for event in current)
    has_deduction = any(event.points_milli < 0 for event in current)
    established = established_by(valid_until, member_since, today, completed, has_deduction)
    base, lines = base_score(established), _score_lines(_without_repeats(current))
    return Standing(base, established, (*lines, *_cap_line(base, lines)), valid_until)


def _without_repeats(events: Sequence[CreditEvent]) -> list[CreditEvent]:
    """All but light events of the platform of a cause that has a heavier one: one cause counts once.

    Which of two equally heavy ones counts makes no difference to any sum but those of their rules; the first
    by rule and day.
    """
    heaviest: dict[str, CreditEvent] = {}
    others = []
    for event in events:
        if event.cause is None or not _is_light_of_platform(event):
            others.append(event)
        elif event.cause not in heaviest or _weight(event) < _weight(heaviest[event.cause]):
            heaviest[event.cause] = event
    return others + list(heaviest.values())


def _is_light_of_platform(event: CreditEvent) -> bool:
    return event.recorded_as == Recorder.SYSTEM and event.severity == Severity.LIGHT


def _weight(event: CreditEvent) -> tuple[int, str, date]:
    return event.points_milli, event.rule, event.effective_on


def _cap_line(base: int, lines: Sequence[ScoreLine]) -> list[ScoreLine]:
    of_platform = sum(line.points for line in lines if line.recorded_as == Recorder.SYSTEM)
    recorded = base + sum(line.points for line in lines) - of_platform
    points = relief(recorded, of_platform)
    return [ScoreLine(CAP, None, None, 0, points)] if points else []


def relief(recorded: int, of_platform: int) -> int:
    """What the platform's own deductions do not take, in thousandths: they alone never make grade E.

    With r = base + recorded points and s = the platform's, a sum r + s below the floor of D counts as
    min(floor, max(r, r + s)).
    """
    total, floor = recorded + of_platform, GRADE_FLOORS[Grade.D]
    return 0 if total >= floor else min(floor, max(recorded, total)) - total


def base_score(established_by: str | None) -> int:
    """What a score starts from, in thousandths: 100 points for the established, 80 for a newcomer."""
    return BASE_ESTABLISHED if established_by else BASE_NEWCOMER


def established_by(
    evaluated_until: date | None, member_since: date, today: date, completed: int, has_deduction: bool
) -> str | None:
    """What makes an enterprise established: a valid evaluation, or a year on the platform with five completed
    deals and no deduction; None if nothing does.

    Args:
        completed, has_deduction: how many completed deals count today, and whether any deduction does.
    """
    if evaluated_until:
        return EVALUATION
    is_member_for_a_year = member_since <= year_before(today)
    if is_member_for_a_year and not has_deduction and completed >= COMPLETED_TO_ESTABLISH:
        return RECORD
    return None


def _score_lines(events: Iterable[CreditEvent]) -> tuple[ScoreLine, ...]:
    groups: dict[tuple[str, str, int | None, int | None, Recorder], list[int]] = defaultdict(list)
    for event in events:
        limit = event.most_per_year_milli
        year = event.effective_on.year if limit is not None else None
        recorder = Recorder(event.recorded_as or Recorder.ADMIN)
        groups[event.rule, event.axis, year, limit, recorder].append(event.points_milli)
    return tuple(
        ScoreLine(rule, axis, year, len(points), _limited(sum(points), limit), recorder)
        for (rule, axis, year, limit, recorder), points in sorted(
            groups.items(), key=lambda group: str(group[0])
        )
    )


def _limited(points: int, limit: int | None) -> int:
    return points if limit is None else max(-limit, min(limit, points))
