"""A declaration: pre-filled, confirmed, corrected, filed; late, missing, and what credit hears of it."""

from datetime import date

import pytest

from tests.reporting.world import ACID, OIL, Reports, codes, line, ok, refused

NOVEMBER, DECEMBER = date(2026, 11, 20), date(2026, 12, 20)
RECEIPT = {"receipt": "3306-2027-000123", "filed_on": "2027-01-12"}


@pytest.fixture
def reports(marketplace):
    """A key unit whose December is to be declared: two loads of it are closed, one of November too."""
    reports = Reports(marketplace)
    reports.load(date(2025, 3, 1), 150.0)
    reports.load(NOVEMBER, 30.0)
    reports.load(DECEMBER, 20.0)
    reports.load(date(2026, 12, 31), 12.5)
    reports.on(2027, 1, 4)
    reports.open()
    return reports


@pytest.fixture
def december(reports):
    return reports.declarations()["2026-12"]


GOOD = line(opening=2.5, generated=31.0, closing=1.0)


def confirmed(reports, declaration, **about):
    return reports.confirm(declaration, lines=[{**GOOD, **about}])


def events(marketplace, party):
    items = ok(marketplace.admin.get(f"/enterprises/{party.id}/credit/events"))["items"]
    return [item["rule"] for item in items if item["rule"].startswith("reporting.")]


def test_it_is_pre_filled_with_what_manifests_know(reports, december):
    shown = reports.show(december)
    assert (shown["due_on"], shown["management_class"], shown["annual_t"]) == ("2027-01-15", "key", 150.0)
    assert shown["lines"] == [
        {
            "scheme": "cn-hw", "code": ACID, "opening_t": None, "generated_t": None, "received_t": 0.0,
            "own_t": None, "outside_t": 32.5, "closing_t": None, "gap_t": None,
        }
    ]  # fmt: skip
    assert (shown["status"], shown["is_draft"], shown["warnings"]) == ("open", True, [])
    received = reports.show(reports.declarations(reports.recycler)["2026-12"], reports.recycler)
    assert [(row["received_t"], row["outside_t"]) for row in received["lines"]] == [(32.5, 0.0)]


def test_loads_that_are_not_closed_are_not_counted_but_named(reports, december):
    reports.load(DECEMBER, 7.0, status="moving")
    shown = reports.show(december)
    assert (shown["lines"][0]["outside_t"], codes(shown)) == (32.5, ["loads_not_closed"])


def test_what_only_the_enterprise_knows_is_asked(reports, december):
    path = f"/declarations/{december['id']}/confirm"
    refused(reports.generator.post(path, {}), "figures_needed")
    refused(reports.generator.post(path), "figures_needed")
    unknown = {name: value for name, value in GOOD.items() if name != "closing_t"}
    refused(reports.generator.post(path, {"lines": [unknown]}), "figures_needed")
    assert reports.show(december)["status"] == "open"


def test_it_is_confirmed_once_and_is_a_draft_until_its_receipt_is_on_file(reports, december):
    shown = confirmed(reports, december)
    assert (shown["status"], shown["confirmed_on"], shown["is_draft"]) == ("confirmed", "2027-01-04", True)
    assert [(row["outside_t"], row["gap_t"]) for row in shown["lines"]] == [(32.5, 0.0)]
    assert codes(shown) == ["draft_not_filed"]
    path = f"/declarations/{december['id']}"
    refused(reports.generator.post(f"{path}/confirm", {"lines": [GOOD]}), "wrong_state", status=409)
    refused(reports.generator.post(f"{path}/receipt", RECEIPT), "filed_in_future", "filed_on")
    reports.on(2027, 1, 14)
    early = {**RECEIPT, "filed_on": "2026-12-31"}
    refused(reports.generator.post(f"{path}/receipt", early), "filed_within_period", "filed_on")
    filed = ok(reports.generator.post(f"{path}/receipt", RECEIPT))
    assert (filed["status"], filed["receipt"], filed["is_draft"]) == ("filed", RECEIPT["receipt"], False)
    assert filed["warnings"] == []
    refused(reports.generator.post(f"{path}/receipt", RECEIPT), "wrong_state", status=409)


def test_half_a_receipt_is_refused(reports, december):
    path = f"/declarations/{december['id']}/confirm"
    for half, missing in (({"receipt": "3306"}, "filed_on"), ({"filed_on": "2027-01-04"}, "receipt")):
        sent = {"lines": [GOOD], **half}
        response = reports.generator.post(path, sent)
        assert (response.status_code, list(response.json["errors"])) == (422, [missing])


def test_a_known_figure_is_changed_with_a_reason_only(reports, december):
    path = f"/declarations/{december['id']}/confirm"
    for lines in ([{**GOOD, "outside_t": 30.0}], [line(OIL, generated=1.0, closing=1.0)], []):
        refused(reports.generator.post(path, {"lines": lines}), "known_figure_changed", "reason")
    shown = reports.confirm(december, lines=[{**GOOD, "outside_t": 30.0}], reason="磅单有误")
    assert codes(shown) == ["balance_gap", "transfers_differ", "draft_not_filed"]
    gap = shown["warnings"][0]["detail"]
    assert "2.5 t" in gap
    assert "3.5 t should be left" in gap


def test_a_gap_is_warned_of_with_its_figures_and_never_refused(reports, december):
    shown = confirmed(reports, december, generated_t=31.001)
    assert shown["lines"][0]["gap_t"] == 0.001
    assert codes(shown) == ["balance_gap", "draft_not_filed"]


