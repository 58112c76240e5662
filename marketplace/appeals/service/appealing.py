"""An enterprise appeals against a credit event of its own."""

import logging
from uuid import UUID

from sqlalchemy import select

from ... import clock
from ...calendar import service as calendar
from ...credit import service as credit
from ...credit.models import CreditEvent
from ...errors import Conflict, Notice
from ...events.actor import Actor
from ...events.work import Work, unit_of_work
from ..models import Appeal, AppealStep
from .deadlines import calendar_notices, deadline_of, last_day
from .lookup import require_on_record
from .news import emit

log = logging.getLogger(__name__)


def open_appeal(actor: Actor, event: CreditEvent, reason: str) -> tuple[Appeal, list[Notice]]:
    """Appeal against an event, once.

    Returns:
        the appeal, and a notice for each year whose working days are not announced yet.
    Raises:
        Conflict: an appeal was made before (`already_appealed`), the event was withdrawn or repaired
            (`wrong_state`), or the time is over (`appeal_too_late`).
    """
    today = clock.today()
    with unit_of_work() as work:
        event = credit.lock_event(work, event.id)
        _require_first(work, event.id)
        require_on_record(event, "appeal")
        _require_in_time(event)
        appeal = work.add(
            Appeal(
                event_id=event.id,
                enterprise_id=event.enterprise_id,
                reason=reason,
                due_on=last_day(AppealStep.DECIDE_APPEAL, today),
            )
        )
        work.audit(actor, "open", appeal, event_id=str(event.id))
        emit(work, "appeal.opened", appeal)
    log.info("appeal opened", extra={"appeal_id": str(appeal.id), "event_id": str(event.id)})
    return appeal, calendar_notices(today, appeal.due_on)


def _require_first(work: Work, event_id: UUID) -> None:
    met = work.session.scalar(select(Appeal.id).where(Appeal.event_id == event_id))
    if met is not None:
        raise Conflict("already_appealed", entry_id=str(met))


def _require_in_time(event: CreditEvent) -> None:
    """The enterprise was told when the event was entered; the days are those of Asia/Shanghai."""
    told_on = event.created_at.astimezone(clock.LOCAL).date()
    days = deadline_of(AppealStep.APPEAL, told_on).working_days
    end = calendar.add_working_days(told_on, days)
    if clock.today() > end:
        raise Conflict("appeal_too_late", day=end.isoformat(), days=days)
