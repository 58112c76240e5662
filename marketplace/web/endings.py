"""Connections that ended badly: counted for /metrics, and told in one line a minute however many they are."""

import logging
import time
from collections import Counter

from ..http.metrics import CONNECTIONS_ENDED

REPORT_S = 60.0

log = logging.getLogger(__name__)


class Endings:
    """How connections of this process ended since the last report, by reason."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._example = ""
        self._next_report = time.monotonic()

    def count(self, reason: str, address: str, detail: str = "") -> None:
        """Count an ending; the latest one is the report's example.

        Args:
            reason: one of a fixed few words, such as `head_late`.
        """
        CONNECTIONS_ENDED.labels(reason).inc()
        self._counts[reason] += 1
        self._example = f"{reason} from {address}" + (f": {detail[:200]}" if detail else "")

    def report(self) -> None:
        """Log what was counted, if a minute has passed."""
        now = time.monotonic()
        if not self._counts or now < self._next_report:
            return
        self._next_report = now + REPORT_S
        counts = ", ".join(f"{reason} {count}" for reason, count in sorted(self._counts.items()))
        log.warning("connections ended: %s; the latest was %s", counts, self._example)
        self._counts.clear()
