"""Which of several dated rows is in force on a day."""

from datetime import date, timedelta

import pytest

from marketplace.appeals.models import AppealDeadline, AppealStep
from marketplace.database import db

FIRST = date(2031, 3, 1)
DAY = timedelta(days=1)


@pytest.fixture
def days_of(app):
    """Working days of an appeal by the rows in force on a day; what is added is not kept."""
    with app.app_context():

        def find(day):
            rows = AppealDeadline.newest_in_force(day).where(AppealDeadline.step == AppealStep.APPEAL)
            return [row.working_days for row in db.session.scalars(rows)]

        yield find
        db.session.rollback()


def add(days, valid_until=None):
    row = AppealDeadline(
        step=AppealStep.APPEAL, working_days=days, remind_days=1, valid_from=FIRST, valid_until=valid_until,
        mark="O", source="x",
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()


def test_a_row_is_in_force_on_its_first_and_on_its_last_day(days_of):
    (usual,) = days_of(FIRST)
    add(3, valid_until=FIRST + DAY)

    found = [days_of(FIRST + number * DAY) for number in (-1, 0, 1, 2)]
    assert found == [[usual], [3, usual], [3, usual], [usual]]


def test_of_two_rows_that_begin_on_one_day_the_last_written_comes_first(days_of):
    (usual,) = days_of(FIRST)
    add(4)
    add(3)

    assert days_of(FIRST) == [3, 4, usual]
