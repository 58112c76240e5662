"""Requests for contact to receivers: asking one, those that were made and got, and each answer."""

from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, request, url_for
from marshmallow import fields

from ...enterprises import service as enterprises
from ...events.actor import ADMIN, ENTERPRISE, Actor
from ...http.fields import Lines, OneOf, UnmarkedLines
from ...http.paging import PageQuery
from ...http.paging import page as page_of_rows
from ...http.schemas import CodeText, Schema
from ...persons.service import Acting
from ...receivers import service as receivers
from ...receivers.models import LIFE, ReceiverRequest, RequestStatus
from ..form_fields import TypedTonnes
from ..forms import Errors, change_or_show, once_by, require_seen, typed
from ..page import pages, read_query
from ..visitor import members_only, private

PATH = "/receivers/requests"
ANSWERERS = (ENTERPRISE, ADMIN)
ANSWERS = {"accept": "receiver_id", "decline": "receiver_id", "withdraw": "supplier_id"}
"""Each answer with whose it is."""


class RequestsQuery(PageQuery):
    status = fields.String(load_default=None, validate=OneOf(RequestStatus))
    mine = fields.Boolean(load_default=False)


class AskForm(Schema):
    """What is asked, by the names of the API; the code shows its scheme."""

    code = CodeText(required=True)
    tonnes = TypedTonnes(required=True)
    note = UnmarkedLines(500, load_default="")


class AnswerForm(Schema):
    reason = Lines(500, load_default=None)


QUERY, ASK, ANSWER = RequestsQuery(), AskForm(), AnswerForm()


@pages.get(PATH)
@members_only()
def show_contact_requests(who: Acting) -> Response:
    """Requests that the reader made or got, newest first; those in the region of an officer."""
    actor = who.actor
    query, errors = read_query(QUERY)
    found = page_of_rows(query, partial(receivers.search, actor, query), present=partial(_shown, actor))
    return private(
        "contact_requests.html",
        requests=found["items"],
        next=found["next"],
        query=query,
        errors=errors,
        statuses_known=list(RequestStatus),
        me=actor.enterprise_id,
        may_answer="deals:write" in actor.scopes,
        api="/api/v1/receiver-requests",
    )


def _shown(actor: Actor, rows: Any) -> list[dict[str, Any]]:
    return receivers.present(actor, rows)


@pages.get(f"{PATH}/<uuid:request_id>")
@members_only()
def show_contact_request(who: Acting, request_id: UUID) -> Response:
    """A request, with both contacts once it is accepted, and what may be answered."""
    return _request(who.actor, request_id)


def _request(
    actor: Actor, request_id: UUID, http_status: int = 200, errors: Errors | None = None
) -> Response:
    row = receivers.find(actor, request_id)
    (shown,) = receivers.present(actor, [row])
    return private(
        "contact_request.html",
        http_status,
        request_made=shown,
        version=row.version,
        answers=_answers_of(actor, row),
        is_officer=actor.enterprise_id is None,
        values=typed() if errors else {},
        errors=errors or {},
        api=f"/api/v1/receiver-requests/{row.id}",
    )


def _answers_of(actor: Actor, row: ReceiverRequest) -> list[str]:
    """What the actor may do with a request now."""
    if ("admin" if actor.is_admin else "deals:write") not in actor.scopes:
        return []
    own = [
        name for name, side in ANSWERS.items() if actor.is_admin or getattr(row, side) == actor.enterprise_id
    ]
    return [name for name in own if row.status in LIFE.sources(name)]


@pages.post(f"{PATH}/<uuid:request_id>/<any(accept, decline, withdraw):answer>")
@members_only("deals:write", kinds=ANSWERERS)
def answer_contact_request(who: Acting, request_id: UUID, answer: str) -> Any:
    """Accept or decline a request, or take one's own back."""
    actor = who.actor
    row = receivers.find(actor, request_id)
    acts = {"accept": receivers.accept, "decline": receivers.decline, "withdraw": receivers.withdraw}

    def act(data: dict[str, Any]) -> str:
        require_seen(row.version)
        acts[answer](actor, row.id, data["reason"])
        return url_for("console.show_contact_request", request_id=row.id)

    return change_or_show(ANSWER, partial(_request, actor, row.id), once_by(actor, act))


# ---------------------------------------------------------------- asking


@pages.get("/receivers/<uuid:enterprise_id>/requests")
@members_only("deals:write", kinds=(ENTERPRISE,))
def show_asking(who: Acting, enterprise_id: UUID) -> Response:
    """The form that asks a receiver, filled in with the waste that was looked for."""
    return _asking(who.actor, enterprise_id, dict(request.args))


def _asking(
    actor: Actor,
    enterprise_id: UUID,
    values: dict[str, str],
    http_status: int = 200,
    errors: Errors | None = None,
) -> Response:
    return private(
        "contact_request_new.html",
        http_status,
        receiver=enterprises.reference_to(enterprises.find(actor, enterprise_id)),
        values=values,
        errors=errors or {},
        api="/api/v1/receiver-requests?mine=true",
    )


@pages.post("/receivers/<uuid:enterprise_id>/requests")
@members_only("deals:write", kinds=(ENTERPRISE,))
def ask_receiver(who: Acting, enterprise_id: UUID) -> Any:
    """Ask it; while a request about the same waste is open, that one is shown."""
    actor = who.actor
    receiver = enterprises.find(actor, enterprise_id)

    def ask(data: dict[str, Any]) -> str:
        made = receivers.request_contact(actor, receiver.id, {**data, "scheme": None})
        return url_for("console.show_contact_request", request_id=made.id)

    return change_or_show(ASK, partial(_asking, actor, receiver.id, typed()), once_by(actor, ask))
