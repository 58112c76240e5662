"""How long each step may take: working days by the rows in force, and the years that nobody has announced."""

from datetime import date, datetime, time

from ... import clock
from ...calendar import service as calendar
from ...database import db
from ...errors import Notice
from ..models import AppealDeadline, AppealStep


def deadline_of(step: AppealStep, day: date) -> AppealDeadline:
    """The row of a step that is in force on `day`, the newest if several are."""
    rows = AppealDeadline.newest_in_force(day).where(AppealDeadline.step == step)
    return db.session.scalars(rows.limit(1)).one()


def last_day(step: AppealStep, began_on: date) -> date:
    """The last day of a step; its first working day is after the day on which it begins."""
    return calendar.add_working_days(began_on, deadline_of(step, began_on).working_days)


def calendar_notices(began_on: date, due_on: date) -> list[Notice]:
    """A warning for each year up to the last day whose holidays are not announced yet."""
    return calendar.unknown_year_notices(began_on, due_on, "due_on")


def told_before(today: date) -> datetime:
    """The moment before which an enterprise must have been told, so that its time to appeal is over today."""
    days = deadline_of(AppealStep.APPEAL, today).working_days
    return datetime.combine(calendar.add_working_days(today, -days), time(), clock.LOCAL)
