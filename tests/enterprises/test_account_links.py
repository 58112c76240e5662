"""Registration repeated, rejected, proven, and a lost key recovered by a link in an e-mail."""

import re

import pytest

from marketplace.database import db
from marketplace.events.models import Audit, Event
from tests.http.responses import refused
from tests.mail import body
from tests.marketplace import Party, new_uscc

CONTACT = {"name": "王厂长", "email": "wang@example.com", "phone": "0575-85000000"}
ANYWHERE = "/api/v1/enterprises"


def registration(**about):
    new = {"uscc": new_uscc(), "name": "新厂", "roles": ["generator"], "region": "330602"}
    return {**new, "contact": CONTACT, **about}


def register(marketplace, sent, key=None, address="127.0.0.1"):
    headers = {"Idempotency-Key": key} if key else {}
    return marketplace.client.post(
        ANYWHERE, json=sent, headers=headers, environ_base={"REMOTE_ADDR": address}
    )


def post(marketplace, path, sent):
    return marketplace.client.post(f"{ANYWHERE}{path}", json=sent)


def link_in(letter):
    """The token in an e-mail."""
    (token,) = re.findall(r"[\w-]{43}", body(letter))
    return token


def proven(marketplace, relay, **about):
    party = marketplace.enterprise("generator", told=True, proven=False, **about)
    marketplace.settle()
    letter = next(it for it in relay.take() if "/prove/" in body(it))
    assert post(marketplace, "/prove", {"token": link_in(letter)}).json == {"proven": True}
    return party


# ---------------------------------------------------------------- once


