"""The terms of rules: months, severity, who records, what is public; and versions of the table."""

from datetime import UTC, date, datetime

import pytest

from tests.marketplace import TODAY

NEW_TERMS = ("severity", "months", "recorded_by", "evidence", "public", "enabled")


def rules_of(marketplace):
    return marketplace.admin.get("/credit/rules").json["items"]


def by_code(rules):
    return {rule["code"]: rule for rule in rules}


def changed(rules, code, **terms):
    """The rules, one of them with other terms."""
    return [{**rule, **terms} if rule["code"] == code else rule for rule in rules]


def body(enterprise, rule, **about):
    return {"enterprise_id": enterprise.id, "rule": rule, "effective_on": str(TODAY), "note": "x", **about}


# ---------------------------------------------------------------- the default table


def test_the_default_table_has_the_terms_of_every_rule(marketplace):
    rules = by_code(rules_of(marketplace))
    assert len(rules) == 47
    terms = ("axis", "points", "severity", "months", "most_per_year", "recorded_by", "public", "blocks")
    said = {code: tuple(rule[name] for name in terms) for code, rule in rules.items()}
    assert said["law.penalty_minor"] == ("law", -6, "light", 12, None, "regulator", True, False)
    assert said["law.crime"] == ("law", -100, "serious", 24, None, "regulator", True, True)
    assert said["manifest.late_close"] == ("manifests", -2, "light", 12, 10, "system", False, False)
    assert said["fulfilment.completed"] == ("fulfilment", 0.5, None, 24, 10, "system", False, False)
    assert said["incident.unreported"] == ("incidents", -20, "serious", 24, None, "regulator", True, False)
    for code, rule in rules.items():
        assert (rule["severity"] is None) == (rule["points"] > 0), code
        assert rule["evidence"], code
        assert rule["enabled"], code
        assert not (rule["public"] and rule["recorded_by"] == "system"), code


def test_an_event_keeps_the_terms_of_its_day(marketplace):
    firm = marketplace.enterprise("generator")
    marketplace.credit_event(firm, "law.penalty_minor")
    items = changed(rules_of(marketplace), "law.penalty_minor", severity="general", months=18, public=False)
    assert marketplace.admin.put("/credit/rules", {"items": items}).status_code == 200
    marketplace.credit_event(firm, "law.penalty_minor")
    events = firm.get(f"/enterprises/{firm.id}/credit/events").json["items"]
    shown = ("severity", "months", "lapses_on", "recorded_as", "public")
    assert [tuple(event[name] for name in shown) for event in events] == [
        ("general", 18, "2028-06-01", "regulator", False),
        ("light", 12, "2027-12-01", "regulator", True),
    ]


def test_an_event_lapses_after_its_months_at_midnight_in_shaoxing(marketplace):
    firm = marketplace.enterprise("generator")
    marketplace.credit_event(firm, "law.penalty_minor", date(2025, 12, 2))
    assert firm.standing()["score"] == 74
    marketplace.now = datetime(2026, 12, 1, 15, 59, tzinfo=UTC)
    marketplace.settle()
    assert marketplace.standing_of(firm) == (74_000, "C")
    marketplace.wait(minutes=1)
    assert marketplace.standing_of(firm) == (80_000, "B")


# ---------------------------------------------------------------- publishing a version


def test_a_body_from_before_the_terms_changes_none_of_them(marketplace):
    before = rules_of(marketplace)
    old = [{name: value for name, value in rule.items() if name not in NEW_TERMS} for rule in before]
    own = {"code": "site.dust", "axis": "site", "points": -7, "title": "Dust"}
    published = marketplace.admin.put("/credit/rules", {"items": [*old, own]})
    assert published.status_code == 200, published.json
    *same, new = published.json["items"]
    assert same == before
    assert {name: new[name] for name in NEW_TERMS} == {
        "severity": "general", "months": 24, "recorded_by": "admin", "evidence": None, "public": False,
        "enabled": True,
    }  # fmt: skip


def test_rules_are_taken_for_items(marketplace):
    rules = changed(rules_of(marketplace), "site.label", points=-2)
    published = marketplace.admin.put("/credit/rules", {"rules": rules})
    assert by_code(published.json["items"])["site.label"]["points"] == -2
    for wrong in ({"rules": rules, "items": rules}, {}):
        refused = marketplace.admin.put("/credit/rules", wrong)
        assert (refused.status_code, list(refused.json["errors"])) == (422, ["items"])


