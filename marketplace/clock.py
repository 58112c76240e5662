"""The time, from one place, and the one process that acts on it.

Everything with a due time lives in PostgreSQL. The clock process holds an advisory lock (a second one
waits), and at each tick runs what the rooms registered with `every`; each such duty is idempotent.
"""

import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import text

from .database import db

LOCAL = ZoneInfo("Asia/Shanghai")
LOCK = 0x6875616E6C6975
log = logging.getLogger(__name__)


def _system_time() -> datetime:
    return datetime.now(UTC)


_source: Callable[[], datetime] = _system_time


def now() -> datetime:
    """The present moment, UTC."""
    return _source()


def today() -> date:
    """The present day in Asia/Shanghai, where all day rules apply."""
    return now().astimezone(LOCAL).date()


@contextmanager
def at(source: Callable[[], datetime]) -> Iterator[None]:
    """Let `source` be the time for a while. Tests move the clock with this."""
    global _source
    before, _source = _source, source
    try:
        yield
    finally:
        _source = before


@dataclass(frozen=True, slots=True)
class Duty:
    seconds: float
    run: Callable[[], object]

    @property
    def name(self) -> str:
        return f"{self.run.__module__}.{self.run.__qualname__}"


DUTIES: list[Duty] = []


def every(seconds: float) -> Callable[[Callable[[], object]], Callable[[], object]]:
    """Register a duty of the clock, run at most every `seconds` (0: at each tick). It must be idempotent."""

    def register(run: Callable[[], object]) -> Callable[[], object]:
        DUTIES.append(Duty(seconds, run))
        return run

    return register


def tick() -> None:
    """Run every duty once, as a tick after a long pause would. Tests call this."""
    for duty in DUTIES:
        duty.run()
        db.session.remove()


def run(app: Flask, stop: threading.Event | None = None) -> None:
    """Tick until told to stop. Only the holder of the advisory lock ticks; a lost database is waited for.

    The lock lives on a connection of its own, detached from the pool, and so ends with it.
    """
    stop = stop or _stop_on_signal()
    while not stop.is_set():
        try:
            with app.app_context(), db.engine.connect() as guard:
                guard.detach()
                if not guard.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK}).scalar():
                    guard.rollback()
                    stop.wait(1)
                    continue
                guard.commit()
                _tick_while_holding(app, guard, stop)
        except Exception:
            log.exception("the clock lost its footing and starts again")
            stop.wait(1)


def _tick_while_holding(app: Flask, guard, stop: threading.Event) -> None:
    due = {duty.name: 0.0 for duty in DUTIES}
    pause = app.config["SETTINGS"].clock_tick_s
    while not stop.is_set():
        guard.execute(text("SELECT 1"))
        guard.commit()
        for duty in DUTIES:
            if time.monotonic() >= due[duty.name]:
                _perform(app, duty)
                due[duty.name] = time.monotonic() + duty.seconds
        stop.wait(pause)


def _perform(app: Flask, duty: Duty) -> None:
    """One duty, alone: its failure is logged and tried again at its next turn, and hinders no other duty."""
    with app.app_context():
        try:
            duty.run()
        except Exception:
            log.exception("duty failed", extra={"duty": duty.name})


def _stop_on_signal() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
