"""Failed assessments: each counts to the next assessment, and no longer than the months of its rule.

The end is written to `lapses_on`, so that all who ask what counts on a day need know nothing of it; the audit
and the ledger keep what was there before.
"""

import logging
from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from ...enterprises import service as enterprises
from ...events.actor import Actor
from ...events.work import Work, unit_of_work
from ..models import CreditEvent, EventStatus
from .lapse import lapse_date
from .standings import refresh_standing

TO_NEXT = "site.assessed_fail"
"""The rule whose events end with the next assessment."""
DAY = timedelta(days=1)

log = logging.getLogger(__name__)


def lock_assessed(work: Work, enterprise_id: UUID) -> Sequence[CreditEvent]:
    """The failed assessments of an enterprise that stand, freshly read and locked: before the enterprise."""
    rows = (
        select(CreditEvent)
        .filter_by(enterprise_id=enterprise_id, rule=TO_NEXT, status=EventStatus.RECORDED)
        .order_by(CreditEvent.id.desc())
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return work.session.scalars(rows).all()


def end_assessed(actor: Actor, enterprise_id: UUID, day: date, reason: str) -> None:
    """Let failed assessments of before end on `day`, on which the enterprise was assessed again; one of the
    same day ends with it.

    Args:
        reason: the number of that assessment.
    """
    with unit_of_work() as work:
        ending = [event for event in lock_assessed(work, enterprise_id) if _end_by(event, day)]
        if not ending:
            return
        enterprise = enterprises.lock(work, enterprise_id)
        for event in ending:
            _set_end(work, actor, event, _end_by(event, day) or event.lapses_on, reason)
        work.session.flush()
        refresh_standing(work, enterprise)


def _end_by(event: CreditEvent, day: date) -> date | None:
    """When an event ends because of an assessment on `day`; None if that changes nothing."""
    end = max(day, event.effective_on + DAY)
    return end if event.effective_on <= day and end < event.lapses_on else None


def place_among(work: Work, actor: Actor, event: CreditEvent) -> None:
    """Let a new failed assessment, not written yet, end with the next, and those before it with it.

    Whoever records it has locked the others (`lock_assessed`).
    """
    if event.rule != TO_NEXT:
        return
    others = lock_assessed(work, event.enterprise_id)
    event.lapses_on = _end_among(event, others)
    for other in others:
        if other.effective_on < event.effective_on < other.lapses_on:
            _set_end(work, actor, other, event.effective_on, event.document or TO_NEXT)


def take_from(work: Work, actor: Actor, event: CreditEvent, reason: str) -> None:
    """Let failed assessments that ended with one that is taken back count again: it never was the next."""
    if event.rule != TO_NEXT:
        return
    others = lock_assessed(work, event.enterprise_id)
    for other in others:
        if other.lapses_on == event.effective_on:
            _set_end(work, actor, other, _end_among(other, others), reason)


def _end_among(event: CreditEvent, others: Sequence[CreditEvent]) -> date:
    """The first day of the next failed assessment, or the end of its own term if that is earlier."""
    later = (other.effective_on for other in others if other.effective_on > event.effective_on)
    return min([lapse_date(event.effective_on, event.months), *later])


def _set_end(work: Work, actor: Actor, event: CreditEvent, end: date, reason: str) -> None:
    before = event.lapses_on.isoformat()
    event.lapses_on = end
    work.audit(actor, "set_end", event, before=before, now=end.isoformat(), reason=reason)
    log.info("failed assessment ends", extra={"event_id": str(event.id), "day": end.isoformat()})
