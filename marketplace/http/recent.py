"""What anybody may ask for and what costs something: computed now and then, else answered as it was."""

import threading
from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from typing import Any

from flask import Flask, current_app

from .. import clock

BURST = 4
EVERY_S = 0.5
"""A process computes four times in a row, then twice a second; our own choice. Monitors ask every 10 s."""
NAME, KEPT = "huanliu.recent", "huanliu.kept"


class Recent:
    """The latest result of a computation."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._result: Any = None
        self._left = float(BURST)
        self._asked = monotonic()

    def get(self, compute: Callable[[], Any]) -> Any:
        """A new result if one is due and nobody else computes it, else the latest; results are never None."""
        if not self._lock.acquire(blocking=self._result is None):
            return self._result
        try:
            now = monotonic()
            self._left = min(BURST, self._left + (now - self._asked) / EVERY_S)
            self._asked = now
            if self._result is None or self._left >= 1:
                self._left -= 1
                self._result = compute()
            return self._result
        finally:
            self._lock.release()


class Kept:
    """The result of a computation, as it was at a moment."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._result: Any = None
        self._ends_at = clock.now()

    def get(self, seconds: float, compute: Callable[[], Any]) -> Any:
        """The result, computed again by one caller once it is so old; the others have the earlier one
        meanwhile. Results are never None."""
        if self._result is not None and clock.now() < self._ends_at:
            return self._result
        if not self._lock.acquire(blocking=self._result is None):
            return self._result
        try:
            if self._result is None or clock.now() >= self._ends_at:
                self._result = compute()
                self._ends_at = clock.now() + timedelta(seconds=seconds)
            return self._result
        finally:
            self._lock.release()


def kept_for(name: str, seconds: float, compute: Callable[[], Any]) -> Any:
    """The result of `compute`, at most so many seconds old, as this process keeps it under that name."""
    kept: dict[str, Kept] = current_app.extensions.setdefault(KEPT, {})
    return kept.setdefault(name, Kept()).get(seconds, compute)


def recently(name: str, compute: Callable[[], Any]) -> Any:
    """The result of `compute`, or the latest one of that name if there were many just now."""
    kept: dict[str, Recent] = current_app.extensions.setdefault(NAME, {})
    return kept.setdefault(name, Recent()).get(compute)


def forget(app: Flask) -> None:
    """Compute everything anew when it is asked for next."""
    app.extensions.pop(NAME, None)
    app.extensions.pop(KEPT, None)
