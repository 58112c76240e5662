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

START_SECONDS = 60

_HELD = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


@contextlib.contextmanager
def signals_held() -> Iterator[None]:
    """Hold back what ends this process, so that no child starts and goes unrecorded."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _HELD)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def die_with_parent(death: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn`: the child gets `death` when this process ends, even by `kill -9` (Linux only)."""
    parent = os.getpid()

    def in_child() -> None:
        if sys.platform == "linux":
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(death))
            if os.getppid() != parent:
                os._exit(1)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD)

    return in_child


def await_ready(child: subprocess.Popen[bytes], ready: Callable[[], bool], what: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if child.poll() is not None:
            raise EmbeddedError(f"{what} ended at its start:\n{tail(log)}")
        if time.monotonic() > deadline:
            raise EmbeddedError(f"{what} did not get ready in {START_SECONDS} s:\n{tail(log)}")
        time.sleep(0.01)


def end(child: subprocess.Popen[bytes]) -> None:
    """SIGINT makes both servers finish at once; SIGTERM would wait for PostgreSQL's clients."""
    for means, patience in ((signal.SIGINT, 30), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
        child.send_signal(means)
        try:
            child.wait(patience)
            return
        except subprocess.TimeoutExpired:
            continue


def tail(log: Path, lines: int = 12) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
