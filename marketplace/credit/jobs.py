"""What the clock does for credit."""

from .. import clock
from . import service


@clock.every(30)
def refresh_lapsed() -> None:
    """Write anew the scores from which something lapsed."""
    service.refresh_due()
