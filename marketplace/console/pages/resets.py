"""A password or second factor that is lost: two admins give it up here, a code on paper sets it again."""

from typing import Any
from uuid import UUID

from flask import Response, redirect, url_for
from marshmallow import fields

from ...errors import DomainError
from ...events.actor import ADMIN
from ...http.authentication import ANYONE, allow
from ...http.fields import Identifier, Lines, OneOf
from ...http.rate_limits import REGISTRATION, address
from ...http.schemas import Password, Schema
from ...persons import service as persons
from ...persons.models import ResetKind
from ...persons.service import LoggedIn
from ..forms import WHOLE, Errors, read_form, typed, wrong
from ..page import pages
from ..visitor import members_only, private

MOST_SHOWN = 50


class ProposalForm(Schema):
    login = Identifier(254, required=True)
    kind = fields.String(required=True, validate=OneOf(ResetKind))
    reason = Lines(500, required=True)


class PaperForm(Schema):
    login = Identifier(254, required=True)
    code = Identifier(60, required=True)
    password = Password()


PROPOSAL, PAPER = ProposalForm(), PaperForm()


@pages.get("/desk/resets")
@members_only("admin", kinds=(ADMIN,))
def show_resets(who: LoggedIn) -> Response:
    """What waits for a second admin, and what was given up before."""
    return _resets(who)


def _resets(
    who: LoggedIn, http_status: int = 200, errors: Errors | None = None, code: str | None = None
) -> Response:
    assert who.actor is not None
    rows = persons.list_resets({"status": None}, None, MOST_SHOWN)
    return private(
        "resets.html",
        http_status,
        resets=[persons.present_reset(row) for row in rows],
        me=who.actor.id,
        kinds=list(ResetKind),
        code=code,
        values=typed() if errors else {},
        errors=errors or {},
        api="/api/v1/access-resets",
    )


@pages.post("/desk/resets")
@members_only("admin", kinds=(ADMIN,))
def propose_reset(who: LoggedIn) -> Any:
    """Propose to give up what somebody has lost."""
    assert who.actor is not None
    data, errors = read_form(PROPOSAL)
    if data is None:
        return _resets(who, 422, errors)
    try:
        persons.propose_reset(who.actor, data)
    except DomainError as error:
        return _resets(who, error.status, wrong(error))
    return redirect(url_for("console.show_resets"), 303)


@pages.post("/desk/resets/<uuid:reset_id>/confirm")
@members_only("admin", kinds=(ADMIN,))
def confirm_reset(who: LoggedIn, reset_id: UUID) -> Response:
    """Confirm as a second admin; the code is shown this once."""
    assert who.actor is not None
    try:
        _, code = persons.confirm_reset(who.actor, reset_id)
    except DomainError as error:
        return _resets(who, error.status, {WHOLE: wrong(error).popitem()[1]})
    return _resets(who, code=code)


@pages.post("/desk/resets/<uuid:reset_id>/withdraw")
@members_only("admin", kinds=(ADMIN,))
def withdraw_reset(who: LoggedIn, reset_id: UUID) -> Any:
    """Take a reset back."""
    assert who.actor is not None
    try:
        persons.withdraw_reset(who.actor, reset_id)
    except DomainError as error:
        return _resets(who, error.status, {WHOLE: wrong(error).popitem()[1]})
    return redirect(url_for("console.show_resets"), 303)


@pages.get("/login/paper")
@allow(*ANYONE)
def show_paper_reset() -> Response:
    """Where the code on paper is typed."""
    return private("paper.html", values={}, errors={}, is_done=False)


@pages.post("/login/paper")
@allow(*ANYONE, limit=REGISTRATION)
def use_paper() -> Response:
    """Use the code on paper."""
    data, errors = read_form(PAPER)
    if data is None:
        return private("paper.html", 422, values=typed(), errors=errors, is_done=False)
    try:
        persons.use_reset(data, address())
    except DomainError as error:
        return private("paper.html", error.status, values=typed(), errors=wrong(error), is_done=False)
    return private("paper.html", values={}, errors={}, is_done=True)
