"""The management plan of a year: its parts by class, amended in versions, beside what became of it."""

from datetime import date

import pytest

from tests.manifests.trade import Trade
from tests.reporting.world import ACID, OIL, Reports, ok, refused

CODE = {"scheme": "cn-hw", "code": ACID}
GENERATION = [{**CODE, "planned_t": 100.0}]
TRANSFERS = [{**CODE, "planned_t": 90.0, "treatment": "R5", "receiver": "染厂"}]
PLAN = {"generation": GENERATION, "transfers": TRANSFERS}


@pytest.fixture
def reports(marketplace):
    return Reports(marketplace)


def plans(reports, party=None, **query):
    return ok((party or reports.generator).get("/plans", **query))["items"]


def test_a_plan_has_the_parts_that_its_class_asks_for(reports):
    generator, recycler = reports.generator, reports.recycler
    refused(generator.post("/plans", {"generation": GENERATION}), "plan_part_missing", "transfers")
    shown = ok(generator.post("/plans", PLAN), 201)
    assert (shown["year"], shown["status"], shown["management_class"]) == (2026, "submitted", "registered")
    assert (shown["is_draft"], shown["unit"]["name"]) == (True, "酸厂")
    for part in ("facilities", "storage", "own_treatment", "reduction"):
        given = {name: value for name, value in KEY_PLAN.items() if name != part}
        refused(recycler.post("/plans", given), "plan_part_missing", part)
    assert ok(recycler.post("/plans", KEY_PLAN), 201)["own_treatment"] == []


KEY_PLAN = {
    **PLAN, "storage": [{**CODE, "planned_t": 5.0, "packing": "吨桶"}], "own_treatment": [],
    "facilities": "酸洗线一条，贮存库一座", "reduction": "延长酸液使用周期",
}  # fmt: skip


def test_codes_years_and_receipts_are_judged(reports):
    generator = reports.generator
    refused(generator.post("/plans", {**PLAN, "year": 2025}), "plan_year", "year")
    half = {**PLAN, "receipt": "3306"}
    refused(generator.post("/plans", half), "field_required", "filed_on")
    general = {**PLAN, "transfers": [{**TRANSFERS[0], "scheme": "cn-sw", "code": "SW17"}]}
    refused(generator.post("/plans", general), "hazardous_code_needed", "transfers.0.code")
    assert plans(reports) == []


def test_it_is_amended_with_a_reason_and_every_version_is_kept(reports):
    generator = reports.generator
    filed = ok(generator.post("/plans", {**PLAN, "receipt": "B1", "filed_on": "2026-12-01"}), 201)
    assert (filed["status"], filed["is_draft"]) == ("filed", False)
    refused(generator.post("/plans", PLAN), "field_required", "reason")
    more = {**PLAN, "generation": [{**CODE, "planned_t": 120.0}], "reason": "扩产"}
    amended = ok(generator.post("/plans", more), 201)
    assert (amended["id"], amended["status"], amended["version_no"]) == (filed["id"], "submitted", 2)
    items = ok(generator.get(f"/plans/{filed['id']}/versions"))["items"]
    assert [(row["action"], row["parts"]["generation"][0]["planned_t"]) for row in items] == [
        ("submit", 100.0), ("amend", 120.0),
    ]  # fmt: skip


def test_what_was_planned_stands_beside_what_became_of_it(reports):
    reports.load(date(2026, 3, 1), 30.0)
    reports.load(date(2026, 4, 1), 12.5)
    reports.load(date(2025, 4, 1), 9.0)
    reports.load(date(2026, 5, 1), 1.0, code=OIL)
    shown = ok(reports.generator.post("/plans", PLAN), 201)
    assert {row["code"]: (row["planned_transfer_t"], row["handed_over_t"]) for row in shown["actual"]} == {
        ACID: (90.0, 42.5), OIL: (0.0, 1.0),
    }  # fmt: skip


def test_a_plan_is_due_reminded_of_and_late(reports):
    marketplace, generator = reports.marketplace, reports.generator
    reports.on(2027, 1, 4)
    reports.open()
    (due,) = plans(reports, year=2027)
    assert (due["due_on"], due["status"], due["version_no"]) == ("2027-03-31", "due", 0)
    seen = []
    for day in (21, 22, 26, 30, 31):
        reports.on(2027, 3, day)
        marketplace.settle()
        seen.append(len(generator.inbox("plan.due")))
    assert seen == [0, 1, 2, 3, 4]
    reports.on(2027, 4, 1)
    for _ in range(3):
        marketplace.settle()
    assert plans(reports, year=2027, status="late")
    assert len(generator.inbox("plan.late")) == 1
    items = ok(generator.get(f"/enterprises/{generator.id}/credit/events"))["items"]
    assert [item["points"] for item in items if item["rule"] == "reporting.plan_late"] == [-4]
    late = ok(generator.post("/plans", PLAN), 201)
    assert (late["status"], late["was_late"]) == ("submitted", True)


def test_a_load_within_the_plan_of_the_year_is_issued_without_a_warning(marketplace):
    trade = Trade(marketplace)
    assert "plan_missing" in codes(trade.issued(1.0))
    ok(trade.supplier.post("/plans", {**PLAN, "transfers": [{**TRANSFERS[0], "code": OIL}]}), 201)
    assert "plan_missing" in codes(trade.issued(1.0))
    ok(trade.supplier.post("/plans", {**PLAN, "reason": "补充代码"}), 201)
    assert "plan_missing" not in codes(trade.issued(1.0))


def codes(shown):
    return [warning["code"] for warning in shown["warnings"]]
