"""Reports that are late or missing, and years that were reported in full: what credit hears of them."""

import logging

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import aliased

from ... import clock
from ...events.actor import PLATFORM
from ...events.lifecycle import Party
from ...events.work import Work, unit_of_work
from ..models import (
    DECLARATION_LIFE,
    MISSING_AFTER,
    PLAN_LIFE,
    Declaration,
    DeclarationStatus,
    DeclarationVersion,
    ManagementPlan,
    ReportKind,
)
from .checks import balances
from .payloads import emit

BATCH = 200
"""Years that one transaction judges."""

log = logging.getLogger(__name__)


def pass_term(work: Work, row: Declaration) -> None:
    """Note that nobody has confirmed a declaration by its due day."""
    DECLARATION_LIFE.move(row, "pass_term", by=Party.CLOCK)
    _note_late(work, row, "declaration.late")


def give_up(work: Work, row: Declaration) -> None:
    """Note that a declaration is missing, long after its due day."""
    DECLARATION_LIFE.move(row, "give_up", by=Party.CLOCK)
    work.audit(PLATFORM, "give_up", row)
    emit(work, "declaration.missing", row)


def pass_plan_term(work: Work, row: ManagementPlan) -> None:
    """Note that nobody has submitted a plan by its due day."""
    PLAN_LIFE.move(row, "pass_term", by=Party.CLOCK)
    _note_late(work, row, "plan.late")


def note_late_filing(work: Work, row: Declaration | ManagementPlan) -> None:
    """Note that the receipt shows a day after the due day, unless it is noted as late already."""
    if row.late_at is None and row.filed_on is not None and row.filed_on > row.due_on:
        _note_late(work, row, "plan.late" if isinstance(row, ManagementPlan) else "declaration.late")


def _note_late(work: Work, row: Declaration | ManagementPlan, event: str) -> None:
    row.late_at = clock.now()
    work.audit(PLATFORM, "pass_term", row, due_on=row.due_on.isoformat())
    emit(work, event, row)


def judge_years() -> int:
    """Judge each year of which the term is over: all in time, receipts on file, the balance closed.

    A year is judged once, as long after its due day as a declaration takes to be missing, so that receipts
    can be entered meanwhile.

    Returns:
        how many were reported in full.
    """
    full, last = 0, BATCH
    while last == BATCH:
        with unit_of_work() as work:
            query = (
                select(Declaration)
                .where(
                    Declaration.kind == ReportKind.YEAR,
                    Declaration.judged_at.is_(None),
                    Declaration.due_on <= clock.today() - MISSING_AFTER,
                )
                .order_by(Declaration.id)
                .limit(BATCH)
                .with_for_update(skip_locked=True, key_share=True)
            )
            rows = work.session.scalars(query).all()
            full += sum(_judge(work, row) for row in rows)
            last = len(rows)
    if full:
        log.info("full years of reports", extra={"count": full})
    return full


def _judge(work: Work, row: Declaration) -> bool:
    row.judged_at = clock.now()
    is_full = _is_in_time(row) and not _has_fault(work, row) and balances(_lines(work, row))
    if is_full:
        work.audit(PLATFORM, "judge_year", row)
        emit(work, "declaration.full_year", row)
    return is_full


def _is_in_time(row: Declaration) -> bool:
    return row.status == DeclarationStatus.FILED and row.late_at is None


def _has_fault(work: Work, row: Declaration) -> bool:
    """Whether another declaration of the year was late or has no receipt."""
    other = aliased(Declaration)
    faulty: ColumnElement[bool] = and_(
        other.status != DeclarationStatus.WAIVED,
        (other.status != DeclarationStatus.FILED) | other.late_at.is_not(None),
    )
    query = select(other.id).where(
        other.enterprise_id == row.enterprise_id,
        other.first_day >= row.first_day,
        other.last_day <= row.last_day,
        other.id != row.id,
        faulty,
    )
    return work.session.scalar(query.limit(1)) is not None


def _lines(work: Work, row: Declaration) -> list[dict[str, int]]:
    query = select(DeclarationVersion.lines).where(DeclarationVersion.declaration_id == row.id)
    return work.session.scalar(query.order_by(DeclarationVersion.no.desc()).limit(1)) or []
