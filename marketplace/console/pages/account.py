"""Logging in and out, the second factor, joining by an invitation, a forgotten password."""

import re
from functools import partial
from typing import Any

import segno
from flask import Response, g, redirect, request, url_for
from marshmallow import fields

from ...errors import DomainError, Unauthorised
from ...http.authentication import ANYONE, allow
from ...http.fields import Identifier, Length, OneOf, Text
from ...http.rate_limits import REGISTRATION, address
from ...http.schemas import LONGEST_PASSWORD, Email, Password, Phone, Schema
from ...messages import LANGUAGES
from ...messages.names import names
from ...persons import service as persons
from ...persons.models import HandshakeKind
from ...persons.service import LoggedIn
from ..forms import NOT_TYPED, VERSION, Errors, change_or_show, over_the_form, typed, wrong
from ..page import as_json, pages
from ..visitor import (
    AGAIN,
    FACTOR,
    KEPT,
    LOST_FILES,
    NEXT,
    asking_of_browser,
    begin_session,
    end_session,
    factor_page,
    forget_asking,
    half_logged_in,
    keep_asking,
    login_page,
    new_asking,
    page_at,
    private,
    session_token,
    visitor,
    way_back,
)

AN_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
LONGEST_CREDENTIAL = 20_000
"""Of what a browser says of a passkey, as JSON."""
ONLY_PROVIDER = ""
"""What a provider is called that is alone, and is named in no address."""


class LoginForm(Schema):
    login = Identifier(254, required=True)
    password = fields.String(required=True, validate=Length(max=LONGEST_PASSWORD))


class ShownForm(Schema):
    credential = fields.String(required=True, validate=Length(max=LONGEST_CREDENTIAL))


class CodeForm(Schema):
    code = Identifier(40, required=True)


class ForgottenForm(Schema):
    login = Email(required=True)


class JoinForm(Schema):
    code = Identifier(60, required=True)
    password = Password()
    name = Text(50, load_default=None)
    phone = Phone(load_default=None)
    language = fields.String(load_default=None, validate=OneOf(LANGUAGES))


class JoinByAccountForm(CodeForm):
    provider = Identifier(40, load_default=ONLY_PROVIDER)


class NewPasswordForm(Schema):
    password = Password()


LOGIN, SHOWN, CODE, FORGOTTEN, JOIN, JOIN_BY_ACCOUNT, NEW_PASSWORD = (
    LoginForm(), ShownForm(), CodeForm(), ForgottenForm(), JoinForm(), JoinByAccountForm(), NewPasswordForm(),
)  # fmt: skip


@pages.get("/login")
@allow(*ANYONE)
def show_login() -> Response:
    """The form."""
    return _login()


def _login(http_status: int = 200, errors: Errors | None = None) -> Response:
    return login_page(http_status, values=typed(), errors=errors or {}, **_going_on())


def _going_on() -> dict[str, Any]:
    """What the page that was asked for goes on with."""
    return {
        NEXT: request.values.get(NEXT, ""),
        "kept": _kept_fields(),
        LOST_FILES: _has_lost_files(),
        "again": AGAIN in request.values,
    }


def _kept_fields() -> list[tuple[str, str]]:
    """What was typed into a form before its session ended, by name, each as often as it came."""
    sent = request.form.items(multi=True)
    return [(name.removeprefix(KEPT), value) for name, value in sent if name.startswith(KEPT)]


def _is_hidden(name: str, value: str) -> bool:
    """Whether a field of a form is one that nobody typed: a key, a version, an id, what a choice sends."""
    is_key = name in NOT_TYPED or name.startswith(f"{VERSION}.")
    is_choice = value == "true" or any(value in group for group in names().values())
    return is_key or is_choice or AN_ID.fullmatch(value) is not None


def _has_lost_files() -> bool:
    return LOST_FILES in request.form


@pages.post("/login")
@allow(*ANYONE, limit=REGISTRATION)
def log_in() -> Any:
    """Begin a session; what was typed before is shown once more, to be sent."""

    def begin(data: dict[str, Any]) -> Any:
        return _go_on(persons.log_in(data["login"], data["password"], address(), _device()))

    return change_or_show(LOGIN, _login, begin)


def _device() -> str:
    return request.headers.get("User-Agent", "")


def _go_on(token: str) -> Any:
    """Begin the session and go on; with what was typed only once the second factor was shown."""
    _end_earlier(token)
    g.visitor = who = persons.logged_in(token)
    waits = who is not None and who.lacks == FACTOR and (_kept_fields() or _has_lost_files())
    return begin_session(factor_page(**_going_on()) if waits else _resume(), token)


