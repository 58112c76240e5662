"""What the clock calls for matches."""

from .. import clock
from .service import live


@clock.every(600)
def forget_changes() -> None:
    """Drop what every index has followed."""
    live.forget_changes()
