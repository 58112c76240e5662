"""The score of an enterprise day by day, as its record of today has it. No database."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from ...credit import service as credit
from ...credit.models import CreditEvent, Evaluation, EventStatus
from ...enterprises.models import Grade


@dataclass(frozen=True, slots=True)
class ScorePoint:
    """From a day on: the score in thousandths and the grade."""

    day: date
    score: int
    grade: Grade


def score_points(
    events: Sequence[CreditEvent],
    evaluations: Sequence[Evaluation],
    member_since: date,
    today: date,
    most: int,
) -> list[ScorePoint]:
    """The days on which the score or grade changed, newest first, `most` of them.

    It is computed from what stands today: an entry that was withdrawn or repaired counts on no day. Only the
    days on which something took effect or lapsed are looked at, so each is judged by the formula itself.
    """
    points: list[ScorePoint] = []
    for day in sorted(_turning_days(events, evaluations, member_since, today))[-2 * most :]:
        standing = credit.standing(events, evaluations, member_since, day)
        if not points or (points[-1].score, points[-1].grade) != (standing.score, standing.grade):
            points.append(ScorePoint(day, standing.score, standing.grade))
    return points[: -most - 1 : -1]


def _turning_days(
    events: Sequence[CreditEvent], evaluations: Sequence[Evaluation], member_since: date, today: date
) -> set[date]:
    days = {member_since, *_days_of(events, evaluations)}
    return {day for day in days if member_since <= day <= today}


def _days_of(events: Sequence[CreditEvent], evaluations: Sequence[Evaluation]) -> Iterator[date]:
    for event in events:
        if event.status == EventStatus.RECORDED:
            yield from (event.effective_on, event.lapses_on)
    for evaluation in evaluations:
        yield from filter(None, (evaluation.published_on, evaluation.valid_until))
