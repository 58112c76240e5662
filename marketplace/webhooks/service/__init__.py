"""What happened: taken into the feed, read, delivered to endpoints."""

from .delivering import deliver
from .endpoints import (
    create_endpoint,
    delete_endpoint,
    describe,
    failed_deliveries,
    find_delivery,
    find_endpoint,
    forget,
    list_deliveries,
    list_endpoints,
    redeliver,
    rotate_secret,
    send_test,
)
from .feed import KEPT, forget_old, list_events, take_events
from .kinds import GROUPS, NOTIFICATION
from .replaying import Stretch, replay, replay_on

__all__ = [
    "GROUPS",
    "KEPT",
    "NOTIFICATION",
    "Stretch",
    "create_endpoint",
    "delete_endpoint",
    "deliver",
    "describe",
    "failed_deliveries",
    "find_delivery",
    "find_endpoint",
    "forget",
    "forget_old",
    "list_deliveries",
    "list_endpoints",
    "list_events",
    "redeliver",
    "replay",
    "replay_on",
    "rotate_secret",
    "send_test",
    "take_events",
]
