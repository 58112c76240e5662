"""Persons as tests make them: invited, joined, logged in."""

from dataclasses import replace
from uuid import UUID

import pyotp

from marketplace.enterprises import service as enterprises
from marketplace.events.work import unit_of_work
from marketplace.http.authentication import digest
from marketplace.persons import service
from marketplace.persons.models import Person
from marketplace.persons.service.login.password_reset import issue_reset
from tests.marketplace import Party

PASSWORD = "河边的柳树有三百棵 3"


def invite(party, right="trader", **about):
    """An invitation as the API returns it, with its code unless it is mailed."""
    response = party.post("/invitations", {"right": right, **about})
    assert response.status_code == 201, response.json
    return response.json


def join(marketplace, code, **about):
    """The response to somebody who accepts an invitation."""
    body = {"code": code, "name": "李工", "password": PASSWORD, **about}
    return marketplace.client.post("/api/v1/members", json=body)


def member(party, phone, right="trader", **about):
    """A new member of an enterprise, as the API returns it."""
    response = join(party.marketplace, invite(party, right)["code"], phone=phone, **about)
    assert response.status_code == 201, response.json
    return response.json


def bound(party, person, scopes=("read",)):
    """A key that a member has made for itself, as on the page of keys."""
    marketplace = party.marketplace
    with marketplace.app.app_context(), marketplace.at_its_time():
        of_firm = enterprises.actor_of_key(digest(party.key))
        member = replace(of_firm, key_id=None, person_id=UUID(person["person_id"]))
        _, key, _ = enterprises.create_key(member, "own", list(scopes))
    return Party(marketplace, key, party.id)


def log_in(marketplace, login, password=PASSWORD, address="203.0.113.7"):
    """The token of a new session, at the marketplace's time."""
    with marketplace.app.app_context(), marketplace.at_its_time():
        return service.log_in(login, password, address, "a browser")


def mailed_link(marketplace, person, email):
    """The token in a link to a new password that was mailed to a member at this address, now its own."""
    with marketplace.app.app_context(), marketplace.at_its_time(), unit_of_work() as work:
        work.session.get_one(Person, UUID(person["person_id"])).email = email
        return issue_reset(work, UUID(person["person_id"]))[2]


def who(marketplace, token):
    """Who has this session, at the marketplace's time; None if it has ended."""
    with marketplace.app.app_context(), marketplace.at_its_time():
        return service.logged_in(token)


def code_at(secret, moment):
    """What an authenticator shows."""
    return pyotp.TOTP(secret).at(moment)
