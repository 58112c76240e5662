"""Working days: the operator's table first, then what was announced, then the week with a warning."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.calendar.service import working_days
from tests.effort import tries

SOURCE = {"source": "国办发明电〔2026〕9号"}
SPRING = {
    "items": [
        {"day": "2027-02-08", "working": False, "name": "春节", **SOURCE},
        {"day": "2027-02-14", "working": True, "name": "调休上班", **SOURCE},
    ],
    "complete_years": [2027],
}
NATIONAL_DAY, MAKE_UP_SATURDAY = date(2026, 10, 1), date(2026, 10, 10)


@pytest.fixture
def table(monkeypatch):
    """The operator's table, as dict and years; tests write into it."""
    days, years = {}, []
    monkeypatch.setattr(working_days, "_operators_table", lambda: (days, years))
    return days, years


def test_announced_holidays_and_make_up_days_are_known(table):
    assert not working_days.is_working_day(NATIONAL_DAY)
    assert working_days.is_working_day(MAKE_UP_SATURDAY)
    assert working_days.add_working_days(date(2026, 9, 30), 1) == date(2026, 10, 8)
    assert working_days.unknown_year_notices(date(2026, 12, 1), date(2026, 12, 31)) == []


def test_the_operators_day_comes_first(table):
    days, _ = table
    days |= {NATIONAL_DAY: True, MAKE_UP_SATURDAY: False}
    assert working_days.is_working_day(NATIONAL_DAY)
    assert not working_days.is_working_day(MAKE_UP_SATURDAY)


def test_a_year_that_nobody_announced_goes_by_the_week_and_is_warned_of(table):
    days, years = table
    new_year = date(2027, 1, 1)
    assert working_days.is_working_day(new_year)
    (notice,) = working_days.unknown_year_notices(date(2026, 12, 30), new_year, "deadline")
    assert (notice.code, notice.field, notice.facts) == (
        "holidays_not_announced", "deadline", {"year": 2027},
    )  # fmt: skip
    days[new_year] = False
    assert working_days.add_working_days(date(2026, 12, 31), 1) == date(2027, 1, 4)
    assert working_days.unknown_year_notices(date(2026, 12, 30), new_year) == []
    assert working_days.unknown_year_notices(new_year, date(2027, 1, 4)) != []
    years.append(2027)
    assert working_days.unknown_year_notices(new_year, date(2027, 12, 31)) == []


@settings(max_examples=tries(60))
@given(
    day=st.dates(date(2025, 1, 1), date(2027, 12, 31)),
    count=st.integers(1, 60),
    free=st.sets(st.dates(date(2026, 1, 1), date(2026, 3, 1))),
)
def test_what_is_added_is_what_is_counted(day, count, free):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(working_days, "_operators_table", lambda: (dict.fromkeys(free, False), []))
        deadline = working_days.add_working_days(day, count)
        assert working_days.is_working_day(deadline)
        assert working_days.working_days_between(day, deadline) == count
        assert working_days.working_days_between(day, deadline - timedelta(days=1)) == count - 1
        start = working_days.add_working_days(deadline, -count)
        assert working_days.is_working_day(start)
        assert working_days.working_days_between(start, deadline) == count


def test_the_operators_table_is_published_as_a_whole_and_counts_at_once(marketplace):
    firm, admin = marketplace.enterprise(), marketplace.admin
    path = "/working-days/deadline"
    before = firm.get(path, day="2027-02-05", days=1).json
    assert (before["deadline"], [each["code"] for each in before["warnings"]]) == (
        "2027-02-08", ["holidays_not_announced"],
    )  # fmt: skip
    assert firm.get("/working-days").json["version"] == 0
    assert firm.put("/working-days", SPRING).status_code == 403
    published = admin.put("/working-days", SPRING)
    assert (published.status_code, published.json["version"]) == (200, 1)
    after = firm.get(path, day="2027-02-05", days=1).json
    assert (after["deadline"], after["warnings"]) == ("2027-02-09", [])
    assert firm.get(path, day="2027-02-09", days=4).json["deadline"] == "2027-02-14"
    assert admin.put("/working-days", SPRING, if_match='"0"').status_code == 412
    twice = {"items": SPRING["items"][:1] * 2}
    assert admin.put("/working-days", twice).json["code"] == "invalid_input"
