"""What the scheduler runs for credit."""

from . import service


def refresh_lapsed() -> None:
    """Recompute the standings of which an event or evaluation has lapsed."""
    service.refresh_lapsed()
