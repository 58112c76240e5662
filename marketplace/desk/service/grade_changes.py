"""Changes of grade that wait to be seen by an officer: of each enterprise one, from what was seen last."""

import logging
from uuid import UUID

from sqlalchemy import select

from ... import clock
from ...enterprises import service as enterprises
from ...enterprises.models import Grade
from ...events.actor import Actor
from ...events.work import Work, unit_of_work
from ..models import GradeChange

log = logging.getLogger(__name__)


def note_grade_change(enterprise_id: UUID, grade_before: Grade) -> None:
    """Note that an enterprise has another grade than before; what it has now is read from its row, so that it
    does not matter how often or in which order changes are noted."""
    with unit_of_work() as work:
        enterprise = enterprises.lock(work, enterprise_id)
        change = _unseen(work, enterprise_id)
        before = change.grade_before if change else grade_before
        if before == enterprise.grade:
            if change is not None:
                work.session.delete(change)
            return
        if change is None:
            work.add(GradeChange(enterprise_id=enterprise_id, grade_before=before, grade=enterprise.grade))
        elif change.grade != enterprise.grade:
            change.grade, change.changed_at = enterprise.grade, clock.now()


def see_grade_change(actor: Actor, change_id: UUID) -> GradeChange:
    """Note that an officer has seen a change; a second time changes nothing. Raises: NotFound."""
    with unit_of_work() as work:
        change = work.lock(GradeChange, GradeChange.id == change_id)
        if change.seen_at is None:
            change.seen_by, change.seen_at = actor.id, clock.now()
            work.audit(actor, "see", change)
    log.info("grade change seen", extra={"enterprise_id": str(change.enterprise_id)})
    return change


def _unseen(work: Work, enterprise_id: UUID) -> GradeChange | None:
    unseen = select(GradeChange).where(
        GradeChange.enterprise_id == enterprise_id, GradeChange.seen_at.is_(None)
    )
    return work.session.scalars(unseen.with_for_update()).one_or_none()
