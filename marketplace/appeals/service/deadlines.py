"""How long each step may take: working days by the rows in force, and the years that nobody has announced."""

from datetime import date

from sqlalchemy import or_, select

from ...calendar import service as calendar
from ...database import db
from ...errors import Notice
from ..models import AppealDeadline, AppealStep


def deadline_of(step: AppealStep, day: date) -> AppealDeadline:
    """The row of a step that is in force on `day`, the latest if several are."""
    in_force = or_(AppealDeadline.valid_until.is_(None), AppealDeadline.valid_until >= day)
    rows = select(AppealDeadline).where(
        AppealDeadline.step == step, AppealDeadline.valid_from <= day, in_force
    )
    return db.session.scalars(rows.order_by(AppealDeadline.valid_from.desc()).limit(1)).one()


def last_day(step: AppealStep, began_on: date) -> date:
    """The last day of a step; its first working day is after the day on which it begins."""
    return calendar.add_working_days(began_on, deadline_of(step, began_on).working_days)


def calendar_notices(began_on: date, due_on: date) -> list[Notice]:
    """A warning for each year up to the last day whose holidays are not announced yet."""
    return calendar.unknown_year_notices(began_on, due_on, "due_on")
