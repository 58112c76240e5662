"""The repair of a credit event: asked for, checked by one officer, decided by another."""

import logging
from uuid import UUID

from sqlalchemy import select

from ... import clock
from ...credit import service as credit
from ...credit.models import CreditEvent
from ...errors import Conflict, Notice
from ...events.actor import Actor
from ...events.lifecycle import Party
from ...events.work import Work, unit_of_work
from ..models import REPAIR_LIFE, UNDECIDED, AppealStep, Repair, RepairDecision
from .deadlines import calendar_notices, last_day
from .four_eyes import require_second_officer
from .lookup import lock, require_on_record
from .news import emit

log = logging.getLogger(__name__)


def ask_for_repair(actor: Actor, event: CreditEvent, promise: str) -> tuple[Repair, list[Notice]]:
    """Ask that an event stop counting: all is corrected, and a promise is made in public.

    Returns:
        the request, and a notice for each year whose working days are not announced yet.
    Raises:
        Conflict: another request is under way (`repair_under_way`), the event was withdrawn or repaired
            (`wrong_state`), it is no deduction (`repair_of_a_merit`), or the shortest time of its severity is
            not over (`repair_too_early`).
    """
    today = clock.today()
    with unit_of_work() as work:
        event = credit.lock_event(work, event.id)
        _require_only(work, event.id)
        require_on_record(event, "repair")
        _require_repairable(event)
        repair = work.add(
            Repair(
                event_id=event.id,
                enterprise_id=event.enterprise_id,
                promise=promise,
                due_on=last_day(AppealStep.DECIDE_REPAIR, today),
            )
        )
        work.audit(actor, "ask", repair, event_id=str(event.id))
        emit(work, "repair.opened", repair)
    log.info("repair asked for", extra={"repair_id": str(repair.id), "event_id": str(event.id)})
    return repair, calendar_notices(today, repair.due_on)


def _require_only(work: Work, event_id: UUID) -> None:
    same = (Repair.event_id == event_id, Repair.status.in_(UNDECIDED))
    met = work.session.scalar(select(Repair.id).where(*same))
    if met is not None:
        raise Conflict("repair_under_way", entry_id=str(met))


def _require_repairable(event: CreditEvent) -> None:
    today = clock.today()
    first = credit.repairable_from(event, credit.publication_terms(today))
    if first is None:
        raise Conflict("repair_of_a_merit")
    if today < first:
        raise Conflict("repair_too_early", day=first.isoformat())


def check_repair(actor: Actor, repair: Repair, note: str) -> Repair:
    """Note that an officer has seen everything corrected. Raises: Conflict: `wrong_state`."""
    party = Party.ADMIN if actor.is_admin else Party.REGULATOR
    with unit_of_work() as work:
        repair, event = lock(work, repair)
        move = REPAIR_LIFE.move(repair, "check", by=party)
        require_on_record(event, move.name)
        repair.checked_by, repair.checked_at, repair.check_note = actor.id, clock.now(), note
        work.audit(actor, "check", repair, note=note)
        emit(work, move.event or move.name, repair)
    log.info("repair checked", extra={"repair_id": str(repair.id)})
    return repair


def extend_repair(actor: Actor, repair: Repair, reason: str) -> Repair:
    """Take the longer time of a complex case, once; the enterprise is told.

    Raises:
        Conflict: it is decided or over (`wrong_state`), or the time was extended before
            (`already_extended`).
    """
    with unit_of_work() as work:
        repair, _ = lock(work, repair)
        move = REPAIR_LIFE.move(repair, "extend", by=Party.ADMIN)
        if repair.is_complex:
            raise Conflict("already_extended", day=repair.due_on.isoformat())
        asked_on = repair.created_at.astimezone(clock.LOCAL).date()
        repair.is_complex, repair.reminded_of = True, None
        repair.due_on = last_day(AppealStep.DECIDE_COMPLEX_REPAIR, asked_on)
        work.audit(actor, "extend", repair, reason=reason)
        emit(work, move.event or move.name, repair)
    log.info("repair extended", extra={"repair_id": str(repair.id)})
    return repair


def decide_repair(actor: Actor, repair: Repair, decision: RepairDecision, reason: str) -> Repair:
    """Grant or refuse a repair, once. Granted, the event stops counting, its block is lifted, and the score
    is computed again in the same transaction.

    Raises:
        Conflict: it is not checked yet and to be granted, decided or over, or its event was withdrawn in the
            meantime (`wrong_state`), or the actor checked it or recorded the event (`second_officer_needed`).
    """
    with unit_of_work() as work:
        repair, event = lock(work, repair)
        move = REPAIR_LIFE.move(repair, f"decide_{decision}", by=Party.ADMIN)
        require_on_record(event, move.name)
        require_second_officer(actor, event)
        if repair.checked_by == actor.id:
            raise Conflict("second_officer_needed")
        repair.decided_by, repair.answer, repair.closed_at = actor.id, reason, clock.now()
        work.audit(actor, move.name, repair, reason=reason)
        emit(work, move.event or move.name, repair)
        if decision == RepairDecision.GRANT:
            credit.repair_event(actor, repair.event_id, reason)
    log.info("repair decided", extra={"repair_id": str(repair.id), "decision": str(decision)})
    return repair
