"""Logging in: passwords, guessing, sessions, the second factor, a forgotten password."""

import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from unittest.mock import Mock

import pytest

from marketplace.database import db
from marketplace.errors import Conflict, DomainError, Invalid, TooMany, Unauthorised
from marketplace.persons import service
from marketplace.persons.models import LoginFailure, Person, Session
from marketplace.persons.service.login import passwords
from tests.mail import body
from tests.persons.people import PASSWORD, code_at, invite, join, log_in, member, who

PHONE, ADDRESS = "13800138000", "203.0.113.7"


@pytest.fixture(autouse=True)
def _in_the_application(app):
    with app.app_context():
        yield


@pytest.fixture
def firm(marketplace):
    return marketplace.enterprise("generator", name="绍兴一厂")


@pytest.fixture
def person_id(marketplace, firm):
    member(firm, PHONE)
    return db.session.query(Person.id).scalar()


def refusal(kind, call, *args):
    with pytest.raises(DomainError) as caught:
        call(*args)
    assert isinstance(caught.value, kind)
    return caught.value.code


def test_a_password_is_kept_as_argon2id_only(marketplace, person_id):
    kept = db.session.query(Person.password_hash).scalar()
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept


def test_the_number_is_read_in_any_spelling(marketplace, person_id):
    assert who(marketplace, log_in(marketplace, "+86 138-0013-8000")).name == "李工"


@pytest.mark.parametrize("login", [PHONE, "nobody@example.com", "13800138999", "not a login"])
def test_a_wrong_password_and_an_unknown_person_are_refused_alike(marketplace, person_id, login, monkeypatch):
    hasher = Mock(wraps=passwords.HASHER)
    monkeypatch.setattr(passwords, "HASHER", hasher)
    assert refusal(Unauthorised, log_in, marketplace, login, "a wrong password 1") == "login_failed"
    assert hasher.verify.call_count == 1, "the time that it takes says nothing either"


def test_guessing_waits_for_known_and_unknown_alike_and_longer_each_time(marketplace, person_id):
    for login in (PHONE, "nobody@example.com"):
        for _ in range(5):
            assert refusal(Unauthorised, log_in, marketplace, login, "a wrong password 1") == "login_failed"
        assert refusal(TooMany, log_in, marketplace, login, PASSWORD) == "login_waits"
    marketplace.wait(seconds=61)
    assert refusal(Unauthorised, log_in, marketplace, PHONE, "a wrong password 1") == "login_failed"
    marketplace.wait(seconds=61)
    assert refusal(TooMany, log_in, marketplace, PHONE, PASSWORD) == "login_waits"
    marketplace.wait(seconds=61)
    assert who(marketplace, log_in(marketplace, PHONE)).name == "李工"


def test_a_stranger_who_guesses_does_not_keep_the_owner_out_elsewhere(marketplace, person_id):
    for _ in range(5):
        refusal(Unauthorised, log_in, marketplace, PHONE, "a wrong password 1", "198.51.100.9")
    assert who(marketplace, log_in(marketplace, PHONE)).name == "李工"


def test_many_addresses_that_guess_one_login_wait_all(marketplace, person_id):
    for number in range(20):
        refusal(Unauthorised, log_in, marketplace, PHONE, "a wrong password 1", f"198.51.100.{number}")
    assert refusal(TooMany, log_in, marketplace, PHONE, PASSWORD, "192.0.2.1") == "login_waits"


def test_one_address_that_tries_many_logins_waits(marketplace, person_id):
    for number in range(60):
        refusal(Unauthorised, log_in, marketplace, f"nobody{number}@example.com", "a wrong password 1")
    assert refusal(TooMany, log_in, marketplace, PHONE, PASSWORD) == "login_waits"


def test_of_many_guesses_at_once_no_more_are_tried_than_one_after_the_other(app, marketplace, person_id):
    def guess(number):
        with app.app_context():
            return refusal(DomainError, log_in, marketplace, PHONE, f"a wrong password {number}")

    with ThreadPoolExecutor(8) as pool:
        refused = Counter(pool.map(guess, range(16)))
    assert refused == {"login_failed": 5, "login_waits": 11}


def test_failures_and_old_sessions_are_forgotten(marketplace, person_id):
    refusal(Unauthorised, log_in, marketplace, PHONE, "a wrong password 1")
    log_in(marketplace, "13800138000", address="198.51.100.1")
    marketplace.wait(days=15)
    marketplace.settle()
    assert db.session.query(LoginFailure).count() == db.session.query(Session).count() == 0


