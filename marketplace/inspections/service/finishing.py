"""An inspection finished: its result, the rectification order, what it costs; or given up."""

import logging
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from ... import clock
from ...calendar import service as calendar
from ...credit import service as credit
from ...errors import Conflict, Invalid, Notice
from ...events.actor import PLATFORM, Actor
from ...events.lifecycle import Party
from ...events.work import Work, unit_of_work
from ..models import (
    LIFE,
    ChecklistItem,
    Inspection,
    InspectionAnswer,
    InspectionKind,
    InspectionPolicy,
    InspectionResult,
    InspectionStatus,
)
from .checklists import policy_in_force
from .lookup import inspector_of, lock
from .news import emit
from .results import points_of, result_of

FAILED = "site.assessed_fail"
LONGEST_ORDER = timedelta(days=365)
"""The last day of a rectification may be so far away; our own choice."""

log = logging.getLogger(__name__)


def finish(actor: Actor, inspection_id: UUID, data: dict[str, Any]) -> tuple[Inspection, list[Notice]]:
    """Finish an inspection of which all items are answered: result, order, credit events.

    Args:
        data: `due_on`, the last day to put findings right, else so many working days as the policy says;
            `note`.
    Returns:
        the inspection, and a notice for each year whose working days are not announced yet.
    Raises:
        Forbidden: somebody else inspects (`inspection_of_others`).
        Conflict: it is finished or cancelled (`wrong_state`), items are not answered (`items_unanswered`), or
            a finding is on record already (`already_entered`).
        Invalid: the last day is not within a year from tomorrow (`rectification_day`).
    """
    with unit_of_work() as work:
        row = lock(work, inspection_id)
        party = inspector_of(actor, row.kind)
        if row.status == InspectionStatus.OPEN:
            _require_all_answered(row)
        policy = policy_in_force(row.begun_on)
        due_on = rectification_day(data["due_on"], policy) if row.findings else None
        name = "order_rectification" if row.findings else "finish"
        move = LIFE.move(row, name, by=party)
        row.points, row.most_points = points_of(row.answers)
        row.result = result_of(row.answers, policy)
        row.finished_at, row.finished_by, row.note = clock.now(), actor.id, data["note"] or row.note
        row.due_on, row.closed_at = due_on, None if row.findings else row.finished_at
        work.session.flush()
        if row.kind != InspectionKind.SELF:
            _record(work, actor, row, policy)
        work.audit(actor, name, row, result=row.result, points=row.points)
        emit(work, move.event or "", row)
    log.info("inspection finished", extra={"inspection_id": str(row.id), "result": row.result})
    return row, day_notices(row.due_on)


def _require_all_answered(row: Inspection) -> None:
    missing = tuple(answer.item.code for answer in row.answers if answer.points is None)
    if missing:
        raise Conflict("items_unanswered", items=missing)


def rectification_day(named: date | None, policy: InspectionPolicy) -> date:
    """The last day to put findings right: the one that is named, else by the policy's working days.

    Raises:
        Invalid: it is not within a year from tomorrow (`rectification_day`).
    """
    today = clock.today()
    if named is None:
        return calendar.add_working_days(today, policy.rectification_days)
    if not today < named <= today + LONGEST_ORDER:
        raise Invalid("rectification_day", at="due_on")
    return named


def day_notices(due_on: date | None) -> list[Notice]:
    """A notice for each year until then whose working days are not announced yet."""
    return calendar.unknown_year_notices(clock.today(), due_on, "due_on") if due_on else []


def _record(work: Work, actor: Actor, row: Inspection, policy: InspectionPolicy) -> None:
    """Record the findings that the officer put under a credit rule, and a failed assessment; an earlier one
    ends with this.

    A defect that the enterprise itself had named in a self-check costs half (credit.md).
    """
    credit.end_assessed(actor, row.enterprise_id, clock.today(), row.number)
    for answer in row.findings:
        if answer.rule is not None:
            is_reported = _is_self_reported(work, row, answer.item, policy)
            known = {"is_self_reported": is_reported, "found_by": _officers([answer])}
            answer.event_id = credit.record_event(actor, _finding(row, answer) | known)[0].id
    if row.result == InspectionResult.FAIL and credit.is_rule_in_force(FAILED, clock.today()):
        failed = _entry(row, FAILED, row.number, _failure(row))
        credit.record_event(actor, failed | {"found_by": _officers(row.answers)})
    work.session.flush()


def _officers(answers: Iterable[InspectionAnswer]) -> list[UUID]:
    """Who answered: another officer decides about what comes of it."""
    return sorted({answer.answered_by for answer in answers if answer.answered_by is not None})


def _finding(row: Inspection, answer: InspectionAnswer) -> dict[str, Any]:
    item = answer.item
    note = f"{item.code} {item.text_zh} / {item.text_en}" + (f"\n{answer.note}" if answer.note else "")
    return _entry(row, str(answer.rule), f"{row.number}-{item.code}", note)


def _failure(row: Inspection) -> str:
    return f"检查不达标 / failed inspection: {row.points} / {row.most_points}"


def _entry(row: Inspection, rule: str, document: str, note: str) -> dict[str, Any]:
    """What is entered of an inspection, under a number that no other entry has."""
    about = {"enterprise_id": row.enterprise_id, "rule": rule, "document": document, "note": note}
    return {**about, "effective_on": clock.today(), "acted_on": row.begun_on}


def _is_self_reported(work: Work, row: Inspection, item: ChecklistItem, policy: InspectionPolicy) -> bool:
    """Whether the enterprise named the same item in a self-check before, and not longer ago than counts."""
    since = row.begun_on - timedelta(days=policy.self_report_days)
    reported = (
        select(Inspection.id)
        .join(InspectionAnswer, InspectionAnswer.inspection_id == Inspection.id)
        .join(ChecklistItem, ChecklistItem.id == InspectionAnswer.item_id)
        .where(
            Inspection.enterprise_id == row.enterprise_id,
            Inspection.kind == InspectionKind.SELF,
            Inspection.checklist == row.checklist,
            Inspection.begun_on >= since,
            Inspection.finished_at <= row.created_at,
            Inspection.id < row.id,
            ChecklistItem.code == item.code,
            InspectionAnswer.points < ChecklistItem.most_points,
        )
    )
    return work.session.scalar(reported.limit(1)) is not None


def cancel(actor: Actor, inspection_id: UUID, reason: str) -> Inspection:
    """Give up an inspection that is not finished.

    Raises:
        Forbidden: somebody else inspects (`inspection_of_others`).
        Conflict: it is finished or cancelled (`wrong_state`).
    """
    with unit_of_work() as work:
        row = lock(work, inspection_id)
        LIFE.move(row, "cancel", by=inspector_of(actor, row.kind))
        row.note, row.closed_at = reason, clock.now()
        work.audit(actor, "cancel", row, reason=reason)
    return row


def abandon(work: Work, row: Inspection) -> None:
    """Give up an inspection that nobody has finished for long."""
    LIFE.move(row, "abandon", by=Party.CLOCK)
    row.closed_at = clock.now()
    work.audit(PLATFORM, "abandon", row)
