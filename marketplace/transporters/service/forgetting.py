"""The people of a transporter's crew are forgotten: with its contact, or once they have left long ago."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import String, cast, delete, func, or_, select, update

from ... import clock
from ...events.work import Work
from ..models import CrewCard, PaperFile, PaperKind, PaperStatus, TransporterPaper, TransporterRegister


def forget_crew(work: Work, transporter_id: UUID) -> None:
    """Erase the crew of a transporter that no longer trades, and its phone on duty."""
    of_it = TransporterPaper.transporter_id == transporter_id
    _forget(work, of_it)
    register = update(TransporterRegister).where(TransporterRegister.enterprise_id == transporter_id)
    work.session.execute(register.values(duty_phone=None, note=None))


def forget_crew_that_left(work: Work, ended_before: datetime) -> None:
    """Erase members of the crew whose papers were ended, or refused, before a moment."""
    was_refused = TransporterPaper.status == PaperStatus.REFUSED
    left = or_(
        TransporterPaper.ended_at < ended_before, was_refused & (TransporterPaper.decided_at < ended_before)
    )
    _forget(work, left)


def _forget(work: Work, *conditions: Any) -> None:
    """Erase names, numbers and scans of the crew that meets the conditions; that somebody was there stays."""
    crew = (TransporterPaper.kind == PaperKind.CREW, TransporterPaper.name != "", *conditions)
    ids = list(work.session.scalars(select(TransporterPaper.id).where(*crew)))
    work.session.execute(delete(PaperFile).where(PaperFile.paper_id.in_(ids)))
    work.session.execute(update(CrewCard).where(CrewCard.paper_id.in_(ids)).values(number=""))
    forgotten = update(TransporterPaper).where(TransporterPaper.id.in_(ids))
    ended_at = func.coalesce(TransporterPaper.ended_at, clock.now())
    work.session.execute(
        forgotten.values(name="", key=cast(TransporterPaper.id, String), ended_at=ended_at, reason=None)
    )
