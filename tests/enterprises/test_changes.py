"""What an approval vouches for changes by proposal; names like those of others; second claims on a USCC."""

import threading
from uuid import UUID

import pytest

from marketplace.enterprises import service
from marketplace.errors import PreconditionFailed
from marketplace.events.actor import PLATFORM
from tests.enterprises.test_registration import CONTACT, about, register
from tests.http.responses import refused, verdict
from tests.marketplace import SHAOXING, Party

SHANGHAI = {"lon": 121.34, "lat": 30.74, "crs": "wgs84"}


def propose(party, **fields):
    response = party.patch(f"/enterprises/{party.id}", fields)
    assert response.status_code == 202, response.json
    return response.json


def decide(party, change, verb, body=None, **headers):
    return party.post(f"/enterprise-changes/{change['id']}/{verb}", body or {}, **headers)


def profile(party):
    return party.get("/enterprises/me").json


def codes(shown):
    return [warning["code"] for warning in shown["warnings"]]


# ---------------------------------------------------------------- proposals


@pytest.mark.parametrize(
    ("field", "value"), [("name", "绍兴新名厂"), ("region", "330604"), ("roles", ["recycler", "collector"])]
)
def test_what_the_approval_vouches_for_changes_when_an_admin_confirms_it(marketplace, field, value):
    me = marketplace.enterprise("generator", told=True)
    before = profile(me)
    answer = propose(me, **{field: value})
    assert (answer["proposal"]["status"], answer["proposal"]["proposed"]) == ("open", {field: value})
    assert answer["proposal"]["before"] == {field: before[field]}
    assert answer["enterprise"][field] == profile(me)[field] == before[field]
    assert me.get(f"/enterprise-changes/{answer['proposal']['id']}").json == answer["proposal"]

    (queued,) = marketplace.admin.get("/enterprise-changes", status="open").json["items"]
    confirmed = decide(marketplace.admin, queued, "confirm", {"reason": "与新执照一致"})
    assert (confirmed.json["status"], confirmed.json["reason"]) == ("confirmed", "与新执照一致")
    assert profile(me)[field] == value
    marketplace.settle()
    (message,) = me.inbox("enterprise.change_confirmed")
    assert message["data"] == {"change_id": queued["id"]}
    line = me.get(f"/enterprises/{me.id}/history").json["items"][0]
    assert (line["action"], line["actor"], line["changes"][0]["field"]) == ("confirm_change", "admin", field)


def test_a_refused_change_leaves_everything_and_is_explained(marketplace):
    me = marketplace.enterprise("generator")
    change = propose(me, name="别人的名字")["proposal"]
    refused(decide(marketplace.admin, change, "refuse"), 422, "invalid_input", "reason")
    assert decide(marketplace.admin, change, "refuse", {"reason": "与执照不符"}).json["status"] == "refused"
    marketplace.settle()
    (message,) = me.inbox("enterprise.change_refused")
    assert message["data"]["reason"] == "与执照不符"
    assert profile(me)["name"] != "别人的名字"
    assert propose(me, name="又一个")["proposal"]["status"] == "open"


def test_one_proposal_waits_at_a_time_and_the_same_again_is_the_same(marketplace):
    me = marketplace.enterprise("generator")
    first = propose(me, name="甲厂", roles=["recycler", "collector"])["proposal"]
    assert propose(me, roles=["collector", "recycler"], name="甲厂")["proposal"]["id"] == first["id"]
    refused(me.patch(f"/enterprises/{me.id}", {"name": "乙厂"}), 409, "change_waits")
    assert decide(me, first, "withdraw").json["status"] == "withdrawn"
    assert propose(me, name="乙厂")["proposal"]["id"] != first["id"]
    for verb, body in (("confirm", {}), ("refuse", {"reason": "x"})):
        refused(decide(marketplace.admin, first, verb, body), 409, "wrong_state")


def test_what_is_free_changes_at_once_beside_a_proposal_and_the_present_value_is_no_change(marketplace):
    me = marketplace.enterprise("generator", "recycler")
    now = profile(me)
    contact = {**CONTACT, "name": "李"}
    answer = propose(me, name="新名厂", contact=contact, region=now["region"])
    assert answer["proposal"]["proposed"] == {"name": "新名厂"}
    assert profile(me)["contact"]["name"] == "李"

    same = {"name": now["name"], "region": now["region"], "roles": list(reversed(now["roles"]))}
    response = me.patch(f"/enterprises/{me.id}", {**same, "location": {"lon": 120.6, "lat": 30.03}})
    assert (response.status_code, response.json["location"]["lon"]) == (200, 120.6)


