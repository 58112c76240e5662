"""Appeals over HTTP: who may appeal until when, who decides, what then happens to event, block and score."""

import threading
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from marketplace.appeals.service import appealing
from marketplace.credit import service as credit
from marketplace.credit.service import files
from marketplace.database import db
from tests.appeals.course import SERIOUS, WHY, Course, at_once, decide, refusal
from tests.uploaded_files import made


@pytest.fixture
def course(marketplace):
    return Course(marketplace)


# ---------------------------------------------------------------- asking


def test_an_appeal_is_open_with_its_last_day_and_the_enterprise_is_told(course):
    answer = course.appeal()
    assert (answer.status_code, answer.json["status"], answer.json["due_on"]) == (201, "open", "2026-12-29")
    assert course.firm.get(f"/credit/appeals/{answer.json['id']}").json == {
        name: value for name, value in answer.json.items() if name != "warnings"
    }
    (told,) = course.inbox("appeal.opened")
    assert (told["appeal_id"], told["last_day"]) == (answer.json["id"], "2026-12-29")
    assert course.firm.standing()["score"] == 85, "until it is decided the event counts"


def test_an_event_is_appealed_against_once_whatever_came_of_it(course):
    path = course.appealed()
    assert refusal(course.appeal()) == (409, "already_appealed")
    assert course.firm.post(f"{path}/withdraw").json["status"] == "withdrawn"
    assert refusal(course.appeal()) == (409, "already_appealed")


def test_two_appeals_at_once_make_one(course, monkeypatch):
    """Each waits for the other once it has found no appeal: the lock of the event lets only one so far."""
    both, looked = threading.Barrier(2), appealing._require_first

    def look_and_wait(work, event_id):
        looked(work, event_id)
        with suppress(threading.BrokenBarrierError):
            both.wait(0.5)

    monkeypatch.setattr(appealing, "_require_first", look_and_wait)
    call = (course.firm, f"/credit/events/{course.event['id']}/appeal", WHY)
    assert at_once(course.marketplace, call, call) == [(201, None), (409, "already_appealed")]


def test_nobody_appeals_against_the_event_of_another(course):
    neighbour = course.marketplace.enterprise("recycler")
    assert course.appeal(by=neighbour).status_code == 404
    assert course.appeal(by=course.admin).status_code == 403
    assert course.firm.get("/credit/appeals").json["items"] == []


def test_what_no_longer_counts_cannot_be_appealed_against(course):
    withdraw = f"/credit/events/{course.event['id']}/withdraw"
    assert course.second.post(withdraw, WHY).status_code == 200
    event, compensation = course.events()
    assert [refusal(course.appeal(row)) for row in (event, compensation)] == [(409, "wrong_state")] * 2
    light = course.record("law.penalty_minor")
    assert decide(course.third, course.checked(light), "grant").status_code == 200
    assert refusal(course.appeal(light)) == (409, "wrong_state")


def test_what_the_platform_recorded_by_itself_can_be_appealed_against(marketplace):
    course = Course(marketplace)
    with marketplace.app.app_context():
        made = credit.record_automatic(UUID(course.firm.id), "manifest.late_close", "manifest:1", "LD1")
        event = {"id": str(made.id)}
    path = course.appealed(event)
    assert decide(course.admin, path, "overturn").json["status"] == "overturned"
    assert course.firm.standing()["score"] == 85


@pytest.mark.parametrize(
    ("now", "status"),
    [
        (datetime(2026, 12, 22, 15, 59, tzinfo=UTC), 201),
        (datetime(2026, 12, 22, 16, 0, tzinfo=UTC), 409),  # midnight in Shaoxing
    ],
)
def test_the_time_is_fifteen_working_days_from_the_day_after_the_entry(course, now, status):
    course.marketplace.now = now
    answer = course.appeal()
    assert answer.status_code == status
    if status == 409:
        assert answer.json["code"] == "appeal_too_late"
        assert "2026-12-22" in answer.json["detail"]


