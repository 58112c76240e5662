"""One's own account: name and language, password, address and number, a copy of one's data, erasure."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Response, redirect, request, url_for
from marshmallow import fields

from ... import clock
from ...events.actor import Actor
from ...http.blueprint import attachment
from ...http.fields import Identifier, Length, OneOf, Text
from ...http.rate_limits import EXPORT, address, count_for
from ...http.schemas import LONGEST_PASSWORD, Email, Password, Phone, Schema
from ...messages import LANGUAGES
from ...persons import service as persons
from ...persons.service import Acting
from ...privacy import service as privacy
from ..forms import PASSWORDS, Errors, change_or_show, version_seen
from ..page import pages
from ..visitor import ASK_AGAIN, ASK_FACTOR, OWN_ACCOUNT, end_session, members_only, private

JSON = "application/json"
SECRETS = (*PASSWORDS, "code")


def _present_password() -> fields.String:
    return fields.String(required=True, validate=Length(max=LONGEST_PASSWORD))


class MyselfForm(Schema):
    name = Text(50, required=True)
    language = fields.String(required=True, validate=OneOf(LANGUAGES))


class PasswordForm(Schema):
    current_password = _present_password()
    password = Password()


class PhoneForm(Schema):
    phone = Phone(load_default=None)
    password = _present_password()


class EmailForm(Schema):
    email = Email(required=True)
    password = _present_password()


class CodeForm(Schema):
    code = Identifier(60, required=True)


class ErasureForm(Schema):
    password = _present_password()


MYSELF, PASSWORD, PHONE, EMAIL, CODE, ERASURE = (
    MyselfForm(), PasswordForm(), PhoneForm(), EmailForm(), CodeForm(), ErasureForm(),
)  # fmt: skip


@pages.get("/settings/account")
@members_only(OWN_ACCOUNT)
def show_account(who: Acting) -> Response:
    """What the person can set of itself."""
    return _account(who)


def _account(who: Acting, failed: str = "", http_status: int = 200, errors: Errors | None = None) -> Response:
    typed = {name: value for name, value in request.form.to_dict().items() if name not in SECRETS}
    return private(
        "account.html",
        http_status,
        me=persons.present_myself(person := persons.myself(who.actor)),
        version=person.version,
        languages=LANGUAGES,
        values={failed: typed},
        errors={failed: errors or {}},
        done=request.args.get("done") if request.method == "GET" else None,
        api="/api/v1/me/person",
    )


@pages.post("/settings/account")
@members_only(OWN_ACCOUNT)
def change_myself(who: Acting) -> Any:
    """Set name and language."""
    return _take(
        who, MYSELF, "myself", lambda actor, data: persons.change_myself(actor, data, version_seen())
    )


@pages.post("/settings/account/password")
@members_only(OWN_ACCOUNT, sensitive=ASK_FACTOR)
def change_password(who: Acting) -> Any:
    """Set the password; the sessions elsewhere end."""

    def change(actor: Actor, data: dict[str, Any]) -> None:
        persons.change_password(actor, data["current_password"], data["password"], address(), who.session_id)

    return _take(who, PASSWORD, "password", change)


@pages.post("/settings/account/phone")
@members_only(OWN_ACCOUNT, sensitive=ASK_FACTOR)
def change_phone(who: Acting) -> Any:
    """Set the number, or take it away."""
    return _take(
        who, PHONE, "phone",
        lambda actor, data: persons.change_phone(actor, data["phone"], data["password"], address()),
    )  # fmt: skip


@pages.post("/settings/account/email")
@members_only(OWN_ACCOUNT, sensitive=ASK_FACTOR)
def ask_for_email(who: Acting) -> Any:
    """Have a code mailed to a new address."""
    return _take(
        who, EMAIL, "email",
        lambda actor, data: persons.request_email(actor, data["email"], data["password"], address()),
    )  # fmt: skip


@pages.post("/settings/account/email/confirm")
@members_only(OWN_ACCOUNT)
def confirm_email(who: Acting) -> Any:
    """Take the new address by its code."""
    return _take(who, CODE, "code", lambda actor, data: persons.confirm_email(actor, data["code"], address()))


def _take(who: Acting, schema: Schema, form: str, change: Callable[[Actor, dict[str, Any]], Any]) -> Any:
    """Make the change of one of the forms of the page, and show in it that it is made."""
    then = url_for("console.show_account", done=form)
    return change_or_show(schema, partial(_account, who, form), partial(change, who.actor), then)


@pages.get("/settings/export")
@members_only(OWN_ACCOUNT, sensitive=ASK_AGAIN)
def export_myself(who: Acting) -> Response:
    """A copy of what is kept of the person, as a file."""
    count_for(who.actor, EXPORT)
    return attachment(
        privacy.export_person(who.actor), JSON, f"huanliu-{clock.today().isoformat()}-person.json"
    )


@pages.get("/settings/erase")
@members_only(OWN_ACCOUNT)
def show_erasure(who: Acting) -> Response:
    """What erasure means, and the password for it."""
    return _erasure()


def _erasure(http_status: int = 200, errors: Errors | None = None) -> Response:
    return private("erase.html", http_status, errors=errors or {})


@pages.post("/settings/erase")
@members_only(OWN_ACCOUNT, sensitive=ASK_FACTOR)
def erase_myself(who: Acting) -> Any:
    """Erase the person."""
    actor = who.actor

    def erase(data: dict[str, Any]) -> Any:
        persons.erase_oneself(actor, data["password"], address())
        return end_session(redirect(url_for("console.show_front"), 303))

    return change_or_show(ERASURE, _erasure, erase)
