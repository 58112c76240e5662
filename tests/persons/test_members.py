"""Who acts for an enterprise: invited, joined, given rights, leaving."""

import re
from datetime import timedelta

import pytest

from marketplace.database import db
from marketplace.events.models import Audit
from marketplace.persons.models import Person
from marketplace.persons.service.membership import inviting
from tests.deals.trade import at_once
from tests.http.responses import refused
from tests.mail import body
from tests.persons.people import PASSWORD, invite, join, log_in, member, who


@pytest.fixture(autouse=True)
def _in_the_application(app):
    with app.app_context():
        yield


@pytest.fixture
def firm(marketplace):
    return marketplace.enterprise("generator", name="绍兴一厂")


def staff_of(marketplace, party):
    """The id of the member of staff whose key this is."""
    keys = party.get("/api-keys", holder="staff").json["items"]
    return keys[0]["holder"]["id"]


def test_a_code_on_paper_makes_a_new_person_a_member(marketplace, firm):
    invitation = invite(firm, "owner")
    response = join(marketplace, invitation["code"].lower().replace("-", " "), phone="13800138000")
    assert response.status_code == 201
    (listed,) = firm.get("/members").json["items"]
    assert listed == response.json
    assert (listed["name"], listed["phone"], listed["right"]) == ("李工", "13800138000", "owner")
    assert firm.get(f"/invitations/{invitation['id']}").json["status"] == "accepted"


def test_a_code_works_once(marketplace, firm):
    code = invite(firm)["code"]
    assert join(marketplace, code, phone="13800138000").status_code == 201
    assert refused(join(marketplace, code, phone="13800138001"), 422, "invitation_invalid", "code")


@pytest.mark.parametrize("end", ["withdrawn", "lapsed"])
def test_a_code_that_is_over_opens_nothing(marketplace, firm, end):
    invitation = invite(firm)
    if end == "withdrawn":
        assert firm.delete(f"/invitations/{invitation['id']}").status_code == 204
    else:
        marketplace.wait(days=7, seconds=1)
        marketplace.settle()
    assert firm.get(f"/invitations/{invitation['id']}").json["status"] == end
    assert refused(
        join(marketplace, invitation["code"], phone="13800138000"), 422, "invitation_invalid", "code"
    )


def test_a_new_person_says_a_name_and_on_paper_a_number(marketplace, firm):
    code = invite(firm)["code"]
    assert refused(join(marketplace, code), 422, "field_required", "phone")
    assert refused(join(marketplace, code, phone="13800138000", name=None), 422, "field_required", "name")


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "invalid_input"),
        ("aaaaaaaaaaab", "password_repeats"),
        ("my 13800138000 !", "password_says_who"),
    ],
)
def test_a_password_that_is_easily_guessed_is_refused(marketplace, firm, password, code):
    response = join(marketplace, invite(firm)["code"], phone="13800138000", password=password)
    assert refused(response, 422, code, "password")
    assert firm.get("/members").json["items"] == []


def test_a_mailed_code_goes_to_its_address_alone_and_proves_it(marketplace, relay, firm):
    invitation = invite(firm, "viewer", email="Li@Example.com", language="en")
    assert "code" not in invitation
    marketplace.settle()
    (letter,) = [letter for letter in relay.take() if "invites you" in body(letter)]
    assert "绍兴一厂 invites you" in body(letter)
    (code,) = re.findall(r"[A-Z0-9]{5}(?:-[A-Z0-9]{5}){3}", body(letter))
    joined = join(marketplace, code)
    assert joined.status_code == 201
    assert (joined.json["email"], joined.json["language"]) == ("Li@example.com", "en")
    assert who(marketplace, log_in(marketplace, "li@example.com")).acts_for == "绍兴一厂"


