"""The connection to Valkey, which carries the queues and the counts of the rate limits."""

import math
import os
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from flask import current_app
from redis import Redis

TIMEOUT_S = 2
"""How long a request or the scheduler waits for a Valkey that accepts the connection and does not respond."""


class Window(NamedTuple):
    """So many calls in so many seconds."""

    quota: int
    seconds: int


@cache
def _connection(url: str, pid: int) -> Redis:
    return Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)


def redis() -> Redis:
    """This process's connection to Valkey."""
    return _connection(current_app.config["SETTINGS"].redis_url, os.getpid())


def count_in_windows(windows: Mapping[str, Window], cost: int) -> list[tuple[int, int]]:
    """Add to the counts of these keys, each of which begins a new window when its last one is over.

    Returns:
        of each (the count with this cost, whole seconds until its window is over), in one trip.
    Raises:
        RedisError: Valkey is away.
    """
    with redis().pipeline(transaction=True) as trip:
        for key, window in windows.items():
            trip.set(key, 0, ex=window.seconds, nx=True)
            trip.incrby(key, cost)
            trip.pttl(key)
        replies = trip.execute()
    return [
        (count, max(1, math.ceil(left_ms / 1000)))
        for count, left_ms in zip(replies[1::3], replies[2::3], strict=True)
    ]
