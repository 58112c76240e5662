"""What happened to an inspection, as an event that tasks may listen to."""

from ...events.work import Work
from ..models import Inspection


def emit(work: Work, name: str, row: Inspection) -> None:
    """Emit an event of an inspection; all have the same payload, so that any task may listen."""
    work.emit(
        name,
        happened=name.removeprefix("inspection."),
        inspection_id=str(row.id),
        number=row.number,
        kind=str(row.kind),
        enterprise_id=str(row.enterprise_id),
        result=str(row.result),
        due_on=row.due_on.isoformat() if row.due_on else None,
    )