def test_days_of_a_year_that_nobody_announced_are_warned_of(course):
    course.marketplace.now = datetime(2026, 12, 15, 4, 0, tzinfo=UTC)
    answer = course.appeal().json
    assert answer["due_on"] == "2027-01-12"
    assert [warning["code"] for warning in answer["warnings"]] == ["holidays_not_announced"]


# ---------------------------------------------------------------- deciding


def test_upheld_the_event_stands(course):
    path = course.appealed()
    assert decide(course.second, path, "uphold").json["status"] == "upheld"
    assert course.firm.standing()["score"] == 85
    assert [event["status"] for event in course.events()] == ["recorded"]
    (told,) = course.inbox("appeal.upheld")
    assert told["reason"] == "已核实"


def test_overturned_the_event_is_compensated_its_block_lifted_and_the_score_new_at_once(marketplace):
    course = Course(marketplace, SERIOUS)
    assert (course.firm.standing()["score"], course.firm.standing()["blocked"]) == (40, True)
    path = course.appealed()
    assert decide(course.second, path, "overturn").json["answer"] == "已核实"
    assert (course.firm.standing()["score"], course.firm.standing()["blocked"]) == (100, False)
    event, compensation = course.events()
    assert (event["status"], compensation["withdraws"]) == ("withdrawn", event["id"])
    (told,) = course.inbox("appeal.overturned")
    assert told["reason"] == "已核实"
    assert course.inbox("credit.withdrawn") == [], "one message tells both"


@pytest.mark.parametrize("decision", ["uphold", "overturn"])
def test_whoever_recorded_the_event_does_not_decide(course, decision):
    path = course.appealed()
    assert refusal(decide(course.admin, path, decision)) == (409, "second_officer_needed")
    assert course.firm.get(path).json["status"] == "open"
    assert course.firm.standing()["score"] == 85


def test_the_database_refuses_a_decision_by_the_recorder_too(course):
    path = course.appealed()
    decided = (
        "UPDATE credit_appeal SET status = 'upheld', closed_at = now(),"
        " decided_by = (SELECT recorded_by FROM credit_event WHERE id = event_id) WHERE id = :id"
    )
    with course.marketplace.app.app_context():
        with pytest.raises(IntegrityError) as refused:
            db.session.execute(text(decided), {"id": path.rpartition("/")[2]})
        assert refused.value.orig.diag.constraint_name == "ck_credit_appeal_second_officer"
        db.session.rollback()


def test_an_appeal_is_decided_once(course):
    path = course.appealed()
    assert decide(course.second, path, "uphold").status_code == 200
    assert refusal(decide(course.third, path, "overturn")) == (409, "wrong_state")
    assert refusal(course.firm.post(f"{path}/withdraw")) == (409, "wrong_state")


@pytest.mark.parametrize("other", ["uphold", "overturn"])
def test_of_two_decisions_at_once_one_wins_and_one_event_compensates(course, other):
    path = course.appealed()
    bodies = [{"decision": decision, **WHY} for decision in ("overturn", other)]
    calls = zip((course.second, course.third), [f"{path}/decide"] * 2, bodies, strict=True)
    assert at_once(course.marketplace, *calls) == [(200, None), (409, "wrong_state")]
    is_overturned = course.firm.get(path).json["status"] == "overturned"
    assert [event["status"] for event in course.events()].count("compensation") == is_overturned
    assert course.firm.standing()["score"] == (100 if is_overturned else 85)


def test_a_withdrawal_and_a_decision_at_once_compensate_once(course):
    path = course.appealed()
    calls = (
        (course.second, f"/credit/events/{course.event['id']}/withdraw", WHY),
        (course.third, f"{path}/decide", {"decision": "overturn", **WHY}),
    )
    assert at_once(course.marketplace, *calls) == [(200, None), (409, "wrong_state")]
    assert [event["status"] for event in course.events()] == ["withdrawn", "compensation"]
    assert course.firm.standing()["score"] == 100


# ---------------------------------------------------------------- ending


