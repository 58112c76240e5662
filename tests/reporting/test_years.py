"""A whole year: filled in from its parts, judged once, and rewarded only with every receipt on file."""

from datetime import date

import pytest

from marketplace.reporting.models import DeclarationVersion, VersionAction
from tests.reporting.world import ACID, Reports, declaration_of, line, ok, writing

QUARTERS = (
    (date(2026, 1, 1), date(2026, 3, 31)), (date(2026, 4, 1), date(2026, 6, 30)),
    (date(2026, 7, 1), date(2026, 9, 30)), (date(2026, 10, 1), date(2026, 12, 31)),
)  # fmt: skip


@pytest.fixture
def reports(marketplace):
    """A unit under simplified management whose quarters of 2026 are filed, and its year is due."""
    reports = Reports(marketplace)
    reports.load(date(2025, 5, 1), 40.0)
    for first, last in QUARTERS:
        reports.load(last, 9.0)
        quarter(reports, first, last)
    reports.on(2027, 1, 4)
    reports.open()
    return reports


def quarter(reports, first, last):
    """A quarter of 10 t generated, 9 t handed over, and what adds up."""
    number = (first.month + 2) // 3
    figures = {
        "opening_kg": 1000 * (number - 1), "generated_kg": 10_000, "received_kg": 0, "own_kg": 0,
        "outside_kg": 9000, "closing_kg": 1000 * number,
    }  # fmt: skip
    with writing(reports.marketplace) as work:
        row = declaration_of(
            work, reports.generator, "quarter", first, last, date(2027, 1, 15), status="filed",
            confirmed_on=last, receipt="R", filed_on=last,
        )  # fmt: skip
        code_id = reports_code_id()
        work.add(
            DeclarationVersion(
                declaration_id=row.id, no=1, action=VersionAction.CONFIRM,
                lines=[{"code_id": code_id, "scheme": "cn-hw", "code": ACID, **figures}],
            )
        )  # fmt: skip


def reports_code_id():
    from marketplace.catalogue import service as catalogue

    return catalogue.find_code("cn-hw", ACID).id


def merits(reports):
    firm = reports.generator
    items = ok(reports.marketplace.admin.get(f"/enterprises/{firm.id}/credit/events"))["items"]
    return [item["points"] for item in items if item["rule"] == "reporting.full_year"]


def test_a_year_is_filled_in_from_its_quarters_and_confirmed_without_a_line(reports):
    year = reports.declarations()["2026"]
    (shown,) = reports.show(year)["lines"]
    assert shown == {
        "scheme": "cn-hw", "code": ACID, "opening_t": 0.0, "generated_t": 40.0, "received_t": 0.0,
        "own_t": 0.0, "outside_t": 36.0, "closing_t": 4.0, "gap_t": 0.0,
    }  # fmt: skip
    assert reports.confirm(year)["status"] == "confirmed"


def test_a_full_year_is_a_merit_once_every_receipt_is_on_file(reports):
    reports.confirm(reports.declarations()["2026"], receipt="3306-Y", filed_on="2027-01-04")
    reports.on(2027, 4, 29)
    reports.judge()
    assert merits(reports) == []
    reports.on(2027, 4, 30)
    for _ in range(2):
        reports.judge()
    assert merits(reports) == [3]


def test_a_year_that_is_a_draft_is_no_merit_though_it_balances(reports):
    reports.confirm(reports.declarations()["2026"])
    reports.on(2027, 5, 2)
    reports.judge()
    assert merits(reports) == []


def test_a_year_whose_balance_is_open_is_no_merit(reports):
    wrong = line(generated=42, closing=4)
    receipt = {"receipt": "3306-Y", "filed_on": "2027-01-04"}
    reports.confirm(reports.declarations()["2026"], lines=[wrong], reason="另有产生", **receipt)
    reports.on(2027, 5, 2)
    reports.judge()
    assert merits(reports) == []
