"""What the scheduler runs for the boards."""

from . import service


def update_entries() -> None:
    """Note which reasons have come to the public board and which have left it."""
    service.update_entries()
