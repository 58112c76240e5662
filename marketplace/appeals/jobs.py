"""Tasks and periodic jobs of appeals and repairs."""

from uuid import UUID

from . import service


def end_for_event(
    enterprise_id: str, event_id: str, name: str, reason: str, appeal_id: str | None = None
) -> None:
    """A credit event was withdrawn or repaired: what else is asked about it has nothing left to decide."""
    service.end_for_event(UUID(event_id), reason)


def remind_of_decisions() -> None:
    """Remind the officers of decisions that are due soon, and of those that are overdue."""
    service.remind_of_decisions()