def test_an_appeal_ends_by_itself_when_its_event_is_withdrawn(course):
    path = course.appealed()
    assert course.second.post(f"/credit/events/{course.event['id']}/withdraw", WHY).status_code == 200
    assert refusal(decide(course.third, path, "uphold")) == (409, "wrong_state")
    course.marketplace.settle()
    ended = course.firm.get(path).json
    assert (ended["status"], ended["answer"]) == ("ended", WHY["reason"])
    assert ended["closed_at"]
    (told,) = course.inbox("appeal.ended")
    assert told["appeal_id"] == ended["id"]


# ---------------------------------------------------------------- who sees what


def test_each_sees_the_appeals_that_it_may(course):
    elsewhere = Course(course.marketplace, region="330106")
    here, there = course.appealed(), elsewhere.appealed()

    def seen(party, **query):
        return {f"/credit/appeals/{row['id']}" for row in party.get("/credit/appeals", **query).json["items"]}

    assert seen(course.admin, status="open") == {here, there}
    assert seen(course.firm) == {here}
    assert seen(course.marketplace.regulator("330600")) == {here}
    assert decide(course.second, here, "uphold").status_code == 200
    assert seen(course.admin, status="open") == {there}
    assert seen(course.admin, status="upheld") == {here}
    assert course.admin.get("/credit/appeals", status="lost").status_code == 422


@pytest.mark.parametrize(
    ("body", "at"),
    [
        ({"decision": "maybe", **WHY}, "decision"),
        (WHY, "decision"),
        ({"decision": "uphold"}, "reason"),
        ({"decision": "uphold", "reason": " "}, "reason"),
        ({"decision": "uphold", "reason": "x" * 1001}, "reason"),
    ],
)
def test_a_wrong_decision_names_its_field_and_changes_nothing(course, body, at):
    path = course.appealed()
    answer = course.second.post(f"{path}/decide", body)
    assert (answer.status_code, list(answer.json["errors"])) == (422, [at])
    assert course.firm.get(path).json["status"] == "open"


# ---------------------------------------------------------------- files


def prove(course, path, content=made.PDF, media_type="application/pdf", by=None, **query):
    """Send a file for an appeal."""
    party = by or course.firm
    return party.call("POST", f"{path}/files", data=content, content_type=media_type, query_string=query)


def test_a_file_of_an_appeal_lies_with_its_event_for_who_decides_and_says_whose_it_is(course):
    path = course.appealed()
    sent = prove(course, path, name="门岗记录.pdf")
    assert (sent.status_code, sent.json["by"], sent.json["name"]) == (201, "enterprise", "门岗记录.pdf")
    events = f"/credit/events/{course.event['id']}/files"
    for party in (course.firm, course.second):
        assert party.get(events).json == {"items": [sent.json]}
        assert party.get(f"/credit/files/{sent.json['id']}").data == made.PDF
    neighbour = course.marketplace.enterprise("recycler")
    for party, status in ((neighbour, 404), (course.second, 403)):
        assert prove(course, path, made.PNG, "image/png", by=party).status_code == status
    assert len(course.firm.get(events).json["items"]) == 1


def test_a_file_that_shows_nothing_is_refused_and_none_comes_after_the_decision(course):
    path = course.appealed()
    assert refusal(prove(course, path, b"MZ")) == (415, "media_type_document")
    assert decide(course.second, path, "uphold").status_code == 200
    assert refusal(prove(course, path)) == (409, "wrong_state")
    assert course.firm.get(f"/credit/events/{course.event['id']}/files").json["items"] == []


def test_files_of_officers_leave_the_enterprise_room_for_its_own(course, monkeypatch):
    monkeypatch.setattr(files, "MOST_FILES", 1)
    path = course.appealed()
    event = f"/credit/events/{course.event['id']}"
    assert prove(course, event, by=course.marketplace.admin).json["by"] == "officer"
    assert prove(course, path, made.PNG, "image/png").status_code == 201
    assert refusal(prove(course, path, made.JPEG, "image/jpeg")) == (409, "too_many_files")
