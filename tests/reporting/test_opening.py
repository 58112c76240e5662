"""Who has to report what until when: by class, by period, on days of the law."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text

from marketplace.calendar.service import working_days
from marketplace.database import db
from marketplace.reporting.models import Declaration, ReportingClass, ReportingTerm, ReportKind
from marketplace.reporting.service.classes import class_by_amount
from marketplace.reporting.service.periods import Period, due_day, last_ended, period_name, plan_year
from marketplace.reporting.service.reminders import reminder_on
from tests.reporting.world import Reports, ok, refused

DAY = timedelta(days=1)
MONTHLY = ReportingTerm(kind=ReportKind.MONTH, months_after=1, day=15, moves=False)
YEARLY = ReportingTerm(kind=ReportKind.YEAR, months_after=3, day=31, moves=False)
PLAN = ReportingTerm(kind=ReportKind.PLAN, months_after=3, day=31, moves=False)


@pytest.fixture
def reports(marketplace):
    return Reports(marketplace)


@pytest.fixture
def table(monkeypatch):
    """The operator's table of working days, which tests write into."""
    days, years = {}, []
    monkeypatch.setattr(working_days, "_operators_table", lambda: (days, years))
    return days, years


@pytest.mark.parametrize(
    ("kg", "expected"),
    [
        (0, "registered"), (9_999, "registered"), (10_000, "simplified"), (99_999, "simplified"),
        (100_000, "key"),
    ],
)  # fmt: skip
def test_the_class_follows_from_the_annual_amount(kg, expected):
    assert class_by_amount(kg) == ReportingClass(expected)


def test_periods_end_with_their_last_day():
    assert last_ended(ReportKind.MONTH, date(2024, 3, 1)).last == date(2024, 2, 29)
    assert last_ended(ReportKind.QUARTER, date(2026, 12, 31)) == Period(
        ReportKind.QUARTER, date(2026, 7, 1), date(2026, 9, 30)
    )
    assert last_ended(ReportKind.YEAR, date(2027, 1, 1)).name == "2026"
    assert last_ended(ReportKind.QUARTER, date(2027, 1, 1)).name == "2026-Q4"


def test_due_days_are_those_of_the_law_whatever_is_worked():
    """HJ 1259-2022 moves none: 15 February 2026 is a Sunday, 15 February 2025 a Saturday."""
    for year, month in ((2025, 1), (2026, 1), (2027, 1)):
        period = Period(ReportKind.MONTH, date(year, month, 1), date(year, month, 31))
        assert due_day(MONTHLY, period) == date(year, 2, 15)
    assert due_day(MONTHLY, last_ended(ReportKind.MONTH, date(2027, 1, 3))) == date(2027, 1, 15)
    assert due_day(YEARLY, last_ended(ReportKind.YEAR, date(2027, 1, 3))) == date(2027, 3, 31)
    assert due_day(PLAN, plan_year(date(2027, 1, 3))) == date(2027, 3, 31)


def test_where_a_term_says_so_a_due_day_moves_to_the_next_working_day(table):
    days, years = table
    moving = ReportingTerm(kind=ReportKind.MONTH, months_after=1, day=15, moves=True)
    january = Period(ReportKind.MONTH, date(2026, 1, 1), date(2026, 1, 31))
    assert due_day(moving, january) == date(2026, 2, 24), "the Spring Festival of 2026 lasts to the 23rd"
    september = Period(ReportKind.MONTH, date(2025, 9, 1), date(2025, 9, 30))
    national_day = ReportingTerm(kind=ReportKind.MONTH, months_after=1, day=1, moves=True)
    assert due_day(national_day, september) == date(2025, 10, 9)
    of_2027 = Period(ReportKind.MONTH, date(2027, 1, 1), date(2027, 1, 31))
    assert due_day(moving, of_2027) == date(2027, 2, 15), "without a table a Monday"
    days |= {date(2027, 2, day): False for day in (15, 16)}
    years.append(2027)
    assert due_day(moving, of_2027) == date(2027, 2, 17)


