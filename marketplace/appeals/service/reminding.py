"""Officers are reminded of decisions: once before the last day, and once when it is over."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, select

from ... import clock
from ...calendar import service as calendar
from ...database import db
from ...events.actor import PLATFORM
from ...events.work import unit_of_work
from ..models import APPEAL_LIFE, REPAIR_LIFE, Appeal, AppealStep, Reminder, Repair
from .deadlines import deadline_of
from .news import emit

BATCH = 200
"""Rows that one transaction looks at."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Decisions:
    """What waits for a decision: rows of `model` in one of these states; events are called after `name`."""

    name: str
    model: Any
    states: Sequence[StrEnum]
    step: AppealStep

    def is_waiting(self) -> ColumnElement[bool]:
        """The condition of the rows that nobody has decided."""
        found: ColumnElement[bool] = self.model.status.in_(self.states)
        return found


DECISIONS = (
    Decisions("appeal", Appeal, APPEAL_LIFE.sources("end"), AppealStep.DECIDE_APPEAL),
    Decisions("repair", Repair, REPAIR_LIFE.sources("end"), AppealStep.DECIDE_REPAIR),
)


def remind_of_decisions() -> None:
    """Emit `appeal.due`, `appeal.overdue`, `repair.due` and `repair.overdue`, each once a decision."""
    today = clock.today()
    for decisions in DECISIONS:
        model = decisions.model
        if db.session.scalar(select(model.id).where(decisions.is_waiting()).limit(1)) is None:
            continue
        soon = calendar.add_working_days(today, deadline_of(decisions.step, today).remind_days)
        is_overdue = and_(model.due_on < today, model.reminded_of.is_distinct_from(Reminder.OVERDUE))
        is_due = and_(model.due_on.between(today, soon), model.reminded_of.is_(None))
        for reminder, condition in ((Reminder.OVERDUE, is_overdue), (Reminder.DUE, is_due)):
            while _remind(decisions, reminder, condition) == BATCH:
                pass


def _remind(decisions: Decisions, reminder: Reminder, condition: ColumnElement[bool]) -> int:
    """Remind of a batch of decisions. Returns: of how many."""
    model = decisions.model
    with unit_of_work() as work:
        rows = work.session.scalars(
            select(model)
            .where(decisions.is_waiting(), condition)
            .order_by(model.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True, key_share=True)
        ).all()
        for row in rows:
            row.reminded_of = reminder
            work.audit(PLATFORM, "remind", row, of=reminder, due_on=row.due_on.isoformat())
            emit(work, f"{decisions.name}.{reminder}", row)
    if rows:
        log.info("reminded of decisions", extra={"table": model.__tablename__, "count": len(rows)})
    return len(rows)
