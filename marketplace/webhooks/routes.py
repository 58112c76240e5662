"""The feed of events, endpoints, and the log of what was delivered to them.

Endpoints are read by who may register them: an address often holds a secret in its path or query.
"""

from functools import partial
from typing import Any

from ..events.actor import ADMIN, ENTERPRISE
from ..http.authentication import EVERY_KEY, actor, allow
from ..http.blueprint import Blueprint, Body, Json, Query, no_body, subject
from ..http.openapi.declarations import may_conflict
from ..http.paging import Key, Page, PageQuery, page
from . import service
from .models import WebhookDelivery, WebhookEndpoint
from .schemas import (
    EndpointPage,
    EndpointSchema,
    EventQuery,
    FeedPageSchema,
    NewEndpointSchema,
    ReplayedEventsSchema,
    ReplaySchema,
    SecretEndpointSchema,
    WebhookDeliveryPage,
    WebhookDeliverySchema,
)

blueprint = Blueprint("webhooks", __name__, description="What happened, to be asked for or delivered.")
SHOWN = (
    "id", "url", "description", "kinds", "failing_since", "stopped_at", "stopped_for", "created_at",
)  # fmt: skip


@blueprint.get("/events")
@allow(*EVERY_KEY)
@blueprint.query(EventQuery)
@blueprint.response(200, FeedPageSchema)
def list_events(query: Query) -> Json:
    """What happened to your enterprise, or where you oversee, in the order in which it was committed."""
    items = service.list_events(actor(), query["after"], query["kinds"], query["limit"])
    return {"items": items, "next": items[-1].no if items else query["after"]}


@blueprint.post("/webhook-endpoints")
@allow(ENTERPRISE, scope="admin")
@may_conflict
@blueprint.body(NewEndpointSchema)
@blueprint.response(201, SecretEndpointSchema)
def create_endpoint(body: Body) -> Json:
    """Register an address to which events are delivered, signed as Standard Webhooks says."""
    return _with_secret(*service.create_endpoint(actor(), body))


def _with_secret(endpoint: WebhookEndpoint, secret: str) -> Json:
    return {**{name: getattr(endpoint, name) for name in SHOWN}, "secret": secret}


@blueprint.get("/webhook-endpoints")
@allow(ENTERPRISE, scope="admin")
@blueprint.query(PageQuery)
@blueprint.response(200, EndpointPage)
def list_endpoints(query: Query) -> Page:
    """Your endpoints, newest first."""
    return page(query, partial(service.list_endpoints, actor()))


@blueprint.get("/webhook-endpoints/<uuid:endpoint_id>")
@allow(ENTERPRISE, scope="admin")
@subject(service.find_endpoint)
@blueprint.response(200, EndpointSchema)
def show_endpoint(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """One of your endpoints."""
    return endpoint


@blueprint.delete("/webhook-endpoints/<uuid:endpoint_id>")
@allow(ENTERPRISE, scope="admin")
@subject(service.find_endpoint)
@blueprint.response(204)
def delete_endpoint(endpoint: WebhookEndpoint) -> None:
    """Delete an endpoint and its log; what is under way is not delivered."""
    service.delete_endpoint(actor(), endpoint.id)


@blueprint.post("/webhook-endpoints/<uuid:endpoint_id>/test")
@allow(ENTERPRISE, scope="admin")
@subject(service.find_endpoint)
@no_body
@blueprint.response(200, WebhookDeliverySchema)
def send_test(endpoint: WebhookEndpoint) -> Any:
    """Send a message of the kind `webhook.test`; a stopped endpoint is begun with again."""
    return service.describe([service.send_test(actor(), endpoint.id)])[0]


@blueprint.post("/webhook-endpoints/<uuid:endpoint_id>/rotate-secret")
@allow(ENTERPRISE, scope="admin")
@subject(service.find_endpoint)
@no_body
@blueprint.response(200, SecretEndpointSchema)
def rotate_secret(endpoint: WebhookEndpoint) -> Json:
    """Make a new secret; for 24 hours messages carry signatures of both."""
    return _with_secret(*service.rotate_secret(actor(), endpoint.id))


@blueprint.post("/webhook-endpoints/<uuid:endpoint_id>/replay")
@allow(ENTERPRISE, scope="admin")
@subject(service.find_endpoint)
@blueprint.body(ReplaySchema)
@blueprint.response(200, ReplayedEventsSchema)
def replay(endpoint: WebhookEndpoint, body: Body) -> Json:
    """Deliver once more what happened since a moment, each with its `webhook-id` of before."""
    return {"replayed": service.replay(actor(), endpoint.id, body["since"])}


@blueprint.get("/webhook-endpoints/<uuid:endpoint_id>/deliveries")
@allow(ENTERPRISE, scope="admin")
@subject(service.find_endpoint)
@blueprint.query(PageQuery)
@blueprint.response(200, WebhookDeliveryPage)
def list_deliveries(endpoint: WebhookEndpoint, query: Query) -> Page:
    """What was delivered to an endpoint in the last 30 days, newest first, with every try."""
    return page(query, partial(service.list_deliveries, actor(), endpoint), Key("id"))


@blueprint.post("/webhook-deliveries/<uuid:delivery_id>/redeliver")
@allow(ENTERPRISE, ADMIN, scope="admin")
@subject(service.find_delivery)
@may_conflict
@no_body
@blueprint.response(200, WebhookDeliverySchema)
def redeliver(delivery: WebhookDelivery) -> Any:
    """Deliver once more what was delivered or given up."""
    return service.describe([service.redeliver(actor(), delivery.id)])[0]
