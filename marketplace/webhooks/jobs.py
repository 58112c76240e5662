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


def replay_on(
    endpoint_id: str,
    since: str,
    last_event_no: int,
    last_release_no: int,
    event_no: int,
    release_no: int,
) -> None:
    """A replay goes on."""
    stretch = service.Stretch(since, last_event_no, last_release_no, event_no, release_no)
    service.replay_on(UUID(endpoint_id), stretch)
