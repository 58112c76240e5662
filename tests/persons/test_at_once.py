"""The same secret at the same moment lets one of two in; what comes too late for the erased does nothing."""

import json
import threading
import time
from contextlib import contextmanager
from uuid import UUID

import pytest

from marketplace.database import db
from marketplace.errors import DomainError, NotFound
from marketplace.events.actor import ENTERPRISE, Actor
from marketplace.persons import service
from marketplace.persons.models import HandshakeKind, Passkey, Person, Session
from tests.persons.authenticator import Authenticator
from tests.persons.people import PASSWORD, bound, code_at, invite, log_in, mailed_link, member, who

PHONE, ADDRESS, NEXT = "13800138000", "203.0.113.7", "十二只白鹭飞过湖面 7"
MOST_WAITED_S = 5
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()"


@pytest.fixture
def firm(marketplace):
    return marketplace.enterprise("generator", name="绍兴一厂")


@pytest.fixture
def person(firm):
    return member(firm, PHONE)


@contextmanager
def held(app, table, waiting, then="SELECT"):
    """Keep all rows of a table locked until so many wait for one: who looks before it locks has looked.

    Args:
        then: what somebody else changes before they go on.
    """
    with app.app_context(), db.engine.connect() as connection:
        connection.execute(db.text(f"SELECT FROM {table} FOR UPDATE"))
        yield
        until = time.monotonic() + MOST_WAITED_S
        while connection.scalar(db.text(WAITING)) < waiting and time.monotonic() < until:
            time.sleep(0.01)
        connection.execute(db.text(then))
        connection.commit()


def outcomes(marketplace, table, *calls, then="SELECT"):
    """What becomes of calls that have all begun before one of them changes a row: "done", or a refusal."""
    found = []

    def run(call):
        with marketplace.app.app_context():
            try:
                call()
                found.append("done")
            except DomainError as error:
                found.append(error.code)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    with marketplace.at_its_time():
        with held(marketplace.app, table, len(calls), then):
            for thread in threads:
                thread.start()
        for thread in threads:
            thread.join()
    return sorted(found)


def enrolled(marketplace, person_id):
    """The secret and the codes on paper of a second factor that was set."""
    with marketplace.app.app_context(), marketplace.at_its_time():
        secret = service.offer(person_id).partition("secret=")[2].partition("&")[0]
        return secret, service.confirm(person_id, code_at(secret, marketplace.now))


@pytest.mark.parametrize("on_paper", [False, True])
def test_a_code_lets_one_of_two_sessions_in(marketplace, person, on_paper):
    secret, codes = enrolled(marketplace, UUID(person["person_id"]))
    marketplace.wait(minutes=1)
    code = codes[0] if on_paper else code_at(secret, marketplace.now)
    sessions = [who(marketplace, log_in(marketplace, PHONE)).session_id for _ in range(2)]
    calls = [lambda one=one: service.show_second_factor(one, code, ADDRESS) for one in sessions]
    assert outcomes(marketplace, "person", *calls) == ["done", "second_factor_wrong"]


def test_a_link_sets_one_of_two_passwords(marketplace, person):
    token = mailed_link(marketplace, person, "li@example.com")
    calls = [lambda one=one: service.reset_password(token, one) for one in (NEXT, f"{NEXT} 8")]
    assert outcomes(marketplace, "person", *calls) == ["done", "link_invalid"]


def test_a_password_that_is_set_anew_meanwhile_opens_nothing_by_the_earlier(marketplace, firm, person):
    actor = Actor(ENTERPRISE, UUID(firm.id), frozenset({"read"}), person_id=UUID(person["person_id"]))
    about = {"code": invite(marketplace.enterprise("recycler"))["code"], "password": PASSWORD}
    registered = {"name": "李工", "phone": PHONE, "password": PASSWORD, "language": "zh"}
    founder = founder_of(marketplace, registered)
    calls = (
        lambda: service.log_in(PHONE, PASSWORD, ADDRESS),
        lambda: service.join({**about, "phone": PHONE, "name": None, "language": None}, ADDRESS),
        lambda: service.register_enterprise(founder, {}),
        lambda: service.change_password(actor, PASSWORD, NEXT, ADDRESS),
        lambda: service.change_phone(actor, "13800138009", PASSWORD, ADDRESS),
        lambda: service.request_email(actor, "li@example.com", PASSWORD, ADDRESS),
        lambda: service.erase_oneself(actor, PASSWORD, ADDRESS),
    )
    found = outcomes(marketplace, "person", *calls, then="UPDATE person SET password_hash = 'set anew'")
    assert found == ["login_failed"] * 3 + ["password_wrong"] * 4
    with marketplace.app.app_context():
        assert db.session.query(Session).count() == 0


