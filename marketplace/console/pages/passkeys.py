"""A person's passkeys: made on a device under a name, listed, removed."""

from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, redirect, url_for
from marshmallow import fields

from ...http.fields import Length, Text
from ...http.schemas import Schema
from ...persons import service as persons
from ...persons.service import Acting
from ..forms import Errors, change_or_show, typed
from ..page import as_json, pages
from ..visitor import ASK_AGAIN, SCRIPT, members_only, private
from .account import LONGEST_CREDENTIAL

LONGEST_NAME = 50


class NewPasskeyForm(Schema):
    name = Text(LONGEST_NAME, required=True)
    credential = fields.String(required=True, validate=Length(max=LONGEST_CREDENTIAL))


NEW_PASSKEY = NewPasskeyForm()


@pages.get("/settings/passkeys")
@members_only(sensitive=ASK_AGAIN)
def show_passkeys(who: Acting) -> Response:
    """The passkeys, and where a new one is named."""
    return _passkeys(who)


def _passkeys(who: Acting, http_status: int = 200, errors: Errors | None = None) -> Response:
    return private(
        "passkeys.html",
        http_status,
        script=SCRIPT,
        passkeys=persons.list_passkeys(who.person_id),
        has_passkeys=persons.relying_party() is not None,
        is_from_elsewhere=who.is_from_elsewhere,
        values=typed(),
        errors=errors or {},
    )


@pages.post("/settings/passkeys/challenge")
@members_only()
def offer_passkey(who: Acting) -> Response:
    """What the browser needs to make a passkey; only this session may answer."""
    return as_json(persons.offer_passkey(who.session_id, who.person_id))


@pages.post("/settings/passkeys")
@members_only(sensitive=ASK_AGAIN)
def add_passkey(who: Acting) -> Any:
    """Keep a passkey that the browser has made."""

    def add(data: dict[str, Any]) -> None:
        persons.add_passkey(who.session_id, who.person_id, data["name"], data["credential"])

    return change_or_show(NEW_PASSKEY, partial(_passkeys, who), add, url_for("console.show_passkeys"))


@pages.post("/settings/passkeys/<uuid:passkey_id>/remove")
@members_only(sensitive=ASK_AGAIN)
def remove_passkey(who: Acting, passkey_id: UUID) -> Any:
    """Take a passkey no more."""
    persons.remove_passkey(who.person_id, passkey_id)
    return redirect(url_for("console.show_passkeys"), 303)
