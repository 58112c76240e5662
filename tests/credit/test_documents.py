"""A decision is entered once, a wrong entry withdrawn by a second officer, each cites the law of its day."""

from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from marketplace.credit.service.documents import decision_key
from marketplace.database import db
from tests.marketplace import TODAY

NUMBER = "绍环罚字〔2026〕12号"


def entry(enterprise, **about):
    """The body of a penalty."""
    penalty = {"rule": "law.penalty_major", "effective_on": "2026-11-01", "note": "台账记录不实"}
    return {"enterprise_id": enterprise.id, **penalty, **about}


def record(marketplace, enterprise, **about):
    response = marketplace.admin.post("/credit/events", entry(enterprise, **about))
    assert response.status_code == 201, response.json
    return response.json


def refusal(marketplace, enterprise, **about):
    response = marketplace.admin.post("/credit/events", entry(enterprise, **about))
    assert response.status_code != 201, response.json
    return response


def withdraw(party, event, reason="当事人有误"):
    return party.post(f"/credit/events/{event['id']}/withdraw", {"reason": reason})


# ---------------------------------------------------------------- once


@pytest.mark.parametrize(
    "again",
    [
        NUMBER, "绍环罚字[2026]12号", "绍环罚字［2026］12号", "绍环罚字（2026）12号", "绍环罚字(2026)12号",
        "绍环罚字【2026】１２号", " 绍环罚字 〔2026〕 第12号 ", "绍环罚字〔２０２６〕012号",
        "绍环罚〔2026〕12",
        "绍环罚字〔2026〕\u200b12号", "绍环罚字\u3000〔2026〕12号",
    ],
)  # fmt: skip
def test_the_same_document_is_entered_once_however_it_is_typed(marketplace, again):
    firm = marketplace.enterprise("generator")
    first = record(marketplace, firm, document=NUMBER)
    refused = refusal(marketplace, firm, document=again, effective_on="2026-11-20")
    assert (refused.status_code, refused.json["code"]) == (409, "already_entered")
    assert refused.json["entry_id"] == first["id"]
    assert "document" in refused.json["errors"]
    assert firm.standing()["score"] == 65


def test_the_same_document_under_another_rule_or_enterprise_is_the_same_document(marketplace):
    firm, other = marketplace.enterprise("generator"), marketplace.enterprise("generator")
    record(marketplace, firm, document=NUMBER)
    for enterprise, rule in ((firm, "law.penalty_minor"), (other, "law.penalty_major")):
        assert refusal(marketplace, enterprise, rule=rule, document=NUMBER).json["code"] == "already_entered"
    assert firm.standing()["score"] == 65
    assert other.standing()["score"] == 80


@pytest.mark.parametrize("placeholder", [None, "无", "/", "—", "N/A", "不详"])
def test_without_a_document_the_same_enterprise_rule_and_day_are_entered_once(marketplace, placeholder):
    firm = marketplace.enterprise("generator")
    first = record(marketplace, firm, document=placeholder)
    refused = refusal(marketplace, firm, note="another hand")
    assert (refused.status_code, refused.json["code"]) == (409, "already_entered")
    assert refused.json["entry_id"] == first["id"]
    record(marketplace, firm, effective_on="2026-11-02")
    record(marketplace, firm, rule="law.penalty_minor")
    record(marketplace, marketplace.enterprise("generator"))
    assert firm.standing()["score"] == 80 - 15 - 15 - 6


def test_an_entry_without_the_number_repeats_the_one_that_has_it(marketplace):
    firm = marketplace.enterprise("generator")
    record(marketplace, firm, document=NUMBER)
    assert refusal(marketplace, firm).json["code"] == "already_entered"


def test_a_number_beside_an_entry_without_one_is_entered_with_a_warning(marketplace):
    firm = marketplace.enterprise("generator")
    record(marketplace, firm)
    event = record(marketplace, firm, document=NUMBER)
    assert [warning["code"] for warning in event["warnings"]] == ["perhaps_entered"]


def test_different_documents_of_one_rule_and_day_are_different(marketplace):
    firm = marketplace.enterprise("generator")
    for number in (NUMBER, "绍环罚字〔2026〕13号", "绍环罚字〔2026〕120号", "绍环罚字〔2025〕12号"):
        record(marketplace, firm, document=number, rule="manifest.late_close")
    assert firm.standing()["score"] == 72


def test_merits_may_come_several_times_a_day(marketplace):
    firm = marketplace.enterprise("generator")
    for _ in range(3):
        record(marketplace, firm, rule="fulfilment.completed")
    assert firm.standing()["score"] == 81.5
    record(marketplace, firm, rule="fulfilment.completed", document="HT-2026-1")
    assert refusal(marketplace, firm, rule="fulfilment.completed", document="ht 2026 1").status_code == 409


