"""Where events are delivered: addresses with their secrets, and the log of each."""

from typing import Any
from uuid import UUID

from flask import Response, redirect, request, url_for
from marshmallow import fields

from ... import clock
from ...errors import DomainError
from ...events.actor import ENTERPRISE
from ...http.fields import Identifier, QueryWhole, Range, Text
from ...http.paging import PageQuery
from ...http.paging import page as page_of_rows
from ...http.schemas import Schema
from ...persons.service import Acting
from ...webhooks import service as webhooks
from ..form_fields import LocalMoment, as_typed
from ..forms import Errors, once, read_form, typed, wrong
from ..page import pages, read_query
from ..visitor import ASK_AGAIN, members_only, private

MOST_SHOWN = 100
LONGEST_URL = 500
GROUPS = (*webhooks.GROUPS, webhooks.NOTIFICATION)
"""What the boxes offer; programs may choose single kinds too."""


class EndpointForm(Schema):
    url = Identifier(LONGEST_URL, required=True)
    description = Text(200, load_default="")


class ReplayForm(Schema):
    since = LocalMoment(required=True)


class LogQuery(PageQuery):
    replayed = QueryWhole(load_default=None, validate=Range(min=0, max=1_000_000))
    tested = fields.Boolean(load_default=False)


ENDPOINT, REPLAY, LOG = EndpointForm(), ReplayForm(), LogQuery()


@pages.get("/settings/webhooks")
@members_only("admin", kinds=(ENTERPRISE,))
def show_webhooks(who: Acting) -> Response:
    """The addresses to which events of the enterprise are delivered."""
    return _endpoints(who)


def _endpoints(
    who: Acting, http_status: int = 200, errors: Errors | None = None, secret: str | None = None
) -> Response:
    return private(
        "webhooks.html",
        http_status,
        endpoints=webhooks.list_endpoints(who.actor, None, MOST_SHOWN),
        groups=GROUPS,
        chosen=_chosen() if errors else [],
        most_url=LONGEST_URL,
        secret=secret,
        values=typed() if errors else {},
        errors=errors or {},
        api="/api/v1/webhook-endpoints",
    )


def _chosen() -> list[str]:
    return [group for group in GROUPS if group in request.form.getlist("kinds")]


@pages.post("/settings/webhooks")
@members_only("admin", kinds=(ENTERPRISE,), sensitive=ASK_AGAIN)
def create_webhook(who: Acting) -> Any:
    """Register an address; its secret is shown this once. Sent again it leads to the list."""
    actor = who.actor
    data, errors = read_form(ENDPOINT)
    if data is None:
        return _endpoints(who, 422, errors)
    made: list[str] = []

    def create() -> str:
        made.append(webhooks.create_endpoint(actor, {**data, "kinds": _chosen()})[1])
        return url_for("console.show_webhooks")

    try:
        done = once(actor, create)
    except DomainError as error:
        return _endpoints(who, error.status, wrong(error))
    return _endpoints(who, 201, secret=made[0]) if made else done


@pages.get("/settings/webhooks/<uuid:endpoint_id>")
@members_only("admin", kinds=(ENTERPRISE,))
def show_webhook(who: Acting, endpoint_id: UUID) -> Response:
    """One of them: how it does, and what was delivered to it."""
    return _endpoint(who, endpoint_id)


def _endpoint(
    who: Acting,
    endpoint_id: UUID,
    http_status: int = 200,
    errors: Errors | None = None,
    secret: str | None = None,
) -> Response:
    actor = who.actor
    endpoint = webhooks.find_endpoint(actor, endpoint_id)
    query, _ = read_query(LOG)
    log = page_of_rows(query, lambda after, limit: webhooks.list_deliveries(actor, endpoint, after, limit))
    return private(
        "webhook.html",
        http_status,
        endpoint=endpoint,
        deliveries=log["items"],
        next=log["next"],
        tested=query["tested"],
        replayed=query["replayed"],
        earliest=as_typed(clock.now() - webhooks.KEPT),
        secret=secret,
        values=typed() if errors else {},
        errors=errors or {},
        api=f"/api/v1/webhook-endpoints/{endpoint.id}/deliveries",
    )


@pages.post("/settings/webhooks/<uuid:endpoint_id>/test")
@members_only("admin", kinds=(ENTERPRISE,))
def test_webhook(who: Acting, endpoint_id: UUID) -> Any:
    """Send a test; an address that was switched off is switched on."""
    try:
        webhooks.send_test(who.actor, endpoint_id)
    except DomainError as error:
        return _endpoint(who, endpoint_id, error.status, wrong(error))
    return redirect(url_for("console.show_webhook", endpoint_id=endpoint_id, tested="true"), 303)


@pages.post("/settings/webhooks/<uuid:endpoint_id>/rotate-secret")
@members_only("admin", kinds=(ENTERPRISE,), sensitive=ASK_AGAIN)
def rotate_webhook_secret(who: Acting, endpoint_id: UUID) -> Any:
    """Make a new secret, shown this once; sent again it leads to the page without one."""
    actor = who.actor
    made: list[str] = []

    def rotate() -> str:
        made.append(webhooks.rotate_secret(actor, endpoint_id)[1])
        return url_for("console.show_webhook", endpoint_id=endpoint_id)

    try:
        done = once(actor, rotate)
    except DomainError as error:
        return _endpoint(who, endpoint_id, error.status, wrong(error))
    return _endpoint(who, endpoint_id, secret=made[0]) if made else done


@pages.post("/settings/webhooks/<uuid:endpoint_id>/replay")
@members_only("admin", kinds=(ENTERPRISE,))
def replay_webhook(who: Acting, endpoint_id: UUID) -> Any:
    """Deliver once more what happened since a moment."""
    data, errors = read_form(REPLAY)
    if data is None:
        return _endpoint(who, endpoint_id, 422, errors)
    try:
        count = webhooks.replay(who.actor, endpoint_id, data["since"])
    except DomainError as error:
        return _endpoint(who, endpoint_id, error.status, wrong(error))
    return redirect(url_for("console.show_webhook", endpoint_id=endpoint_id, replayed=count), 303)


@pages.post("/settings/webhooks/<uuid:endpoint_id>/delete")
@members_only("admin", kinds=(ENTERPRISE,))
def delete_webhook(who: Acting, endpoint_id: UUID) -> Any:
    """Delete an address with its log."""
    webhooks.delete_endpoint(who.actor, endpoint_id)
    return redirect(url_for("console.show_webhooks"), 303)


@pages.post("/settings/webhook-deliveries/<uuid:delivery_id>/redeliver")
@members_only("admin", kinds=(ENTERPRISE,))
def redeliver_webhook(who: Acting, delivery_id: UUID) -> Any:
    """Deliver one once more."""
    endpoint_id = webhooks.find_delivery(who.actor, delivery_id).endpoint_id
    try:
        webhooks.redeliver(who.actor, delivery_id)
    except DomainError as error:
        return _endpoint(who, endpoint_id, error.status, wrong(error))
    return redirect(url_for("console.show_webhook", endpoint_id=endpoint_id, replayed=1), 303)