def test_nothing_of_a_failure_says_who_it_was(marketplace, person_id):
    refusal(Unauthorised, log_in, marketplace, PHONE, "a wrong password 1")
    row = db.session.query(LoginFailure).one()
    assert PHONE not in f"{row.login}{row.address}"
    assert "203.0.113.7" not in f"{row.login}{row.address}"


def test_a_session_ends_after_twelve_hours_unused(marketplace, person_id):
    token = log_in(marketplace, PHONE)
    marketplace.wait(hours=11)
    assert who(marketplace, token)
    marketplace.wait(hours=11)
    assert who(marketplace, token)
    marketplace.wait(hours=12)
    assert who(marketplace, token) is None


def test_a_session_ends_after_fourteen_days_however_much_it_is_used(marketplace, person_id):
    token = log_in(marketplace, PHONE)
    for _ in range(28):
        marketplace.now += timedelta(hours=12, seconds=-1)
        assert who(marketplace, token)
    marketplace.now += timedelta(seconds=28)
    assert who(marketplace, token) is None


def test_a_person_sees_and_ends_its_own_sessions_only(marketplace, firm, person_id):
    member(firm, "13800138001")
    mine, theirs = log_in(marketplace, PHONE), log_in(marketplace, "13800138001")
    other = who(marketplace, theirs)
    with marketplace.at_its_time():
        assert [row.device for row in service.list_sessions(person_id)] == ["a browser"]
        with pytest.raises(DomainError):
            service.end_session(person_id, other.session_id)
        service.end_session(person_id, who(marketplace, mine).session_id)
    assert who(marketplace, mine) is None
    assert who(marketplace, theirs)


def test_only_a_digest_of_a_token_is_kept(marketplace, person_id):
    token = log_in(marketplace, PHONE)
    assert token not in db.session.query(Session.digest).scalar()
    assert who(marketplace, f"{token[:-1]}x") is None


@pytest.mark.parametrize(
    ("right", "scopes"),
    [
        ("owner", {"read", "listings:write", "deals:write", "admin"}),
        ("trader", {"read", "listings:write", "deals:write"}),
        ("viewer", {"read"}),
        ("driver", set()),
    ],
)
def test_a_right_is_what_the_person_may_do(marketplace, firm, right, scopes):
    member(firm, PHONE, right)
    found = who(marketplace, log_in(marketplace, PHONE))
    assert found.actor.scopes == scopes
    assert (str(found.actor.enterprise_id), found.actor.person_id) == (firm.id, found.person_id)


def test_who_acts_for_two_chooses_and_starts_where_it_was_last(marketplace, firm, person_id):
    other = marketplace.enterprise("recycler", name="绍兴二厂")
    second = join(marketplace, invite(other)["code"], phone=PHONE).json
    token = log_in(marketplace, PHONE)
    found = who(marketplace, token)
    assert found.acts_for == "绍兴一厂"
    with marketplace.at_its_time():
        service.act_for(found.session_id, second["id"])
    assert who(marketplace, token).acts_for == "绍兴二厂"
    marketplace.wait(minutes=2)
    assert who(marketplace, token)
    assert who(marketplace, log_in(marketplace, PHONE)).acts_for == "绍兴二厂"


def test_nobody_acts_for_an_enterprise_of_others(marketplace, firm, person_id):
    other = marketplace.enterprise("recycler")
    theirs = member(other, "13800138001")
    found = who(marketplace, log_in(marketplace, PHONE))
    with marketplace.at_its_time(), pytest.raises(DomainError):
        service.act_for(found.session_id, theirs["id"])


def enrolled(marketplace, person_id, found):
    """Set a second factor; returns its secret and the codes on paper."""
    with marketplace.at_its_time():
        address = service.offer(person_id)
        secret = re.search(r"secret=(\w+)", address)[1]
        codes = service.confirm(person_id, code_at(secret, marketplace.now))
        service.pass_second_factor(found.session_id)
    return secret, codes


