"""What the scheduler runs for keys and for stored responses."""

from ..http import idempotency
from . import service


def remind_of_expiry() -> None:
    """Announce keys that expire soon."""
    service.remind_of_expiry()


def forget_answers() -> None:
    """Delete the responses that were stored for idempotent requests a day ago."""
    idempotency.delete_expired()
