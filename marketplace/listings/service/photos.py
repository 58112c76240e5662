"""Photos of listings: shown by their owner, seen by whoever may see the listing.

One that is chosen before there is a draft waits without a listing, for its enterprise alone.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select

from ... import clock, uploaded_files
from ...database import db
from ...enterprises import service as enterprises
from ...errors import Conflict, NotFound
from ...events.actor import Actor
from ...events.lifecycle import wrong_state
from ...events.work import Work, unit_of_work
from ...uploaded_files import JudgedFile
from ..models import LIFE, MOST_PHOTOS, Listing, ListingPhoto, ListingStatus
from .lookup import find_visible

PICTURED = (ListingStatus.DRAFT, ListingStatus.OPEN, ListingStatus.PAUSED)
"""States in which a photo may be added."""
ENDED = tuple(status for status in ListingStatus if status not in PICTURED)
WAITS = timedelta(days=1)
"""How long a photo waits for its draft."""
MOST_WAITING = 10
"""Photos of one enterprise that wait; a further one replaces the first of them."""

log = logging.getLogger(__name__)


def add_photo(actor: Actor, listing_id: UUID, file: JudgedFile) -> ListingPhoto:
    """Keep a picture with a listing of the actor's own; the same picture sent again is the one that is kept.

    Args:
        file: of `uploaded_files.judged_picture`.
    Raises:
        Forbidden: the enterprise is frozen. NotFound.
        Conflict: the listing is closed (`wrong_state`), or has as many photos as it may (`too_many_photos`).
        Unavailable: as `uploaded_files.keep`.
    """
    enterprises.require_unfrozen(actor)
    with unit_of_work() as work:
        listing = _lock_own(work, actor, listing_id)
        return _same(work, listing, file.sha256) or _keep(work, actor, listing, file)


def keep_waiting_photo(actor: Actor, file: JudgedFile) -> ListingPhoto:
    """Keep a picture for a draft that is still to be made; for a day, and only for the enterprise itself.

    Raises:
        Forbidden: the enterprise is frozen. Unavailable: as `uploaded_files.keep`.
    """
    enterprises.require_unfrozen(actor)
    with unit_of_work() as work:
        work.lock_name(f"waiting_photos:{actor.enterprise_id}")
        query = select(ListingPhoto).where(*_waiting_of(actor)).order_by(ListingPhoto.id)
        waiting = list(work.session.scalars(query))
        same = next((row for row in waiting if row.sha256 == file.sha256), None)
        if same is not None:
            return same
        for row in waiting[: max(0, len(waiting) - MOST_WAITING + 1)]:
            work.session.delete(row)
        return work.add(_row(work, actor, file))


def attach_waiting_photo(actor: Actor, listing_id: UUID, photo_id: UUID) -> ListingPhoto | None:
    """Give a listing of the actor's own a photo that waited; None if it waited too long and is gone.

    Raises:
        NotFound: no such listing. Conflict: as `add_photo`.
    """
    with unit_of_work() as work:
        listing = _lock_own(work, actor, listing_id)
        query = select(ListingPhoto).where(ListingPhoto.id == photo_id, *_waiting_of(actor))
        waiting = work.session.scalars(query.with_for_update()).one_or_none()
        if waiting is None:
            return None
        same = _same(work, listing, waiting.sha256)
        if same is not None:
            work.session.delete(waiting)
            return same
        waiting.number, waiting.listing_id = _free_number(work, listing), listing.id
        work.session.flush()
        _note(work, actor, listing, waiting)
        return waiting


def remove_photo(actor: Actor, listing_id: UUID, number: int) -> None:
    """Delete a photo of a listing of the actor's own, of whatever state.

    Raises:
        NotFound.
    """
    with unit_of_work() as work:
        listing = _lock_own(work, actor, listing_id)
        query = select(ListingPhoto).filter_by(listing_id=listing.id, number=number)
        photo = work.session.scalars(query).one_or_none()
        if photo is None:
            raise NotFound()
        work.audit(actor, "remove_photo", listing, number=number, sha256=photo.sha256)
        work.session.delete(photo)
    log.info("photo removed", extra={"listing_id": str(listing_id), "number": number})


def list_photos(listing_id: UUID) -> Sequence[ListingPhoto]:
    """The photos of a listing that the caller has found, by their numbers."""
    query = select(ListingPhoto).where(ListingPhoto.listing_id == listing_id)
    return db.session.scalars(query.order_by(ListingPhoto.number)).all()


def find_photo(actor: Actor, listing_id: UUID, number: int) -> ListingPhoto:
    """A photo of a listing that the actor may see. Raises: NotFound."""
    listing = find_visible(actor, listing_id)
    return _one(ListingPhoto.listing_id == listing.id, ListingPhoto.number == number)


def find_own_photo(actor: Actor, listing_id: UUID, number: int) -> ListingPhoto:
    """A photo of a listing of the actor's own. Raises: NotFound."""
    own = (Listing.id == listing_id, Listing.enterprise_id == actor.enterprise_id)
    return _one(ListingPhoto.listing_id.in_(select(Listing.id).where(*own)), ListingPhoto.number == number)