def test_a_pending_enterprise_and_an_admin_change_at_once(marketplace):
    pending, approved = (
        marketplace.enterprise("generator", approved=False),
        marketplace.enterprise("generator"),
    )
    fields = {"name": "新名厂", "roles": ["collector"], "region": "330604"}
    for party, target in ((pending, pending), (marketplace.admin, approved)):
        response = party.patch(f"/enterprises/{target.id}", fields)
        assert (response.status_code, response.json["name"]) == (200, "新名厂")
        assert (response.json["roles"], response.json["region"]) == (["collector"], "330604")
    assert marketplace.admin.get("/enterprise-changes").json["items"] == []


def test_a_move_to_another_province_waits_with_its_place(marketplace):
    me = marketplace.enterprise("generator")
    refused(me.patch(f"/enterprises/{me.id}", {"region": "310116"}), 422, "place_not_in_region", "region")
    change = propose(me, region="310116", location=SHANGHAI)["proposal"]
    assert profile(me)["location"] == SHAOXING
    assert decide(marketplace.admin, change, "confirm").status_code == 200
    assert (profile(me)["region"], profile(me)["location"]) == ("310116", SHANGHAI)


def test_the_regulators_of_both_regions_see_a_move_and_no_others(marketplace):
    me, other = marketplace.enterprise("generator"), marketplace.enterprise("generator")
    change = propose(me, region="310116", location=SHANGHAI)["proposal"]
    renamed = propose(other, name="他厂")["proposal"]
    here, there = marketplace.regulator("330600"), marketplace.regulator("310000")
    elsewhere = marketplace.regulator("320000")

    def seen(party):
        return [item["id"] for item in party.get("/enterprise-changes").json["items"]]

    assert seen(here) == seen(marketplace.admin) == [change["id"], renamed["id"]]
    assert (seen(there), seen(elsewhere), seen(me), seen(other)) == (
        [change["id"]], [], [change["id"]], [renamed["id"]],
    )  # fmt: skip
    refused(elsewhere.get(f"/enterprise-changes/{change['id']}"), 404, "not_found")
    refused(other.get(f"/enterprise-changes/{change['id']}"), 404, "not_found")
    refused(decide(other, change, "withdraw"), 404, "not_found")
    refused(decide(here, change, "confirm"), 403, "role_forbids")
    refused(decide(me, change, "confirm"), 403, "role_forbids")
    filtered = marketplace.admin.get("/enterprise-changes", enterprise_id=other.id).json["items"]
    assert [item["id"] for item in filtered] == [renamed["id"]]


def test_a_suspended_enterprise_proposes_nothing_and_gets_nothing_confirmed(marketplace):
    me = marketplace.enterprise("generator")
    change = propose(me, name="新名厂")["proposal"]
    marketplace.admin.post(f"/enterprises/{me.id}/suspend")
    refused(me.patch(f"/enterprises/{me.id}", {"name": "又一名"}), 403, "enterprise_suspended")
    refused(decide(marketplace.admin, change, "confirm"), 409, "wrong_state")
    assert marketplace.admin.get(f"/enterprise-changes/{change['id']}").json["status"] == "open"
    assert decide(me, change, "withdraw").json["status"] == "withdrawn"


def test_a_proposal_whose_ground_has_moved_is_not_confirmed(marketplace):
    me = marketplace.enterprise("generator")
    change = propose(me, name="新名厂")["proposal"]
    marketplace.admin.patch(f"/enterprises/{me.id}", {"name": "管理员改的名"})
    refused(decide(marketplace.admin, change, "confirm"), 409, "change_outdated")
    assert profile(me)["name"] == "管理员改的名"