def test_who_is_invited_again_has_the_later_invitation_alone(marketplace, relay, firm):
    other = marketplace.enterprise("recycler")
    elsewhere = invite(other, email="li@example.com")
    codes = []
    for right in ("viewer", "trader"):
        last = invite(firm, right, email="Li@Example.com" if codes else "li@example.com")
        marketplace.settle()
        codes += re.findall(r"[A-Z0-9]{5}(?:-[A-Z0-9]{5}){3}", body(relay.take()[-1]))
    (waiting,) = firm.get("/invitations", status="open").json["items"]
    assert waiting["id"] == last["id"]
    (taken_back,) = firm.get("/invitations", status="withdrawn").json["items"]
    told = db.session.scalars(db.select(Audit.action).where(Audit.subject_id == taken_back["id"])).all()
    assert told == ["invite", "withdraw"]
    assert refused(join(marketplace, codes[0]), 422, "invitation_invalid", "code")
    assert join(marketplace, codes[1]).json["right"] == "trader"
    assert other.get(f"/invitations/{elsewhere['id']}").json["status"] == "open"


def test_an_address_is_invited_once_at_the_same_moment(marketplace, firm, monkeypatch):
    call = (firm, "/invitations", {"right": "trader", "email": "li@example.com"})
    assert at_once(marketplace, call, call, call)[0] == (201, None)
    assert len(firm.get("/invitations", status="open").json["items"]) == 1
    monkeypatch.setattr(inviting, "_withdraw_earlier", lambda *_: None)  # as who has not seen the other's
    assert refused(firm.post(*call[1:]), 409, "invited_just_now", "email")
    staff = {"staff_id": str(marketplace.regulator("330600").id), "email": "wu@example.com"}
    assert marketplace.admin.post("/invitations", staff).status_code == 201
    assert refused(marketplace.admin.post("/invitations", staff), 409, "invited_just_now", "email")
    for _ in range(2):
        invite(firm)
    assert len(firm.get("/invitations", status="open").json["items"]) == 3, "codes on paper are for anybody"


def test_who_is_not_approved_invites_under_its_uscc(marketplace, relay):
    firm = marketplace.enterprise("generator", name="点此领奖 http://evil.example", approved=False)
    invite(firm, email="li@example.com")
    marketplace.settle()
    (letter,) = [letter for letter in relay.take() if "邀请您" in body(letter)]
    assert "evil" not in body(letter)
    assert firm.get("/enterprises/me").json["uscc"] in body(letter)


def test_a_person_joins_a_second_enterprise_with_its_own_password_only(marketplace, firm):
    other = marketplace.enterprise("recycler")
    member(firm, "13800138000")
    code = invite(other)["code"]
    wrong = join(marketplace, code, phone="13800138000", password="another password 1")
    assert refused(wrong, 401, "login_failed")
    joined = join(marketplace, code, phone="13800138000", name=None)
    assert joined.status_code == 201
    assert joined.json["person_id"] == firm.get("/members").json["items"][0]["person_id"]
    assert db.session.query(Person).count() == 1


@pytest.mark.parametrize("given", [{"password": "1111111111"}, {"name": None}])
def test_a_code_that_stays_unused_does_not_say_who_has_a_log_in(marketplace, firm, given):
    member(firm, "13800138000")
    code = invite(firm)["code"]
    about = {"password": "another password 1", **given}
    heard = [join(marketplace, code, phone=phone, **about).json for phone in ("13800138000", "13800138001")]
    for problem in heard:
        problem.pop("request_id")
    assert heard[0] == heard[1]
    assert heard[0]["status"] == 422


def test_nobody_is_a_member_twice(marketplace, firm):
    member(firm, "13800138000")
    assert refused(
        join(marketplace, invite(firm)["code"], phone="13800138000"), 409, "already_member", "code"
    )


