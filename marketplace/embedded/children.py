"""Child processes that are recorded from their first moment and do not outlive their parent."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from .errors import EmbeddedError

START_TIMEOUT_S = 60

_BLOCKED = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


@contextlib.contextmanager
def signals_blocked() -> Iterator[None]:
    """Hold back what ends this process, so that no child starts and goes unrecorded."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _BLOCKED)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def die_with_parent(number: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn`: the child gets this signal when this process ends, even by `kill -9` (Linux only)."""
    parent = os.getpid()

    def in_child() -> None:
        if sys.platform == "linux":
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(number))
            if os.getppid() != parent:
                os._exit(1)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _BLOCKED)

    return in_child


def await_ready(child: subprocess.Popen[bytes], is_ready: Callable[[], bool], name: str, log: Path) -> None:
    """Wait until a server is ready.

    Raises:
        EmbeddedError: it ended, or is not ready in time; the message has the end of its log.
    """
    deadline = time.monotonic() + START_TIMEOUT_S
    while not is_ready():
        if child.poll() is not None:
            raise EmbeddedError(f"{name} stopped while starting:\n{tail(log)}")
        if time.monotonic() > deadline:
            raise EmbeddedError(f"{name} was not ready after {START_TIMEOUT_S} s:\n{tail(log)}")
        time.sleep(0.01)


def stop_server(child: subprocess.Popen[bytes]) -> None:
    """SIGINT makes both servers finish at once; SIGTERM would wait for PostgreSQL's clients."""
    for number, timeout_s in ((signal.SIGINT, 30), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
        child.send_signal(number)
        try:
            child.wait(timeout_s)
            return
        except subprocess.TimeoutExpired:
            continue


def tail(log: Path, lines: int = 12) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
