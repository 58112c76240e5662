"""Reports are opened once their period is over: for each enterprise those that its class asks for."""

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from uuid_utils.compat import uuid7

from ... import clock
from ...calendar import service as calendar
from ...database import db, is_among
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise, Role
from ...events.work import Work, unit_of_work
from ..models import (
    DECLARATION_LIFE,
    PLAN_LIFE,
    Declaration,
    ManagementPlan,
    ReportingClass,
    ReportKind,
    ReportOpening,
)
from .classes import Classified, classes_on
from .periods import DAY, Period, due_day, last_ended, plan_year, terms_on

BATCH = 2000
"""Enterprises that one transaction looks at."""
GRACE = 7
"""Working days for a report that is opened after its due day, as many as the first reminder has. Our own
choice."""
LONGEST_PAUSE = timedelta(days=365)
"""What was due longer ago is not opened any more. Our own choice."""
LONGEST_MONTH = timedelta(days=31)
REPORTING_ROLES = (Role.GENERATOR, Role.RECYCLER, Role.COLLECTOR)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A period that is to be reported, and the due day of each class that has to."""

    period: Period
    due_on: dict[ReportingClass, date]

    @property
    def class_day(self) -> date:
        """The day whose class counts: of a plan the first of its year, else the last of the period."""
        return self.period.first if self.period.kind == ReportKind.PLAN else self.period.last


def open_reports() -> int:
    """Open every report that has become due, for enterprises of which hazardous waste is known.

    What could only be late is not opened: neither after its due day, nor of a period before an enterprise
    was on the platform. What became due while nothing was opened is: nobody could report it in time, so it is
    due `GRACE` working days from today.

    Returns:
        how many were opened.
    """
    today, opened = clock.today(), 0
    wanted = _wanted(today, db.session.scalar(select(ReportOpening.looked_on)))
    if wanted:
        for ids in enterprises.batches_of_ids(BATCH):
            with unit_of_work() as work:
                opened += _open_for(work, _reporting(ids), wanted)
    with unit_of_work() as work:
        work.session.merge(ReportOpening(id=1, looked_on=today))
    if opened:
        log.info("reports opened", extra={"count": opened})
    return opened


def _wanted(today: date, looked_on: date | None) -> list[Wanted]:
    """What can still be reported in time today, and what could be since reports were opened last."""
    due: dict[Period, dict[ReportingClass, date]] = defaultdict(dict)
    for day in (today, *_missed_days(today, looked_on)):
        for term in terms_on(day):
            is_plan = term.kind == ReportKind.PLAN
            period = plan_year(day) if is_plan else last_ended(term.kind, day)
            last = due_day(term, period)
            if last >= day:
                due[period].setdefault(term.management_class, _still_due(last, today))
    return [Wanted(period, days) for period, days in due.items()]


def _missed_days(today: date, looked_on: date | None) -> Iterator[date]:
    """The day after reports were opened last and the first of each month since: what is due differs on no
    others, but for what is over by then."""
    if looked_on is None or looked_on >= today - DAY:
        return
    day = max(looked_on + DAY, today - LONGEST_PAUSE)
    while day < today:
        yield day
        day = (day.replace(day=1) + LONGEST_MONTH).replace(day=1)


def _still_due(day: date, today: date) -> date:
    return day if day >= today else calendar.add_working_days(today, GRACE)


def _reporting(ids: Sequence[UUID]) -> dict[UUID, date]:
    """Those of these enterprises that may have to report, each with its first day on the platform."""
    rows = select(Enterprise.id, Enterprise.created_at).where(
        is_among(Enterprise.id, ids), Enterprise.may_trade, Enterprise.roles.overlap(list(REPORTING_ROLES))
    )
    return {row.id: _local_day(row.created_at) for row in db.session.execute(rows)}


def _local_day(moment: datetime) -> date:
    return moment.astimezone(clock.LOCAL).date()


def _open_for(work: Work, since: dict[UUID, date], wanted: Iterable[Wanted]) -> int:
    """Open what these enterprises lack; those of one class day are classified once. Returns: how many."""
    opened = 0
    classes: dict[date, dict[UUID, Classified]] = {}
    for report in wanted:
        is_plan = report.period.kind == ReportKind.PLAN
        ids = {each for each, day in since.items() if is_plan or day <= report.period.last}
        ids -= _that_have(report.period, ids)
        if not ids:
            continue
        if report.class_day not in classes:
            classes[report.class_day] = classes_on(since.keys(), report.class_day)
        due = [
            (enterprise_id, found, report.due_on[found.management_class])
            for enterprise_id, found in classes[report.class_day].items()
            if enterprise_id in ids and found.management_class in report.due_on
        ]
        if due:
            model = ManagementPlan if is_plan else Declaration
            work.copy_rows(model, [_row(report.period, *each) for each in due])
            opened += len(due)
    return opened


def _that_have(period: Period, ids: set[UUID]) -> set[UUID]:
    """Those of these enterprises that have the report of a period already."""
    if period.kind == ReportKind.PLAN:
        rows = select(ManagementPlan.enterprise_id).where(
            is_among(ManagementPlan.enterprise_id, ids), ManagementPlan.year == period.first.year
        )
    else:
        rows = select(Declaration.enterprise_id).where(
            is_among(Declaration.enterprise_id, ids),
            Declaration.kind == period.kind,
            Declaration.first_day == period.first,
        )
    return set(db.session.scalars(rows))


def _row(period: Period, enterprise_id: UUID, found: Classified, due_on: date) -> dict[str, Any]:
    now = clock.now()
    about = {
        "id": uuid7(),
        "enterprise_id": enterprise_id,
        "due_on": due_on,
        "management_class": found.management_class,
        "class_basis": found.basis,
        "created_at": now,
        "updated_at": now,
        "version": 1,
    }
    if period.kind == ReportKind.PLAN:
        return {**about, "status": PLAN_LIFE.initial, "year": period.first.year}
    return {
        **about,
        "status": DECLARATION_LIFE.initial,
        "kind": period.kind,
        "first_day": period.first,
        "last_day": period.last,
        "annual_kg": found.annual_kg,
    }
