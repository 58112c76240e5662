"""A process that is started again, later each time, when it ends."""

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from . import embedded

ROOT = Path(__file__).resolve().parent.parent
FIRST_WAIT_S, LONGEST_WAIT_S, STABLE_S = 0.5, 10.0, 60.0
FORK = multiprocessing.get_context("fork")


class Process(Protocol):
    """What `subprocess.Popen` has, as far as it is needed."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def terminate(self) -> None: ...
    def wait(self, timeout: float | None = None) -> int: ...


class Forked:
    """A process that is forked from this one and runs a function: what is imported already it has for free.

    It leads a session of its own and ends with this process.
    """

    def __init__(self, run: Callable[[], None]) -> None:
        end_with_parent = embedded.die_with_parent(signal.SIGTERM)

        def run_apart() -> None:
            os.setsid()
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            end_with_parent()
            run()

        self._process = FORK.Process(target=run_apart)
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def terminate(self) -> None:
        self._process.terminate()

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code. Raises: TimeoutExpired: it has not ended in so many seconds."""
        self._process.join(timeout)
        if (code := self._process.exitcode) is None:
            raise subprocess.TimeoutExpired([], timeout or 0.0)
        return code


class Child:
    """A process that is started again, later each time, when it ends.

    Args:
        name: for people.
        launch: starts it.
    """

    def __init__(self, name: str, launch: Callable[[], Process]) -> None:
        self.name = name
        self.ends = 0
        self._launch = launch
        self._process: Process | None = None
        self._started = 0.0
        self._wait_s = FIRST_WAIT_S
        self._restart_at = 0.0

    @property
    def pid(self) -> int | None:
        """The living process, or None."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start it; it ends with this process."""
        with embedded.signals_blocked():
            self._process = self._launch()
        self._started = time.monotonic()

    def restart_if_ended(self, report: Callable[[str], None]) -> None:
        """If it has ended, report that, and start it again when the wait is over."""
        now = time.monotonic()
        if self._process and (code := self._process.poll()) is not None:
            self._process = None
            self.ends += 1
            if now - self._started >= STABLE_S:
                self._wait_s = FIRST_WAIT_S
            self._restart_at = now + self._wait_s
            report(f"{self.name} stopped ({describe_exit(code)}), restarting in {self._wait_s:g} s")
            self._wait_s = min(2 * self._wait_s, LONGEST_WAIT_S)
        if not self._process and now >= self._restart_at:
            self.start()

    def terminate(self) -> None:
        """Send it SIGTERM."""
        if self._process:
            self._process.terminate()

    def wait_until_ended(self, deadline: float) -> None:
        """Wait until `deadline` (monotonic), then SIGKILL it and its group."""
        if not self._process:
            return
        try:
            self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = None


def launch(args: tuple[str, ...], env: Mapping[str, str], log: Path | None) -> Process:
    """Start Python with these arguments.

    Args:
        env: its whole environment.
        log: file for its output; None leaves it on our stderr.
    """
    with open_output(log) as out:
        return subprocess.Popen([sys.executable, *args], **process_options(out, env))


def stop_all(children: Iterable[Child], seconds: float) -> None:
    """End them: SIGTERM, and SIGKILL for what is left after so many seconds."""
    children = list(children)
    for child in children:
        child.terminate()
    deadline = time.monotonic() + seconds
    for child in children:
        child.wait_until_ended(deadline)


def process_options(out: int, env: Mapping[str, str]) -> dict[str, Any]:
    """How `subprocess` starts a child: without input, in a session of its own, ended with this process."""
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
def open_output(log: Path | None) -> Iterator[int]:
    """Where a child writes: its log, or our stderr."""
    if log is None:
        yield 2
        return
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(log, flags, 0o600), "ab") as out:
        if os.fstat(out.fileno()).st_mode & 0o077:  # a log of version 0.1
            os.fchmod(out.fileno(), 0o600)
        yield out.fileno()


def describe_exit(code: int) -> str:
    """An exit code in words."""
    return f"signal {-code}" if code < 0 else f"exit {code}"
