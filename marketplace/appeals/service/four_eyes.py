"""Who may decide: never the officer who made the entry. A trigger of the database refuses the same."""

from ...credit.models import CreditEvent
from ...errors import Conflict
from ...events.actor import Actor
from ..models import Appeal, Repair


def needs_another(actor: Actor, row: Appeal | Repair) -> bool:
    """Whether another officer has to decide, as this one recorded the event or checked the repair."""
    checked_by = row.checked_by if isinstance(row, Repair) else None
    return actor.id in (row.event.recorded_by, checked_by)


def require_second_officer(actor: Actor, event: CreditEvent) -> None:
    """Raises: Conflict: the actor recorded the event itself (`second_officer_needed`)."""
    if event.recorded_by == actor.id:
        raise Conflict("second_officer_needed")
