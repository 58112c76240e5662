"""Inspections over HTTP: checklists, answers, results, orders, what is put right and what it costs."""

from datetime import timedelta
from io import BytesIO

import pypdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from marketplace.database import db
from marketplace.inspections.models import ChecklistItem, InspectionAnswer, InspectionPolicy
from marketplace.inspections.service.results import result_of
from tests.http.cursors import walked
from tests.http.responses import verdict
from tests.inspections.site import MET, NOT_MET, PARTLY, ROOT, answers
from tests.test_house import who

L1 = {"item": "L1", "text": "已更换"}
PUDONG = {"lon": 121.54, "lat": 31.22, "crs": "wgs84"}
POLICY = InspectionPolicy(pass_per_mille=850, basic_per_mille=675)


# ---------------------------------------------------------------- checklists


def test_the_checklists_are_there_and_say_what_is_our_own(marketplace):
    shown = marketplace.enterprise("generator").get(f"{ROOT}/checklists").json
    lists = {each["checklist"]: each for each in shown["items"]}
    assert {name: len(each["items"]) for name, each in lists.items()} == {
        "hazardous_generator": 20, "general_generator": 12, "recycler": 12, "transporter": 12,
    }  # fmt: skip
    hazardous = lists["hazardous_generator"]
    assert hazardous["most_points"] == 40
    assert [item["code"] for item in hazardous["items"] if item["veto"]] == ["M1", "S1", "F5"]
    assert all("our own" in item["source"] for each in lists.values() for item in each["items"])
    assert shown["policy"]["months"] == {"A": 24, "B": 12, "C": 6, "D": 3, "E": 1}
    before = marketplace.admin.get(f"{ROOT}/checklists", on="2026-01-01").json
    assert before["items"] == shown["items"]
    ancient = marketplace.admin.get(f"{ROOT}/checklists", on="2020-02-29").json
    assert (ancient["policy"], {each["most_points"] for each in ancient["items"]}) == (None, {0})


@pytest.mark.parametrize(
    ("roles", "checklist", "fits"),
    [
        (("generator",), "hazardous_generator", True),
        (("generator",), "recycler", False),
        (("recycler",), "recycler", True),
        (("transporter",), "transporter", True),
        (("collector",), "transporter", True),
        (("recycler",), "general_generator", False),
    ],
)
def test_a_checklist_is_for_enterprises_of_its_roles(marketplace, roles, checklist, fits):
    party = marketplace.enterprise(*roles)
    response = party.post(ROOT, {"checklist": checklist, "kind": "self"})
    assert verdict(response) == ((201,) if fits else (422, "checklist_does_not_fit", "checklist"))


# ---------------------------------------------------------------- results


def answered(*points, vetoes=()):
    """Answers of items worth two points each; the items at these places have a veto."""
    return [
        InspectionAnswer(points=each, item=ChecklistItem(most_points=2, veto=place in vetoes))
        for place, each in enumerate(points)
    ]


@pytest.mark.parametrize(
    ("points", "result"),
    [(40, "pass"), (34, "pass"), (33, "basic"), (27, "basic"), (26, "fail"), (0, "fail")],
)
def test_thirty_four_of_forty_pass_and_twenty_seven_are_basic(points, result):
    whole, half = divmod(points, 2)
    given_points = [2] * whole + [1] * half + [0] * (20 - whole - half)
    assert result_of(answered(*given_points), POLICY) == result


@given(st.lists(st.sampled_from([0, 1, 2]), min_size=20, max_size=20), st.integers(0, 19))
def test_no_answer_that_is_better_makes_a_result_worse(points, place):
    rank = {"fail": 0, "basic": 1, "pass": 2}
    better = [*points]
    better[place] = min(2, better[place] + 1)
    vetoes = (0, 10, 19)
    assert (
        rank[result_of(answered(*better, vetoes=vetoes), POLICY)]
        >= rank[result_of(answered(*points, vetoes=vetoes), POLICY)]
    )


