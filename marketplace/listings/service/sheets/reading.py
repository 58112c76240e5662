"""Files are read by a process of their own, with limits (`marketplace/sandbox`)."""

import json
from collections.abc import Iterable
from typing import Any

from flask import current_app

from .... import sandbox
from ....errors import Invalid, Unavailable
from ....settings import Settings
from .answers import ReadSheet, understood

READER = f"{__package__}.answers"


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
    limits = {"seconds": settings.sheet_cpu_s, "megabytes": settings.sheet_memory_mb}
    try:
        return sandbox.answer(READER, asked, upload, **limits)
    except sandbox.TooBusy as error:
        raise Unavailable("sheets_busy") from error
    except sandbox.LimitReached as error:
        raise Invalid("sheet_too_costly", at="file") from error
    except sandbox.ReaderFailed as error:
        raise Invalid("sheet_unreadable", at="file") from error