def _end_earlier(token: str, *, acts_as_before: bool = True) -> None:
    """Let the session take the place of the one that the browser had: its cookie is forgotten."""
    if (earlier := session_token()) is not None:
        persons.replace_session(token, earlier, acts_as_before=acts_as_before)


def _resume() -> Any:
    """What was typed once more, to be sent; without it the page that was asked for."""
    target, kept = way_back(request.form.get(NEXT)), _kept_fields()
    if not kept and not _has_lost_files():
        return redirect(page_at(target), 303)
    return private(
        "resume.html",
        target=target,
        page=page_at(target),
        kept=kept,
        typed=[value for name, value in kept if value and not _is_hidden(name, value)],
        lost_files=_has_lost_files(),
    )


@pages.post("/login/passkey/challenge")
@allow(*ANYONE, limit=REGISTRATION)
def ask_for_passkey() -> Any:
    """What the browser is to sign, whoever it turns out to be; only this browser may answer."""
    asking = new_asking()
    return keep_asking(as_json(persons.ask_for_passkey(HandshakeKind.LOG_IN, asking)), asking)


@pages.post("/login/passkey")
@allow(*ANYONE, limit=REGISTRATION)
def log_in_by_passkey() -> Any:
    """Begin a session by a passkey in place of the password."""

    def begin(data: dict[str, Any]) -> Any:
        token = persons.log_in_by_passkey(asking_of_browser(), data["credential"], _device())
        return forget_asking(_go_on(token))

    return change_or_show(SHOWN, lambda status, errors: _login(status, over_the_form(errors)), begin)


@pages.get("/login/account", defaults={"provider": ONLY_PROVIDER})
@pages.get("/login/account/<provider>")
@allow(*ANYONE, limit=REGISTRATION)
def ask_provider(provider: str) -> Any:
    """Go and log in elsewhere; the browser then comes back."""
    asking = new_asking()
    try:
        address_there = persons.ask_provider(provider, asking, way_back(request.args.get(NEXT)))
    except DomainError as error:
        return _login(error.status, wrong(error))
    return keep_asking(redirect(address_there, 303), asking)


@pages.post("/join/account")
@allow(*ANYONE, limit=REGISTRATION)
def join_by_account() -> Any:
    """Accept an invitation with an account elsewhere. A form may lead to us only, so a link leads there."""

    def lead_there(data: dict[str, Any]) -> Any:
        asking, provider = new_asking(), persons.find_provider(data["provider"])
        address_there = persons.ask_provider(provider.key, asking, invitation_code=data["code"])
        return keep_asking(private("account_go.html", address=address_there, provider=provider), asking)

    return change_or_show(JOIN_BY_ACCOUNT, _join, lead_there)


@pages.get("/login/account/return", defaults={"provider": ONLY_PROVIDER})
@pages.get("/login/account/<provider>/return")
@allow(*ANYONE, limit=REGISTRATION)
def come_back(provider: str) -> Any:
    """Begin a session of whoever has logged in elsewhere."""
    came_with = request.args
    try:
        if "code" not in came_with or "state" not in came_with:
            raise Unauthorised("account_refused")
        begun = persons.log_in_by_account(
            provider, asking_of_browser(), came_with["state"], came_with["code"], _device()
        )
    except DomainError as error:
        return _login(error.status, over_the_form(wrong(error)))
    _end_earlier(begun.token, acts_as_before=not begun.names_whom)
    return forget_asking(begin_session(redirect(page_at(way_back(begun.next_page)), 303), begun.token))


@pages.post("/logout")
@allow(*ANYONE)
def log_out() -> Any:
    """End the session."""
    who = visitor()
    if who is not None:
        persons.end_session(who.person_id, who.session_id)
    return end_session(redirect(url_for("console.show_front"), 303))


@pages.get("/login/code")
@half_logged_in(FACTOR)
def show_second_factor(who: LoggedIn) -> Response:
    """Where the code of the second factor is typed."""
    return _second_factor()


def _second_factor(http_status: int = 200, errors: Errors | None = None) -> Response:
    return factor_page(http_status, errors=errors or {}, **_going_on())


@pages.post("/login/code/challenge")
@half_logged_in(FACTOR)
def ask_for_second_passkey(who: LoggedIn) -> Response:
    """What one of the person's passkeys is to sign."""
    kind, holder = HandshakeKind.SECOND_FACTOR, str(who.session_id)
    return as_json(persons.ask_for_passkey(kind, holder, who.person_id))


