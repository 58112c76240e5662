"""What answers come to: points, and pass, basic or fail."""

from collections.abc import Sequence

from ..models import InspectionAnswer, InspectionPolicy, InspectionResult


def result_of(answers: Sequence[InspectionAnswer], policy: InspectionPolicy) -> InspectionResult:
    """Pass, basic or fail by the share of the points; an item with a veto that is not met fails the whole.

    All are answered.
    """
    if any(answer.item.veto and answer.points == 0 for answer in answers):
        return InspectionResult.FAIL
    points, most = points_of(answers)
    if points * 1000 >= most * policy.pass_per_mille:
        return InspectionResult.PASS
    return InspectionResult.BASIC if points * 1000 >= most * policy.basic_per_mille else InspectionResult.FAIL


def points_of(answers: Sequence[InspectionAnswer]) -> tuple[int, int]:
    """Points reached, and the most that could be."""
    return sum(answer.points or 0 for answer in answers), sum(answer.item.most_points for answer in answers)
