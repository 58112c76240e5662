"""What the clock does for keys and for kept answers."""

from .. import clock
from ..http import idempotency
from . import service


@clock.every(600)
def remind_of_expiry() -> None:
    """Remind of keys that end soon."""
    service.remind_of_expiry()


@clock.every(3600)
def forget_answers() -> None:
    """Drop kept answers of yesterday."""
    idempotency.forget_old()
