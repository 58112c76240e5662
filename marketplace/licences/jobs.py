"""What the scheduler does about permits."""

from .. import clock
from . import service


def note_expired() -> None:
    """Note permits that have ended."""
    service.note_expired(clock.today())
