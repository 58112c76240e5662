"""Who listens to which event. The one list is SUBSCRIPTIONS in `marketplace.subscriptions`."""

from collections.abc import Callable
from dataclasses import dataclass

Handler = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A job that runs with an event's payload as keyword arguments, on `queue`."""

    handler: Handler
    queue: str

    @property
    def name(self) -> str:
        return f"{self.handler.__module__.removeprefix('marketplace.')}.{self.handler.__name__}"


_by_event: dict[str, tuple[Subscriber, ...]] = {}
_by_name: dict[str, Subscriber] = {}


def subscribe(table: dict[str, tuple[Subscriber, ...]], others: tuple[Subscriber, ...] = ()) -> None:
    """Install the list of subscribers by event, and those that are owed work directly."""
    _by_event.update(table)
    for subscriber in (*others, *(one for several in table.values() for one in several)):
        _by_name[subscriber.name] = subscriber


def subscribers_of(event: str) -> tuple[Subscriber, ...]:
    return _by_event.get(event, ())


def subscriber(name: str) -> Subscriber:
    """Raises: KeyError: nobody by that name subscribes any more."""
    return _by_name[name]


def queues() -> set[str]:
    """Every queue that some subscriber needs a worker on."""
    return {one.queue for one in _by_name.values()}