def test_codes_are_hazardous_and_named_once(reports, december):
    path = f"/declarations/{december['id']}/confirm"
    for code, refusal in (("HW34", "hazardous_code_needed"), ("999-999-99", "unknown_code")):
        refused(reports.generator.post(path, {"lines": [GOOD, line(code)]}), refusal, "lines.1.code")
    twice = [GOOD, {**GOOD, "code": "90034934"}]
    refused(reports.generator.post(path, {"lines": twice}), "code_repeated", "lines.1.code")
    general = {**line("900-001-S17"), "scheme": "cn-sw"}
    response = reports.generator.post(path, {"lines": [GOOD, general]})
    assert response.json["code"] in ("hazardous_code_needed", "unknown_code")
    assert reports.show(december)["version_no"] == 0


def test_bad_figures_are_refused_by_name(reports, december):
    path = f"/declarations/{december['id']}/confirm"
    for value in (-1, 1e12, 0.0001, "3", True):
        response = reports.generator.post(path, {"lines": [{**GOOD, "generated_t": value}]})
        assert response.status_code == 422, value
        assert list(response.json["errors"]) == ["lines.0.generated_t"], value


def test_corrections_keep_versions_and_ask_for_a_new_receipt(reports, december):
    reports.on(2027, 1, 12)
    reports.confirm(december, lines=[GOOD], **RECEIPT)
    path = f"/declarations/{december['id']}"
    better = {"lines": [line(opening=2.5, generated=32.0, closing=2.0)], "reason": "漏报一桶"}
    refused(reports.generator.post(f"{path}/correct", {"lines": better["lines"]}), "invalid_input", "reason")
    shown = ok(reports.generator.post(f"{path}/correct", better))
    assert (shown["status"], shown["receipt"], shown["version_no"]) == ("confirmed", None, 2)
    ok(reports.generator.post(f"{path}/receipt", {**RECEIPT, "receipt": "3306-2027-000124"}))
    items = ok(reports.generator.get(f"{path}/versions"))["items"]
    assert [(row["no"], row["action"], row["receipt"]) for row in items] == [
        (1, "confirm", "3306-2027-000123"), (2, "correct", None), (3, "file", "3306-2027-000124"),
    ]  # fmt: skip
    assert [row["lines"][0]["generated_t"] for row in items] == [31.0, 32.0, 32.0]
    assert items[1]["reason"] == "漏报一桶"


def test_the_next_period_begins_with_the_stock_of_the_last(reports, december):
    confirmed(reports, december)
    reports.on(2027, 2, 1)
    reports.open()
    january = reports.declarations()["2027-01"]
    shown = reports.show(january)
    assert [(row["code"], row["opening_t"], row["outside_t"]) for row in shown["lines"]] == [(ACID, 1.0, 0.0)]
    emptied = {**line(closing=1.0), "opening_t": 0.5}
    path = f"/declarations/{january['id']}/confirm"
    refused(reports.generator.post(path, {"lines": [emptied]}), "known_figure_changed")


def test_it_is_due_late_and_missing_and_each_is_told_and_recorded_once(reports, december):
    marketplace, generator = reports.marketplace, reports.generator
    seen = []
    for day in (5, 6, 7, 11, 12, 13, 14, 15):
        reports.on(2027, 1, day)
        marketplace.settle()
        seen.append(
            len([row for row in generator.inbox("declaration.due") if row["data"]["name"] == "2026-12"])
        )
    assert seen == [0, 1, 1, 1, 2, 2, 3, 4], "7, 3 and 1 working days before, and on the day"
    assert reports.show(december)["status"] == "open"
    assert events(marketplace, generator) == []
    reports.on(2027, 1, 16)
    for _ in range(3):
        marketplace.settle()
    assert reports.show(december)["status"] == "late"
    assert events(marketplace, generator) == ["reporting.late"]
    (told,) = generator.inbox("declaration.late")
    assert "2026-12" in told["detail"]
    reports.on(2027, 2, 13)
    marketplace.settle()
    assert reports.show(december)["status"] == "late"
    reports.on(2027, 2, 14)
    for _ in range(3):
        marketplace.settle()
    assert reports.show(december)["status"] == "missing"
    assert events(marketplace, generator) == ["reporting.missing", "reporting.late"]
    shown = confirmed(reports, december)
    assert (shown["status"], shown["was_late"]) == ("confirmed", True)


def test_what_was_confirmed_in_time_is_never_late_but_a_late_receipt_says_so(reports, december):
    marketplace = reports.marketplace
    confirmed(reports, december)
    reports.on(2027, 1, 20)
    for _ in range(2):
        marketplace.settle()
    assert events(marketplace, reports.generator) == []
    path = f"/declarations/{december['id']}/receipt"
    filed = ok(reports.generator.post(path, {**RECEIPT, "filed_on": "2027-01-16"}))
    assert filed["was_late"]
    marketplace.settle()
    assert events(marketplace, reports.generator) == ["reporting.late"]


def test_lists_say_what_is_due_and_whose(reports, december):
    generator, marketplace = reports.generator, reports.marketplace
    assert set(reports.declarations(due="2027-01-14")) == set()
    assert set(reports.declarations(due="2027-01-15")) == {"2026-12"}
    assert set(reports.declarations(status="open", kind="year")) == {"2026"}
    confirmed(reports, december)
    assert set(reports.declarations(due="2027-12-31")) == {"2026"}
    assert len(reports.declarations(marketplace.regulator("330600"), enterprise_id=generator.id)) == 2
    assert reports.declarations(marketplace.regulator("310000")) == {}
    assert reports.declarations(reports.recycler, enterprise_id=generator.id) == {}
    assert reports.declarations(marketplace.admin)["2026-12"]