def find_waiting_photo(actor: Actor, photo_id: UUID) -> ListingPhoto:
    """A photo of the actor's own that waits for its draft. Raises: NotFound."""
    return _one(ListingPhoto.id == photo_id, *_waiting_of(actor))


def forget_photos(work: Work, enterprise_id: UUID) -> None:
    """Delete the photos of all listings of an enterprise: they may show its people."""
    work.session.execute(delete(ListingPhoto).where(ListingPhoto.enterprise_id == enterprise_id))


def forget_photos_of_ended(work: Work, ended_before: datetime) -> None:
    """Delete the photos of listings that ended before a moment."""
    ended = select(Listing.id).where(Listing.status.in_(ENDED), Listing.updated_at < ended_before)
    work.session.execute(delete(ListingPhoto).where(ListingPhoto.listing_id.in_(ended)))


def delete_waiting_photos() -> None:
    """Delete photos whose draft never came."""
    with unit_of_work() as work:
        late = (ListingPhoto.listing_id.is_(None), ListingPhoto.created_at < clock.now() - WAITS)
        work.session.execute(delete(ListingPhoto).where(*late))


def _lock_own(work: Work, actor: Actor, listing_id: UUID) -> Listing:
    return work.lock(Listing, Listing.id == listing_id, Listing.enterprise_id == actor.enterprise_id)


def _keep(work: Work, actor: Actor, listing: Listing, file: JudgedFile) -> ListingPhoto:
    row = _row(work, actor, file)
    row.number, row.listing_id = _free_number(work, listing), listing.id
    _note(work, actor, listing, work.add(row))
    return row


def _row(work: Work, actor: Actor, file: JudgedFile) -> ListingPhoto:
    """A row of a file that is in the folder. What its sender calls it is not kept: others would read it."""
    uploaded_files.keep(work, file)
    assert actor.enterprise_id is not None
    return ListingPhoto(
        enterprise_id=actor.enterprise_id,
        sha256=file.sha256,
        media_type=file.media_type,
        size=len(file.content),
        name=uploaded_files.cleaned_name("photo", file.media_type),
        added_by=actor.id,
    )


def _same(work: Work, listing: Listing, sha256: str) -> ListingPhoto | None:
    query = select(ListingPhoto).filter_by(listing_id=listing.id, sha256=sha256)
    return work.session.scalars(query).one_or_none()


def _free_number(work: Work, listing: Listing) -> int:
    """The first number that no photo of a locked listing has. Raises: Conflict, as `add_photo`."""
    if listing.status not in PICTURED:
        raise wrong_state("listing", listing.status, "add_file", PICTURED, LIFE.next_step(listing.status))
    query = select(ListingPhoto.number).where(ListingPhoto.listing_id == listing.id)
    taken = set(work.session.scalars(query))
    if len(taken) >= MOST_PHOTOS:
        raise Conflict("too_many_photos", at="file", most=MOST_PHOTOS)
    return min(set(range(1, MOST_PHOTOS + 1)) - taken)


def _note(work: Work, actor: Actor, listing: Listing, photo: ListingPhoto) -> None:
    work.audit(actor, "add_photo", listing, number=photo.number, sha256=photo.sha256, size=photo.size)
    log.info("photo added", extra={"listing_id": str(listing.id), "photo_id": str(photo.id)})


def _waiting_of(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    return (ListingPhoto.enterprise_id == actor.enterprise_id, ListingPhoto.listing_id.is_(None))


def _one(*conditions: ColumnElement[bool]) -> ListingPhoto:
    photo = db.session.scalars(select(ListingPhoto).where(*conditions)).one_or_none()
    if photo is None:
        raise NotFound()
    return photo
