"""Reminders of reports that are due, in working days before the due day and on the day; each once."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import or_, select

from ... import clock
from ...calendar import service as calendar
from ...database import db
from ...events.work import unit_of_work
from ..models import Declaration, DeclarationStatus, ManagementPlan, PlanStatus
from .payloads import emit

REMINDERS = (0, 1, 3, 7)
"""Working days before the due day, the last reminder first; our own choice."""
LONGEST_AHEAD = timedelta(days=31)
"""Seven working days never take longer, whatever holidays there are."""
BATCH = 200
"""Reports that one transaction reminds of."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reminded:
    """A table of reports: the state in which one is waited for, and the event that reminds of it."""

    model: Any
    waiting: StrEnum
    event: str


REPORTS = (
    Reminded(Declaration, DeclarationStatus.OPEN, "declaration.due"),
    Reminded(ManagementPlan, PlanStatus.DUE, "plan.due"),
)


def remind() -> int:
    """Remind of every report whose time has come. Returns: of how many."""
    today, reminded = clock.today(), 0
    for report in REPORTS:
        model = report.model
        due_days = select(model.due_on).where(
            model.status == report.waiting, model.due_on.between(today, today + LONGEST_AHEAD)
        )
        for due_on in db.session.scalars(due_days.distinct()).all():
            days = reminder_on(due_on, today)
            while days is not None and (count := _remind(report, due_on, days)):
                reminded += count
    if reminded:
        log.info("reports reminded of", extra={"count": reminded})
    return reminded


def reminder_on(due_on: date, today: date) -> int | None:
    """Which reminder has come on a day, in working days before the due day; None before the first."""
    for days in REMINDERS:
        if today >= (calendar.add_working_days(due_on, -days) if days else due_on):
            return days
    return None


def _remind(report: Reminded, due_on: date, days: int) -> int:
    model = report.model
    earlier = or_(model.reminded_days.is_(None), model.reminded_days > days)
    query = (
        select(model)
        .where(model.status == report.waiting, model.due_on == due_on, earlier)
        .order_by(model.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True, key_share=True)
    )
    with unit_of_work() as work:
        rows: Sequence[Any] = work.session.scalars(query).all()
        for row in rows:
            row.reminded_days = days
            emit(work, report.event, row)
    return len(rows)
