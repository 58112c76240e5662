"""What is told of an appeal or a repair: all events of one have the same payload."""

from ...credit import service as credit
from ...events.work import Work
from ..models import Appeal, Repair


def emit(work: Work, name: str, row: Appeal | Repair) -> None:
    """Emit an event of an appeal or a repair.

    Args:
        name: as `appeal.upheld`; the payload says what `happened` too, so that one task may listen to all.
    """
    subject, _, happened = name.partition(".")
    work.emit(
        name,
        **{
            "happened": happened,
            f"{subject}_id": str(row.id),
            "event_id": str(row.event_id),
            "enterprise_id": str(row.enterprise_id),
            "name": credit.title_of_event(row.event),
            "due_on": row.due_on.isoformat(),
            "reason": row.answer or "",
        },
    )
