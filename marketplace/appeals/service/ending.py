"""What is still asked about an event that was withdrawn or repaired ends by itself."""

import logging
from typing import Any
from uuid import UUID

from sqlalchemy import select

from ... import clock
from ...credit import service as credit
from ...events.actor import PLATFORM
from ...events.lifecycle import LifeCycle, Party
from ...events.work import Work, unit_of_work
from ..models import APPEAL_LIFE, REPAIR_LIFE, Appeal, Repair
from .news import emit

log = logging.getLogger(__name__)


def end_for_event(event_id: UUID, reason: str) -> None:
    """End the open appeal and the repair under way of an event, and tell the enterprise why."""
    with unit_of_work() as work:
        credit.lock_event(work, event_id)
        _end(work, Appeal, APPEAL_LIFE, event_id, reason)
        _end(work, Repair, REPAIR_LIFE, event_id, reason)


def _end(work: Work, model: Any, life: LifeCycle, event_id: UUID, reason: str) -> None:
    undecided = (model.event_id == event_id, model.status.in_(life.sources("end")))
    for row in work.session.scalars(select(model).where(*undecided).with_for_update(key_share=True)):
        move = life.move(row, "end", by=Party.SYSTEM)
        row.answer, row.closed_at = reason, clock.now()
        work.audit(PLATFORM, "end", row, reason=reason)
        emit(work, move.event or move.name, row)
        log.info("ended with its event", extra={"table": model.__tablename__, "id": str(row.id)})