def test_the_last_owner_stays(marketplace, firm):
    owner, trader = member(firm, "13800138000", "owner"), member(firm, "13800138001")
    path = f"/members/{owner['id']}"
    assert refused(firm.delete(path), 409, "last_owner")
    assert refused(firm.patch(path, {"right": "viewer"}), 409, "last_owner")
    assert firm.patch(f"/members/{trader['id']}", {"right": "owner"}).status_code == 200
    assert firm.delete(path).status_code == 204
    assert [left["id"] for left in firm.get("/members").json["items"]] == [trader["id"]]


def test_a_neighbour_sees_and_changes_no_member(marketplace, firm):
    theirs, invitation = member(firm, "13800138000"), invite(firm)
    neighbour = marketplace.enterprise("generator")
    for path in (f"/members/{theirs['id']}", f"/invitations/{invitation['id']}"):
        assert neighbour.get(path).status_code == 404
        assert neighbour.delete(path).status_code == 404
    assert neighbour.patch(f"/members/{theirs['id']}", {"right": "owner"}).status_code == 404
    assert neighbour.get("/members").json["items"] == neighbour.get("/invitations").json["items"] == []


def test_ended_members_are_logged_out_at_once(marketplace, firm):
    theirs = member(firm, "13800138000")
    token = log_in(marketplace, "13800138000")
    assert firm.delete(f"/members/{theirs['id']}").status_code == 204
    assert who(marketplace, token) is None
    again = who(marketplace, log_in(marketplace, "13800138000"))
    assert again.actor is None
    assert again.acts_for is None


def test_one_person_is_one_member_of_staff_so_that_four_eyes_are_two_persons(marketplace):
    admin, second = marketplace.admin, marketplace.second_admin()
    ids = {key["holder"]["id"] for key in admin.get("/api-keys", holder="staff").json["items"]}
    assert len(ids) == 2, second
    codes = [admin.post("/invitations", {"staff_id": staff_id}).json["code"] for staff_id in sorted(ids)]
    assert join(marketplace, codes[0], phone="13800138000").status_code == 201
    assert refused(join(marketplace, codes[1], phone="13800138000"), 409, "already_staff", "code")
    taken = admin.post("/invitations", {"staff_id": sorted(ids)[0]})
    assert refused(taken, 409, "staff_is_a_person", "staff_id")


@pytest.mark.parametrize("who_asks", ["enterprise", "admin"])
def test_each_invites_into_its_own_only(marketplace, firm, who_asks):
    asker = firm if who_asks == "enterprise" else marketplace.admin
    mine, other = ("right", "staff_id") if who_asks == "enterprise" else ("staff_id", "right")
    staff_id = staff_of(marketplace, marketplace.admin)
    sent = {"right": "viewer", "staff_id": staff_id}
    assert refused(asker.post("/invitations", sent), 422, "field_not_yours", other)
    assert refused(asker.post("/invitations", {}), 422, "field_required", mine)


def test_the_audit_says_which_person_joined(marketplace, firm):
    joined = member(firm, "13800138000")
    line = db.session.query(Audit).filter_by(action="join").one()
    assert str(line.person_id) == joined["person_id"]
    assert str(line.actor_id) == firm.id
    assert PASSWORD not in str(line.detail)


def test_a_replayed_invitation_does_not_show_its_code_again(marketplace, firm):
    sent = {"right": "viewer"}
    first = firm.post("/invitations", sent, Idempotency_Key="k1")
    again = firm.post("/invitations", sent, Idempotency_Key="k1")
    assert first.json["code"]
    assert again.json == {**first.json, "code": None, "email": None}


def test_who_is_frozen_invites_nobody(marketplace, firm):
    assert marketplace.admin.post(f"/enterprises/{firm.id}/suspend", {"reason": "核查"}).status_code == 200
    assert firm.post("/invitations", {"right": "viewer"}).status_code == 403


def test_an_invitation_waits_seven_days_and_no_moment_longer(marketplace, firm):
    invitation = invite(firm)
    marketplace.wait(seconds=timedelta(days=7).total_seconds() - 5)
    assert join(marketplace, invitation["code"], phone="13800138000").status_code == 201
