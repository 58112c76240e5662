"""Scans of a transporter's papers: sent by the holder, read by the holder and those who oversee it."""

import logging
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from ... import uploaded_files
from ...database import db
from ...enterprises import service as enterprises
from ...errors import Conflict, NotFound
from ...events import service as events
from ...events.actor import Actor
from ...events.work import Work, unit_of_work
from ..models import PaperFile, PaperKind, PaperStatus, TransporterPaper
from .lookup import find_paper

MOST_FILES = 10
"""Files of one paper; our own choice."""
MOST_BYTES = 50_000_000
"""Of all files with a transporter's papers that wait for a decision; our own choice."""
BYTES_PER_MB = 1_000_000

log = logging.getLogger(__name__)


def add_file(actor: Actor, paper: TransporterPaper, upload: bytes, declared: str) -> PaperFile:
    """Keep a file with a paper. A holder adds to what is still to be decided, an admin at any time.

    Raises:
        Forbidden: the enterprise is not approved (`enterprise_pending` and the like).
        UnsupportedMedia, Invalid, Unavailable: as `uploaded_files.judged`.
        Conflict: the paper is decided (`paper_decided`), or has as many files as it may (`too_many_files`),
            or the files that wait are too large together (`files_too_large`).
    """
    if actor.enterprise_id is not None:
        enterprises.require_approved(actor)
    judged = uploaded_files.judged(upload, declared)
    size = len(judged.content)
    with unit_of_work() as work:
        enterprises.lock(work, paper.transporter_id)
        paper = work.lock(TransporterPaper, TransporterPaper.id == paper.id)
        if actor.enterprise_id is not None and paper.status != PaperStatus.SUBMITTED:
            raise Conflict("paper_decided")
        _require_room(work, paper, size)
        file = work.add(
            PaperFile(paper_id=paper.id, media_type=judged.media_type, size=size, content=judged.content)
        )
        work.audit(actor, "add_file", paper, file_id=str(file.id), size=size)
    log.info("file added", extra={"paper_id": str(paper.id), "size": size})
    return file


def find_file(actor: Actor, paper_id: UUID, file_id: UUID) -> PaperFile:
    """A file of a paper that the actor may see, with its content. Raises: NotFound."""
    paper = find_paper(actor, paper_id)
    query = select(PaperFile).where(PaperFile.id == file_id, PaperFile.paper_id == paper.id)
    file = db.session.scalars(query.options(undefer(PaperFile.content))).one_or_none()
    if file is None:
        raise NotFound()
    if paper.kind == PaperKind.CREW:
        events.note_read(actor, events.CREW, paper.id, TransporterPaper.__tablename__)
    return file


def _require_room(work: Work, paper: TransporterPaper, size: int) -> None:
    count = select(func.count()).where(PaperFile.paper_id == paper.id)
    if (work.session.scalar(count) or 0) >= MOST_FILES:
        raise Conflict("too_many_files", at="file", most=MOST_FILES)
    stored = (
        select(func.coalesce(func.sum(PaperFile.size), 0))
        .join(TransporterPaper, TransporterPaper.id == PaperFile.paper_id)
        .where(
            TransporterPaper.transporter_id == paper.transporter_id,
            TransporterPaper.status == PaperStatus.SUBMITTED,
        )
    )
    if (work.session.scalar(stored) or 0) + size > MOST_BYTES:
        raise Conflict("files_too_large", at="file", most_mb=MOST_BYTES // BYTES_PER_MB)
