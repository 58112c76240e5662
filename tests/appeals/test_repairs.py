"""Repair over HTTP: not before the shortest term, checked by one officer, decided by another."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from marketplace.database import db
from tests.appeals.course import GENERAL, LIGHT, MERIT, SERIOUS, WHY, Course, at_once, decide, refusal


@pytest.fixture
def course(marketplace):
    """With a light event, whose repair may be asked for at once."""
    return Course(marketplace, LIGHT)


def test_a_repaired_event_stops_counting_at_once_and_stays_on_record(course):
    path = course.asked()
    checked = course.second.post(f"{path}/check", {"note": "现场复核合格"}).json
    assert (checked["status"], checked["check_note"]) == ("checked", "现场复核合格")
    assert course.firm.standing()["score"] == 94
    granted = decide(course.third, path, "grant").json
    assert (granted["status"], granted["answer"]) == ("granted", "已核实")
    assert course.firm.standing()["score"] == 100
    (event,) = course.events()
    assert (event["status"], event["counts"]) == ("repaired", False)
    kinds = ("repair.opened", "repair.checked", "repair.granted")
    assert [len(course.inbox(kind)) for kind in kinds] == [1, 1, 1]


def test_the_block_of_a_repaired_event_is_lifted(marketplace):
    course = Course(marketplace, SERIOUS, date(2025, 11, 1))
    assert course.firm.standing()["blocked"]
    assert decide(course.third, course.checked(), "grant").status_code == 200
    assert (course.firm.standing()["score"], course.firm.standing()["blocked"]) == (100, False)


@pytest.mark.parametrize(
    ("rule", "first", "is_late"),
    [
        (LIGHT, date(2026, 12, 1), True),
        (GENERAL, date(2026, 9, 1), True),
        (GENERAL, date(2026, 9, 2), False),
        (SERIOUS, date(2025, 12, 1), True),
        (SERIOUS, date(2025, 12, 2), False),
    ],
)
def test_repair_is_asked_for_when_the_shortest_term_of_the_severity_is_over(
    marketplace, rule, first, is_late
):
    course = Course(marketplace, rule, first)
    answer = course.repair()
    assert answer.status_code == (201 if is_late else 409)
    if not is_late:
        assert answer.json["code"] == "repair_too_early"
        assert "2026-12-02" in answer.json["detail"]


def test_the_shortest_term_counts_from_the_decision_where_there_is_one(course):
    body = {
        "enterprise_id": course.firm.id, "rule": GENERAL, "note": "x", "effective_on": "2026-11-20",
        "decided_on": "2026-08-31",
    }  # fmt: skip
    event = course.admin.post("/credit/events", body).json
    assert course.repair(event).status_code == 201


def test_merits_are_not_repaired(course):
    assert refusal(course.repair(course.record(MERIT))) == (409, "repair_of_a_merit")


def test_one_request_is_under_way_at_a_time_and_another_may_follow(course):
    path = course.asked()
    assert refusal(course.repair()) == (409, "repair_under_way")
    assert decide(course.second, path, "refuse").json["status"] == "refused"
    again = course.asked()
    assert course.firm.post(f"{again}/withdraw").json["status"] == "withdrawn"
    assert course.repair().status_code == 201


def test_two_requests_at_once_make_one(course):
    call = (course.firm, f"/credit/events/{course.event['id']}/repair", {"promise": "x"})
    assert at_once(course.marketplace, call, call) == [(201, None), (409, "repair_under_way")]


def test_nothing_is_granted_that_nobody_has_checked(course):
    assert refusal(decide(course.second, course.asked(), "grant")) == (409, "wrong_state")


def test_neither_the_checker_nor_the_recorder_decides(course):
    path = course.checked()
    for party in (course.admin, course.second):
        for decision in ("grant", "refuse"):
            assert refusal(decide(party, path, decision)) == (409, "second_officer_needed")
    assert course.firm.standing()["score"] == 94
    assert decide(course.third, path, "grant").status_code == 200


def test_the_regulator_of_the_region_checks_and_no_other(course):
    path = f"{course.asked()}/check"
    assert course.marketplace.regulator("330106").post(path, {"note": "x"}).status_code == 404
    assert course.firm.post(path, {"note": "x"}).status_code == 403
    assert course.marketplace.regulator("330600").post(path, {"note": "x"}).json["status"] == "checked"
    assert refusal(course.second.post(path, {"note": "x"})) == (409, "wrong_state")


@pytest.mark.parametrize(
    ("officer", "constraint"),
    [
        ("checked_by", "ck_credit_repair_second_officer"),
        ("(SELECT recorded_by FROM credit_event WHERE id = event_id)", "ck_credit_repair_second_officer"),
    ],
)
def test_the_database_refuses_a_decision_by_the_checker_and_by_the_recorder(course, officer, constraint):
    decided = (
        f"UPDATE credit_repair SET status = 'granted', closed_at = now(), decided_by = {officer}"
        " WHERE id = :id"
    )
    path = course.checked()
    with course.marketplace.app.app_context():
        with pytest.raises(IntegrityError) as refused:
            db.session.execute(text(decided), {"id": path.rpartition("/")[2]})
        assert refused.value.orig.diag.constraint_name == constraint
        db.session.rollback()


def test_the_database_refuses_a_compensation_by_the_recorder(course):
    copied = """
        INSERT INTO credit_event SELECT (jsonb_populate_record(e, jsonb_build_object(
            'id', gen_random_uuid(), 'status', 'compensation', 'withdraws', e.id, 'document_key', NULL))).*
        FROM credit_event e WHERE e.id = :id"""
    with course.marketplace.app.app_context():
        with pytest.raises(IntegrityError) as refused:
            db.session.execute(text(copied), {"id": course.event["id"]})
        assert refused.value.orig.diag.constraint_name == "ck_credit_event_second_officer"
        db.session.rollback()


def test_of_a_grant_and_a_refusal_at_once_one_wins(course):
    path = course.checked()
    fourth = course.marketplace.second_admin()
    calls = (
        (course.third, f"{path}/decide", {"decision": "grant", **WHY}),
        (fourth, f"{path}/decide", {"decision": "refuse", **WHY}),
    )
    assert at_once(course.marketplace, *calls) == [(200, None), (409, "wrong_state")]
    is_granted = course.firm.get(path).json["status"] == "granted"
    assert course.firm.standing()["score"] == (100 if is_granted else 94)


def test_a_check_and_a_grant_by_one_officer_at_once_grant_nothing(course):
    path = course.asked()
    calls = (
        (course.second, f"{path}/check", {"note": "x"}),
        (course.second, f"{path}/decide", {"decision": "grant", **WHY}),
    )
    assert (200, None) in at_once(course.marketplace, *calls)
    assert course.firm.get(path).json["status"] == "checked"


def test_an_overturned_appeal_and_a_granted_repair_at_once_are_one_of_the_two(course):
    appeal, repair = course.appealed(), course.checked()
    calls = (
        (course.third, f"{appeal}/decide", {"decision": "overturn", **WHY}),
        (course.third, f"{repair}/decide", {"decision": "grant", **WHY}),
    )
    assert at_once(course.marketplace, *calls) == [(200, None), (409, "wrong_state")]
    course.marketplace.settle()
    states = course.firm.get(appeal).json["status"], course.firm.get(repair).json["status"]
    assert states in {("overturned", "ended"), ("ended", "granted")}
    assert course.firm.standing()["score"] == 100


def test_a_complex_case_takes_twenty_days_once_and_the_enterprise_is_told(course):
    path = course.asked()
    assert course.firm.get(path).json["due_on"] == "2026-12-15"
    extended = course.admin.post(f"{path}/extend", WHY).json
    assert (extended["due_on"], extended["complex"]) == ("2026-12-29", True)
    assert refusal(course.admin.post(f"{path}/extend", WHY)) == (409, "already_extended")
    (told,) = course.inbox("repair.extended")
    assert told["last_day"] == "2026-12-29"


def test_a_request_ends_by_itself_when_its_event_is_withdrawn(course):
    path = course.checked()
    assert course.second.post(f"/credit/events/{course.event['id']}/withdraw", WHY).status_code == 200
    assert refusal(decide(course.third, path, "grant")) == (409, "wrong_state")
    course.marketplace.settle()
    assert course.firm.get(path).json["status"] == "ended"
    assert len(course.inbox("repair.ended")) == 1


def test_a_repaired_decision_is_not_entered_again(course):
    assert decide(course.third, course.checked(), "grant").status_code == 200
    again = {
        "enterprise_id": course.firm.id, "rule": LIGHT, "effective_on": "2026-12-01", "note": "x",
        "document": course.event["document"],
    }  # fmt: skip
    assert refusal(course.admin.post("/credit/events", again)) == (409, "already_entered")


def test_an_event_that_was_repaired_is_not_repaired_again(course):
    assert decide(course.third, course.checked(), "grant").status_code == 200
    assert refusal(course.repair()) == (409, "wrong_state")
    path = f"/credit/events/{course.event['id']}/withdraw"
    assert refusal(course.second.post(path, WHY)) == (409, "wrong_state")


def test_an_export_holds_what_an_enterprise_asked_but_not_which_officer_answered(course):
    course.appealed()
    course.marketplace.now = datetime(2026, 12, 1, 5, 0, tzinfo=UTC)
    assert decide(course.third, course.checked(), "refuse").status_code == 200
    tables = course.firm.get("/enterprises/me/export").json["tables"]
    assert [row["reason"] for row in tables["credit_appeal"]] == [WHY["reason"]]
    (repair,) = tables["credit_repair"]
    assert (repair["answer"], {"checked_by", "decided_by"} & repair.keys()) == ("已核实", set())
