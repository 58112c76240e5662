"""Repair: an event that was right, and has been made good since, stops counting."""

import logging
from collections.abc import Mapping
from datetime import date
from uuid import UUID

from ...database import db
from ...errors import Conflict
from ...events.actor import Actor
from ...events.lifecycle import Party
from ...events.work import unit_of_work
from ..models import EVENT_LIFE, CreditEvent, EventStatus, PublicationTerm, Severity
from .blocks import lift_blocks_of
from .events import lock_event, news_of
from .lapse import lapse_date
from .standings import lock_enterprise, refresh_standing

log = logging.getLogger(__name__)


def publication_terms(day: date) -> dict[Severity, PublicationTerm]:
    """How long events are published, by severity, by the rows in force on `day`, the newest of each."""
    newest_first = db.session.scalars(PublicationTerm.newest_in_force(day)).all()
    return {row.severity: row for row in reversed(newest_first)}


def repairable_from(event: CreditEvent, terms: Mapping[Severity, PublicationTerm]) -> date | None:
    """The first day on which the repair of a deduction that stands may be asked for: its shortest time of
    publication is over, counted from the day of the decision. None where nothing can be repaired.
    """
    if event.severity is None or event.status != EventStatus.RECORDED:
        return None
    return lapse_date(event.decided_on or event.effective_on, terms[event.severity].shortest_months)


def repair_event(actor: Actor, event_id: UUID, reason: str) -> CreditEvent:
    """Let a repaired event stop counting, as a second officer: its block is lifted, the score computed again
    in the same transaction.

    Raises:
        NotFound: no such event.
        Conflict: withdrawn or repaired before (`wrong_state`), or by whoever recorded it
            (`second_officer_needed`).
    """
    with unit_of_work() as work:
        event = lock_event(work, event_id)
        move = EVENT_LIFE.move(event, "repair", by=Party.ADMIN)
        if event.is_work_of(actor.id):
            raise Conflict("second_officer_needed")
        enterprise = lock_enterprise(work, event.enterprise_id)
        lift_blocks_of(work, event, actor, reason)
        work.audit(actor, "repair", event, reason=reason)
        refresh_standing(work, enterprise)
        work.emit(move.event or "", **news_of(event, reason))
    log.info("credit event repaired", extra={"event_id": str(event.id), "rule": event.rule})
    return event