def test_the_table_may_say_of_any_rule_whether_it_repeats(marketplace):
    firm = marketplace.enterprise("generator")
    table = marketplace.admin.get("/credit/rules").json
    said = {"fulfilment.completed": False, "manifest.late_close": True}
    items = [{**rule, "repeatable": said.get(rule["code"])} for rule in table["items"]]
    assert marketplace.admin.put("/credit/rules", {"items": items}).status_code == 200
    for _ in range(2):
        record(marketplace, firm, rule="manifest.late_close")
    record(marketplace, firm, rule="fulfilment.completed")
    assert refusal(marketplace, firm, rule="fulfilment.completed").status_code == 409


@pytest.mark.parametrize("about", [{"document": NUMBER}, {}])
def test_the_database_itself_refuses_the_same_entry(marketplace, about):
    firm = marketplace.enterprise("generator")
    event = record(marketplace, firm, **about)
    columns = (
        "enterprise_id, rule, rule_version, axis, points_milli, effective_on, lapses_on, note, document_key,"
        " is_repeatable, created_at"
    )
    again = text(
        f"INSERT INTO credit_event (id, {columns}) SELECT gen_random_uuid(), {columns} FROM credit_event"
        " WHERE id = :id"
    )
    with marketplace.app.app_context():
        with pytest.raises(IntegrityError):
            db.session.execute(again, {"id": event["id"]})
        db.session.rollback()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("绍环罚字〔2026〕12号", "绍环罚字〔2026〕120号", False),
        ("A-2026-001", "a2026001", True),
        ("柯环罚字〔2026〕12号", "绍环罚字〔2026〕12号", False),
        ("第0012号", "12号", True),
    ],
)
def test_numbers_are_compared_by_what_they_say(one, other, same):
    assert (decision_key(one) == decision_key(other)) is same


# ---------------------------------------------------------------- withdrawn by a second officer


def test_a_wrong_entry_is_withdrawn_by_a_second_officer_on_record_and_told(marketplace):
    firm = marketplace.enterprise("generator")
    event = record(marketplace, firm, document=NUMBER)
    assert firm.standing()["grade"] == "C"
    second = marketplace.second_admin()

    response = withdraw(second, event)

    assert response.status_code == 200
    assert (response.json["id"], response.json["status"], response.json["counts"]) == (
        event["id"], "withdrawn", False,
    )  # fmt: skip
    assert (firm.standing()["score"], firm.standing()["grade"]) == (80, "B")
    newest, first = firm.get(f"/enterprises/{firm.id}/credit/events").json["items"]
    assert (first["id"], first["points"], first["note"]) == (event["id"], -15, "台账记录不实")
    assert (newest["status"], newest["withdraws"], newest["points"]) == ("compensation", event["id"], 15)
    assert (newest["note"], newest["counts"]) == ("当事人有误", False)
    assert firm.get(f"/enterprises/{firm.id}/credit/explanation").json["lines"] == []
    marketplace.settle()
    (message,) = [
        item for item in firm.get("/notifications").json["items"] if item["kind"] == "credit.withdrawn"
    ]
    assert message["data"]["event_id"] == event["id"]
    assert message["data"]["reason"] == "当事人有误"
    assert "重大行政处罚" in message["data"]["name"]


def test_the_recorder_may_not_withdraw_its_own_entry(marketplace):
    firm = marketplace.enterprise("generator")
    event = record(marketplace, firm)
    refused = withdraw(marketplace.admin, event)
    assert (refused.status_code, refused.json["code"]) == (409, "second_officer_needed")
    assert firm.standing()["score"] == 65


def test_an_entry_is_withdrawn_once_and_a_withdrawal_never(marketplace):
    firm = marketplace.enterprise("generator")
    event = record(marketplace, firm)
    second = marketplace.second_admin()
    withdraw(second, event)
    newest, _ = firm.get(f"/enterprises/{firm.id}/credit/events").json["items"]
    for wrong in (event, newest):
        refused = withdraw(marketplace.second_admin(), wrong)
        assert (refused.status_code, refused.json["code"]) == (409, "wrong_state")
    assert firm.standing()["score"] == 80


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": None}, {"reason": "x" * 501}, {"why": "x"}])
def test_a_withdrawal_needs_a_reason(marketplace, body):
    event = record(marketplace, marketplace.enterprise("generator"))
    response = marketplace.second_admin().post(f"/credit/events/{event['id']}/withdraw", body)
    assert response.status_code == 422


def test_only_admins_withdraw_and_unknown_events_are_not_found(marketplace):
    firm = marketplace.enterprise("generator")
    event = record(marketplace, firm)
    for party in (firm, marketplace.regulator("330600")):
        assert withdraw(party, event).status_code == 403
    unknown = {"id": "0190a2b4-0000-7000-8000-000000000000"}
    assert withdraw(marketplace.second_admin(), unknown).status_code == 404