@given(st.lists(st.sampled_from([1, 2]), min_size=20, max_size=20), st.sets(st.integers(0, 19)), st.data())
def test_a_veto_item_that_is_not_met_fails_whatever_else_is_met_and_no_other_item_does(points, vetoes, data):
    """Among answers that are nowhere 0, one becomes so: in a list that passes, only a veto makes it fail."""
    place = data.draw(st.integers(0, 19))
    without = [*points[:place], 0, *points[place + 1 :]]
    by_points = result_of(answered(*without), POLICY)
    assert result_of(answered(*points, vetoes=vetoes), POLICY) == result_of(answered(*points), POLICY)
    assert result_of(answered(*without, vetoes=vetoes), POLICY) == ("fail" if place in vetoes else by_points)
    alone = [*[2] * place, 0, *[2] * (19 - place)]
    assert result_of(answered(*alone, vetoes=vetoes), POLICY) == ("fail" if place in vetoes else "pass")


def test_a_check_without_findings_is_closed_at_once_and_the_enterprise_is_told(site):
    made = site.finished()
    assert (made["status"], made["result"], made["points"], made["percent"]) == ("closed", "pass", 40, 100)
    assert (made["due_on"], made["warnings"]) == (None, [])
    site.marketplace.settle()
    (told,) = site.generator.inbox("inspection.finished")
    assert made["number"] in told["detail"]
    assert site.events() == []


def test_every_item_must_be_answered_and_answers_may_be_replaced(site):
    made = site.begin()
    some = {"items": [{"item": "M1", "points": PARTLY, "note": "证照待更新"}, {"item": "M2", "points": MET}]}
    site.step(made, "items", some)
    shown = site.step(made, "items", {"items": [{"item": "M1", "points": MET}]})
    assert [entry["points"] for entry in shown["items"][:3]] == [2, 2, None]
    assert shown["items"][0]["note"] is None
    unfinished = site.regulator.post(f"{ROOT}/{made['id']}/finish", {})
    assert verdict(unfinished)[:2] == (409, "items_unanswered")
    assert "M3" in unfinished.json["detail"]
    assert site.show(made)["status"] == "open"


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"item": "Z9", "points": 2}, (422, "unknown_item", "items.1.item")),
        ({"item": "M1", "points": 3}, (422, "invalid_input", "items.1.points")),
        ({"item": "M1", "points": 1.5}, (422, "invalid_input", "items.1.points")),
        ({"item": "L1", "points": 2, "rule": "site.label"}, (422, "rule_without_finding", "items.1.rule")),
        ({"item": "L1", "points": 0, "rule": "law.crime"}, (422, "invalid_input", "items.1.rule")),
        ({"item": "M2", "points": 0}, (422, "invalid_input", "items")),
    ],
)
def test_a_wrong_answer_names_its_place_and_nothing_of_the_call_is_kept(site, body, refusal):
    made = site.begin()
    sent = {"items": [{"item": "M2", "points": MET}, body]}
    response = site.regulator.post(f"{ROOT}/{made['id']}/items", sent)
    assert verdict(response) == refusal
    assert all(entry["points"] is None for entry in site.show(made)["items"])


# ---------------------------------------------------------------- who may


def test_each_kind_of_check_has_its_inspector(site):
    for kind, allowed in {"self": {"self"}, "district": {"district", "city"}, "city": {"city"}}.items():
        for asker in ("self", "district", "city"):
            body = {"enterprise_id": site.generator.id, "checklist": "general_generator", "kind": kind}
            response = site.inspector(asker).post(ROOT, body)
            if asker in allowed:
                assert response.status_code == 201, (kind, asker)
                site.step(response.json, "cancel", {"reason": "演示"}, site.inspector(asker))
            else:
                assert verdict(response)[:2] == (403, "inspection_of_others"), (kind, asker)


