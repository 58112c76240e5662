"""Photos of items: of what was found, of what was done about it, of what was seen then."""

import logging
from uuid import UUID

from sqlalchemy import func, select

from ... import uploaded_files
from ...database import db
from ...enterprises import service as enterprises
from ...errors import Conflict, Invalid, NotFound
from ...events import service as events
from ...events.actor import Actor
from ...events.lifecycle import Party
from ...events.work import Work, unit_of_work
from ...messages.names import Name
from ..models import LIFE, Inspection, InspectionPhoto, InspectionStatus, PhotoOf
from .answering import by_code
from .lookup import inspector_of, lock, of_others, party_of

MOST_PHOTOS = 10
"""Photos of one item; our own choice."""
SHOWN_IN = {
    InspectionStatus.OPEN: PhotoOf.FINDING,
    InspectionStatus.RECTIFYING: PhotoOf.REMEDY,
    InspectionStatus.OVERDUE: PhotoOf.REMEDY,
    InspectionStatus.ANSWERED: PhotoOf.RECHECK,
}
"""What a photo shows by how far the inspection is."""

log = logging.getLogger(__name__)


def add_photo(
    actor: Actor, inspection_id: UUID, code: str, upload: bytes, declared: str, name: str | None
) -> InspectionPhoto:
    """Keep a photo of an item; of the picture only, without place, camera or comment.

    Args:
        code: of the item. declared: the media type that the sender names. name: what the sender calls it.
    Raises:
        Forbidden: it is another's turn to show something (`inspection_of_others`).
        Conflict: it is closed or cancelled (`wrong_state`), the item has as many photos as it may
            (`too_many_files`), or this one already (`already_entered`).
        Invalid: no such item (`unknown_item`).
        UnsupportedMedia, Invalid, Unavailable: as `uploaded_files.judged_picture` and `keep`.
    """
    file = uploaded_files.judged_picture(upload, declared)
    with unit_of_work() as work:
        row = lock(work, inspection_id)
        shows = _shown_by(actor, row)
        answer = by_code(row).get(code)
        if answer is None:
            raise Invalid("unknown_item", at="item", item=code)
        _require_new(work, row.id, answer.item_id, file.sha256)
        uploaded_files.keep(work, file)
        photo = work.add(
            InspectionPhoto(
                inspection_id=row.id,
                item_id=answer.item_id,
                shows=shows,
                sha256=file.sha256,
                media_type=file.media_type,
                size=len(file.content),
                name=uploaded_files.cleaned_name(name, file.media_type),
                added_by=actor.id,
            )
        )
        work.audit(actor, "add_photo", row, item=code, photo_id=str(photo.id), sha256=photo.sha256)
    log.info("photo added", extra={"inspection_id": str(inspection_id), "photo_id": str(photo.id)})
    return photo


def _shown_by(actor: Actor, row: Inspection) -> PhotoOf:
    """What a photo of this actor shows now. Raises: Forbidden, Conflict, as `add_photo`."""
    shows = SHOWN_IN.get(row.status)
    if shows == PhotoOf.REMEDY:
        if party_of(actor) != Party.OWNER:
            raise of_others(row.kind, Party.OWNER)
        return shows
    party = inspector_of(actor, row.kind)
    if shows is None:
        LIFE.move(row, "finish", by=party)  # refuses, naming the states
    assert shows is not None
    return shows


def _require_new(work: Work, inspection_id: UUID, item_id: int, sha256: str) -> None:
    of_item = (InspectionPhoto.inspection_id == inspection_id, InspectionPhoto.item_id == item_id)
    same = work.session.scalar(select(InspectionPhoto.id).where(*of_item, InspectionPhoto.sha256 == sha256))
    if same is not None:
        subject = Name("subject", InspectionPhoto.__tablename__)
        raise Conflict("already_entered", at="file", subject=subject, entry="", entry_id=str(same))
    count = work.session.scalar(select(func.count()).select_from(InspectionPhoto).where(*of_item)) or 0
    if count >= MOST_PHOTOS:
        raise Conflict("too_many_files", at="file", most=MOST_PHOTOS)


def find_photo(actor: Actor, photo_id: UUID) -> InspectionPhoto:
    """A photo of an inspection that the actor may see. Raises: NotFound."""
    query = (
        select(InspectionPhoto, Inspection.enterprise_id)
        .join(Inspection, Inspection.id == InspectionPhoto.inspection_id)
        .where(InspectionPhoto.id == photo_id, *enterprises.visible_to(actor, Inspection.enterprise_id))
    )
    found = db.session.execute(query).one_or_none()
    if found is None:
        raise NotFound()
    events.note_read(actor, events.CREDIT, found.enterprise_id)
    photo: InspectionPhoto = found[0]
    return photo
