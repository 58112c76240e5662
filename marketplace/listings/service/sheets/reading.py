"""Files are read by a process of their own, with limits (`marketplace/sandbox`)."""

import json
from collections.abc import Iterable
from typing import Any

from .... import sandbox
from ....errors import Invalid
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
    return understood(sandbox.sheet_answer(READER, asked, upload).splitlines())


def mark_sheet(upload: bytes, faults: Iterable[dict[str, Any]], language: str | None) -> bytes | None:
    """The sheet with its faults marked, as `marking.marked_sheet` has it; None where that costs too much."""
    asked = {"do": "mark", "faults": list(faults), "language": language}
    try:
        first, _, workbook = sandbox.sheet_answer(READER, asked, upload).partition(b"\n")
    except Invalid:
        return None
    return workbook if json.loads(first).get("marked") else None
