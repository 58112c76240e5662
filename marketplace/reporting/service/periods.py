"""Periods of reports, and the days on which they are due."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from ...calendar import service as calendar
from ...database import db
from ..models import ReportingTerm, ReportKind

MONTHS_OF_YEAR = 12
MONTHS = {ReportKind.MONTH: 1, ReportKind.QUARTER: 3, ReportKind.YEAR: 12, ReportKind.PLAN: 12}
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """Whole months that a report is about, both end days included."""

    kind: ReportKind
    first: date
    last: date

    @property
    def name(self) -> str:
        """2026-11, 2026-Q3 or 2026."""
        return period_name(self.kind, self.first)


def period_name(kind: ReportKind, first: date) -> str:
    """What people call a period of this kind that begins on `first`: 2026-11, 2026-Q3 or 2026."""
    if kind == ReportKind.MONTH:
        return f"{first:%Y-%m}"
    if kind == ReportKind.QUARTER:
        return f"{first.year}-Q{(first.month + 2) // 3}"
    return str(first.year)


def last_ended(kind: ReportKind, today: date) -> Period:
    """The last month, quarter or year that is over on `today`."""
    months = MONTHS[kind]
    begun = today.replace(month=(today.month - 1) // months * months + 1, day=1)
    last = begun - DAY
    return Period(kind, date(last.year, last.month - months + 1, 1), last)


def plan_year(today: date) -> Period:
    """The year of which the plan is due in the year of `today`: that year itself."""
    return Period(ReportKind.PLAN, date(today.year, 1, 1), date(today.year, 12, 31))


def due_day(term: ReportingTerm, period: Period) -> date:
    """The last day on which a report of this period is in time.

    A day that its month does not have is the last of the month. It moves to the next working day only where
    the term says so.
    """
    end = period.first - DAY if period.kind == ReportKind.PLAN else period.last
    years, month = divmod(end.month - 1 + term.months_after, MONTHS_OF_YEAR)
    year = end.year + years
    day = date(year, month + 1, min(term.day, monthrange(year, month + 1)[1]))
    if term.moves and not calendar.is_working_day(day):
        return calendar.add_working_days(day, 1)
    return day


def terms_on(day: date) -> Sequence[ReportingTerm]:
    """The terms that are in force on a day."""
    rows = select(ReportingTerm).where(ReportingTerm.is_in_force_on(day))
    return db.session.scalars(rows.order_by(ReportingTerm.id)).all()
