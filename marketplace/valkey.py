"""The connection to Valkey, which carries the queues and the counts of the rate limits."""

import math
import os
import time
from functools import cache

from flask import current_app
from flask_limiter import RequestLimit
from redis import Redis

TIMEOUT_S = 2
"""How long a request or the scheduler waits for a Valkey that accepts the connection and does not respond."""


@cache
def _connection(url: str, pid: int) -> Redis:
    return Redis.from_url(url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)


def redis() -> Redis:
    """This process's connection to Valkey."""
    return _connection(current_app.config["SETTINGS"].redis_url, os.getpid())


def share_left(counted: RequestLimit) -> tuple[int, int]:
    """(calls left, whole seconds until the full quota is back) of a limit; Valkey keeps the machine's time.

    Raises:
        RedisError: Valkey is away.
    """
    reset_at, remaining = counted.window
    return max(0, remaining), max(1, math.ceil(reset_at - time.time()))
