"""Files are read by a process of their own, with limits: a file that nobody foresaw stops no one else.

Why a process for each, and no pool: a light interpreter is there in a tenth of a second, whereas a pool would
have to be watched, and a fork of this process would carry its threads, connections and 150 MB.
"""

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterable
from typing import Any

from flask import current_app

from ....errors import Invalid, Unavailable
from ....settings import Settings
from . import reader_process
from .answers import ReadSheet, understood

READERS = threading.BoundedSemaphore(2)
"""Files that one process has read at the same time: as much memory as two readers may have."""
WAIT_S = 20.0
"""How long a file waits for its turn."""
WALL_FACTOR = 4
"""How much longer than its time of processor a reader may take on a busy machine."""

log = logging.getLogger(__name__)


def read_sheet(upload: bytes, *, kind_is_known: bool, most_rows: int, **most: int) -> ReadSheet:
    """A file read; its `rows` are None where it has more than was asked for.

    Args:
        kind_is_known: whether rows without a kind have one by the role of their owner.
        most: `most_bytes` unpacked, and `most_characters` of all rows, where they matter.
    Raises:
        Invalid: it is none that can be read safely; the code says why. InvalidTable: its headings are wrong.
        Unavailable: too many are being read (`sheets_busy`).
    """
    asked = {"do": "read", "kind_is_known": kind_is_known, "most_rows": most_rows, **most}
    return understood(_answer(asked, upload).splitlines())


def mark_sheet(upload: bytes, faults: Iterable[dict[str, Any]], language: str | None) -> bytes | None:
    """The sheet with its faults marked, as `marking.marked_sheet` has it; None where that costs too much."""
    asked = {"do": "mark", "faults": list(faults), "language": language}
    try:
        first, _, workbook = _answer(asked, upload).partition(b"\n")
    except Invalid:
        return None
    return workbook if json.loads(first).get("marked") else None


def _answer(asked: dict[str, Any], upload: bytes) -> bytes:
    """What a reader says. Raises: Invalid: it died of its limits (`sheet_too_costly`) or of a fault."""
    settings: Settings = current_app.config["SETTINGS"]
    limits = (settings.sheet_cpu_s, settings.sheet_memory_mb)
    command = [sys.executable, "-I", "-X", "utf8", reader_process.__file__, *map(str, limits)]
    if not READERS.acquire(timeout=WAIT_S):
        raise Unavailable("sheets_busy")
    try:
        done = subprocess.run(
            command, input=json.dumps(asked).encode() + b"\n" + upload, capture_output=True, env={}, cwd="/",
            timeout=WALL_FACTOR * settings.sheet_cpu_s, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise Invalid("sheet_too_costly", at="file") from error
    finally:
        READERS.release()
    if done.returncode < 0 or done.returncode == reader_process.NO_MEMORY:
        log.warning("a reader of sheets died of its limits", extra={"exit_code": done.returncode})
        raise Invalid("sheet_too_costly", at="file")
    if done.returncode:
        why = done.stderr.decode(errors="replace").strip().rpartition("\n")[2].partition(":")[0]
        log.error("a reader of sheets failed", extra={"exit_code": done.returncode, "error": why})
        raise Invalid("sheet_unreadable", at="file")
    return done.stdout
