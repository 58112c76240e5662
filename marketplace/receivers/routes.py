"""Who could take a waste, and requests for contact to them."""

from functools import partial
from uuid import UUID

from ..enterprises import service as enterprises
from ..enterprises.models import Enterprise
from ..events.actor import ADMIN, ENTERPRISE
from ..http.authentication import EVERY_KEY, actor, allow
from ..http.blueprint import Blueprint, Body, Json, Query, Versioned, subject
from ..http.etags import etag
from ..http.languages import render_warnings
from ..http.openapi.declarations import may_conflict
from ..http.paging import Page, page, page_until, position_of
from ..http.schemas import ReasonSchema
from . import service
from .models import ReceiverRequest
from .schemas import (
    NewRequestSchema,
    ReceiverPage,
    ReceiverQuery,
    ReceiverRequestPage,
    ReceiverRequestSchema,
    RequestQuery,
)

blueprint = Blueprint("receivers", __name__, description="Who could take a waste, and asking them.")


@blueprint.get("/receivers")
@allow(*EVERY_KEY)
@blueprint.query(ReceiverQuery)
@blueprint.response(200, ReceiverPage)
def search_receivers(query: Query) -> Json:
    """Every enterprise that may lawfully take a waste, nearest first, with or without an open demand."""
    after = position_of(query, service.POSITION)
    items, more, notices = service.search_receivers(actor(), query, after)
    shown = [{**item, "warnings": render_warnings(item["warnings"])} for item in items]
    found = page_until(query, shown, list(more) if more else None)
    return {**found, "warnings": render_warnings(notices)}


def _find_enterprise(asker: object, enterprise_id: UUID) -> Enterprise:
    return enterprises.find(actor(), enterprise_id)


@blueprint.post("/receivers/<uuid:enterprise_id>/requests")
@allow(ENTERPRISE, scope="deals:write")
@subject(_find_enterprise)
@may_conflict
@blueprint.body(NewRequestSchema)
@blueprint.response(201, ReceiverRequestSchema)
def request_contact(enterprise: Enterprise, body: Body) -> Versioned:
    """Ask an enterprise whether it would take a waste; while a request is open, the same one again."""
    return _shown(service.request_contact(actor(), enterprise.id, body))


@blueprint.get("/receiver-requests")
@allow(*EVERY_KEY)
@blueprint.query(RequestQuery)
@blueprint.response(200, ReceiverRequestPage)
def list_requests(query: Query) -> Page:
    """Requests for contact that you made or got, newest first."""
    rows = partial(service.search, actor(), query)
    return page(query, rows, present=partial(service.present, actor()))


@blueprint.get("/receiver-requests/<uuid:request_id>")
@allow(*EVERY_KEY)
@subject(service.find)
@blueprint.response(200, ReceiverRequestSchema)
def show_request(request: ReceiverRequest) -> Versioned:
    """A request for contact, with both contacts once it is accepted."""
    return _shown(request)


@blueprint.post("/receiver-requests/<uuid:request_id>/accept")
@allow(ENTERPRISE, ADMIN, scope="deals:write")
@subject(service.find)
@may_conflict
@blueprint.body(ReasonSchema)
@blueprint.response(200, ReceiverRequestSchema)
def accept_request(request: ReceiverRequest, body: Body) -> Versioned:
    """Accept a request: both sides see each other's contact from now on."""
    return _shown(service.accept(actor(), request.id, body["reason"]))


@blueprint.post("/receiver-requests/<uuid:request_id>/decline")
@allow(ENTERPRISE, ADMIN, scope="deals:write")
@subject(service.find)
@may_conflict
@blueprint.body(ReasonSchema)
@blueprint.response(200, ReceiverRequestSchema)
def decline_request(request: ReceiverRequest, body: Body) -> Versioned:
    """Decline a request, with a reason for whoever made it."""
    return _shown(service.decline(actor(), request.id, body["reason"]))


@blueprint.post("/receiver-requests/<uuid:request_id>/withdraw")
@allow(ENTERPRISE, ADMIN, scope="deals:write")
@subject(service.find)
@may_conflict
@blueprint.body(ReasonSchema)
@blueprint.response(200, ReceiverRequestSchema)
def withdraw_request(request: ReceiverRequest, body: Body) -> Versioned:
    """Take a request of your own back."""
    return _shown(service.withdraw(actor(), request.id, body["reason"]))


def _shown(request: ReceiverRequest) -> Versioned:
    return service.present(actor(), [request])[0], etag(request.version)
