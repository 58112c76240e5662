"""What the clock does for listings."""

from .. import clock
from . import service


@clock.every(5)
def expire() -> None:
    """Close listings whose window is over."""
    while service.expire_due(clock.today()) == service.EXPIRE_BATCH:
        pass
