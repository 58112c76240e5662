"""Who may decide: never the officer who made the entry. A trigger of the database refuses the same."""

from ...credit.models import CreditEvent
from ...errors import Conflict
from ...events.actor import Actor


def require_second_officer(actor: Actor, event: CreditEvent) -> None:
    """Raises: Conflict: the actor recorded the event itself (`second_officer_needed`)."""
    if event.recorded_by == actor.id:
        raise Conflict("second_officer_needed")