def test_a_regulator_checks_no_enterprise_of_another_region(site):
    stranger = site.marketplace.regulator("310000")
    body = {"enterprise_id": site.generator.id, "checklist": "general_generator", "kind": "district"}
    assert verdict(stranger.post(ROOT, body)) == (422, "unknown_enterprise", "enterprise_id")
    neighbour = site.marketplace.enterprise("generator")
    assert verdict(neighbour.post(ROOT, {**body, "kind": "self"})) == (
        422, "unknown_enterprise", "enterprise_id",
    )  # fmt: skip


def test_nobody_rectifies_or_rechecks_in_place_of_the_other(site):
    made = site.ordered()
    path = f"{ROOT}/{made['id']}"
    for party in (site.regulator, site.admin):
        assert verdict(party.post(f"{path}/rectify", {"items": [L1]}))[:2] == (403, "inspection_of_others")
    site.rectified(made)
    corrected = {"items": [{"item": "L1", "corrected": True}]}
    assert verdict(site.generator.post(f"{path}/recheck", corrected))[:2] == (403, "inspection_of_others")


def test_one_check_of_a_kind_and_checklist_is_open_at_a_time(site):
    made = site.begin()
    body = {"enterprise_id": site.generator.id, "checklist": made["checklist"], "kind": made["kind"]}
    refused = site.regulator.post(ROOT, body)
    assert verdict(refused)[:2] == (409, "inspection_open")
    site.begin(checklist="general_generator")
    site.begin("self")
    site.step(made, "cancel", {"reason": "改期"})
    site.begin()


# ---------------------------------------------------------------- findings


def test_findings_are_put_right_by_a_day_and_checked_again(site):
    made = site.ordered()
    assert (made["status"], made["due_on"], made["result"]) == ("rectifying", "2026-12-22", "pass")
    site.marketplace.settle()
    (told,) = site.generator.inbox("inspection.ordered")
    assert told["data"]["last_day"] == "2026-12-22"

    path = f"{ROOT}/{made['id']}"
    for items in ([{"item": "L2", "text": "x"}], [L1, {"item": "L2", "text": "x"}]):
        refused = site.generator.post(f"{path}/rectify", {"items": items})
        assert verdict(refused) == (422, "open_findings_only", "items")
    site.rectified(made)
    returned = site.step(made, "recheck", {"items": [{"item": "L1", "corrected": False, "note": "仍缺两件"}],
                                           "due_on": "2026-12-10"})  # fmt: skip
    assert (returned["status"], returned["due_on"]) == ("rectifying", "2026-12-10")
    site.rectified(made)
    closed = site.step(made, "recheck", {"items": [{"item": "L1", "corrected": True}]})
    assert (closed["status"], closed["was_late"]) == ("closed", False)
    site.marketplace.settle()
    for kind in ("inspection.returned", "inspection.corrected"):
        assert len(site.generator.inbox(kind)) == 1, kind
    assert site.events() == []


@pytest.mark.parametrize("day", ["2026-12-01", "2026-11-30", "2027-12-02"])
def test_an_order_has_a_day_within_a_year_from_tomorrow(site, day):
    made = site.answered(L1=NOT_MET)
    response = site.regulator.post(f"{ROOT}/{made['id']}/finish", {"due_on": day})
    assert verdict(response) == (422, "rectification_day", "due_on")
    assert site.show(made)["status"] == "open"


def test_the_whole_of_the_last_day_is_in_time(site):
    made = site.step(site.answered(L1=NOT_MET), "finish", {"due_on": "2026-12-02"})
    site.marketplace.wait(hours=35, minutes=59)  # 23:59 on that day in Shaoxing
    assert site.show(made)["status"] == "rectifying"
    site.marketplace.wait(minutes=1)
    assert site.show(made)["status"] == "overdue"
    assert site.show(made)["was_late"]


@pytest.mark.parametrize("kind", ["self", "district", "city"])
def test_a_late_rectification_is_told_and_counts_once_if_an_officer_ordered_it(site, kind):
    made = site.ordered(kind)
    for _ in range(2):
        site.marketplace.wait(days=30)
        assert site.show(made)["status"] == "overdue"
        site.rectified(made)
        site.step(made, "recheck", {"items": [{"item": "L1", "corrected": False}]})
    site.marketplace.settle()
    assert len(site.generator.inbox("inspection.overdue")) == 2
    rules = [event["rule"] for event in site.events()]
    assert rules == ([] if kind == "self" else ["site.rectification_late"])


