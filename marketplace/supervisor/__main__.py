"""`python -m marketplace.supervisor`, with the word stop, backup or restore, or none to serve."""

import os
import signal
import sys
from types import FrameType

from .. import embedded
from .backups import back_up, restore
from .reporting import Stopped, SupervisorError, print_progress
from .serving import serve, stop

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
COMMANDS = {"stop": stop, "backup": back_up, "restore": restore}


def main(argv: list[str]) -> int:
    """Serve, or run the command that is named; the exit code. What is written is for this user only."""
    os.umask(0o077)
    for number in ENDING_SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, _raise_stopped)
    try:
        COMMANDS.get(argv[0] if argv else "", serve)(os.environ)
    except Stopped:
        print_progress("stopped")
    except (SupervisorError, embedded.EmbeddedError, OSError) as error:
        print_progress(str(error))
        return 1
    return 0


def _raise_stopped(signum: int, frame: FrameType | None) -> None:
    """Unwind once: a second Ctrl-C must not interrupt the stopping."""
    for number in ENDING_SIGNALS:
        signal.signal(number, lambda *_: None)
    raise Stopped


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
