"""A form that creates something does so once, however often it is sent."""

import pytest
from flask import request
from werkzeug.datastructures import MultiDict

from marketplace.console.forms import fresh_key, once, version_seen
from marketplace.errors import Conflict
from marketplace.events.actor import ENTERPRISE, Actor

UUIDS = ("01900000-0000-7000-8000-000000000001", "01900000-0000-7000-8000-000000000002")
ACTOR, NEIGHBOUR = (Actor(ENTERPRISE, ident, person_id=ident) for ident in UUIDS)


@pytest.fixture
def send(marketplace):
    """Send a form; what it did is counted in `send.done`."""

    def send(actor=ACTOR, path="/post", refuse=None, **fields):
        def act():
            if refuse:
                raise refuse
            done.append(request.form.get("title"))
            return f"/listings/{len(done)}"

        with marketplace.app.test_request_context(path, method="POST", data=MultiDict(fields)):
            return once(actor, act).headers["Location"]

    done = send.done = []
    return send


def test_a_double_click_leads_to_what_the_first_one_made(send):
    assert send(idempotency_key="k", title="a") == "/listings/1"
    assert send(idempotency_key="k", title="a") == "/listings/1"
    assert send.done == ["a"]


def test_a_form_that_was_changed_after_it_was_sent_is_not_taken_silently(send):
    send(idempotency_key="k", title="a")
    with pytest.raises(Conflict) as refused:
        send(idempotency_key="k", title="b")
    assert (refused.value.code, send.done) == ("form_sent_before", ["a"])


def test_what_was_refused_may_be_sent_again(send):
    with pytest.raises(Conflict):
        send(idempotency_key="k", title="a", refuse=Conflict("too_many_drafts", most=1))
    assert send(idempotency_key="k", title="a") == "/listings/1"


def test_keys_of_others_and_of_other_pages_are_others(send):
    for actor, path in ((ACTOR, "/post"), (NEIGHBOUR, "/post"), (None, "/post"), (ACTOR, "/register")):
        send(actor, path, idempotency_key="k", title="a")
    assert len(send.done) == 4


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_form_without_a_key_is_simply_done(send, key):
    send(idempotency_key=key)
    send(idempotency_key=key)
    assert len(send.done) == 2


def test_keys_are_fresh():
    assert len({fresh_key() for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("fields", "seen"),
    [({}, None), ({"version": "7"}, 7), ({"version": ""}, -1), ({"version": "-7"}, -1),
     ({"version": "٧"}, -1), ({"version": "9" * 30}, -1)],
)  # fmt: skip
def test_the_version_that_was_seen(app, fields, seen):
    with app.test_request_context("/x", method="POST", data=fields):
        assert version_seen() == seen