# ---------------------------------------------------------------- what it costs


def test_what_an_officer_puts_under_a_rule_is_recorded_at_the_end_only(site):
    made = site.begin()
    site.step(made, "items", answers(made, L1=NOT_MET, S4=PARTLY))
    site.step(made, "items", {"items": [{"item": "L1", "points": 0, "note": "三件", "rule": "site.defect"}]})
    assert site.events() == []
    finished = site.step(made, "finish", {})
    (event,) = site.events()
    assert (event["rule"], event["points"], event["document"]) == (
        "site.defect", -4, f"{made['number']}-L1",
    )  # fmt: skip
    shown = {entry["item"]["code"]: entry["event_id"] for entry in finished["items"]}
    assert (shown["L1"], shown["S4"]) == (event["id"], None)


def test_whoever_found_it_does_not_decide_about_it_though_another_finished(site):
    found, finishing = site.marketplace.second_admin(), site.admin
    made = site.begin("city")
    ruled = {"items": [{"item": "L1", "points": 0, "rule": "site.defect"}]}
    site.step(made, "items", answers(made), by=found)
    site.step(made, "items", ruled, by=found)
    site.step(made, "finish", {}, by=finishing)
    (event,) = site.events()
    path = f"/credit/events/{event['id']}"
    appeal = site.generator.post(f"{path}/appeal", {"reason": "不是我厂"}).json
    decision = {"decision": "overturn", "reason": "已核实"}
    for officer in (found, finishing):
        assert officer.post(f"{path}/withdraw", {"reason": "录错"}).json["code"] == "second_officer_needed"
        decided = officer.post(f"/credit/appeals/{appeal['id']}/decide", decision)
        assert (decided.status_code, decided.json["code"]) == (409, "second_officer_needed")
    with site.marketplace.app.app_context(), pytest.raises(IntegrityError, match="recorded a credit event"):
        db.session.execute(
            text("UPDATE credit_appeal SET status = 'upheld', closed_at = now(), decided_by = :officer"),
            {"officer": who(site.marketplace, found)[1]},
        )
    third = site.marketplace.second_admin()
    assert third.post(f"/credit/appeals/{appeal['id']}/decide", decision).status_code == 200


def test_two_findings_of_one_rule_are_two_events(site):
    made = site.answered(S3=NOT_MET, S4=NOT_MET)
    ruled = [{"item": code, "points": 0, "rule": "site.defect"} for code in ("S3", "S4")]
    site.step(made, "items", {"items": ruled})
    site.step(made, "finish", {})
    assert [event["points"] for event in site.events()] == [-4, -4]


def test_what_a_self_check_has_named_costs_half(site):
    reported = site.finished("self", S3=NOT_MET)
    assert reported["status"] == "rectifying"
    made = site.answered(S3=NOT_MET, S4=NOT_MET)
    ruled = [{"item": code, "points": 0, "rule": "site.defect"} for code in ("S3", "S4")]
    site.step(made, "items", {"items": ruled})
    site.step(made, "finish", {})
    points = {event["document"][-2:]: event["points"] for event in site.events()}
    assert points == {"S3": -2, "S4": -4}


def test_a_self_report_that_is_too_old_or_too_late_helps_nothing(site):
    site.finished("self", S3=NOT_MET)
    site.marketplace.now += timedelta(days=91)
    made = site.answered(S3=NOT_MET)
    site.finished("self", S3=NOT_MET)  # while the officer is there
    site.step(made, "items", {"items": [{"item": "S3", "points": 0, "rule": "site.defect"}]})
    site.step(made, "finish", {})
    assert [event["points"] for event in site.events()] == [-4]


