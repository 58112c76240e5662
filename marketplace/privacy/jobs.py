"""What the scheduler runs for personal data."""

from . import service


def erase_past_retention() -> None:
    """Erase what has been kept as long as the retention rules allow."""
    service.erase_past_retention()