@pytest.mark.parametrize("about", [{"document": NUMBER}, {}])
def test_what_was_withdrawn_may_be_entered_again(marketplace, about):
    firm = marketplace.enterprise("generator")
    event = record(marketplace, firm, **about)
    withdraw(marketplace.second_admin(), event)
    record(marketplace, firm, **about)
    assert refusal(marketplace, firm, **about).status_code == 409
    assert firm.standing()["score"] == 65


def test_withdrawing_lifts_the_block_that_the_entry_placed_and_no_other(marketplace):
    firm = marketplace.enterprise("generator")
    marketplace.admin.post("/credit/blocks", {"enterprise_id": firm.id, "reason": "立案"})
    event = record(marketplace, firm, rule="law.illegal_dumping")
    withdraw(marketplace.second_admin(), event, "查无此事")
    blocks = marketplace.admin.get("/credit/blocks", enterprise_id=firm.id).json["items"]
    assert {block["event_id"]: block["state"] for block in blocks} == {
        event["id"]: "lifted",
        None: "provisional",
    }
    assert (firm.standing()["score"], firm.standing()["blocked"]) == (80, True)


def test_a_withdrawn_merit_no_longer_establishes_and_a_withdrawn_deduction_no_longer_prevents(marketplace):
    firm = marketplace.enterprise("generator")
    merits = [record(marketplace, firm, rule="fulfilment.completed") for _ in range(6)]
    deduction = record(marketplace, firm, rule="manifest.late_close")
    second = marketplace.second_admin()
    for event in (merits[0], merits[1], deduction):
        withdraw(second, event)
    lines = firm.get(f"/enterprises/{firm.id}/credit/explanation").json["lines"]
    assert [(line["rule"], line["events"], line["points"]) for line in lines] == [
        ("fulfilment.completed", 4, 2)
    ]


# ---------------------------------------------------------------- the law of the day


@pytest.mark.parametrize(
    ("about", "basis", "citation"),
    [
        ({"acted_on": "2026-08-14"}, "solid-waste-law-20", "《固体废物污染环境防治法》第二十条"),
        ({"acted_on": "2026-08-15"}, "eco-code-475", "《生态环境法典》第四百七十五条"),
        ({"effective_on": "2026-08-14"}, "solid-waste-law-20", "《固体废物污染环境防治法》第二十条"),
        ({}, "eco-code-475", "《生态环境法典》第四百七十五条"),
        (
            {"acted_on": "2026-08-01", "decided_on": "2026-09-10"},
            "solid-waste-law-20",
            "《固体废物污染环境防治法》第二十条",
        ),
        (
            {"acted_on": "2026-08-01", "decided_on": "2026-09-10", "basis": "eco-code-1169"},
            "eco-code-1169",
            "《生态环境法典》第一千一百六十九条",
        ),
        ({"basis": "浙江省条例第三条"}, "浙江省条例第三条", "浙江省条例第三条"),
    ],
)
def test_an_event_cites_its_decision_or_the_law_of_the_day_of_the_act(marketplace, about, basis, citation):
    firm = marketplace.enterprise("generator")
    record(marketplace, firm, rule="law.illegal_dumping", **about)
    path = f"/enterprises/{firm.id}/credit/events"
    (event,) = firm.call("GET", path, headers={"Accept-Language": "zh-CN"}).json["items"]
    assert (event["basis"], event["citation"]) == (basis, citation)


@pytest.mark.parametrize(
    "about",
    [
        {"basis": "solid-waste-law-112", "acted_on": "2026-09-01"},
        {"basis": "solid-waste-law-112"},
        {"basis": "eco-code-1175", "acted_on": "2026-08-01", "decided_on": "2026-08-10"},
        {"basis": "hw-catalogue-2021", "acted_on": "2026-01-01"},
    ],
)
def test_a_basis_that_was_not_in_force_on_either_day_is_refused(marketplace, about):
    refused = refusal(marketplace, marketplace.enterprise("generator"), **about)
    assert (refused.status_code, refused.json["code"]) == (422, "basis_not_in_force")
    assert "basis" in refused.json["errors"]


def test_all_that_a_decision_says_is_kept(marketplace):
    firm = marketplace.enterprise("generator")
    said = {
        "document": NUMBER, "authority": "绍兴市生态环境局", "acted_on": "2026-08-20",
        "decided_on": "2026-10-09", "served_on": "2026-10-12", "amount_cny": 123456.78,
        "basis": "eco-code-1175",
    }  # fmt: skip
    event = record(marketplace, firm, **said)
    assert {name: event[name] for name in said} == said
    (item,) = firm.get(f"/enterprises/{firm.id}/credit/events").json["items"]
    assert {name: item[name] for name in said} == said


