"""Forms: read by a schema, and shown again with words beside the fields where something is wrong."""

import json
import secrets
import unicodedata
from collections.abc import Callable, Mapping
from functools import partial
from hashlib import sha256
from typing import Any

from flask import g, redirect, request
from marshmallow import EXCLUDE, ValidationError

from ..errors import DomainError, PreconditionFailed
from ..events.actor import Actor
from ..http.fields import QueryNumber
from ..http.idempotency import MAX_KEY, run_form_once
from ..http.languages import language, render
from ..http.problems import messages_by_field, retry_header
from ..http.rate_limits import address
from ..http.schemas import Schema, refuse_bad_characters
from ..messages import say
from .page import pages, text

Errors = dict[str, list[str]]
PASSWORDS = ("password", "current_password")
"""The fields that no page shows again."""
WHOLE = "form"
"""The name under which what concerns no single field is said."""
ONCE = "idempotency_key"
"""The hidden field of a form that creates something: `{{ once() }}` of macros.html."""
VERSION = "version"
"""The hidden field of a form that changes a row: the version that its reader has seen."""
SIGNER = "signer"
"""Of a form that is signed: who filled it in."""
NOT_TYPED = (ONCE, VERSION, SIGNER, "credential")


class FormNumber(QueryNumber):
    """A number as people type it: full-width digits and commas between the thousands are fine."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        plain = unicodedata.normalize("NFKC", value).strip().replace(",", "")
        return super()._deserialize(plain, *args, **kwargs)


def read_form(schema: Schema) -> tuple[dict[str, Any] | None, Errors]:
    """What was sent, and by field what is wrong with it; nothing of it if anything is.

    Fields that the form has beside those of the schema are ignored, and empty ones are as if they were not.
    """
    return read_fields(schema)


def read_fields(schema: Schema, prefix: str = "") -> tuple[dict[str, Any] | None, Errors]:
    """The same of the fields whose names begin so: a form may ask the same of several things."""
    sent = request.form.to_dict().items()
    given = {
        name.removeprefix(prefix): value for name, value in sent if name.startswith(prefix) and value.strip()
    }
    errors: Errors = {}
    try:
        refuse_bad_characters(given)
        loaded: dict[str, Any] = schema.load(given, unknown=EXCLUDE)
    except ValidationError as error:
        return None, _said(error)
    return loaded, errors


def _said(error: ValidationError) -> Errors:
    """By field what a schema refuses."""
    errors: Errors = {}
    for path, message in messages_by_field(error.messages):
        errors.setdefault(path or WHOLE, []).append(render(message))
    return errors


def read_rows(schema: Schema, prefix: str, most: int) -> tuple[list[dict[str, Any]], Errors]:
    """Rows of a form whose fields are named `<prefix><number>.<field>`, numbered from 0: those that name a
    `code`, and by the name of its field what is wrong with any of them.

    A row in which only other things are typed lacks its code; the scheme is hidden, and nobody types it.
    """
    rows: list[dict[str, Any]] = []
    errors: Errors = {}
    for number in range(most):
        at = f"{prefix}{number}."
        if f"{at}code" not in request.form:
            break
        if not request.form[f"{at}code"].strip():
            if any(request.form.get(at + name, "").strip() for name in schema.fields if name != "scheme"):
                errors[f"{at}code"] = [say("field_required", language())]
            continue
        row, faults = read_fields(schema, at)
        errors |= {at + name: sentences for name, sentences in faults.items()}
        if row is not None:
            rows.append(row)
    return rows, errors


def typed() -> dict[str, str]:
    """What was typed, as it came, to be shown again; no password."""
    return {name: value for name, value in request.form.to_dict().items() if name not in PASSWORDS}


def wrong(error: DomainError) -> Errors:
    """A refusal of a service as words beside the field that it is about; the page says when to try again."""
    g.refusal_headers = retry_header(error)
    g.is_stale = isinstance(error, PreconditionFailed)
    return {error.at or WHOLE: [words_of(error)]}


def words_of(error: DomainError) -> str:
    """A refusal of a service as a person reads it."""
    if isinstance(error, PreconditionFailed):
        return text("version_changed")
    return say(error.code, language(), **error.facts)


def change_or_show(
    schema: Schema | None,
    show: Callable[[int, Errors], Any],
    change: Callable[[dict[str, Any]], Any],
    then: str | None = None,
    called: Mapping[str, str] | None = None,
) -> Any:
    """Make the change that a form asks for and go on, or show its page again with words beside its fields.

    What is refused about something that the form does not ask for is said over it.

    Args:
        schema: what the form asks for; None of one that is a button alone.
        show: the page of the form again, by the status of the response and what is wrong.
        change: makes the change by what was sent; it may raise DomainError, or ValidationError of a part that
            it reads by a schema itself.
        then: the address to go to; without it `change` returns one, or the response itself.
        called: what the form calls fields that the services call otherwise, by the name of theirs.
    """
    data, errors = read_form(schema) if schema else ({}, {})
    if data is None:
        return show(422, errors)
    try:
        made = change(data)
    except DomainError as error:
        return show(error.status, beside_fields(schema, wrong(error), called))
    except ValidationError as error:
        return show(422, beside_fields(schema, _said(error), called))
    made = then or made
    return redirect(made, 303) if isinstance(made, str) else made


def beside_fields(schema: Schema | None, errors: Errors, called: Mapping[str, str] | None = None) -> Errors:
    """Words about a part of a field beside the field itself, and those about none over the form."""
    names = {field.data_key or name for name, field in schema.fields.items()} if schema else set()
    called = called or {}
    names |= set(called.values())
    found: Errors = {}
    for at, words in errors.items():
        head = at.partition(".")[0]
        head = called.get(head, head)
        beside = at if at in names else head if head in names else WHOLE
        found.setdefault(beside, []).extend(words)
    return found


def over_the_form(errors: Errors) -> Errors:
    """The same words over the form: of a page on which several forms have a field of that name."""
    return {WHOLE: [sentence for words in errors.values() for sentence in words]}


@pages.app_template_global("fresh_key")
def fresh_key() -> str:
    """A key for a form that was never sent."""
    return secrets.token_urlsafe(16)


def once(actor: Actor | None, act: Callable[[], str]) -> Any:
    """Do what a form asks for and redirect; sent again it does nothing, and leads to the same page.

    A double click, the back button and a second tab send the same key. A form without one is simply done.

    Args:
        actor: as whom the person acts; None of who is not logged in.
        act: makes the change, and returns the address of the page that shows it; it may raise DomainError,
            to be caught around the call: then nothing is kept, and the form may be sent again.

    Raises:
        Conflict: the form was sent before, and since changed (`form_sent_before`).
    """
    key = request.form.get(ONCE, "")
    if not 1 <= len(key) <= MAX_KEY:
        return redirect(act(), 303)
    caller = f"person:{actor.person_id}:{actor.id}" if actor else f"address:{address()}"
    return redirect(run_form_once(caller, key, _digest_of_form(), act), 303)


def once_by(actor: Actor | None, act: Callable[[dict[str, Any]], str]) -> Callable[[dict[str, Any]], Any]:
    """The change of a form that creates something, for `change_or_show`: `act` gets what was sent."""
    return lambda data: once(actor, partial(act, data))


def _digest_of_form() -> bytes:
    """SHA-256 of what the form says, files too."""
    found = sha256(json.dumps(list(request.form.items(multi=True))).encode())
    for name, file in request.files.items(multi=True):
        found.update(json.dumps([name, file.filename]).encode() + sha256(file.read()).digest())
        file.seek(0)
    return found.digest()


def version_seen() -> int | None:
    """The version that the reader of a form has seen, for the services that refuse a stale one.

    None of a form without one; what is no number is no version of anything.
    """
    seen = request.form.get(VERSION)
    if seen is None:
        return None
    return int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else -1


def require_seen(version: int) -> None:
    """Refuse a form whose reader has seen another version of a row than there is now.

    Raises:
        PreconditionFailed: somebody changed it in the meantime (`version_changed`).
    """
    if version_seen() not in (None, version):
        raise PreconditionFailed("version_changed")


@pages.app_template_global("is_stale")
def is_stale() -> bool:
    """Whether the form that was sent has just been refused because its reader had seen another version."""
    return bool(g.get("is_stale"))


@pages.app_template_global("version_to_send")
def version_to_send(current: int) -> int | None:
    """The version that a form carries: shown again, the one that its reader had seen, so that what others
    change in between is still noticed; once it was refused as stale its reader has seen the current one."""
    seen = version_seen()
    return current if seen is None or is_stale() else seen
