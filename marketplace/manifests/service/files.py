"""Pictures of a load: photos at the gate, and signatures drawn on a screen."""

import logging
from uuid import UUID

from sqlalchemy import func, select

from ... import uploaded_files
from ...database import db
from ...errors import Conflict, NotFound
from ...events.actor import Actor
from ...events.lifecycle import Party, wrong_state
from ...events.work import Work, unit_of_work
from ...uploaded_files import JudgedFile
from ..models import (
    LIFE,
    NEXT_STEPS,
    UNSEALED,
    LoadPicture,
    Manifest,
    ManifestFile,
    ManifestStatus,
    Part,
)
from .finding import lock, not_your_turn, parties_of, visible

MOST_PICTURES = 20
"""Of one manifest; our own choice."""
PICTURED = tuple(status for status in ManifestStatus if status not in (*UNSEALED, ManifestStatus.CANCELLED))
"""States in which there is something to show."""
PART_OF = {
    Party.SUPPLIER: Part.SENDER,
    Party.TRANSPORTER: Part.CARRIER,
    Party.RECEIVER: Part.RECEIVER,
}

log = logging.getLogger(__name__)


def add_file(
    actor: Actor, manifest_id: UUID, shows: LoadPicture, file: JudgedFile, name: str | None
) -> ManifestFile:
    """Keep a picture of a load; the same picture sent again is the one that is kept.

    Args:
        name: what the sender calls it.
    Raises:
        NotFound. Conflict: it is not issued yet or cancelled (`wrong_state`), the actor only oversees it
            (`not_your_turn`), or it has as many pictures as it may (`too_many_files`).
        Unavailable: as `uploaded_files.keep`.
    """
    with unit_of_work() as work:
        row = lock(work, manifest_id)
        part = _part_of(actor, row)
        if row.status not in PICTURED:
            raise wrong_state("manifest", row.status, "add_file", PICTURED, LIFE.next_step(row.status))
        same = _same(work, row, part, file.sha256)
        if same is not None:
            return same
        _require_room(work, row)
        uploaded_files.keep(work, file)
        kept = work.add(
            ManifestFile(
                manifest_id=row.id,
                part=part,
                shows=shows,
                sha256=file.sha256,
                media_type=file.media_type,
                size=len(file.content),
                name=uploaded_files.cleaned_name(name, file.media_type),
                added_by=actor.id,
            )
        )
        work.audit(actor, "add_file", row, file_id=str(kept.id), shows=shows, sha256=kept.sha256)
    log.info("picture added", extra={"manifest_id": str(manifest_id), "file_id": str(kept.id)})
    return kept


def _part_of(actor: Actor, row: Manifest) -> Part:
    """As which part the actor shows something; of several, the one whose turn it is."""
    mine = parties_of(actor, row) & PART_OF.keys()
    if not mine:
        raise not_your_turn(row)
    step = NEXT_STEPS[row.status]
    return PART_OF[step[0] if step and step[0] in mine else min(mine)]


def _same(work: Work, row: Manifest, part: Part, sha256: str) -> ManifestFile | None:
    query = select(ManifestFile).filter_by(manifest_id=row.id, part=part, sha256=sha256)
    return work.session.scalars(query).one_or_none()


def _require_room(work: Work, row: Manifest) -> None:
    count = work.session.scalar(select(func.count()).where(ManifestFile.manifest_id == row.id)) or 0
    if count >= MOST_PICTURES:
        raise Conflict("too_many_files", at="file", most=MOST_PICTURES)


def find_file(actor: Actor, file_id: UUID) -> ManifestFile:
    """A picture of a manifest that the actor takes part in or oversees. Raises: NotFound."""
    query = (
        select(ManifestFile)
        .join(Manifest, Manifest.id == ManifestFile.manifest_id)
        .where(ManifestFile.id == file_id, visible(actor))
    )
    found = db.session.scalars(query).one_or_none()
    if found is None:
        raise NotFound()
    return found