@pytest.mark.parametrize(
    ("about", "at"),
    [
        ({"acted_on": "2026-10-10", "decided_on": "2026-10-09"}, "decided_on"),
        ({"decided_on": "2026-10-10", "served_on": "2026-10-09"}, "served_on"),
        ({"acted_on": "2026-10-10", "served_on": "2026-10-09"}, "served_on"),
        ({"acted_on": "2026-12-02"}, "acted_on"),
        ({"decided_on": "2027-01-01"}, "decided_on"),
        ({"served_on": "2026-12-02"}, "served_on"),
        ({"acted_on": "2026-02-30"}, "acted_on"),
        ({"amount_cny": -1}, "amount_cny"),
        ({"amount_cny": 0.001}, "amount_cny"),
        ({"amount_cny": "500"}, "amount_cny"),
        ({"amount_cny": 1e12}, "amount_cny"),
        ({"document": ""}, "document"),
        ({"document": "x" * 101}, "document"),
        ({"authority": 5}, "authority"),
        ({"basis": "x" * 201}, "basis"),
    ],
)
def test_a_wrong_part_of_a_decision_names_its_field(marketplace, about, at):
    refused = refusal(marketplace, marketplace.enterprise("generator"), **about)
    assert refused.status_code == 422
    assert at in refused.json["errors"]


# ---------------------------------------------------------------- rules


def test_the_rules_show_the_thresholds_of_grades_from_where_grades_are_made(marketplace):
    table = marketplace.enterprise().get("/credit/rules").json
    assert table["grades"] == {"A": 90, "B": 75, "C": 60, "D": 40, "E": 0}
    assert marketplace.admin.put("/credit/rules", table).status_code == 200
    refused = marketplace.admin.put("/credit/rules", {**table, "grades": {**table["grades"], "A": 10}})
    assert (refused.status_code, list(refused.json["errors"])) == (422, ["grades"])


def test_every_rule_of_the_default_table_has_a_basis_in_force_or_is_the_platforms_own(marketplace):
    table = marketplace.admin.get("/credit/rules").json
    bases = marketplace.admin.get("/legal-bases", on=str(TODAY), limit=100).json["items"]
    in_force = {basis["id"] for basis in bases}
    own = {rule["code"] for rule in table["items"] if rule["basis"] is None}
    assert {code for code in own if not code.startswith("fulfilment.")} == {
        "law.crime", "manifest.clean_year", "reporting.full_year", "reporting.warning_unanswered",
        "site.rectification_late", "site.assessed_fail", "site.honour", "incident.emission_exceeded",
    }  # fmt: skip
    assert {rule["basis"] for rule in table["items"] if rule["basis"]} <= in_force


def test_a_rule_holds_for_acts_of_its_validity(marketplace):
    firm = marketplace.enterprise("generator")
    table = marketplace.admin.get("/credit/rules").json
    dated = {"valid_from": "2026-08-15", "valid_until": "2026-11-15"}
    items = [{**rule, **dated} if rule["code"] == "site.defect" else rule for rule in table["items"]]
    published = marketplace.admin.put("/credit/rules", {"items": items}).json
    (shown,) = [rule for rule in published["items"] if rule["code"] == "site.defect"]
    assert (shown["valid_from"], shown["valid_until"]) == ("2026-08-15", "2026-11-15")
    record(marketplace, firm, rule="site.defect", effective_on="2026-11-15")
    for day in ("2026-08-14", "2026-11-16"):
        refused = refusal(marketplace, firm, rule="site.defect", effective_on=day)
        assert (refused.status_code, refused.json["code"]) == (422, "rule_not_in_force")
    acted = {"effective_on": "2026-11-20", "acted_on": "2026-11-10"}
    record(marketplace, firm, rule="site.defect", **acted)
    backwards = [{**rule, "valid_from": "2026-02-01", "valid_until": "2026-01-01"} for rule in table["items"]]
    assert marketplace.admin.put("/credit/rules", {"items": backwards}).status_code == 422


def test_the_same_decision_sent_at_once_is_entered_once(marketplace):
    from concurrent.futures import ThreadPoolExecutor

    firms = [marketplace.enterprise("generator") for _ in range(4)]

    def send(firm):
        return marketplace.app.test_client().post(
            "/api/v1/credit/events", json=entry(firm, document=NUMBER), headers=marketplace.admin.headers
        )

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(response.status_code for response in pool.map(send, firms))
    assert statuses == [201, 409, 409, 409]


def test_a_leap_of_the_old_law_is_cited_for_acts_before_it_too(marketplace):
    firm = marketplace.enterprise("generator")
    event = record(
        marketplace, firm, rule="manifest.not_run", acted_on=str(date(2025, 3, 1)), effective_on="2026-11-01"
    )
    assert event["basis"] == "solid-waste-law-82"