def test_two_who_decide_at_once_decide_once(marketplace):
    me = marketplace.enterprise("generator")
    change = propose(me, name="新名厂")["proposal"]
    second, answers = marketplace.second_admin(), []
    tries = [(marketplace.admin, "confirm", {}), (second, "refuse", {"reason": "x"}), (me, "withdraw", {})]
    threads = [
        threading.Thread(
            target=lambda call: answers.append(decide(call[0], change, call[1], call[2])), args=(call,)
        )
        for call in tries
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    status = marketplace.admin.get(f"/enterprise-changes/{change['id']}").json["status"]
    assert (profile(me)["name"] == "新名厂") == (status == "confirmed")


def test_decisions_may_name_the_version_that_was_read(marketplace):
    newcomer = marketplace.enterprise("generator", approved=False)
    tag = marketplace.admin.get(f"/enterprises/{newcomer.id}").headers["ETag"]
    newcomer.patch(f"/enterprises/{newcomer.id}", {"name": "后改的名"})
    approve = f"/enterprises/{newcomer.id}/approve"
    refused(marketplace.admin.post(approve, {}, If_Match=tag), 412, "version_changed")
    fresh = marketplace.admin.get(f"/enterprises/{newcomer.id}").headers["ETag"]
    assert marketplace.admin.post(approve, {}, If_Match=fresh).status_code == 200

    change = propose(newcomer, name="又一名")["proposal"]
    tag = marketplace.admin.get(f"/enterprise-changes/{change['id']}").headers["ETag"]
    refused(decide(marketplace.admin, change, "confirm", If_Match='"77"'), 412, "version_changed")
    assert decide(marketplace.admin, change, "confirm", If_Match=tag).status_code == 200


def test_a_decision_on_a_version_that_another_replaced_before_the_lock_is_refused(marketplace):
    """The route compares versions before the row is locked; two admins at once both pass it."""
    newcomer, me = marketplace.enterprise("generator", approved=False), marketplace.enterprise("generator")
    register(marketplace, uscc=newcomer.number)
    (claim,), change = claims(marketplace), propose(me, name="新名厂")["proposal"]
    decisions = {
        newcomer.id: (service.approve, service.reject, service.suspend),
        change["id"]: (service.confirm_change, service.refuse_change, withdraw),
        claim["id"]: (service.uphold_claim, service.dismiss_claim),
    }
    with marketplace.app.app_context():
        for row_id, verbs in decisions.items():
            for verb in verbs:
                with pytest.raises(PreconditionFailed):
                    verb(PLATFORM, UUID(row_id), "x", 77)


def withdraw(actor, change_id, _, expected):
    return service.withdraw_change(actor, change_id, expected)


def test_no_uscc_and_no_status_are_changed_by_a_profile(marketplace):
    for me in (marketplace.enterprise("generator"), marketplace.enterprise("generator", approved=False)):
        for field, value in (("uscc", me.number), ("status", "approved"), ("grade", "A")):
            refused(me.patch(f"/enterprises/{me.id}", {field: value}), 422, "invalid_input", field)


# ---------------------------------------------------------------- names


def test_names_of_mixed_scripts_are_refused_and_others_kept_in_one_form(marketplace):
    for name in ("АBC化工", "绍兴Αlpha厂", "ABCд"):
        assert verdict(register(marketplace, name=name)) == (422, "invalid_input", "name"), name
    assert register(marketplace, name=" ＡＢＣ　化工（２厂） ").json["name"] == "ABC 化工（2厂）"
    owner = marketplace.enterprise("generator")
    refused(owner.patch(f"/enterprises/{owner.id}", {"name": "АBC化工"}), 422, "invalid_input", "name")


LIKE = {
    "绍兴 宏达印染（有限）公司": "name_taken", "紹興市宏達印染厂": "name_resembles",
    "绍兴宏达印染集团": "name_resembles",
    "绍兴宏远印染有限公司": None,
}  # fmt: skip


@pytest.mark.parametrize(("name", "code"), LIKE.items())
def test_a_name_like_that_of_a_living_enterprise_is_registered_and_shown_to_staff(marketplace, name, code):
    first = marketplace.enterprise("generator", name="绍兴宏达印染有限公司")
    answer = register(marketplace, name=name)
    assert (answer.status_code, answer.json["warnings"]) == (201, [])
    second = Party(marketplace, answer.json["api_key"], answer.json["id"])
    assert profile(second)["warnings"] == []

    path = f"/enterprises/{second.id}"
    listed = marketplace.admin.get("/enterprises", status="pending").json["items"]
    for shown in (
        marketplace.admin.get(path).json, marketplace.regulator("330600").get(path).json, listed[0],
        marketplace.admin.post(f"{path}/approve").json,
    ):  # fmt: skip
        assert codes(shown) == ([code] if code else [])
        if code:
            assert first.number in shown["warnings"][0]["detail"]
    assert codes(marketplace.admin.get(f"/enterprises/{first.id}").json) == []


def test_a_rejected_or_lapsed_name_counts_no_more_and_a_proposed_one_does(marketplace):
    gone = marketplace.enterprise("generator", name="绍兴宏达印染有限公司", approved=False)
    marketplace.admin.post(f"/enterprises/{gone.id}/reject", {"reason": "x"})
    newcomer = marketplace.enterprise("generator", name="绍兴宏达印染厂", approved=False)
    assert codes(marketplace.admin.get(f"/enterprises/{newcomer.id}").json) == []

    me = marketplace.enterprise("generator")
    change = propose(me, name="绍兴宏达印染公司")["proposal"]
    assert change["warnings"] == []
    (queued,) = marketplace.admin.get("/enterprise-changes").json["items"]
    assert codes(queued) == ["name_resembles"]


def test_others_see_whether_an_enterprise_is_approved(marketplace):
    other, me = marketplace.enterprise("generator"), marketplace.enterprise("generator", approved=False)
    statuses = [other.get(f"/enterprises/{me.id}").json["status"]]
    for verb in ("approve", "suspend"):
        marketplace.admin.post(f"/enterprises/{me.id}/{verb}")
        statuses.append(other.get(f"/enterprises/{me.id}").json["status"])
    assert statuses == ["pending", "approved", "suspended"]


# ---------------------------------------------------------------- claims


def claims(marketplace, **query):
    return marketplace.admin.get("/uscc-claims", **query).json["items"]


def test_a_second_claim_on_a_uscc_is_a_case_for_staff_and_the_true_owner_gets_in(marketplace):
    squatter = marketplace.enterprise("generator", approved=False)
    body = about(uscc=squatter.number, name="真主")
    answer = marketplace.client.post("/api/v1/enterprises", json=body)
    refused(answer, 409, "uscc_taken", "uscc")
    assert not {"claim", "id", "enterprise"} & set(answer.json)

    (claim,) = claims(marketplace, status="open")
    assert (claim["enterprise_id"], claim["name"], claim["contact"]) == (squatter.id, "真主", CONTACT)
    assert (claim["uscc"], claim["enterprise_name"]) == (squatter.number, profile(squatter)["name"])
    assert claim["enterprise_status"] == "pending"
    assert claims(marketplace, enterprise_id=squatter.id) == [claim]
    assert claims(marketplace, enterprise_id=marketplace.enterprise("generator").id) == []
    assert codes(marketplace.admin.get(f"/enterprises/{squatter.id}").json) == ["uscc_claimed"]
    assert codes(profile(squatter)) == []
    for party in (squatter, marketplace.regulator("330600")):
        refused(party.get("/uscc-claims"), 403, "role_forbids")

    path = f"/uscc-claims/{claim['id']}"
    seen = marketplace.admin.get(path)
    assert seen.json == claim
    stale = marketplace.admin.post(f"{path}/uphold", {"reason": "x"}, If_Match='"9"')
    refused(stale, 412, "version_changed")
    upheld = marketplace.admin.post(f"{path}/uphold", {"reason": "执照已核对"}, If_Match=seen.headers["ETag"])
    assert upheld.json["status"] == "upheld"
    assert profile(squatter)["status"] == "rejected"
    assert marketplace.client.post("/api/v1/enterprises", json=body).status_code == 201
    refused(
        marketplace.admin.post(f"/uscc-claims/{claim['id']}/dismiss", {"reason": "x"}), 409, "wrong_state"
    )


def test_an_approved_holder_is_not_unseated_by_a_claim(marketplace):
    holder = marketplace.enterprise("generator")
    refused(register(marketplace, uscc=holder.number), 409, "uscc_taken", "uscc")
    (claim,) = claims(marketplace)
    path = f"/uscc-claims/{claim['id']}"
    refused(marketplace.admin.post(f"{path}/uphold", {"reason": "x"}), 409, "claim_on_approved")
    assert claims(marketplace, status="open") == [claim]
    assert marketplace.admin.post(f"{path}/dismiss", {"reason": "冒用"}).json["status"] == "dismissed"
    assert profile(holder)["status"] == "approved"


def test_claims_are_kept_once_and_few_also_with_an_idempotency_key(marketplace):
    holder = marketplace.enterprise("generator", approved=False)
    for number in range(8):
        contact = {**CONTACT, "email": f"a{number}@example.com"}
        for key in ("same", "same", None):
            headers = {"Idempotency-Key": f"{key}{number}"} if key else {}
            body = about(uscc=holder.number, contact=contact)
            answer = marketplace.client.post("/api/v1/enterprises", json=body, headers=headers)
            refused(answer, 409, "uscc_taken", "uscc")
    assert len(claims(marketplace)) == 5
    marketplace.admin.post(f"/enterprises/{holder.id}/approve")
    marketplace.wait(days=30)
    assert {(claim["status"], claim["contact"]["email"]) for claim in claims(marketplace)} == {("lapsed", "")}
