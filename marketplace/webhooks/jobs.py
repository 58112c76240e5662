"""What the scheduler and the workers run for webhooks."""

from uuid import UUID

from . import service


def take_events() -> bool:
    """Take what happened into the feed; returns whether there may be more."""
    return service.take_events()


def forget_old() -> None:
    """Delete what happened, and was delivered, long ago."""
    service.forget_old()


def deliver(delivery_id: str) -> None:
    """A delivery is due."""
    service.deliver(UUID(delivery_id))
