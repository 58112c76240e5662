"""Starts the process that reads a file, and takes its answer.

Why a process for each, and no pool: a light interpreter is there in a tenth of a second, whereas a pool would
have to be watched, and a fork of this process would carry its threads, connections and 150 MB.
"""

import json
import logging
import subprocess
import sys
import threading
from typing import Any

from . import process

READERS = threading.BoundedSemaphore(2)
"""Files that one process has read at the same time: as much memory as two readers may have."""
WAIT_S = 20.0
"""How long a file waits for its turn."""
WALL_FACTOR = 4
"""How much longer than its time of processor a reader may take on a busy machine."""

log = logging.getLogger(__name__)


class TooBusy(Exception):
    """As many files are being read as may be at once."""


class LimitReached(Exception):
    """The reader needed more processor, time or memory than it may have."""


class ReaderFailed(Exception):
    """The reader ended with a fault of its own."""


def answer(module: str, asked: dict[str, Any], upload: bytes, *, seconds: int, megabytes: int) -> bytes:
    """What a module says of a file, in a process without secrets, environment or connections.

    Args:
        module: of `marketplace`, with a function `answers(asked, upload)` that yields bytes. It may import
            what is light only: the packages around it are empty there.
        asked: what is to be done, as JSON.
        seconds: of processor. megabytes: of memory.
    Raises:
        TooBusy, LimitReached, ReaderFailed.
    """
    command = [sys.executable, "-I", "-X", "utf8", process.__file__, module, str(seconds), str(megabytes)]
    if not READERS.acquire(timeout=WAIT_S):
        raise TooBusy()
    try:
        done = subprocess.run(
            command, input=json.dumps(asked).encode() + b"\n" + upload, capture_output=True, env={}, cwd="/",
            timeout=WALL_FACTOR * seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise LimitReached() from error
    finally:
        READERS.release()
    if done.returncode < 0 or done.returncode == process.NO_MEMORY:
        log.warning("a reader died of its limits", extra={"reader": module, "exit_code": done.returncode})
        raise LimitReached()
    if done.returncode:
        why = done.stderr.decode(errors="replace").strip().rpartition("\n")[2].partition(":")[0]
        about = {"reader": module, "exit_code": done.returncode, "error": why}
        log.error("a reader failed", extra=about)
        raise ReaderFailed()
    return done.stdout