def test_a_version_that_leaves_an_axis_without_a_rule_is_refused(marketplace):
    rules = rules_of(marketplace)
    site = {"axis": "site"}
    for without in (
        [rule for rule in rules if rule["axis"] != "site"],
        [{**rule, "enabled": False} if rule["axis"] == "site" else rule for rule in rules],
        [{**rule, "valid_until": "2026-11-30"} if rule["axis"] == "site" else rule for rule in rules],
    ):
        refused = marketplace.admin.put("/credit/rules", {"items": without})
        assert (refused.status_code, refused.json["code"]) == (422, "axis_without_rule")
        assert "site management" in refused.json["detail"]
    assert rules_of(marketplace) == rules
    last = [rule for rule in rules if rule["axis"] != site["axis"]] + [
        {**by_code(rules)["site.defect"], "valid_until": str(TODAY)}
    ]
    assert marketplace.admin.put("/credit/rules", {"items": last}).status_code == 200


@pytest.mark.parametrize(
    ("code", "terms", "at"),
    [
        ("site.defect", {"severity": "grave"}, "severity"),
        ("site.defect", {"months": 0}, "months"),
        ("site.defect", {"months": 121}, "months"),
        ("site.defect", {"months": 12.5}, "months"),
        ("site.defect", {"recorded_by": "anybody"}, "recorded_by"),
        ("site.defect", {"recorded_by": None}, "recorded_by"),
        ("site.defect", {"public": "yes"}, "public"),
        ("site.defect", {"enabled": None}, "enabled"),
        ("site.defect", {"evidence": "x" * 201}, "evidence"),
        ("site.honour", {"severity": "light"}, "severity"),
    ],
)
def test_a_wrong_term_is_named_and_the_table_stays(marketplace, code, terms, at):
    before = rules_of(marketplace)
    refused = marketplace.admin.put("/credit/rules", {"items": changed(before, code, **terms)})
    place = next(number for number, rule in enumerate(before) if rule["code"] == code)
    assert (refused.status_code, list(refused.json["errors"])) == (422, [f"items.{place}.{at}"])
    assert rules_of(marketplace) == before


def test_a_rule_that_is_switched_off_records_nothing(marketplace):
    firm = marketplace.enterprise("generator")
    items = changed(rules_of(marketplace), "site.defect", enabled=False)
    marketplace.admin.put("/credit/rules", {"items": items})
    refused = marketplace.admin.post("/credit/events", body(firm, "site.defect"))
    assert (refused.status_code, refused.json["code"]) == (422, "rule_not_in_force")


# ---------------------------------------------------------------- simulated


def test_a_simulation_says_who_would_change_grade_and_changes_nothing(marketplace):
    minor, major, clean = (marketplace.enterprise("generator") for _ in range(3))
    marketplace.credit_event(minor, "law.penalty_minor")
    marketplace.credit_event(major, "law.penalty_major")
    before = rules_of(marketplace)
    items = changed(changed(before, "law.penalty_major", points=-45), "law.penalty_minor", points=-5)
    for name in ("rules", "items"):
        answer = marketplace.admin.post("/credit/rules/simulate", {name: items})
        assert answer.status_code == 200, answer.json
        told = [
            {"enterprise_id": firm.id, "name": firm.get("/enterprises/me").json["name"], "region": "330602"}
            for firm in (major, minor)
        ]
        assert answer.json["changes"] == [
            {**told[0], "from": "C", "to": "E"},
            {**told[1], "from": "C", "to": "B"},
        ]
        assert answer.json["counts"] == {
            "enterprises": 3, "changed": 2, "up": 1, "down": 1,
            "from": {"A": 0, "B": 1, "C": 2, "D": 0, "E": 0},
            "to": {"A": 0, "B": 2, "C": 0, "D": 0, "E": 1},
        }  # fmt: skip
    assert rules_of(marketplace) == before
    assert (marketplace.standing_of(major), marketplace.standing_of(clean)[0]) == ((65_000, "C"), 80_000)


def test_a_simulation_is_for_admins_and_judges_the_table_as_a_publication_does(marketplace):
    rules = rules_of(marketplace)
    for other in (marketplace.enterprise("generator"), marketplace.regulator("330600")):
        assert other.post("/credit/rules/simulate", {"rules": rules}).status_code == 403
    without = [rule for rule in rules if rule["axis"] != "incidents"]
    refused = marketplace.admin.post("/credit/rules/simulate", {"rules": without})
    assert (refused.status_code, refused.json["code"]) == (422, "axis_without_rule")


# ---------------------------------------------------------------- who records


def test_a_regulator_records_in_its_region_by_rules_that_name_it(marketplace):
    firm = marketplace.enterprise("generator", region="330602")
    regulator = marketplace.regulator("330600")
    recorded = regulator.post("/credit/events", body(firm, "law.penalty_minor"))
    assert (recorded.status_code, recorded.json["recorded_as"]) == (201, "regulator")
    assert firm.standing()["score"] == 74
    for rule in ("manifest.late_close", "fulfilment.not_as_described"):
        refused = regulator.post("/credit/events", body(firm, rule))
        assert (refused.status_code, refused.json["code"]) == (403, "rule_names_another")
    assert firm.standing()["score"] == 74


