"""What enterprises hand in and nobody has decided yet is bounded: whoever registers may hand in papers."""

from uuid import UUID

from sqlalchemy import ColumnElement, func, select

from ...enterprises import service as enterprises
from ...errors import Conflict
from ...events.work import Work
from ..models import Licence, LicenceFile, LicenceStatus

MOST_SUBMITTED = 10
"""Licences of one holder that wait for a decision; our own choice."""
MOST_BYTES = 50_000_000
"""Of all files with them; our own choice."""
BYTES_PER_MB = 1_000_000


def require_room(work: Work, holder_id: UUID) -> None:
    """Lock a holder against handing in more, and see whether it may.

    Raises:
        Conflict: as many as may be are still to be decided (`too_many_submissions`).
    """
    enterprises.lock(work, holder_id)
    waiting = select(func.count()).where(*_undecided(holder_id))
    if (work.session.scalar(waiting) or 0) >= MOST_SUBMITTED:
        raise Conflict("too_many_submissions", most=MOST_SUBMITTED)


def require_room_for_file(work: Work, holder_id: UUID, size: int) -> None:
    """Lock a holder against handing in more, and see whether a file of `size` bytes may still come.

    Raises:
        Conflict: the files with what is still to be decided would be too large together (`files_too_large`).
    """
    enterprises.lock(work, holder_id)
    stored = select(func.coalesce(func.sum(LicenceFile.size), 0))
    of_holder = stored.join(Licence, Licence.id == LicenceFile.licence_id).where(*_undecided(holder_id))
    if (work.session.scalar(of_holder) or 0) + size > MOST_BYTES:
        raise Conflict("files_too_large", at="file", most_mb=MOST_BYTES // BYTES_PER_MB)


def _undecided(holder_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return Licence.enterprise_id == holder_id, Licence.status == LicenceStatus.SUBMITTED
