"""What the scheduler runs for transporters."""

from . import service


def remind_of_ends() -> None:
    """Announce papers that end soon."""
    service.remind_of_ends()
