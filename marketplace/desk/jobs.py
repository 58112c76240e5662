"""What the queue and the scheduler run for the desk."""

from uuid import UUID

from ..enterprises.models import Grade
from . import service


def note_grade_change(enterprise_id: str, score: float, grade: str, grade_before: str, blocked: bool) -> None:
    """The standing of an enterprise changed; only another grade waits to be seen."""
    if grade != grade_before:
        service.note_grade_change(UUID(enterprise_id), Grade(grade_before))


def drop_assignments() -> None:
    """Forget who had taken what is done."""
    service.drop_assignments()