def test_a_repeated_registration_gives_the_first_answer_without_the_key(marketplace):
    sent = registration()
    first, again = register(marketplace, sent, "k1"), register(marketplace, sent, "k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json == {**first.json, "api_key": None, "contact": None}
    assert first.json["api_key"]


def test_the_key_of_a_registration_is_of_one_address_and_one_body(marketplace):
    sent = registration()
    assert register(marketplace, sent, "k1").status_code == 201
    refused(register(marketplace, registration(), "k1"), 422, "idempotency_key_reused", "Idempotency-Key")
    refused(register(marketplace, sent, "k1", address="10.0.0.9"), 409, "uscc_taken", "uscc")
    refused(register(marketplace, sent), 409, "uscc_taken", "uscc")
    assert "/enterprises/recover" in register(marketplace, sent).json["fix"]


# ---------------------------------------------------------------- rejected, and told


def test_a_rejected_registration_says_why_and_frees_its_uscc(marketplace, relay):
    sent = registration()
    party = Party(marketplace, register(marketplace, sent).json["api_key"])
    me = party.get("/enterprises/me").json
    path = f"/enterprises/{me['id']}"
    refused(marketplace.admin.post(f"{path}/reject", {}), 422, "invalid_input", "reason")
    answer = marketplace.admin.post(f"{path}/reject", {"reason": "名称与执照不符"})
    assert (answer.status_code, answer.json["status"]) == (200, "rejected")
    marketplace.settle()

    assert party.get("/enterprises/me").json["status_reason"] == "名称与执照不符"
    (told,) = party.inbox("enterprise.rejected")
    assert told["data"] == {"reason": "名称与执照不符"}
    assert relay.take() == [], "its address is not proven"
    for verb, sent_body in (("approve", {}), ("reject", {"reason": "x"}), ("suspend", {})):
        refused(marketplace.admin.post(f"{path}/{verb}", sent_body), 409, "wrong_state")
    refused(party.post("/listings", {"kind": "supply"}), 403, "enterprise_rejected")
    again = register(marketplace, sent)
    assert again.status_code == 201
    assert again.json["id"] != me["id"]


def test_only_a_pending_registration_is_rejected(marketplace):
    party = marketplace.enterprise("generator")
    refused(marketplace.admin.post(f"/enterprises/{party.id}/reject", {"reason": "x"}), 409, "wrong_state")


@pytest.mark.parametrize(("reason", "said"), [("欠缴材料", "欠缴材料"), (None, "贵企业已被暂停")])
def test_approval_and_suspension_are_told(marketplace, relay, reason, said):
    party = marketplace.enterprise("generator", told=True)
    marketplace.settle()
    assert [message["data"] for message in party.inbox("enterprise.approved")] == [{}]
    assert any("已通过审核" in body(letter) for letter in relay.take())

    marketplace.admin.post(f"/enterprises/{party.id}/suspend", {"reason": reason})
    marketplace.settle()
    assert [message["data"] for message in party.inbox("enterprise.suspended")] == [{"reason": reason or ""}]
    assert any(said in body(letter) for letter in relay.take())


@pytest.mark.parametrize("verb", ["approve", "reject", "suspend"])
def test_a_decision_may_name_the_version_that_was_read(marketplace, verb):
    party = marketplace.enterprise("generator", approved=False)
    path = f"/enterprises/{party.id}"
    read = marketplace.admin.get(path).headers["ETag"]
    party.patch(path, {"contact": CONTACT})
    stale = marketplace.admin.post(f"{path}/{verb}", {"reason": "x"}, If_Match=read)
    refused(stale, 412, "version_changed")
    assert party.get(path).json["status"] == "pending"
    now = marketplace.admin.get(path).headers["ETag"]
    assert marketplace.admin.post(f"{path}/{verb}", {"reason": "x"}, If_Match=now).status_code == 200


# ---------------------------------------------------------------- proof and recovery


def test_the_address_is_proven_by_its_link_and_again_after_a_change(marketplace, relay):
    party = proven(marketplace, relay)
    assert party.get("/enterprises/me").json["email_proven_at"]

    party.patch(f"/enterprises/{party.id}", {"contact": {**CONTACT, "email": "new@example.com"}})
    assert party.get("/enterprises/me").json["email_proven_at"] is None
    marketplace.settle()
    letter = relay.take_one()
    assert letter["To"] == "new@example.com"
    assert "新厂" not in body(letter)
    link = re.search(r"http\S+", body(letter))[0]
    path = link[link.index("/api/") :]
    opened = marketplace.client.get(path)
    assert (opened.status_code, opened.json) == (200, {"proven": False})
    assert party.get("/enterprises/me").json["email_proven_at"] is None, "merely opened, it proves nothing"
    assert marketplace.client.post(path).json == {"proven": True}
    party.patch(f"/enterprises/{party.id}", {"contact": {**CONTACT, "email": "new@example.com"}})
    assert party.get("/enterprises/me").json["email_proven_at"]


def test_a_lost_key_is_recovered_once_by_a_proven_address(marketplace, relay):
    party = proven(marketplace, relay)
    asked = post(marketplace, "/recover", {"uscc": f" {party.number[:9].lower()} {party.number[9:]}"})
    assert (asked.status_code, asked.json) == (200, {"requested": True})
    marketplace.settle()
    token = link_in(relay.take_one())

    answer = post(marketplace, "/recover/confirm", {"token": token})
    assert answer.status_code == 201
    assert answer.json["enterprise_id"] == party.id
    assert Party(marketplace, answer.json["api_key"]).get("/enterprises/me").json["id"] == party.id
    refused(post(marketplace, "/recover/confirm", {"token": token}), 422, "link_invalid", "token")


def test_nobody_learns_whether_an_enterprise_can_be_recovered(marketplace, relay):
    unproven = marketplace.enterprise("generator", proven=False)
    suspended = proven(marketplace, relay)
    marketplace.admin.post(f"/enterprises/{suspended.id}/suspend")
    marketplace.settle()
    relay.take()
    for uscc in (unproven.number, suspended.number, new_uscc(), "no uscc at all"):
        asked = post(marketplace, "/recover", {"uscc": uscc})
        assert (asked.status_code, asked.json) == (200, {"requested": True})
    marketplace.settle()
    assert relay.take() == []


@pytest.mark.parametrize("mails_at_once", [True, False])
def test_requests_for_links_beyond_those_of_a_day_are_not_kept(marketplace, relay, mails_at_once):
    """Whoever knows a USCC may ask 300 times a minute, also while the workers stand still."""
    recovering = proven(marketplace, relay)
    proving = marketplace.enterprise("generator", proven=False)
    most = {}
    for action, ask, party in (
        ("request_recovery", lambda: post(marketplace, "/recover", {"uscc": recovering.number}), recovering),
        ("request_proof", lambda: proving.post("/enterprises/me/send-proof"), proving),
    ):
        for _ in range(9):
            assert ask().status_code == 200
            if mails_at_once:
                marketplace.settle()
        with marketplace.app.app_context():
            rows = db.session.query(Audit).filter_by(action=action, subject_id=party.id).count()
            told = db.session.query(Event).filter(Event.payload["enterprise_id"].astext == party.id)
            told = told.filter(Event.name.like("%requested")).count()
        most[action] = (rows, told)
    assert max(map(max, most.values())) <= (3 if mails_at_once else 6), most
    assert min(map(min, most.values())) >= 1, most


def test_recovery_links_end_are_three_a_day_and_follow_the_address(marketplace, relay):
    party = proven(marketplace, relay)
    for _ in range(5):
        post(marketplace, "/recover", {"uscc": party.number})
    marketplace.settle()
    first, second, third = map(link_in, relay.take())
    assert post(marketplace, "/recover/confirm", {"token": first}).status_code == 201
    refused(post(marketplace, "/recover/confirm", {"token": second}), 422, "link_invalid", "token")
    marketplace.wait(days=1, hours=1)
    post(marketplace, "/recover", {"uscc": party.number})
    marketplace.settle()
    late = link_in(relay.take_one())
    marketplace.wait(minutes=31)
    refused(post(marketplace, "/recover/confirm", {"token": late}), 422, "link_invalid", "token")
    for wrong in ("x", "", third):
        assert post(marketplace, "/recover/confirm", {"token": wrong}).status_code == 422