@pytest.mark.parametrize(
    ("due", "seven", "three", "one"),
    [
        (date(2025, 10, 15), date(2025, 9, 29), date(2025, 10, 11), date(2025, 10, 14)),
        (date(2026, 10, 15), date(2026, 9, 30), date(2026, 10, 12), date(2026, 10, 14)),
        (date(2027, 2, 15), date(2027, 1, 27), date(2027, 2, 2), date(2027, 2, 4)),
    ],
)
def test_reminders_count_working_days_across_holidays(table, due, seven, three, one):
    """1 to 8 October 2025 and 1 to 7 October 2026 are free, a Saturday after each is worked; of 2027 the
    operator has entered the Spring Festival, 5 to 12 February."""
    days, years = table
    years.append(2027)
    days |= {date(2027, 2, day): False for day in range(5, 13)}
    for number, day in {7: seven, 3: three, 1: one, 0: due}.items():
        assert reminder_on(due, day) == number
        assert reminder_on(due, day - DAY) == {7: None, 3: 7, 1: 3, 0: 1}[number]


def test_nothing_is_due_of_whom_no_hazardous_waste_is_known(marketplace):
    firm = marketplace.enterprise("generator")
    carrier = marketplace.enterprise("transporter")
    reports = Reports(marketplace)
    reports.on(2027, 1, 4)
    reports.open()
    for party in (firm, carrier):
        assert reports.declarations(party) == {}
        assert ok(party.get("/plans"))["items"] == []
        assert ok(party.get(f"/enterprises/{party.id}/reporting-class"))["management_class"] is None


def test_a_year_is_due_where_no_amount_is_known_and_a_licence_makes_a_key_unit(reports):
    reports.on(2027, 1, 4)
    reports.open()
    of_generator, of_recycler = reports.declarations(), reports.declarations(reports.recycler)
    assert {name: row["due_on"] for name, row in of_generator.items()} == {"2026": "2027-03-31"}
    assert of_generator["2026"]["class_basis"] == "unknown_amount"
    assert {name: row["due_on"] for name, row in of_recycler.items()} == {
        "2026": "2027-03-31", "2026-12": "2027-01-15",
    }  # fmt: skip
    assert of_recycler["2026"]["class_basis"] == "licence"
    plans = ok(reports.recycler.get("/plans"))["items"]
    assert [(row["year"], row["due_on"], row["status"]) for row in plans] == [(2027, "2027-03-31", "due")]


def test_the_greatest_of_the_last_three_years_makes_the_class(reports):
    reports.load(date(2023, 5, 2), 12.0)
    reports.load(date(2026, 5, 2), 9.0)
    reports.on(2026, 12, 1)
    assert_class(reports, "simplified", 12.0)
    reports.on(2027, 1, 4)
    assert_class(reports, "registered", 9.0)
    reports.load(date(2026, 6, 2), 91.0)
    assert_class(reports, "key", 100.0)
    reports.open()
    assert set(reports.declarations()) == {"2026", "2026-Q4"}, "by the class of the year that is over"
    reports.on(2027, 2, 1)
    reports.open()
    assert set(reports.declarations()) == {"2026", "2026-Q4", "2027-01"}, "by that of the new one"


def assert_class(reports, expected, tonnes):
    shown = ok(reports.generator.get(f"/enterprises/{reports.generator.id}/reporting-class"))
    assert (shown["management_class"], shown["basis"], shown["annual_t"]) == (expected, "amount", tonnes)


def test_reports_are_opened_once_and_never_when_only_late(reports):
    reports.on(2027, 1, 4)
    for _ in range(2):
        reports.open()
    assert len(reports.declarations(reports.recycler)) == 2
    reports.on(2027, 1, 20)
    newcomer = reports.marketplace.recycler()
    reports.open()
    assert reports.declarations(newcomer) == {}, "it came after the periods that are over"
    reports.on(2027, 2, 15)
    reports.open()
    assert set(reports.declarations(newcomer)) == {"2027-01"}


