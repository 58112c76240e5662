"""A password or second factor that is lost: two admins give it up here, a code on paper sets it again."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, url_for
from marshmallow import fields

from ...events.actor import ADMIN, Actor
from ...http.authentication import ANYONE, allow
from ...http.fields import Identifier, Lines, OneOf
from ...http.rate_limits import REGISTRATION, address
from ...http.schemas import Password, Schema
from ...persons import service as persons
from ...persons.models import ResetKind
from ...persons.service import Acting
from ..forms import Errors, change_or_show, typed
from ..page import pages
from ..visitor import ASK_AGAIN, members_only, private

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
def show_resets(who: Acting) -> Response:
    """What waits for a second admin, and what was given up before."""
    return _resets(who)


def _resets(
    who: Acting, http_status: int = 200, errors: Errors | None = None, code: str | None = None
) -> Response:
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
@members_only("admin", kinds=(ADMIN,), sensitive=ASK_AGAIN)
def propose_reset(who: Acting) -> Any:
    """Propose to give up what somebody has lost."""
    return _changed(who, PROPOSAL, persons.propose_reset)


@pages.post("/desk/resets/<uuid:reset_id>/confirm")
@members_only("admin", kinds=(ADMIN,), sensitive=ASK_AGAIN)
def confirm_reset(who: Acting, reset_id: UUID) -> Any:
    """Confirm as a second admin; the code is shown this once."""
    actor = who.actor

    def confirm(_: dict[str, Any]) -> Response:
        return _resets(who, code=persons.confirm_reset(actor, reset_id)[1])

    return change_or_show(None, partial(_resets, who), confirm)


@pages.post("/desk/resets/<uuid:reset_id>/withdraw")
@members_only("admin", kinds=(ADMIN,))
def withdraw_reset(who: Acting, reset_id: UUID) -> Any:
    """Take a reset back."""
    return _changed(who, None, lambda actor, _: persons.withdraw_reset(actor, reset_id))


def _changed(who: Acting, schema: Schema | None, change: Callable[[Actor, dict[str, Any]], Any]) -> Any:
    then = url_for("console.show_resets")
    return change_or_show(schema, partial(_resets, who), partial(change, who.actor), then)


@pages.get("/login/paper")
@allow(*ANYONE)
def show_paper_reset() -> Response:
    """Where the code on paper is typed."""
    return _paper()


def _paper(http_status: int = 200, errors: Errors | None = None, *, is_done: bool = False) -> Response:
    values = typed() if errors else {}
    return private("paper.html", http_status, values=values, errors=errors or {}, is_done=is_done)


@pages.post("/login/paper")
@allow(*ANYONE, limit=REGISTRATION)
def use_paper() -> Any:
    """Use the code on paper."""

    def use(data: dict[str, Any]) -> Response:
        persons.use_reset(data, address())
        return _paper(is_done=True)

    return change_or_show(PAPER, _paper, use)
