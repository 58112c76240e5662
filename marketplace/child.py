"""A process that is started again, later each time, when it ends."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from . import embedded

ROOT = Path(__file__).resolve().parent.parent
FIRST_WAIT, LONGEST_WAIT, LIVED_WELL = 0.5, 10.0, 60.0


class Child:
    """A process that is started again, later each time, when it ends.

    Args:
        name: for people and for the log file.
        args: what Python is given.
        env: its whole environment.
        log: file for its output; None leaves it on our stderr.
    """

    def __init__(self, name: str, args: tuple[str, ...], env: Mapping[str, str], log: Path | None) -> None:
        self.name = name
        self.deaths = 0
        self._args = args
        self._env = env
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._wait = FIRST_WAIT
        self._again = 0.0

    @property
    def pid(self) -> int | None:
        """The living process, or None."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start it; it dies with this process."""
        with output(self._log) as out, embedded.signals_held():
            self._process = subprocess.Popen([sys.executable, *self._args], **ours(out, self._env))
        self._started = time.monotonic()

    def tend(self, tell: Callable[[str], None]) -> None:
        """Notice its end, and start it again when the wait is over."""
        now = time.monotonic()
        if self._process and (code := self._process.poll()) is not None:
            self._process = None
            self.deaths += 1
            if now - self._started >= LIVED_WELL:
                self._wait = FIRST_WAIT
            self._again = now + self._wait
            tell(f"{self.name} ended ({ending(code)}), starting again in {self._wait:g} s")
            self._wait = min(2 * self._wait, LONGEST_WAIT)
        if not self._process and now >= self._again:
            self.start()

    def ask_to_end(self) -> None:
        """SIGTERM."""
        if self._process:
            self._process.terminate()

    def wait_for_end(self, deadline: float) -> None:
        """Wait until `deadline` (monotonic), then SIGKILL it and its group."""
        if not self._process:
            return
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = None


def ours(out: int, env: Mapping[str, str]) -> dict[str, Any]:
    """How `subprocess` starts a process of ours: without input, in a session of its own, dying with us."""
    return {
        "cwd": ROOT,
        "env": env,
        "stdin": subprocess.DEVNULL,
        "stdout": out,
        "stderr": out,
        "start_new_session": True,
        "preexec_fn": embedded.die_with_parent(signal.SIGTERM),
    }


@contextlib.contextmanager
def output(log: Path | None) -> Iterator[int]:
    """Where a child writes: its log, or our stderr."""
    if log is None:
        yield 2
        return
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        yield out.fileno()


def ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit {code}"
