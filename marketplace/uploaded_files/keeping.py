"""Files with rows that name them: stored before the row, read again by it, swept without one."""

import logging
import os
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from flask import current_app
from sqlalchemy import DateTime, String, select
from sqlalchemy.orm import Mapped, mapped_column
from uuid_utils.compat import uuid7

from .. import clock
from ..database import db
from ..errors import Unavailable
from ..events.made_by import MadeByPerson
from ..events.work import Work, unit_of_work
from ..settings import Settings
from .judging import JudgedFile
from .storage import DamagedFile, read, remove, store, unused_since

SWEPT_AFTER = timedelta(days=1)
"""How long a file that no row names is left: its row may still be on its way."""

log = logging.getLogger(__name__)


class KeptFile(MadeByPerson):
    """Columns of every table whose rows name a file; its content lies in the folder, under its digest.

    `size` in bytes. Rows are added and never changed.
    """

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid7)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    media_type: Mapped[str]
    size: Mapped[int]
    name: Mapped[str]
    added_by: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default=clock.now)


def keep(work: Work, file: JudgedFile) -> None:
    """Put a file into the folder, in the transaction that adds its row.

    Raises:
        Unavailable: the folder is full, or cannot be written (`files_not_kept`).
    """
    work.lock_name(_lock_of(file.sha256))  # else it could be swept before its row is committed
    try:
        store(_folder(), file.sha256, file.content)
    except OSError as error:
        log.error("a file cannot be kept", extra={"error": os.strerror(error.errno or 0)})
        raise Unavailable("files_not_kept") from error


def content_of(file: KeptFile) -> bytes:
    """What is kept of a file. Raises: Unavailable: it is gone or was changed on the disk (`file_damaged`)."""
    try:
        return read(_folder(), file.sha256)
    except DamagedFile as error:
        log.error("a file is not what was stored", extra={"file_id": str(file.id), "sha256": file.sha256})
        raise Unavailable("file_damaged", sha256=file.sha256) from error


def sweep() -> int:
    """Remove files that no row of any table has named for a day. Returns how many."""
    swept = 0
    for sha256 in unused_since(_folder(), clock.now() - SWEPT_AFTER):
        if _is_named(sha256):
            continue
        with unit_of_work() as work:
            work.lock_name(_lock_of(sha256))
            if not _is_named(sha256):
                remove(_folder(), sha256)
                swept += 1
    if swept:
        log.info("files without a row removed", extra={"count": swept})
    return swept


def _is_named(sha256: str) -> bool:
    tables = KeptFile.__subclasses__()
    assert tables, "the rooms that keep files are not loaded: everything would be swept"
    named = (select(table.id).where(table.sha256 == sha256).limit(1) for table in tables)
    return any(db.session.scalar(query) is not None for query in named)


def _lock_of(sha256: str) -> str:
    return f"kept_file:{sha256}"


def _folder() -> Path:
    settings: Settings = current_app.config["SETTINGS"]
    return settings.files_folder
