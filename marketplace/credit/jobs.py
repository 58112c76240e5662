"""What the scheduler runs for credit."""

from . import service


def refresh_lapsed() -> None:
    """Recompute the scores of which an event has lapsed."""
    service.refresh_due()
