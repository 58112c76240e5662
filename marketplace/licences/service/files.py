"""Scans of licences: handed in by the holder, read by the holder and those who oversee it."""

import logging
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from ... import uploaded_files
from ...database import db
from ...enterprises import service as enterprises
from ...errors import Conflict, NotFound
from ...events.actor import Actor
from ...events.work import unit_of_work
from ..models import Licence, LicenceFile, LicenceStatus
from .handed_in import require_room_for_file
from .lookup import find

MOST_FILES = 10
"""Files of one licence; our own choice."""

log = logging.getLogger(__name__)


def add_file(actor: Actor, licence: Licence, upload: bytes, declared: str) -> LicenceFile:
    """Keep a file with a licence. A holder adds to what is still to be decided, an admin at any time.

    Raises:
        Forbidden: `enterprise_suspended`, `enterprise_rejected` or `enterprise_lapsed`.
        UnsupportedMedia, Invalid, Unavailable: as `uploaded_files.judged`.
        Conflict: the licence is decided (`licence_decided`), or has as many files as it may
            (`too_many_files`), or its holder's files are too large together (`files_too_large`).
    """
    enterprises.require_unfrozen(actor)
    judged = uploaded_files.judged(upload, declared)
    size = len(judged.content)
    with unit_of_work() as work:
        if actor.enterprise_id is not None:
            require_room_for_file(work, licence.enterprise_id, size)
        licence = work.lock(Licence, Licence.id == licence.id)
        if actor.enterprise_id is not None and licence.status != LicenceStatus.SUBMITTED:
            raise Conflict("licence_decided", number=licence.number)
        count = select(func.count()).select_from(LicenceFile).where(LicenceFile.licence_id == licence.id)
        if (work.session.scalar(count) or 0) >= MOST_FILES:
            raise Conflict("too_many_files", at="file", most=MOST_FILES)
        file = work.add(
            LicenceFile(
                licence_id=licence.id, media_type=judged.media_type, size=size, content=judged.content
            )
        )
        work.audit(actor, "add_file", licence, file_id=str(file.id), size=size)
    log.info("file added", extra={"permit_id": str(licence.id), "size": size})
    return file


def find_file(actor: Actor, permit_id: UUID, file_id: UUID) -> LicenceFile:
    """A file of a licence that the actor may see, with its content. Raises: NotFound."""
    licence = find(actor, Licence, permit_id)
    query = select(LicenceFile).where(LicenceFile.id == file_id, LicenceFile.licence_id == licence.id)
    file = db.session.scalars(query.options(undefer(LicenceFile.content))).one_or_none()
    if file is None:
        raise NotFound()
    return file
