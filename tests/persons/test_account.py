"""A person keeps its own account: password, address, number; takes its data along; is erased."""

import json
from datetime import timedelta
from threading import Barrier, Thread
from uuid import UUID

import pytest
from sqlalchemy import select

from marketplace.database import Base, db
from marketplace.errors import DomainError
from marketplace.events.actor import ENTERPRISE, SCOPES, Actor
from marketplace.persons import service
from marketplace.persons.models import Person
from marketplace.persons.service.account.erasure import WITH_THE_PERSON
from marketplace.privacy.jobs import erase_past_retention
from marketplace.privacy.service import DONE_FOR_OTHERS, OF_PERSON
from tests.mail import body
from tests.persons.people import PASSWORD, bound, log_in, mailed_link, member, who
from tests.privacy.test_erasure import places_of

PHONE, OTHER = "13800138000", "13800138001"
NEXT = "山里的竹子有五百根 5"
NAME = "欧阳不寻常"


@pytest.fixture
def firm(marketplace):
    return marketplace.enterprise("generator", name="绍兴一厂")


@pytest.fixture
def owner(firm):
    return member(firm, PHONE, "owner", name=NAME)


@pytest.fixture
def own(firm, owner):
    """A key that is bound to the owner."""
    return bound(firm, owner, SCOPES)


def test_a_key_of_nobody_has_no_account(firm):
    response = firm.get("/me/person")
    assert (response.status_code, response.json["code"]) == (403, "person_needed")


def test_a_person_sets_its_name_and_language(own):
    shown = own.get("/me/person")
    assert (shown.json["name"], shown.json["phone"], shown.json["no"]) == (NAME, PHONE, 1)
    changed = own.patch("/me/person", {"name": "王工", "language": "en"}, shown.headers["ETag"])
    assert (changed.json["name"], changed.json["language"]) == ("王工", "en")
    assert own.patch("/me/person", {"name": "某"}, shown.headers["ETag"]).status_code == 412


def test_the_present_password_is_asked_for_and_other_sessions_end(marketplace, own):
    token = log_in(marketplace, PHONE)
    wrong = own.post("/me/person/password", {"current_password": "not this one 1", "password": NEXT})
    assert (wrong.status_code, wrong.json["code"]) == (401, "password_wrong")
    weak = own.post("/me/person/password", {"current_password": PASSWORD, "password": PHONE + " " + NAME})
    assert weak.json["code"] == "password_says_who"
    assert who(marketplace, token)
    assert (
        own.post("/me/person/password", {"current_password": PASSWORD, "password": NEXT}).status_code == 204
    )
    assert who(marketplace, token) is None
    assert log_in(marketplace, PHONE, NEXT)


def test_guesses_of_the_own_password_are_slowed(own):
    for _ in range(5):
        own.post("/me/person/erase", {"password": "not this one 1"})
    assert own.post("/me/person/erase", {"password": PASSWORD}).json["code"] == "login_waits"


def test_a_number_is_one_persons(firm, own):
    member(firm, OTHER)
    taken = own.post("/me/person/phone", {"phone": OTHER, "password": PASSWORD})
    assert (taken.status_code, taken.json["code"]) == (409, "login_taken")
    gone = own.post("/me/person/phone", {"phone": None, "password": PASSWORD})
    assert (gone.status_code, gone.json["code"]) == (422, "person_unreachable")
    assert own.post("/me/person/phone", {"phone": "13800138009", "password": PASSWORD}).status_code == 200


def test_nobody_asks_through_whose_numbers_these_are(firm, own):
    member(firm, OTHER)
    heard = [own.post("/me/person/phone", {"phone": OTHER, "password": PASSWORD}).json for _ in range(6)]
    assert [problem["code"] for problem in heard] == ["login_taken"] * 5 + ["login_waits"]


def test_an_address_counts_once_its_code_was_typed(marketplace, own, relay):
    asked = own.post("/me/person/email", {"email": "li@example.com", "password": PASSWORD})
    assert asked.status_code == 204
    marketplace.settle()
    (to, letter) = relay.letters[-1]
    assert to == ["li@example.com"]
    assert own.get("/me/person").json["email"] is None
    code = body(letter).split("\n\n")[3].strip()
    assert own.post("/me/person/email/confirm", {"code": "WRONG-WRONG"}).json["code"] == "code_invalid"
    assert own.post("/me/person/email/confirm", {"code": code}).json["email"] == "li@example.com"
    assert own.post("/me/person/email/confirm", {"code": code}).json["code"] == "code_invalid"
    assert log_in(marketplace, "li@example.com")


@pytest.mark.parametrize("change", ["password", "address"])
def test_a_link_of_before_sets_no_password_after_a_new_password_or_address(
    marketplace, owner, own, relay, change
):
    """Whoever reads the mailbox may have asked for one: it is why the person changes either."""
    link = mailed_link(marketplace, owner, "old@example.com")
    if change == "password":
        about = {"current_password": PASSWORD, "password": NEXT}
        assert own.post("/me/person/password", about).status_code == 204
    else:
        own.post("/me/person/email", {"email": "new@example.com", "password": PASSWORD})
        marketplace.settle()
        code = body(relay.letters[-1][1]).split("\n\n")[3].strip()
        assert own.post("/me/person/email/confirm", {"code": code}).status_code == 200
    with marketplace.app.app_context(), marketplace.at_its_time(), pytest.raises(DomainError) as refused:
        service.reset_password(link, "a wholly new password 7")
    assert refused.value.code == "link_invalid"