def test_outside_its_region_a_regulator_learns_nothing_of_an_enterprise(marketplace):
    firm = marketplace.enterprise("generator", region="330106")
    regulator = marketplace.regulator("330600")
    nobody = "0190a2b4-0000-7000-8000-000000000000"
    for about in ({}, {"enterprise_id": nobody}, {"note": None}, {"rule": "law.unheard_of"}):
        refused = regulator.post("/credit/events", {**body(firm, "law.penalty_minor"), **about})
        assert (refused.status_code, refused.json["code"]) == (404, "not_found"), about
    own = regulator.post("/credit/events", body(firm, "site.defect", enterprise_id="none"))
    assert own.status_code == 422
    assert firm.standing()["score"] == 80


def test_of_a_document_entered_in_another_region_a_regulator_learns_no_more_than_that_it_is(marketplace):
    here, there = marketplace.enterprise("generator"), marketplace.enterprise("generator", region="330604")
    document = {"document": "绍环罚字〔2026〕88号"}
    entered = marketplace.admin.post("/credit/events", body(there, "law.penalty_general", **document))
    assert entered.status_code == 201, entered.json
    again = body(here, "law.penalty_general", **document)
    outside, inside = marketplace.regulator("330602"), marketplace.regulator("330600")
    refused = outside.post("/credit/events", again)
    assert (refused.status_code, refused.json["code"]) == (409, "already_entered")
    assert "entry_id" not in refused.json
    assert "law.penalty_general" not in str(refused.json)
    assert inside.post("/credit/events", again).json["entry_id"] == entered.json["id"]


def test_a_key_of_an_admin_that_only_reads_records_nothing(marketplace):
    firm = marketplace.enterprise("generator")
    reads = {"name": "reads", "scopes": ["read"]}
    key = marketplace.admin.post("/api-keys", reads).json["api_key"]
    refused = marketplace.client.post(
        "/api/v1/credit/events", json=body(firm, "site.defect"), headers={"Authorization": f"Bearer {key}"}
    )
    assert (refused.status_code, refused.json["code"]) == (403, "scope_missing")


# ---------------------------------------------------------------- bounds


@pytest.mark.parametrize("at", ["effective_on", "acted_on", "decided_on", "served_on"])
def test_a_day_of_long_ago_is_refused(marketplace, at):
    firm = marketplace.enterprise("generator")
    refused = marketplace.admin.post("/credit/events", body(firm, "site.defect", **{at: "2015-12-31"}))
    assert (refused.status_code, list(refused.json["errors"])) == (422, [at])
    assert refused.json["code"] == "day_too_long_past"
    kept = marketplace.admin.post("/credit/events", body(firm, "site.defect", **{at: "2016-01-01"}))
    assert kept.status_code == 201, kept.json


def test_a_defect_that_the_enterprise_reported_costs_half(marketplace):
    firm = marketplace.enterprise("generator")
    reported = marketplace.admin.post("/credit/events", body(firm, "site.defect", self_reported=True))
    assert (reported.json["points"], reported.json["self_reported"]) == (-2, True)
    assert firm.standing()["score"] == 78
    for rule in ("law.penalty_minor", "site.honour"):
        refused = marketplace.admin.post("/credit/events", body(firm, rule, self_reported=True))
        assert (refused.status_code, refused.json["code"]) == (422, "not_self_reportable")


# ---------------------------------------------------------------- the cap


def test_what_the_platform_records_never_makes_grade_e_and_the_explanation_says_so(marketplace):
    firm = marketplace.enterprise("generator")
    for _ in range(2):
        marketplace.credit_event(firm, "law.penalty_major")
    for _ in range(3):
        marketplace.credit_event(firm, "reporting.missing")
    why = firm.get(f"/enterprises/{firm.id}/credit/explanation").json
    lines = {line["rule"]: (line["axis"], line["recorded_as"], line["points"]) for line in why["lines"]}
    assert lines == {
        "law.penalty_major": ("law", "regulator", -30),
        "reporting.missing": ("reporting", "system", -15),
        "cap": (None, None, 5),
    }
    assert why["base"] + sum(line["points"] for line in why["lines"]) == why["sum"] == 40
    assert (why["score"], why["grade"]) == (40, "D")
    marketplace.credit_event(firm, "law.penalty_minor")
    assert firm.standing()["score"] == 40
    marketplace.credit_event(firm, "law.penalty_major")
    assert (firm.standing()["score"], firm.standing()["grade"]) == (29, "E"), (
        "80 - 51, the platform's no more"
    )
