"""Sheets, read by a process of their own within what the settings allow."""

from typing import Any

from flask import current_app

from ..errors import Invalid, Unavailable
from ..settings import Settings
from .running import LimitReached, ReaderFailed, TooBusy, answer


def sheet_answer(module: str, asked: dict[str, Any], upload: bytes) -> bytes:
    """What a module says of a sheet, as `answer` has it.

    Raises:
        Invalid: its reader died of its limits (`sheet_too_costly`) or of a fault (`sheet_unreadable`).
        Unavailable: too many are being read (`sheets_busy`).
    """
    settings: Settings = current_app.config["SETTINGS"]
    limits = {"seconds": settings.sheet_cpu_s, "megabytes": settings.sheet_memory_mb}
    try:
        return answer(module, asked, upload, **limits)
    except TooBusy as error:
        raise Unavailable("sheets_busy") from error
    except LimitReached as error:
        raise Invalid("sheet_too_costly", at="file") from error
    except ReaderFailed as error:
        raise Invalid("sheet_unreadable", at="file") from error
