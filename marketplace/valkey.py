"""The connection to Valkey, which carries the queues and the counts of the rate limits."""

import math
import os
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from flask import current_app
from redis import Redis
from redis.commands.core import Script

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


COUNT = """
local found = {}
for place, key in ipairs(KEYS) do
    redis.call('SET', key, 0, 'EX', ARGV[place + 1], 'NX')
    found[2 * place - 1] = redis.call('INCRBY', key, ARGV[1])
    found[2 * place] = redis.call('PTTL', key)
end
return found
"""
"""One command, and one number for each of its answers: a pipeline of six took three times the processor."""


@cache
def _count(connection: Redis) -> Script:
    return connection.register_script(COUNT)


def count_in_windows(windows: Mapping[str, Window], cost: int) -> list[tuple[int, int]]:
    """Add to the counts of these keys, each of which begins a new window when its last one is over.

    Returns:
        of each (the count with this cost, whole seconds until its window is over), in one trip, or in three
        where Valkey does not have the script yet.
    Raises:
        RedisError: Valkey is away.
    """
    seconds = [window.seconds for window in windows.values()]
    found = _count(redis())(list(windows), [cost, *seconds])
    return [
        (count, max(1, math.ceil(left_ms / 1000)))
        for count, left_ms in zip(found[::2], found[1::2], strict=True)
    ]
