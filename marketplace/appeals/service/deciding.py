"""A second officer decides an appeal: the event stands, or it is taken back."""

import logging

from ... import clock
from ...credit import service as credit
from ...events.actor import Actor
from ...events.lifecycle import Party
from ...events.work import unit_of_work
from ..models import APPEAL_LIFE, Appeal, Decision
from .four_eyes import require_second_officer
from .lookup import lock, require_on_record
from .news import emit

log = logging.getLogger(__name__)


def decide_appeal(actor: Actor, appeal: Appeal, decision: Decision, reason: str) -> Appeal:
    """Decide an appeal, once. Overturned, the event is compensated, its block lifted, the score computed
    again in the same transaction.

    Raises:
        Conflict: the appeal is decided or over, or its event was withdrawn or repaired in the meantime
            (`wrong_state`), or the actor recorded the event (`second_officer_needed`).
    """
    with unit_of_work() as work:
        appeal, event = lock(work, appeal)
        move = APPEAL_LIFE.move(appeal, f"decide_{decision}", by=Party.ADMIN)
        require_on_record(event, move.name)
        require_second_officer(actor, event)
        appeal.decided_by, appeal.answer, appeal.closed_at = actor.id, reason, clock.now()
        work.audit(actor, move.name, appeal, reason=reason)
        emit(work, move.event or move.name, appeal)
        if decision == Decision.OVERTURN:
            credit.withdraw_event(actor, appeal.event_id, reason, appeal_id=appeal.id)
    log.info("appeal decided", extra={"appeal_id": str(appeal.id), "decision": str(decision)})
    return appeal
