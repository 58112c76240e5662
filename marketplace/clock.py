"""The time, from one place, so that tests can set it. What runs at a time is in `scheduler.py`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")
"""Where all rules about days and hours apply."""


def _system_time() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _system_time


def now() -> datetime:
    """The present moment, UTC."""
    return _source()


def today() -> date:
    """The present day in Asia/Shanghai."""
    return now().astimezone(LOCAL).date()


def midnight() -> datetime:
    """When the present day began in Asia/Shanghai."""
    return datetime.combine(today(), time(), LOCAL)


@contextmanager
def at(source: Callable[[], datetime]) -> Iterator[None]:
    """Take the time from `source` within the block. Tests set the time with this."""
    global _source
    before, _source = _source, source
    try:
        yield
    finally:
        _source = before
