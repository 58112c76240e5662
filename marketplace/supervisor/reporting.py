"""What the supervisor says, and how it ends."""

import contextlib
import sys


class SupervisorError(Exception):
    """The stack cannot run; the message says why and what to do."""


class Stopped(BaseException):
    """SIGINT, SIGTERM or SIGHUP arrived."""


def print_progress(line: str) -> None:
    """Print one line of progress; a closed terminal is no reason to stop."""
    with contextlib.suppress(OSError):
        print(f"huanliu: {line}", file=sys.stderr, flush=True)