def test_staff_acts_only_after_a_second_factor(marketplace):
    staff_id = marketplace.admin.get("/api-keys", holder="staff").json["items"][0]["holder"]["id"]
    code = marketplace.admin.post("/invitations", {"staff_id": staff_id}).json["code"]
    assert join(marketplace, code, phone=PHONE).status_code == 201
    token = log_in(marketplace, PHONE)
    found = who(marketplace, token)
    assert (found.actor, found.lacks) == (None, "enrolment")
    secret, _ = enrolled(marketplace, found.person_id, found)
    assert who(marketplace, token).actor.kind == "admin"

    marketplace.wait(minutes=1)
    again = log_in(marketplace, PHONE)
    asked = who(marketplace, again)
    assert (asked.actor, asked.lacks) == (None, "second_factor")
    with marketplace.at_its_time():
        service.show_second_factor(asked.session_id, code_at(secret, marketplace.now), ADDRESS)
    assert who(marketplace, again).actor.kind == "admin"


def test_a_code_of_the_second_factor_is_taken_once(marketplace, person_id):
    secret, _ = enrolled(marketplace, person_id, who(marketplace, log_in(marketplace, PHONE)))
    marketplace.wait(minutes=1)
    code = code_at(secret, marketplace.now)
    first, second = (who(marketplace, log_in(marketplace, PHONE)) for _ in range(2))
    assert (first.actor, first.lacks) == (None, "second_factor"), "whoever has set one shows it"
    with marketplace.at_its_time():
        service.show_second_factor(first.session_id, code, ADDRESS)
        assert (
            refusal(Unauthorised, service.show_second_factor, second.session_id, code, ADDRESS)
            == "second_factor_wrong"
        )


def test_a_code_on_paper_stands_in_once(marketplace, person_id):
    _, codes = enrolled(marketplace, person_id, who(marketplace, log_in(marketplace, PHONE)))
    assert len(set(codes)) == 8
    first, second = (who(marketplace, log_in(marketplace, PHONE)) for _ in range(2))
    with marketplace.at_its_time():
        service.show_second_factor(first.session_id, codes[0].lower(), ADDRESS)
        assert (
            refusal(Unauthorised, service.show_second_factor, second.session_id, codes[0], ADDRESS)
            == "second_factor_wrong"
        )


def test_a_second_factor_is_set_once_and_only_with_a_right_code(marketplace, person_id):
    found = who(marketplace, log_in(marketplace, PHONE))
    with marketplace.at_its_time():
        service.offer(person_id)
        assert refusal(Invalid, service.confirm, person_id, "000000") == "second_factor_wrong"
    enrolled(marketplace, person_id, found)
    with marketplace.at_its_time():
        assert refusal(Conflict, service.offer, person_id) == "second_factor_exists"


def test_a_forgotten_password_is_set_by_a_link_and_ends_all_sessions(marketplace, relay, firm):
    invite(firm, email="li@example.com")
    marketplace.settle()
    (code,) = re.findall(r"[A-Z0-9]{5}(?:-[A-Z0-9]{5}){3}", "".join(map(body, relay.take())))
    assert join(marketplace, code).status_code == 201
    token = log_in(marketplace, "li@example.com")
    with marketplace.at_its_time():
        for _ in range(5):
            service.request_reset("LI@example.com")
        service.request_reset("nobody@example.com")
    marketplace.settle()
    first, second, _ = links(relay)
    with marketplace.at_its_time():
        service.reset_password(first, "a wholly new password 7")
        for used_or_of_before in (first, second):
            again = refusal(Invalid, service.reset_password, used_or_of_before, "a wholly new password 8")
            assert again == "link_invalid"
    assert who(marketplace, token) is None
    assert refusal(Unauthorised, log_in, marketplace, "li@example.com") == "login_failed"
    assert who(marketplace, log_in(marketplace, "li@example.com", "a wholly new password 7"))


def links(relay):
    """The tokens in the links that were mailed."""
    found = [re.search(r"/reset/([\w-]{43})", body(letter)) for letter in relay.take()]
    return [link[1] for link in found if link]


def test_a_link_works_for_half_an_hour(marketplace, relay, firm):
    invite(firm, email="li@example.com")
    marketplace.settle()
    (code,) = re.findall(r"[A-Z0-9]{5}(?:-[A-Z0-9]{5}){3}", "".join(map(body, relay.take())))
    assert join(marketplace, code).status_code == 201
    with marketplace.at_its_time():
        service.request_reset("li@example.com")
    marketplace.settle()
    (link,) = links(relay)
    marketplace.now += timedelta(minutes=30)
    with marketplace.at_its_time():
        assert refusal(Invalid, service.reset_password, link, "a wholly new password 7") == "link_invalid"
    marketplace.now -= timedelta(seconds=1)
    with marketplace.at_its_time():
        service.reset_password(link, "a wholly new password 7")
