"""Files that prove an event: added by who may record it, read by the enterprise and its overseers."""

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from ... import uploaded_files
from ...database import db
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise
from ...errors import Conflict, Forbidden, NotFound
from ...events import service as reads
from ...events.actor import REGULATOR, Actor
from ...events.work import Work, unit_of_work
from ...messages.names import Name, name_of
from ..models import CreditEvent, CreditFile, FileSender, Recorder

MOST_FILES = 10
"""Files of one event by officers, and as many by its enterprise with an appeal; our own choice."""
SHOWN = ("id", "name", "media_type", "size", "sha256", "created_at")

log = logging.getLogger(__name__)


def add_file(actor: Actor, event: CreditEvent, upload: bytes, declared: str, name: str | None) -> CreditFile:
    """Keep a file with an event.

    Args:
        declared: the media type that the sender names. name: what the sender calls it, if anything.
    Raises:
        Forbidden: a regulator adds to an event that it could not have recorded (`rule_names_another`).
        UnsupportedMedia, Invalid, Unavailable: as `uploaded_files.judged` and `keep`.
        Conflict: the event has as many files as it may (`too_many_files`), or this one already
            (`already_entered`).
    """
    if not may_add_files(actor, event):
        raise Forbidden("rule_names_another", rule=event.rule, recorder=name_of(event.recorded_as))
    file = uploaded_files.judged(upload, declared)
    with unit_of_work() as work:
        work.lock(CreditEvent, CreditEvent.id == event.id)
        return keep_file(work, actor, event, file, name)


def may_add_files(actor: Actor, event: CreditEvent) -> bool:
    """Whether an officer who sees the event may add to it: a regulator to what a regulator could record."""
    return actor.kind != REGULATOR or event.recorded_as == Recorder.REGULATOR


def keep_file(
    work: Work, actor: Actor, event: CreditEvent, file: uploaded_files.JudgedFile, name: str | None
) -> CreditFile:
    """Keep a file that was judged with an event that is locked.

    Raises:
        Unavailable: as `uploaded_files.keep`.
        Conflict: officers, or the enterprise, have added as many as they may (`too_many_files`), or this one
            is there already (`already_entered`).
    """
    _require_new(work, actor, event, file.sha256)
    uploaded_files.keep(work, file)
    row = work.add(
        CreditFile(
            event_id=event.id,
            sha256=file.sha256,
            media_type=file.media_type,
            size=len(file.content),
            name=uploaded_files.cleaned_name(name, file.media_type),
            added_by=actor.id,
        )
    )
    work.audit(actor, "add_file", event, file_id=str(row.id), sha256=row.sha256, size=row.size)
    log.info("file added", extra={"event_id": str(event.id), "file_id": str(row.id), "size": row.size})
    return row


def _require_new(work: Work, actor: Actor, event: CreditEvent, sha256: str) -> None:
    of_event = CreditFile.event_id == event.id
    same = work.session.scalar(select(CreditFile.id).where(of_event, CreditFile.sha256 == sha256))
    if same is not None:
        subject = Name("subject", CreditFile.__tablename__)
        raise Conflict("already_entered", at="file", subject=subject, entry="", entry_id=str(same))
    of_firm = CreditFile.added_by.is_not_distinct_from(event.enterprise_id)
    side = of_firm if actor.id == event.enterprise_id else ~of_firm
    count = work.session.scalar(select(func.count()).select_from(CreditFile).where(of_event, side)) or 0
    if count >= MOST_FILES:
        raise Conflict("too_many_files", at="file", most=MOST_FILES)


def present_file(row: CreditFile, event: CreditEvent) -> dict[str, Any]:
    """A file as it is shown, with whether the enterprise added it itself."""
    by = FileSender.ENTERPRISE if row.added_by == event.enterprise_id else FileSender.OFFICER
    return {**{name: getattr(row, name) for name in SHOWN}, "by": by}


def find_event_with_files(actor: Actor, event_id: UUID) -> CreditEvent:
    """An event whose files the actor may see. Raises: NotFound."""
    of_event = select(CreditEvent, Enterprise).join(Enterprise, Enterprise.id == CreditEvent.enterprise_id)
    found = db.session.execute(of_event.where(CreditEvent.id == event_id)).one_or_none()
    if found is None or not enterprises.sees_all_of(actor, found[1]):
        raise NotFound()
    event: CreditEvent = found[0]
    return event


def list_files(actor: Actor, event: CreditEvent) -> Sequence[CreditFile]:
    """The files of an event, first added first."""
    reads.note_read(actor, reads.CREDIT, event.enterprise_id)
    query = select(CreditFile).where(CreditFile.event_id == event.id).order_by(CreditFile.id)
    return db.session.scalars(query).all()


def find_file(actor: Actor, file_id: UUID) -> CreditFile:
    """A file of an event that the actor may see. Raises: NotFound."""
    query = (
        select(CreditFile, Enterprise)
        .join(CreditEvent, CreditEvent.id == CreditFile.event_id)
        .join(Enterprise, Enterprise.id == CreditEvent.enterprise_id)
        .where(CreditFile.id == file_id)
    )
    found = db.session.execute(query).one_or_none()
    if found is None or not enterprises.sees_all_of(actor, found[1]):
        raise NotFound()
    file: CreditFile = found[0]
    reads.note_read(actor, reads.CREDIT, found[1].id)
    return file