def test_a_self_check_records_nothing(site):
    made = site.begin("self")
    ruled = {"items": [{"item": "L1", "points": 0, "rule": "site.label"}]}
    refused = site.generator.post(f"{ROOT}/{made['id']}/items", ruled)
    assert verdict(refused) == (422, "rule_of_self_check", "items.0.rule")
    site.step(made, "items", answers(made, M1=NOT_MET))
    assert site.step(made, "finish", {})["result"] == "fail"
    assert site.events() == []


def test_a_failed_assessment_counts(site):
    assert site.finished(M1=NOT_MET)["result"] == "fail"
    (event,) = site.events()
    assert (event["rule"], event["points"]) == ("site.assessed_fail", -20)


def test_a_failed_assessment_counts_to_the_next_but_not_to_a_self_check(site):
    site.finished(M1=NOT_MET)
    site.marketplace.now += timedelta(days=30)
    site.finished("self")
    assert site.generator.standing()["score"] == 60
    site.finished()
    assert site.generator.standing()["score"] == 80
    (event,) = site.events()
    assert event["lapses_on"] == "2026-12-31"


# ---------------------------------------------------------------- report, lists, frequency


def text_of(response):
    assert (response.status_code, response.mimetype) == (200, "application/pdf")
    return "".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(response.data)).pages)


def test_the_report_is_a_pdf_in_the_language_of_its_reader_and_can_be_verified(site):
    made = site.ordered()
    path = f"{ROOT}/{made['id']}/report.pdf"
    chinese = site.generator.call("GET", path, headers={"Accept-Language": "zh"})
    for said in ("现场检查报告", made["number"], "酸厂", "整改期限", "2026-12-22", "38 / 40"):
        assert said in text_of(chinese), said
    english = site.generator.call("GET", path, headers={"Accept-Language": "en"})
    for said in ("Inspection report", "Incompatible wastes", "To be put right by", "38 / 40"):
        assert said in text_of(english).replace("\n", " "), said
    assert site.generator.call("GET", path, headers={"Accept-Language": "zh"}).data == chinese.data
    site.rectified(made)
    later = site.generator.call("GET", path, headers={"Accept-Language": "zh"})
    assert "已更换" in text_of(later)


def test_an_enterprise_sees_its_own_and_a_regulator_those_of_its_region(site):
    made = site.begin()
    other = site.marketplace.enterprise("generator", region="310115", location=PUDONG)
    own = other.post(ROOT, {"checklist": "general_generator", "kind": "self"}).json
    ids = {
        party: [row["id"] for row in party.get(ROOT).json["items"]]
        for party in (site.generator, other, site.regulator, site.admin)
    }
    assert list(ids.values()) == [[made["id"]], [own["id"]], [made["id"]], [own["id"], made["id"]]]
    for query, found in (
        ({"kind": "self"}, [own["id"]]),
        ({"status": "closed,cancelled"}, []),
        ({"checklist": "hazardous_generator"}, [made["id"]]),
        ({"enterprise_id": other.id}, [own["id"]]),
        ({"mine": "true"}, []),
    ):
        assert [row["id"] for row in site.admin.get(ROOT, **query).json["items"]] == found, query


def test_the_next_check_is_due_by_grade(site):
    site.finished(L1=NOT_MET)
    late = site.marketplace.enterprise("generator", grade="D")
    admin, day = site.admin, "2027-03-01"
    due = admin.get(f"{ROOT}/due", on=day).json["items"]
    assert [(row["enterprise"]["id"], row["due_on"], row["last_on"]) for row in due] == [
        (late.id, "2027-03-01", None)
    ]
    found = walked(site.regulator, f"{ROOT}/due", on="2027-12-01", limit=1)
    assert [(row["enterprise"]["id"], row["due_on"]) for row in found] == [
        (late.id, "2027-03-01"),
        (site.generator.id, "2027-12-01"),
    ]
    assert site.generator.get(f"{ROOT}/due").status_code == 403


def test_an_inspection_that_nobody_finishes_is_given_up(site):
    made = site.begin()
    site.marketplace.wait(days=61)
    assert site.show(made)["status"] == "cancelled"