def test_guesses_of_the_code_of_an_address_are_slowed(own):
    assert own.post("/me/person/email", {"email": "li@example.com", "password": PASSWORD}).status_code == 204
    heard = [own.post("/me/person/email/confirm", {"code": "WRONG-WRONG"}).json["code"] for _ in range(6)]
    assert heard == ["code_invalid"] * 5 + ["login_waits"]


def test_a_copy_has_what_is_kept_and_no_secret(marketplace, own):
    log_in(marketplace, PHONE)
    copy = json.loads(own.get("/me/person/export").data)
    assert copy["tables"]["person"][0]["name"] == NAME
    assert len(copy["tables"]["session"]) == 1
    assert {"join", "export_person"} <= {line["action"] for line in copy["tables"]["audit"]}
    assert not {"digest", "password_hash", "totp_secret"} & set(str(copy).replace("'", " ").split())


def test_every_table_that_names_a_person_is_copied_erased_or_says_why_not():
    naming = {
        table.name
        for table in Base.metadata.tables.values()
        if any(key.column.table.name == "person" for key in table.foreign_keys)
        or "person_id" in table.columns
    } - {"event"}
    copied = {model.__tablename__ for model, _, _ in OF_PERSON}
    assert naming <= copied | DONE_FOR_OTHERS.keys()
    kept = {"person", "membership", "invitation", "access_reset", "api_key", "audit"}
    assert copied - kept == {model.__tablename__ for model in WITH_THE_PERSON}


def test_after_erasure_nothing_names_the_person_and_history_has_the_number(
    marketplace, firm, owner, own, relay
):
    admin = marketplace.admin
    second = bound(firm, member(firm, OTHER, "owner"), SCOPES)
    own.patch(f"/enterprises/{firm.id}", {"roles": ["generator"]})
    own.post("/me/person/email", {"email": "ouyang@example.com", "password": PASSWORD})
    marketplace.settle()
    code = body(relay.letters[-1][1]).split("\n\n")[3].strip()
    assert own.post("/me/person/email/confirm", {"code": code}).status_code == 200
    token = log_in(marketplace, PHONE)
    assert own.post("/me/person/erase", {"password": PASSWORD}).status_code == 204
    assert places_of(marketplace, NAME, PHONE, "ouyang@example.com") == set()
    assert who(marketplace, token) is None
    assert own.get("/me/person").json["code"] == "key_revoked"
    with pytest.raises(DomainError):
        log_in(marketplace, PHONE)
    assert [item["name"] for item in second.get("/members").json["items"]] == ["李工"]
    assert admin.post(f"/persons/{owner['person_id']}/erase", {"reason": "再次"}).status_code == 404


def test_the_last_owner_stays(marketplace, own, owner):
    refused = own.post("/me/person/erase", {"password": PASSWORD})
    assert (refused.status_code, refused.json["code"]) == (409, "last_owner")
    refused = marketplace.admin.post(f"/persons/{owner['person_id']}/erase", {"reason": "来函"})
    assert (refused.status_code, refused.json["code"]) == (409, "last_owner")


def test_of_two_last_owners_who_go_at_once_one_stays(marketplace, firm, owner):
    other = member(firm, OTHER, "owner")
    together, refused, firm_id = Barrier(2), [], UUID(str(firm.id))

    def go(person):
        actor = Actor(ENTERPRISE, firm_id, person_id=person)
        with marketplace.app.app_context():
            together.wait()
            try:
                service.erase_oneself(actor, PASSWORD, "203.0.113.7")
            except DomainError as error:
                refused.append(error.code)

    going = [Thread(target=go, args=(UUID(one["person_id"]),)) for one in (owner, other)]
    for thread in going:
        thread.start()
    for thread in going:
        thread.join()
    assert refused == ["last_owner"]
    assert len(firm.get("/members").json["items"]) == 1


def test_staff_is_erased_by_another_admin(marketplace):
    first, second = marketplace.admin, marketplace.second_admin()
    staff = second.get("/api-keys").json["items"][0]["holder"]["id"]
    code = first.post("/invitations", {"staff_id": staff}).json["code"]
    person = marketplace.client.post(
        "/api/v1/members", json={"code": code, "name": NAME, "phone": PHONE, "password": PASSWORD}
    ).json
    path = f"/persons/{person['person_id']}/erase"
    refused = second.post(path, {"reason": "本人"})
    assert (refused.status_code, refused.json["code"]) == (409, "staff_erased_by_admin")
    assert first.post(path, {"reason": "离职"}).status_code == 204
    assert places_of(marketplace, NAME, PHONE) == set()


@pytest.mark.parametrize(("days", "is_left"), [(179, True), (181, False)])
def test_who_is_a_member_of_nothing_is_erased_after_half_a_year(marketplace, firm, owner, days, is_left):
    gone = member(firm, OTHER, name="已离职的人")
    assert firm.delete(f"/members/{gone['id']}").status_code == 204
    marketplace.now += timedelta(days=days)
    with marketplace.at_its_time(), marketplace.app.app_context():
        erase_past_retention()
        names = set(db.session.scalars(select(Person.name)))
    assert ("已离职的人" in names) is is_left
    assert NAME in names
