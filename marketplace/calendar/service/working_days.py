"""Which days are worked, by the best source that knows them."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

from flask import g

from ...errors import Notice
from .table import current

SATURDAY = 5
DAY = timedelta(days=1)


def is_working_day(day: date) -> bool:
    """Whether a day is worked in China, make-up days included.

    The operator's table decides, then what the State Council announced (chinesecalendar); a day of a year
    that nobody has announced yet goes by the week, which `unknown_year_notices` says.
    """
    by_day, complete_years = _operators_table()
    if day in by_day:
        return by_day[day]
    if day.year not in complete_years and day.year in announced_years():
        from chinese_calendar import is_workday

        return bool(is_workday(day))
    return day.weekday() < SATURDAY


def add_working_days(day: date, count: int) -> date:
    """The `count`-th working day after `day`, which does not count itself; before it, if it is negative."""
    step = DAY if count > 0 else -DAY
    for _ in range(abs(count)):
        day += step
        while not is_working_day(day):
            day += step
    return day


def working_days_between(first: date, last: date) -> int:
    """How many working days have passed from `first`, which does not count, to `last`, which does."""
    return sum(map(is_working_day, _days_after(first, last)))


def days_against_week(year: int) -> list[tuple[date, bool]]:
    """The days of a year that do not go by the week, each with whether it is worked: holidays on weekdays,
    weekends on which work is made up."""
    days = _days_after(date(year, 1, 1) - DAY, date(year, 12, 31))
    known = ((day, is_working_day(day)) for day in days)
    return [(day, is_worked) for day, is_worked in known if is_worked != (day.weekday() < SATURDAY)]


def is_known(day: date) -> bool:
    """Whether somebody has announced the year of a day, or the operator this day."""
    by_day, complete_years = _operators_table()
    return day in by_day or day.year in complete_years or day.year in announced_years()


def unknown_year_notices(first: date, last: date, field: str | None = None) -> list[Notice]:
    """A warning for each year between two days whose holidays are not announced yet."""
    years = {day.year for day in _days_after(first - DAY, last) if not is_known(day)}
    return [Notice("holidays_not_announced", field, {"year": year}) for year in sorted(years)]


@cache
def announced_years() -> range:
    """The years that the library knows; it is imported by the first who asks."""
    import chinese_calendar

    years = [day.year for day in (*chinese_calendar.holidays, *chinese_calendar.workdays)]
    return range(min(years), max(years) + 1)


def _days_after(first: date, last: date) -> Iterator[date]:
    return (first + DAY * number for number in range(1, (last - first).days + 1))


def _operators_table() -> tuple[dict[date, bool], list[int]]:
    """The operator's days and complete years, as this request or task has read them."""
    if "working_days" not in g:
        table = current()
        g.working_days = (table.by_day, table.complete_years)
    found: tuple[dict[date, bool], list[int]] = g.working_days
    return found
