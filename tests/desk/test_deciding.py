"""Decisions in bulk: each by its own room, with its rights and its four eyes."""

from tests.desk.world import WHY


def test_thirty_registrations_are_approved_at_once_and_a_bad_one_stops_none(desk):
    pending = [desk.make("registration") for _ in range(30)]
    unknown = desk.make("appeal")
    sent = [("registration", each, "approve") for each in pending]
    sent.insert(15, ("registration", unknown, "approve"))
    sent[20:20] = [("registration", pending[0], "approve"), ("registration", pending[29], "reject")]

    outcome = desk.decide(*sent)

    assert outcome[15] == (404, "not_found")
    assert outcome[20] == (409, "wrong_state")
    assert outcome[21] == (422, "field_required")
    assert [each for place, each in enumerate(outcome) if place not in (15, 20, 21)] == [(200, None)] * 30
    assert desk.ids(kind="registration") == []
    statuses = {desk.admin.get(f"/enterprises/{each}").json["status"] for each in pending}
    assert statuses == {"approved"}


def test_a_refusal_says_why_in_the_callers_language(desk):
    item = {"kind": "registration", "id": desk.make("registration"), "decision": "uphold", "reason": "x"}
    for language, said in (("en", "uphold"), ("zh", "维持")):
        headers = {"Accept-Language": language}
        answer = desk.admin.call("POST", "/desk/decisions", json={"items": [item]}, headers=headers)
        (result,) = answer.json["items"]
        assert (result["status"], result["code"]) == (422, "decision_not_of_kind")
        assert said in result["detail"]


def test_who_recorded_the_event_decides_no_appeal_from_the_desk(desk):
    appeal_id = desk.make("appeal")
    decision = ("appeal", appeal_id, "overturn", "已核实")
    assert desk.decide(decision, by=desk.admin) == [(409, "second_officer_needed")]
    assert desk.decide(decision, by=desk.second) == [(200, None)]
    assert desk.admin.get(f"/credit/appeals/{appeal_id}").json["status"] == "overturned"


def test_who_checked_a_repair_or_placed_a_block_does_not_decide_it(desk):
    repair_id, block_id = desk.make("repair"), desk.make("provisional_block")
    assert desk.decide(("repair", repair_id, "check", "合格"), by=desk.second) == [(200, None)]
    assert desk.decide(("repair", repair_id, "grant", "合格"), by=desk.second) == [
        (409, "second_officer_needed")
    ]
    assert desk.decide(("provisional_block", block_id, "confirm")) == [(409, "second_officer_needed")]
    assert desk.decide(("provisional_block", block_id, "lift", "已解除"), by=desk.second) == [(200, None)]


def test_a_regulator_decides_what_its_room_lets_it_and_in_its_region_only(desk):
    kinds = ("registration", "appeal", "repair", "provisional_block", "transporter_paper", "grade_change")
    made = {kind: desk.make(kind) for kind in kinds}
    sent = [
        ("registration", made["registration"], "approve"),
        ("appeal", made["appeal"], "uphold", "x"),
        ("repair", made["repair"], "grant", "x"),
        ("provisional_block", made["provisional_block"], "confirm"),
    ]
    assert desk.decide(*sent, by=desk.regulator) == [(403, "role_forbids")] * 4
    own = [
        ("transporter_paper", made["transporter_paper"], "verify"),
        ("repair", made["repair"], "check", "x"),
        ("grade_change", made["grade_change"], "see"),
    ]
    assert desk.decide(*own, by=desk.stranger) == [(404, "not_found")] * 3
    assert desk.decide(*own, by=desk.regulator) == [(200, None)] * 3


def test_the_desk_ends_no_suspension(desk):
    firm = desk.marketplace.enterprise("generator")
    assert desk.admin.post(f"/enterprises/{firm.id}/suspend", {"reason": "x"}).status_code == 200
    assert desk.decide(("registration", firm.id, "approve")) == [(409, "wrong_state")]
    assert desk.admin.get(f"/enterprises/{firm.id}").json["status"] == "suspended"


def test_what_has_no_decision_says_so(desk):
    sent = [(kind, desk.make(kind), "confirm") for kind in ("expiring_evaluation", "unmatched_entry")]
    assert desk.decide(*sent) == [(422, "decision_not_of_kind")] * 2


def test_a_batch_has_a_hundred_decisions_at_most_and_members_have_none(desk):
    item = {"kind": "registration", "id": desk.make("registration"), "decision": "approve"}
    assert desk.admin.post("/desk/decisions", {"items": [item] * 101}).status_code == 422
    assert desk.admin.post("/desk/decisions", {"items": []}).status_code == 422
    member = desk.marketplace.enterprise("generator")
    assert member.post("/desk/decisions", {"items": [item]}).status_code == 403
    assert len(desk.ids(kind="registration")) == 1


def test_a_decision_that_lacks_something_says_what(desk):
    subject_id = desk.make("appeal")
    sent = {"kind": "appeal", "id": subject_id}
    items = [
        {**sent, "decision": "uphold"},
        {**sent, "decision": "see"},
        {**sent, "decision": "uphold", **WHY},
    ]
    answer = desk.second.post("/desk/decisions", {"items": items}).json["items"]
    assert [item["field"] for item in answer] == ["reason", "decision", None]