def test_what_could_only_be_late_is_not_opened(reports):
    firm = reports.marketplace.enterprise("recycler")
    reports.on(2027, 1, 16)
    reports.marketplace.licence(firm)
    reports.open()
    assert set(reports.declarations(firm)) == {"2026"}, "December was due on the 15th, before it was licensed"


def test_what_became_due_while_nothing_was_opened_is_opened_afterwards_with_time_to_report(reports):
    """The scheduler was down from the 4th of January to the 20th of March: two months were due meanwhile."""
    firm = reports.recycler
    reports.on(2027, 1, 4)
    reports.open()
    newcomer = reports.marketplace.recycler()
    reports.on(2027, 3, 20)
    for _ in range(2):
        reports.open()
    due = {name: row["due_on"] for name, row in reports.declarations(firm).items()}
    assert due == {
        "2026": "2027-03-31", "2026-12": "2027-01-15", "2027-01": "2027-03-30", "2027-02": "2027-03-30",
    }  # fmt: skip
    assert [row["year"] for row in ok(firm.get("/plans"))["items"]] == [2027]
    assert "2026-12" not in reports.declarations(newcomer)
    reports.marketplace.settle()
    late = {row["name"] for row in reports.declarations(firm).values() if row["status"] == "late"}
    assert late == {"2026-12"}, "what nobody could report in time is not late"


def test_after_a_pause_of_years_one_year_is_opened_at_most(reports):
    reports.on(2027, 1, 4)
    reports.open()
    reports.on(2028, 6, 8)
    reports.open()
    with reports.marketplace.app.app_context():
        of_recycler = select(Declaration).filter_by(enterprise_id=UUID(reports.recycler.id))
        names = {period_name(row.kind, row.first_day) for row in db.session.scalars(of_recycler)}
    assert {"2026-12", "2027-05", "2027-12", "2028-05", "2027"} <= names
    assert not {"2027-01", "2027-04"} & names


def test_an_authority_decides_and_what_is_not_due_any_more_is_waived(reports):
    marketplace, recycler = reports.marketplace, reports.recycler
    reports.on(2027, 1, 4)
    reports.open()
    path = f"/enterprises/{recycler.id}/reporting-class"
    decision = {"management_class": "registered", "valid_from": "2026-12-01", "source": "绍环函〔2027〕1号"}
    refused(marketplace.regulator("330602").post(path, decision), "prefecture_decides", status=403)
    assert recycler.post(path, decision).status_code == 403
    assert marketplace.regulator("310000").post(path, decision).status_code == 404
    shown = ok(marketplace.regulator("330600").post(path, decision), 201)
    assert (shown["management_class"], shown["basis"]) == ("registered", "decision")
    rows = reports.declarations(recycler)
    assert {name: row["status"] for name, row in rows.items()} == {"2026": "open", "2026-12": "waived"}
    back = {**decision, "management_class": "key", "valid_from": "2027-01-01"}
    ok(marketplace.admin.post(path, back), 201)
    reports.on(2027, 2, 1)
    reports.open()
    assert reports.declarations(recycler)["2027-01"]["class_basis"] == "decision"
    assert len(ok(recycler.get(path))["decisions"]) == 2


def test_a_corrected_term_counts_from_then_on(reports):
    moved = "UPDATE reporting_term SET day = :day WHERE management_class = 'key' AND kind = 'month'"
    with reports.marketplace.app.app_context():
        db.session.execute(text(moved), {"day": 10})
        db.session.commit()
    try:
        reports.on(2027, 1, 4)
        reports.open()
        assert reports.declarations(reports.recycler)["2026-12"]["due_on"] == "2027-01-10"
    finally:
        with reports.marketplace.app.app_context():
            db.session.execute(text(moved), {"day": 15})
            db.session.commit()
