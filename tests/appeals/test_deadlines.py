"""Days of appeals and repairs: by the official calendar, the operator's table, or the week; reminders."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from marketplace.appeals.models import AppealStep
from marketplace.appeals.service import deadlines
from marketplace.calendar.service import working_days
from marketplace.database import db
from marketplace.events.models import Audit, Event
from tests.appeals.course import LIGHT, WHY, Course
from tests.effort import tries

SOURCE = "国办发明电〔2026〕9号"
NEW_YEAR_2027 = {
    "items": [
        {"day": "2027-01-01", "working": False, "name": "元旦", "source": SOURCE},
        {"day": "2027-01-02", "working": True, "name": "调休上班", "source": SOURCE},
    ],
    "complete_years": [2027],
}


@pytest.fixture(scope="module")
def days_of(app):
    """The working days of each step, as the database has them."""
    with app.app_context():
        today = date(2026, 12, 1)
        return {step: deadlines.deadline_of(step, today).working_days for step in AppealStep}


def test_each_step_has_its_days(days_of):
    assert days_of == {"appeal": 15, "decide_appeal": 20, "decide_repair": 10, "decide_complex_repair": 20}


@pytest.mark.parametrize(
    ("began", "step", "end"),
    [
        (date(2025, 1, 24), "appeal", date(2025, 2, 20)),  # Spring Festival: 26 January and 8 February worked
        (date(2025, 9, 30), "decide_appeal", date(2025, 11, 4)),  # 1-8 October free, 11 October worked
        (date(2026, 2, 13), "decide_appeal", date(2026, 3, 19)),  # 14 and 28 February worked, 15-23 free
        (date(2026, 9, 30), "appeal", date(2026, 10, 27)),  # 1-7 October free, 10 October worked
    ],
)
def test_holidays_and_make_up_days_of_two_years_are_counted(app, monkeypatch, began, step, end):
    monkeypatch.setattr(working_days, "_operators_table", lambda: ({}, []))
    with app.app_context():
        assert deadlines.last_day(AppealStep(step), began) == end


@settings(max_examples=tries(60))
@given(
    began=st.dates(date(2025, 1, 1), date(2026, 12, 31)),
    step=st.sampled_from(AppealStep),
    free=st.sets(st.dates(date(2026, 1, 1), date(2026, 3, 1)), max_size=5),
)
def test_a_last_day_is_worked_and_so_many_days_are_worked_until_then(days_of, began, step, free):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(working_days, "_operators_table", lambda: (dict.fromkeys(free, False), []))
        count = days_of[step]
        patch.setattr(deadlines, "deadline_of", lambda step, day: type("Row", (), {"working_days": count}))
        end = deadlines.last_day(step, began)
        worked = [began + timedelta(days=number) for number in range(1, (end - began).days + 1)]
        assert sum(map(working_days.is_working_day, worked)) == count
        assert working_days.is_working_day(end)


def test_days_of_2027_go_by_the_operators_table_without_a_warning(marketplace):
    course = Course(marketplace, LIGHT)
    marketplace.now = datetime(2026, 12, 15, 4, 0, tzinfo=UTC)
    by_the_week = course.repair().json
    assert by_the_week["due_on"] == "2026-12-29"
    assert by_the_week["warnings"] == []
    assert course.admin.put("/working-days", NEW_YEAR_2027).status_code == 200
    marketplace.now = datetime(2026, 12, 31, 4, 0, tzinfo=UTC)
    event = course.record(LIGHT)
    answer = course.appeal(event).json
    assert (answer["due_on"], answer["warnings"]) == ("2027-01-28", [])


def emitted(marketplace):
    """The names of the reminders of the last days."""
    with marketplace.app.app_context():
        return set(db.session.scalars(select(Event.name).where(Event.name.like("%due"))))


def test_officers_are_reminded_once_before_the_last_day_and_once_when_it_is_over(marketplace):
    course = Course(marketplace, LIGHT)
    course.appealed(course.record("law.penalty_major"))
    repair = course.asked()

    def told():
        marketplace.settle()
        with marketplace.app.app_context():
            lines = db.session.scalars(select(Audit).where(Audit.action == "remind").order_by(Audit.id))
            return [f"{line.subject_kind.removeprefix('credit_')}.{line.detail['of']}" for line in lines]

    for day, expected in (
        (date(2026, 12, 9), []),
        (date(2026, 12, 10), ["repair.due"]),
        (date(2026, 12, 15), ["repair.due"]),
        (date(2026, 12, 16), ["repair.due", "repair.overdue"]),
    ):
        marketplace.now = datetime(day.year, day.month, day.day, 4, 0, tzinfo=UTC)
        assert told() == expected, day
        assert emitted(marketplace) == set(expected)
    assert course.admin.post(f"{repair}/extend", WHY).status_code == 200
    marketplace.now = datetime(2026, 12, 24, 4, 0, tzinfo=UTC)
    assert told()[2:] == ["appeal.due", "repair.due"]
    marketplace.now = datetime(2026, 12, 30, 4, 0, tzinfo=UTC)
    assert told()[4:] == ["appeal.overdue", "repair.overdue"]
    marketplace.now += timedelta(days=30)
    assert len(told()) == 6


def test_what_is_decided_is_not_reminded_of(marketplace):
    course = Course(marketplace, LIGHT)
    path = course.asked()
    assert course.firm.post(f"{path}/withdraw").status_code == 200
    marketplace.now = datetime(2027, 1, 30, 4, 0, tzinfo=UTC)
    marketplace.settle()
    assert not emitted(marketplace)
