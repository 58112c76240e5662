"""A lost password or second factor: two admins give it up, a code on paper sets it again."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from marketplace.database import db
from marketplace.errors import DomainError
from marketplace.lives import make_overdue_moves
from marketplace.persons import service
from marketplace.persons.models import RESET_LIFE, AccessReset, ResetStatus
from tests.persons.people import PASSWORD, code_at, log_in, mailed_link, member, who

PHONE = "13800138000"
NEXT = "山里的竹子有五百根 5"


@pytest.fixture
def firm(marketplace):
    return marketplace.enterprise("generator", name="绍兴一厂")


@pytest.fixture
def person(firm):
    return member(firm, PHONE, "owner")


@pytest.fixture
def second(marketplace):
    return marketplace.second_admin()


def propose(admin, kind="password", **changes):
    return admin.post("/access-resets", {"login": PHONE, "kind": kind, "reason": "当面核对身份证", **changes})


def use(marketplace, code, password=NEXT, login=PHONE):
    body = {"login": login, "code": code, "password": password}
    return marketplace.client.post("/api/v1/access-resets/use", json=body)


def enrol(marketplace, person):
    """Give a person a second factor; returns the secret."""
    with marketplace.at_its_time(), marketplace.app.app_context():
        uri = service.offer(UUID(person["person_id"]))
        secret = uri.partition("secret=")[2].partition("&")[0]
        service.confirm(UUID(person["person_id"]), code_at(secret, marketplace.now))
    return secret


def test_a_password_is_given_up_by_two_and_set_with_the_code(marketplace, person, second):
    token = log_in(marketplace, PHONE)
    row = propose(marketplace.admin).json
    alone = marketplace.admin.post(f"/access-resets/{row['id']}/confirm")
    assert (alone.status_code, alone.json["code"]) == (409, "second_admin_needed")
    confirmed = second.post(f"/access-resets/{row['id']}/confirm").json
    assert (confirmed["status"], confirmed["person"]["no"]) == ("confirmed", 1)
    assert use(marketplace, "WRONG").json["code"] == "reset_refused"
    assert use(marketplace, confirmed["code"], login="13800138999").json["code"] == "reset_refused"
    assert use(marketplace, confirmed["code"]).status_code == 200
    assert who(marketplace, token) is None
    assert log_in(marketplace, PHONE, NEXT)
    assert use(marketplace, confirmed["code"]).status_code == 422
    assert "code" not in marketplace.admin.get(f"/access-resets/{row['id']}").json


def test_a_link_of_before_sets_no_password_after_two_gave_one_up(marketplace, person, second):
    link = mailed_link(marketplace, person, "old@example.com")
    row = propose(marketplace.admin).json
    code = second.post(f"/access-resets/{row['id']}/confirm").json["code"]
    assert use(marketplace, code).status_code == 200
    with marketplace.app.app_context(), marketplace.at_its_time(), pytest.raises(DomainError) as refused:
        service.reset_password(link, "a wholly new password 7")
    assert refused.value.code == "link_invalid"


def test_guesses_of_a_code_are_slowed(marketplace, person, second):
    reset = propose(marketplace.admin).json
    code = second.post(f"/access-resets/{reset['id']}/confirm", {}).json["code"]
    for _ in range(5):
        assert use(marketplace, "AAAAA-AAAAA-AAAAA-AAAAA").json["code"] == "reset_refused"
    assert use(marketplace, code).json["code"] == "login_waits"
    marketplace.wait(minutes=1)
    assert use(marketplace, code).status_code == 200


def test_a_second_factor_is_given_up_to_who_knows_the_password(marketplace, person, second):
    assert propose(marketplace.admin, "second_factor").json["code"] == "no_second_factor"
    enrol(marketplace, person)
    row = propose(marketplace.admin, "second_factor").json
    code = second.post(f"/access-resets/{row['id']}/confirm").json["code"]
    assert use(marketplace, code, "not this one 1").json["code"] == "reset_refused"
    assert use(marketplace, code, PASSWORD).status_code == 200
    assert who(marketplace, log_in(marketplace, PHONE)).lacks is None


def test_a_new_password_does_not_open_what_the_second_factor_keeps(marketplace, person, second):
    enrol(marketplace, person)
    row = propose(marketplace.admin).json
    code = second.post(f"/access-resets/{row['id']}/confirm").json["code"]
    assert use(marketplace, code).status_code == 200
    assert who(marketplace, log_in(marketplace, PHONE, NEXT)).lacks == "second_factor"


def test_nobody_gives_up_the_own(marketplace, second):
    staff = second.get("/api-keys").json["items"][0]["holder"]["id"]
    code = marketplace.admin.post("/invitations", {"staff_id": staff}).json["code"]
    joining = {"code": code, "name": "陈科", "phone": PHONE, "password": PASSWORD}
    assert marketplace.client.post("/api/v1/members", json=joining).status_code == 201
    own = propose(second)
    assert (own.status_code, own.json["code"]) == (409, "reset_of_oneself")
    row = propose(marketplace.admin).json
    own = second.post(f"/access-resets/{row['id']}/confirm")
    assert (own.status_code, own.json["code"]) == (409, "reset_of_oneself")


def test_one_of_a_kind_is_under_way_at_a_time(marketplace, person, second):
    row = propose(marketplace.admin).json
    assert propose(second).json["code"] == "reset_under_way"
    assert second.post(f"/access-resets/{row['id']}/withdraw").json["status"] == "withdrawn"
    assert propose(second).status_code == 201
    assert propose(second, login="13900000000").json["code"] == "person_unknown"


def test_the_database_itself_asks_for_two(marketplace, person):
    propose(marketplace.admin)
    confirmed = "UPDATE access_reset SET status = 'confirmed', digest = 'x'"
    alone = f"{confirmed}, confirmed_by = proposed_by, confirmed_at = now()"
    own = "UPDATE access_reset SET proposer_id = person_id"
    both = "UPDATE access_reset SET confirmer_id = p.id, proposer_id = p.id"
    same = f"{both} FROM person p WHERE p.id <> person_id"
    member(marketplace.enterprise("recycler"), "13800138001")
    for broken in (alone, confirmed, own, same):
        with marketplace.app.app_context():
            with pytest.raises(IntegrityError):
                db.session.execute(text(broken))
            db.session.rollback()


def test_what_nobody_confirms_or_uses_lapses(marketplace, person, second):
    row = propose(marketplace.admin).json
    code = second.post(f"/access-resets/{row['id']}/confirm").json["code"]
    marketplace.now += timedelta(days=1, minutes=1)
    assert use(marketplace, code).status_code == 422
    with marketplace.at_its_time(), marketplace.app.app_context():
        make_overdue_moves()
    assert marketplace.admin.get(f"/access-resets/{row['id']}").json["status"] == "lapsed"
    assert propose(marketplace.admin).status_code == 201


def test_erasure_takes_back_what_is_under_way(marketplace, firm, person, second):
    member(firm, "13800138001", "owner")
    row = propose(marketplace.admin).json
    code = second.post(f"/access-resets/{row['id']}/confirm").json["code"]
    erased = marketplace.admin.post(f"/persons/{person['person_id']}/erase", {"reason": "本人来函"})
    assert erased.status_code == 204
    shown = marketplace.admin.get(f"/access-resets/{row['id']}").json
    assert (shown["status"], shown["login"], shown["reason"]) == ("withdrawn", None, "")
    assert shown["person"] == {"no": 1, "name": None}
    assert use(marketplace, code).status_code == 422


STEPS = st.lists(st.sampled_from(["confirm", "withdraw", "use", "lapse"]), min_size=1, max_size=5)


@given(steps=STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_only_what_two_confirmed_is_ever_used(steps):
    """The life itself, by any order of moves: used comes from confirmed, and an end stays one."""
    row = AccessReset(status=ResetStatus.PROPOSED)
    seen = [row.status]
    for step in steps:
        moves = [move for move in RESET_LIFE.moves if move.name == step and move.source == row.status]
        if moves:
            RESET_LIFE.move(row, step, by=next(iter(moves[0].by)))
            seen.append(row.status)
    assert ResetStatus.USED not in seen or seen[-2:] == [ResetStatus.CONFIRMED, ResetStatus.USED]
    ends = [state for state in seen if state not in (ResetStatus.PROPOSED, ResetStatus.CONFIRMED)]
    assert len(ends) <= 1
