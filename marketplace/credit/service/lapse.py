"""When events and evaluations stop counting, and whose standing that has changed."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Date, Select, cast, func, select, text, union_all

from ... import clock
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise
from ...errors import Invalid
from ..models import CreditEvent, Evaluation, EventStatus

VALIDITY_MONTHS = 24
"""How long an evaluation counts, and an event whose rule does not say."""
MONTHS_OF_YEAR = 12
OLDEST_YEARS = 10
"""Whole calendar years back to which days are entered: as long as records are kept. Our own choice."""


def lapse_date(effective_on: date, months: int = VALIDITY_MONTHS) -> date:
    """The first day on which what took effect on `effective_on` no longer counts: so many months later.

    Where that month has no such day, the first of the next: of 29 February mostly 1 March, of 31 August
    after 18 months too.
    """
    year, month = _months_after(effective_on, months)
    try:
        return effective_on.replace(year=year, month=month)
    except ValueError:
        return date(year, month + 1, 1)  # no December is too short


def earliest_start(today: date, months: int) -> date:
    """The earliest day from which so many months are not over today; tomorrow for none."""
    day = date(*_months_after(today, -months), 1)
    while lapse_date(day, months) <= today:
        day += timedelta(days=1)
    return day


def _months_after(day: date, months: int) -> tuple[int, int]:
    """Year and month so many months after that of `day`."""
    years, month = divmod(day.month - 1 + months, MONTHS_OF_YEAR)
    return day.year + years, month + 1


def is_valid_on(day: date, first_day: date, lapses_on: date) -> bool:
    """Whether something counts on `day`: from its first day on, no longer on the day it lapses."""
    return first_day <= day < lapses_on


def counts(event: CreditEvent, today: date) -> bool:
    """Whether an event has taken effect, has not lapsed, and was neither withdrawn nor repaired."""
    stands = event.status not in (EventStatus.WITHDRAWN, EventStatus.COMPENSATION, EventStatus.REPAIRED)
    return stands and is_valid_on(today, event.effective_on, event.lapses_on)


def holds(evaluation: Evaluation, today: date) -> bool:
    """Whether an evaluation is published and has not ended; a preview never holds."""
    first_day, end = evaluation.published_on, evaluation.valid_until
    return first_day is not None and end is not None and is_valid_on(today, first_day, end)


def require_recent(day: date, at: str) -> None:
    """Raises: Invalid: the day that field `at` names is too long past to be entered (`day_too_long_past`)."""
    if day < clock.today().replace(month=1, day=1, year=clock.today().year - OLDEST_YEARS):
        raise Invalid("day_too_long_past", at=at, years=OLDEST_YEARS)


def require_not_future(day: date, at: str) -> None:
    """Raises: Invalid: the day that field `at` names is yet to come (`effective_in_future`)."""
    if day > clock.today():
        raise Invalid("effective_in_future", at=at)


def year_before(day: date) -> date:
    """The same day a year ago; of 29 February the 28th, as PostgreSQL counts it."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return date(day.year - 1, 2, 28)


def due_for_refresh(today: date) -> Any:
    """A query of the ids of enterprises whose standing may differ from the one last written.

    These are enterprises of which an event or evaluation stopped counting since then, and provisional ones
    that completed their first year on the platform.
    """
    return _of_lapsed(today).union(_of_anniversaries(today))


def _of_lapsed(today: date) -> Any:
    events = select(CreditEvent.enterprise_id, CreditEvent.lapses_on.label("day"))
    evaluations = select(Evaluation.enterprise_id, Evaluation.valid_until)  # a preview has no end
    lapses = union_all(
        events.where(CreditEvent.lapses_on <= today), evaluations.where(Evaluation.valid_until <= today)
    ).subquery()
    return enterprises.with_standing_before(lapses.c.enterprise_id, lapses.c.day, today)


def _of_anniversaries(today: date) -> Select[Any]:
    since = cast(func.timezone(clock.LOCAL.key, Enterprise.created_at), Date)
    year_before_standing = cast(Enterprise.credit_as_of - text("interval '1 year'"), Date)
    return select(Enterprise.id).where(
        Enterprise.provisional, since <= year_before(today), since > year_before_standing
    )
