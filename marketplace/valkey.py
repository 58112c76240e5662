"""The connection to Valkey, which carries the queues and the counts of the rate limits."""

import hashlib
import math
import os
import threading
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from flask import current_app
from redis import ConnectionError, ConnectionPool, Redis
from redis.exceptions import NoScriptError

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


COUNT_DIGEST = hashlib.sha1(COUNT.encode()).hexdigest()  # noqa: S324 - what Valkey calls a script


class _Counter(threading.local):
    """A connection of each thread's own, that only counts.

    What a pool and its client do around each command took five times the processor of the command.
    """

    def __init__(self, pool: ConnectionPool) -> None:
        # not `make_connection`: the pool counts what it makes beyond the end of a thread, and stops at 100
        self._connection: Any = pool.connection_class(**pool.connection_kwargs)

    def count(self, keys: Collection[str], numbers: Sequence[int]) -> list[int]:
        """What the script says, which Valkey is sent whole where it does not have it yet.

        Raises:
            RedisError: Valkey is away.
        """
        rest = (len(keys), *keys, *numbers)
        try:
            return self._say("EVALSHA", COUNT_DIGEST, *rest)
        except NoScriptError:
            return self._say("EVAL", COUNT, *rest)
        except ConnectionError:  # it was restarted since the last call; a second failure is one
            return self._say("EVAL", COUNT, *rest)

    def _say(self, *command: Any) -> list[int]:
        self._connection.send_command(*command)
        found: list[int] = self._connection.read_response()
        return found


@cache
def _counter(connection: Redis) -> _Counter:
    return _Counter(connection.connection_pool)


def count_in_windows(windows: Mapping[str, Window], cost: int) -> list[tuple[int, int]]:
    """Add to the counts of these keys, each of which begins a new window when its last one is over.

    Returns:
        of each (the count with this cost, whole seconds until its window is over), in one trip, or in two
        where Valkey does not have the script yet.
    Raises:
        RedisError: Valkey is away.
    """
    seconds = [window.seconds for window in windows.values()]
    found = _counter(redis()).count(windows, [cost, *seconds])
    return [
        (count, max(1, math.ceil(left_ms / 1000)))
        for count, left_ms in zip(found[::2], found[1::2], strict=True)
    ]