def founder_of(marketplace, about):
    with marketplace.app.app_context(), marketplace.at_its_time():
        return service.founder_of(about, {}, ADDRESS)


def test_a_passkey_that_is_removed_meanwhile_lets_nobody_in(app, configure, marketplace, person):
    configure(public_url="http://localhost")
    person_id, session_id = UUID(person["person_id"]), who(marketplace, log_in(marketplace, PHONE)).session_id
    device = Authenticator()
    with app.app_context(), marketplace.at_its_time():
        made = device.create(json.loads(service.offer_passkey(session_id, person_id)))
        service.add_passkey(session_id, person_id, "李工的手机", made)
        asked = json.loads(service.ask_for_passkey(HandshakeKind.LOG_IN, "a browser"))
    shown = device.get(asked)
    call = lambda: service.log_in_by_passkey("a browser", shown, "a browser")  # noqa: E731
    assert outcomes(marketplace, "person", call, then="DELETE FROM passkey") == ["passkey_unknown"]


def test_an_invitation_makes_one_member(marketplace, firm, person):
    code = invite(firm)["code"]
    about = {"code": code, "password": PASSWORD, "name": "王工", "language": None}
    calls = [
        lambda phone=phone: service.join({**about, "phone": phone}, ADDRESS)
        for phone in ("13800138001", "13800138002")
    ]
    assert outcomes(marketplace, "invitation", *calls) == ["done", "invitation_invalid"]


def test_a_member_of_staff_is_one_person(app, marketplace):
    staff_id = str(marketplace.regulator("330600").id)
    codes = [marketplace.admin.post("/invitations", {"staff_id": staff_id}).json["code"] for _ in range(2)]
    about = {"password": PASSWORD, "name": "王工", "language": None}
    calls = [
        lambda code=code, phone=phone: service.join({**about, "code": code, "phone": phone}, ADDRESS)
        for code, phone in zip(codes, ("13800138001", "13800138002"), strict=True)
    ]
    assert outcomes(marketplace, "staff", *calls) == ["done", "staff_is_taken"]


def test_of_two_owners_who_leave_one_stays(marketplace, firm):
    owners = [member(firm, phone, "owner") for phone in (PHONE, "13800138001")]
    keys = [bound(firm, owner, ("read", "admin")) for owner in owners]
    start, found = threading.Barrier(2), []

    def leave(key, owner):
        start.wait()
        found.append(key.delete(f"/members/{owner['id']}").status_code)

    threads = [threading.Thread(target=leave, args=pair) for pair in zip(keys, owners, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [204, 409]


def test_nothing_is_added_to_a_person_who_has_just_been_erased(app, configure, marketplace, firm, person):
    """As by a form that was let in the moment before."""
    configure(public_url="http://localhost")
    member(firm, "13800138001", "owner")
    person_id, session_id = UUID(person["person_id"]), who(marketplace, log_in(marketplace, PHONE)).session_id
    with app.app_context(), marketplace.at_its_time():
        made = Authenticator().create(json.loads(service.offer_passkey(session_id, person_id)))
    assert marketplace.admin.post(f"/persons/{person_id}/erase", {"reason": "已离职"}).status_code == 204
    with app.app_context(), marketplace.at_its_time():
        for late in (
            lambda: service.offer(person_id),
            lambda: service.confirm(person_id, "123456"),
            lambda: service.add_passkey(session_id, person_id, "李工的手机", made),
        ):
            with pytest.raises(NotFound):
                late()
        assert db.session.query(Passkey).count() == 0
        assert db.session.get(Person, person_id).totp_secret is None