@pages.post("/login/code/passkey")
@half_logged_in(FACTOR)
def take_passkey(who: LoggedIn) -> Any:
    """Take a passkey as the second factor, and go on."""

    def take(data: dict[str, Any]) -> Any:
        persons.show_passkey(who.session_id, data["credential"])
        return _resume()

    return change_or_show(SHOWN, lambda status, errors: _second_factor(status, over_the_form(errors)), take)


@pages.post("/login/code")
@half_logged_in(FACTOR)
def take_second_factor(who: LoggedIn) -> Any:
    """Take the code, and go on."""

    def take(data: dict[str, Any]) -> Any:
        persons.show_second_factor(who.session_id, data["code"], address())
        return _resume()

    return change_or_show(CODE, _second_factor, take)


@pages.get("/login/enrol")
@half_logged_in("enrolment")
def show_enrolment(who: LoggedIn) -> Response:
    """A new second factor: the QR code for the authenticator."""
    return _enrolment(who)


def _enrolment(who: LoggedIn, http_status: int = 200, errors: Errors | None = None) -> Response:
    uri = persons.offer(who.person_id)
    picture = segno.make(uri).svg_inline(scale=4, svgclass=None, lineclass=None, omitsize=True)
    secret = uri.partition("secret=")[2].partition("&")[0]
    return private("enrolment.html", http_status, errors=errors or {}, picture=picture, secret=secret)


@pages.post("/login/enrol")
@half_logged_in("enrolment")
def take_enrolment(who: LoggedIn) -> Any:
    """Take the second factor; the codes for paper are shown this once."""

    def enrol(data: dict[str, Any]) -> Response:
        codes = persons.confirm(who.person_id, data["code"])
        persons.pass_second_factor(who.session_id)
        return private("paper_codes.html", codes=codes)

    return change_or_show(CODE, partial(_enrolment, who), enrol)


@pages.get("/login/none")
@half_logged_in("membership")
def show_no_membership(who: LoggedIn) -> Response:
    """Of a person who is a member of nothing any more."""
    return private("no_membership.html", who=who)


@pages.get("/join")
@allow(*ANYONE)
def show_join() -> Response:
    """Where a code of an invitation is typed."""
    return _join()


def _join(http_status: int = 200, errors: Errors | None = None) -> Response:
    facts = {"values": typed(), "errors": errors or {}, "providers": persons.list_providers()}
    return private("join.html", http_status, **facts)


@pages.post("/join")
@allow(*ANYONE, limit=REGISTRATION)
def join() -> Any:
    """Accept an invitation, and log in at once."""

    def accept(data: dict[str, Any]) -> Any:
        login = persons.login_of(persons.join(data, address()).person)
        token = persons.log_in(login, data["password"], address(), _device())
        _end_earlier(token, acts_as_before=False)
        return begin_session(redirect(url_for("console.show_today"), 303), token)

    return change_or_show(JOIN, _join, accept)


@pages.get("/forgotten")
@allow(*ANYONE)
def show_forgotten() -> Response:
    """Where a new password is asked for."""
    return _forgotten()


def _forgotten(http_status: int = 200, errors: Errors | None = None, *, is_sent: bool = False) -> Response:
    values = typed() if errors else {}
    return private("forgotten.html", http_status, values=values, errors=errors or {}, is_sent=is_sent)


@pages.post("/forgotten")
@allow(*ANYONE, limit=REGISTRATION)
def ask_for_password() -> Any:
    """Have a link mailed; whether there is such a person is not said."""

    def send(data: dict[str, Any]) -> Response:
        persons.request_reset(data["login"])
        return _forgotten(is_sent=True)

    return change_or_show(FORGOTTEN, _forgotten, send)


@pages.get("/reset/<token>")
@allow(*ANYONE)
def show_reset(token: str) -> Response:
    """Where a new password is typed; merely opened it changes nothing."""
    return _reset()


def _reset(http_status: int = 200, errors: Errors | None = None, *, is_done: bool = False) -> Response:
    return private("reset.html", http_status, errors=errors or {}, is_done=is_done)


@pages.post("/reset/<token>")
@allow(*ANYONE, limit=REGISTRATION)
def reset_password(token: str) -> Any:
    """Set the new password; all sessions of the person end."""

    def reset(data: dict[str, Any]) -> Response:
        persons.reset_password(token, data["password"])
        return _reset(is_done=True)

    return change_or_show(NEW_PASSWORD, _reset, reset)
