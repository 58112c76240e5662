"""Working days: the operator's table of a year, by which deadlines are counted, and what follows from it."""

from datetime import date
from typing import Any

from flask import Response, request, url_for
from marshmallow import fields

from ... import clock
from ...calendar import service as calendar
from ...calendar.models import WorkingCalendar
from ...events.actor import ADMIN
from ...http.fields import FIRST_YEAR, LAST_YEAR, Day, QueryWhole, Range, Text
from ...http.schemas import Schema
from ...persons.service import Acting
from ..form_fields import Checked
from ..forms import Errors, change_or_show, read_fields, version_seen
from ..page import pages, read_query, text
from ..visitor import members_only, private

EMPTY_ROWS = 6
"""For days that are entered; who has more publishes and goes on."""
MOST_ROWS = 366 + EMPTY_ROWS
"""Of a form: a table that a program published may name every day of the year, and none of them is lost."""
YEARS_AHEAD = 2


class YearQuery(Schema):
    year = QueryWhole(load_default=None, validate=Range(min=FIRST_YEAR, max=LAST_YEAR))


class YearForm(Schema):
    """Whether the announcement of the year is entered whole: other days then go by the week."""

    is_complete = Checked()


class DayForm(Schema):
    """A day by the names of the API; in the form they are numbered, as `0.day`."""

    day = Day(required=True)
    working = fields.Boolean(load_default=False)
    name = Text(100, load_default="")
    source = Text(300, required=True)


YEAR, COMPLETE, DAY = YearQuery(), YearForm(), DayForm()


@pages.get("/policy/working-days")
@members_only(kinds=(ADMIN,))
def show_working_days(who: Acting) -> Response:
    """The table of a year in a form, and the days of the year that go against the week."""
    return _year()


def _year(http_status: int = 200, errors: Errors | None = None) -> Response:
    year, table = _asked(), calendar.current()
    rows = _sent_rows() if errors else [_typed(item) for item in _of_year(table, year)]
    announced = calendar.announced_years()
    return private(
        "working_days.html",
        http_status,
        year=year,
        years=sorted(
            {*range(clock.today().year, clock.today().year + YEARS_AHEAD + 1), year, *_years(table)}
        ),
        version=table.version,
        rows=rows + [{}] * (EMPTY_ROWS if not errors else 0),
        is_complete="is_complete" in request.form if errors else year in table.complete_years,
        is_announced=year in announced,
        announced=announced,
        against_week=calendar.days_against_week(year),
        errors=errors or {},
        api="/api/v1/working-days",
    )


def _asked() -> int:
    query, _ = read_query(YEAR)
    year: int = query["year"] or clock.today().year
    return year


def _of_year(table: WorkingCalendar, year: int) -> list[dict[str, Any]]:
    return [item for item in table.items if item["day"].year == year]


def _years(table: WorkingCalendar) -> set[int]:
    return {item["day"].year for item in table.items} | set(table.complete_years)


def _typed(item: dict[str, Any]) -> dict[str, str]:
    """A day of the table as the form says it."""
    working = "true" if item["working"] else "false"
    return {**item, "day": item["day"].isoformat(), "working": working}


def _sent_rows() -> list[dict[str, str]]:
    """The rows of the form as they were typed, the empty ones among them."""
    count = sum(name.endswith(".day") for name in request.form)
    names = ("day", "working", "name", "source")
    return [
        {name: request.form.get(f"{number}.{name}", "") for name in names}
        for number in range(min(count, MOST_ROWS))
    ]


@pages.post("/policy/working-days")
@members_only("admin", kinds=(ADMIN,))
def publish_working_days(who: Acting) -> Any:
    """Replace the table of the year; deadlines are counted by it from now on, other years stay."""
    actor = who.actor
    year = _asked()
    days, errors = _sent_days(year)
    if errors:
        return _year(422, errors)

    def publish(data: dict[str, Any]) -> None:
        table = calendar.current()
        kept = [item for item in table.items if item["day"].year != year]
        complete = set(table.complete_years) - {year} | ({year} if data["is_complete"] else set())
        calendar.publish(actor, [*kept, *days], sorted(complete), version_seen())

    return change_or_show(COMPLETE, _year, publish, url_for("console.show_working_days", year=year))


def _sent_days(year: int) -> tuple[list[dict[str, Any]], Errors]:
    """The days of the form, and what is wrong by the name of the field; a row without words is left out."""
    days: list[dict[str, Any]] = []
    errors: Errors = {}
    seen: set[date] = set()
    for number, row in enumerate(_sent_rows()):
        if not any(row[name].strip() for name in ("day", "name", "source")):
            continue
        said, faults = read_fields(DAY, f"{number}.")
        errors |= {f"{number}.{name}": sentences for name, sentences in faults.items()}
        if said is None:
            continue
        if said["day"].year != year:
            errors[f"{number}.day"] = [text("working_other_year", year=year)]
        elif said["day"] in seen:
            errors[f"{number}.day"] = [text("working_twice")]
        seen.add(said["day"])
        days.append(said)
    return days, errors
