"""Requests for contact: asked once, answered by the receiver, contacts from acceptance on."""

from dataclasses import replace

import pytest

from tests.marketplace import ACID

WANTED = {**ACID, "tonnes": 20.5, "note": "每周一车，槽罐。"}


@pytest.fixture
def generator(marketplace):
    return marketplace.enterprise("generator", told=False)


def ask(asker, receiver, **about):
    return asker.post(f"/receivers/{receiver.id}/requests", {**WANTED, **about})


def answer(party, request, name, **body):
    return party.post(f"/receiver-requests/{request['id']}/{name}", body)


def test_a_request_is_accepted_and_shows_both_contacts(marketplace, generator):
    receiver = marketplace.recycler()
    request = ask(generator, receiver).json
    assert (request["status"], request["contacts"]) == ("open", None)
    assert ask(generator, receiver).json["id"] == request["id"]
    marketplace.settle()
    (message,) = receiver.inbox("receiver.requested")
    assert message["data"]["request_id"] == request["id"]

    refused = answer(generator, request, "accept")
    assert (refused.status_code, refused.json["code"]) == (403, "role_forbids")
    accepted = answer(receiver, request, "accept").json

    assert accepted["status"] == "accepted"
    assert accepted["contacts"]["supplier"]["email"]
    assert accepted["contacts"]["receiver"]["phone"]
    assert generator.get(f"/receiver-requests/{request['id']}").json["contacts"] == accepted["contacts"]
    marketplace.settle()
    assert len(generator.inbox("receiver.accepted")) == 1
    twice = answer(receiver, request, "decline", reason="满")
    assert (twice.status_code, twice.json["code"]) == (409, "wrong_state")


def test_only_those_who_may_take_the_waste_are_asked_and_not_too_often(marketplace, generator):
    settings = marketplace.app.config["SETTINGS"]
    stranger = ask(generator, marketplace.enterprise("recycler"))
    assert (stranger.status_code, stranger.json["code"]) == (409, "may_not_take")
    assert ask(generator, generator).json["code"] == "same_enterprise"
    marketplace.app.config["SETTINGS"] = replace(settings, quota_receiver_requests=1)
    try:
        assert ask(generator, marketplace.recycler()).status_code == 201
        bounded = ask(generator, marketplace.recycler())
        assert (bounded.status_code, bounded.json["code"]) == (429, "too_many_requests_today")
        marketplace.wait(days=2)
        assert ask(generator, marketplace.recycler()).status_code == 201
    finally:
        marketplace.app.config["SETTINGS"] = settings


def test_a_request_is_declined_withdrawn_or_lapses_and_may_be_made_again(marketplace, generator):
    receiver = marketplace.recycler()
    declined = answer(receiver, ask(generator, receiver).json, "decline", reason="本月已满").json
    assert (declined["status"], declined["reason"]) == ("declined", "本月已满")
    withdrawn = answer(generator, ask(generator, receiver).json, "withdraw").json
    assert withdrawn["status"] == "withdrawn"
    lapsing = ask(generator, receiver).json
    marketplace.wait(days=31)
    assert generator.get(f"/receiver-requests/{lapsing['id']}").json["status"] == "lapsed"
    again = ask(generator, receiver).json
    unexplained = answer(marketplace.admin, again, "decline")
    assert (unexplained.status_code, unexplained.json["code"]) == (422, "field_required")
    assert answer(marketplace.admin, again, "decline", reason="电话确认").json["status"] == "declined"
    mine = generator.get("/receiver-requests", mine="true", status="declined").json["items"]
    assert [request["status"] for request in mine] == ["declined", "declined"]
