"""Logging in and out, the second factor, joining by an invitation, a forgotten password."""

from typing import Any

import segno
from flask import Response, redirect, request, url_for
from marshmallow import fields

from ...errors import DomainError
from ...http.authentication import ANYONE, allow
from ...http.fields import Identifier, Length, OneOf, Text
from ...http.rate_limits import REGISTRATION, address
from ...http.schemas import LONGEST_PASSWORD, Email, Password, Phone, Schema
from ...messages import LANGUAGES
from ...persons import service as persons
from ...persons.service import LoggedIn
from ..forms import Errors, read_form, typed, wrong
from ..page import pages
from ..visitor import (
    KEPT,
    NEXT,
    begin_session,
    end_session,
    half_logged_in,
    private,
    visitor,
    way_back,
)


class LoginForm(Schema):
    login = Identifier(254, required=True)
    password = fields.String(required=True, validate=Length(max=LONGEST_PASSWORD))


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


class NewPasswordForm(Schema):
    password = Password()


LOGIN, CODE, FORGOTTEN, JOIN, NEW_PASSWORD = (
    LoginForm(), CodeForm(), ForgottenForm(), JoinForm(), NewPasswordForm(),
)  # fmt: skip


@pages.get("/login")
@allow(*ANYONE)
def show_login() -> Response:
    """The form."""
    return _login()


def _login(http_status: int = 200, errors: Errors | None = None) -> Response:
    asked = request.values.get(NEXT, "")
    return private(
        "login.html", http_status, values=typed(), errors=errors or {}, next=asked, kept=_kept_fields()
    )


def _kept_fields() -> dict[str, str]:
    """What was typed into a form before its session ended, by the names of its fields."""
    sent = request.form.to_dict().items()
    return {name.removeprefix(KEPT): value for name, value in sent if name.startswith(KEPT)}


@pages.post("/login")
@allow(*ANYONE, limit=REGISTRATION)
def log_in() -> Any:
    """Begin a session; what was typed before is shown once more, to be sent."""
    data, errors = read_form(LOGIN)
    if data is None:
        return _login(422, errors)
    try:
        token = persons.log_in(
            data["login"], data["password"], address(), request.headers.get("User-Agent", "")
        )
    except DomainError as error:
        return _login(error.status, wrong(error))
    target, kept = way_back(request.form.get(NEXT)), _kept_fields()
    if kept:
        return begin_session(private("resume.html", target=target, kept=kept), token)
    return begin_session(redirect(target, 303), token)


@pages.post("/logout")
@allow(*ANYONE)
def log_out() -> Any:
    """End the session."""
    who = visitor()
    if who is not None:
        persons.end_session(who.person_id, who.session_id)
    return end_session(redirect(url_for("console.show_front"), 303))


@pages.get("/login/code")
@half_logged_in("second_factor")
def show_second_factor(who: LoggedIn) -> Response:
    """Where the code of the second factor is typed."""
    return private("second_factor.html", errors={})


@pages.post("/login/code")
@half_logged_in("second_factor")
def take_second_factor(who: LoggedIn) -> Any:
    """Take the code, and go on."""
    data, errors = read_form(CODE)
    if data is None:
        return private("second_factor.html", 422, errors=errors)
    try:
        persons.show_second_factor(who.session_id, data["code"], address())
    except DomainError as error:
        return private("second_factor.html", error.status, errors=wrong(error))
    return redirect(url_for("console.show_today"), 303)


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
    data, errors = read_form(CODE)
    if data is None:
        return _enrolment(who, 422, errors)
    try:
        codes = persons.confirm(who.person_id, data["code"])
    except DomainError as error:
        return _enrolment(who, error.status, wrong(error))
    persons.note_enrolment(who.session_id)
    return private("paper_codes.html", codes=codes)


@pages.get("/login/none")
@half_logged_in("membership")
def show_no_membership(who: LoggedIn) -> Response:
    """Of a person who is a member of nothing any more."""
    return private("no_membership.html", who=who)


@pages.get("/join")
@allow(*ANYONE)
def show_join() -> Response:
    """Where a code of an invitation is typed."""
    return private("join.html", values={}, errors={})


@pages.post("/join")
@allow(*ANYONE, limit=REGISTRATION)
def join() -> Any:
    """Accept an invitation, and log in at once."""
    data, errors = read_form(JOIN)
    if data is None:
        return private("join.html", 422, values=typed(), errors=errors)
    try:
        login = persons.login_of(persons.join(data, address()).person)
        token = persons.log_in(login, data["password"], address(), request.headers.get("User-Agent", ""))
    except DomainError as error:
        return private("join.html", error.status, values=typed(), errors=wrong(error))
    return begin_session(redirect(url_for("console.show_today"), 303), token)


@pages.get("/forgotten")
@allow(*ANYONE)
def show_forgotten() -> Response:
    """Where a new password is asked for."""
    return private("forgotten.html", values={}, errors={}, is_sent=False)


@pages.post("/forgotten")
@allow(*ANYONE, limit=REGISTRATION)
def ask_for_password() -> Response:
    """Have a link mailed; whether there is such a person is not said."""
    data, errors = read_form(FORGOTTEN)
    if data is None:
        return private("forgotten.html", 422, values=typed(), errors=errors, is_sent=False)
    persons.request_reset(data["login"])
    return private("forgotten.html", values={}, errors={}, is_sent=True)


@pages.get("/reset/<token>")
@allow(*ANYONE)
def show_reset(token: str) -> Response:
    """Where a new password is typed; merely opened it changes nothing."""
    return private("reset.html", errors={}, is_done=False)


@pages.post("/reset/<token>")
@allow(*ANYONE, limit=REGISTRATION)
def reset_password(token: str) -> Response:
    """Set the new password; all sessions of the person end."""
    data, errors = read_form(NEW_PASSWORD)
    if data is None:
        return private("reset.html", 422, errors=errors, is_done=False)
    try:
        persons.reset_password(token, data["password"])
    except DomainError as error:
        return private("reset.html", error.status, errors=wrong(error), is_done=False)
    return private("reset.html", errors={}, is_done=True)
