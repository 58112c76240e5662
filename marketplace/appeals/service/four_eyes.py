"""Who may decide: never the officer who made the entry. A trigger of the database refuses the same."""

from ...credit.models import CreditEvent
from ...errors import Conflict
from ...events.actor import Actor
from ..models import Appeal, Repair


def needs_another(actor: Actor, row: Appeal | Repair) -> bool:
    """Whether another officer has to decide: this one recorded the event, found what it is about, or checked
    the repair."""
    checked_by = row.checked_by if isinstance(row, Repair) else None
    return row.event.is_work_of(actor.id) or actor.id == checked_by


def require_second_officer(actor: Actor, event: CreditEvent) -> None:
    """Raises: Conflict: the actor recorded the event, or found what it is about (`second_officer_needed`)."""
    if event.is_work_of(actor.id):
        raise Conflict("second_officer_needed")
