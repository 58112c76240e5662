"""A form that creates something does so once, however often it is sent; what is refused is said in it."""

from contextlib import nullcontext

import pytest
from flask import request
from werkzeug.datastructures import MultiDict

from marketplace.console.forms import (
    change_or_show,
    fresh_key,
    once,
    require_seen,
    version_seen,
    version_to_send,
    wrong,
)
from marketplace.console.page import begin_at_the_fault
from marketplace.errors import Conflict, Invalid, PreconditionFailed
from marketplace.events.actor import ENTERPRISE, Actor
from marketplace.http.fields import Lines
from marketplace.http.schemas import Schema

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


class NoteForm(Schema):
    note = Lines(9, required=True)
    codes = Lines(9, load_default="")
    mail = Lines(9, load_default="", data_key="contact.email")


NOTE = NoteForm()


@pytest.fixture
def change(marketplace):
    """Send a form with a note: what its page says again, or the address that it leads to."""

    def change(refuse=None, schema=NOTE, then=None, **fields):
        def act(data):
            if refuse:
                raise refuse
            return f"/notes/{data['note']}"

        with marketplace.app.test_request_context("/notes", method="POST", data=MultiDict(fields)):
            shown = change_or_show(schema, lambda status, errors: (status, set(errors)), act, then)
            return shown if isinstance(shown, tuple) else shown.headers["Location"]

    return change


def test_a_change_leads_on_to_where_it_says_or_to_what_it_made(change):
    assert change(note="a") == "/notes/a"
    assert change(note="a", then="/done") == "/done"


@pytest.mark.parametrize(
    ("at", "shown_at"),
    [
        ("note", "note"),
        ("codes.3", "codes"),
        ("contact.email", "contact.email"),
        ("contact.phone", "form"),
        (None, "form"),
    ],
)
def test_a_refusal_is_said_beside_its_field_or_else_over_the_form(change, at, shown_at):
    assert change(Invalid("field_required", at=at), note="a") == (422, {shown_at})


def test_a_button_alone_has_no_fields_to_speak_beside(change):
    assert change(Conflict("too_many_drafts", at="note", most=1), schema=None) == (409, {"form"})
    assert change(note=" ") == (422, {"note"})


@pytest.mark.parametrize(
    ("refusal", "carried"),
    [(None, 7), (Invalid("field_required", at="note"), 7), (PreconditionFailed("version_changed"), 8)],
)
def test_a_form_shown_again_carries_what_was_seen_until_it_is_refused_as_stale(marketplace, refusal, carried):
    with marketplace.app.test_request_context("/notes", method="POST", data={"version": "7"}):
        if refusal:
            wrong(refusal)
        assert version_to_send(8) == carried


def test_only_the_version_that_there_is_has_been_seen(marketplace):
    for seen, is_fresh in (({}, True), ({"version": "8"}, True), ({"version": "7"}, False)):
        with marketplace.app.test_request_context("/notes", method="POST", data=seen):
            assert_seen = nullcontext() if is_fresh else pytest.raises(PreconditionFailed)
            with assert_seen:
                require_seen(8)


@pytest.mark.parametrize(
    ("page", "begins_at"),
    [
        (
            '<input name="a"><select id="b" aria-invalid="true"></select><input aria-invalid="true">',
            '<select id="b" autofocus',
        ),
        ('<p class="note bad" role="alert" hidden></p><p class="wrong">no</p>', '<p tabindex="-1" autofocus'),
        ('<h2 id="faults" role="alert">4</h2><p class="wrong">', '<h2 id="faults" tabindex="-1" autofocus'),
        ('<p class="wrong" id="file-error" role="alert" hidden></p><p>fine</p>', None),
    ],
)
def test_a_refused_form_begins_at_its_first_fault(page, begins_at):
    shown = begin_at_the_fault(page)
    assert shown.count("autofocus") == (begins_at is not None)
    assert begins_at is None or begins_at in shown
