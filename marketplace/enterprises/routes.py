"""Enterprises, API keys, regulators."""

from uuid import UUID

from flask import current_app
from flask_limiter.util import get_remote_address

from ..events.actor import ADMIN, ENTERPRISE, REGULATOR, Actor
from ..http.authentication import ANYONE, EVERY_KEY, STAFF, actor, allow
from ..http.blueprint import Blueprint, first, subject
from ..http.etags import etag
from ..http.languages import render_warnings
from ..http.openapi.api import VERSIONED
from ..http.paging import PageQuery, cursor_of, position_of
from ..http.rate_limits import limiter
from ..http.schemas import ReasonSchema
from . import service
from .schemas import (
    EnterprisePage,
    EnterpriseSchema,
    KeyPage,
    KeyRequestSchema,
    NewKeySchema,
    ProfileChangeSchema,
    RegisteredSchema,
    RegistrationSchema,
    RegulatorRequestSchema,
    RegulatorSchema,
    ReviewQuery,
)

blueprint = Blueprint("enterprises", __name__, description="Enterprises, their keys, and platform staff.")


@blueprint.post("/enterprises")
@allow(*ANYONE)
@limiter.limit(
    lambda: current_app.config["SETTINGS"].rate_limit_registration,
    key_func=get_remote_address,
    override_defaults=True,
)
@blueprint.body(RegistrationSchema)
@blueprint.response(201, RegisteredSchema, headers=VERSIONED)
@blueprint.problems(400, 409, 413, 415)
def register(body):
    """Register an enterprise. It stays pending until an admin approves it; its first key is shown once."""
    row, key, notices = service.register(body)
    shown = service.present(Actor(ENTERPRISE, row.id), row, render_warnings(notices))
    return {**shown, "api_key": key}, etag(row.version)


@blueprint.get("/enterprises")
@allow(*STAFF)
@blueprint.query(ReviewQuery)
@blueprint.response(200, EnterprisePage)
@blueprint.problems()
def review(query):
    """Enterprises for review, by score; a regulator's own region only."""
    rows = service.review(actor(), query, position_of(query["cursor"], (str, UUID)))
    page = rows[: query["limit"]]
    more = cursor_of(service.review_position(query, page[-1])) if len(rows) > len(page) else None
    return {"items": [service.present(actor(), row) for row in page], "next": more}


@blueprint.get("/enterprises/me")
@allow(ENTERPRISE)
@blueprint.response(200, EnterpriseSchema, headers=VERSIONED)
@blueprint.problems()
def show_me():
    """The enterprise that asks."""
    row = service.own(actor())
    return service.present(actor(), row), etag(row.version)


@blueprint.get("/enterprises/<uuid:enterprise_id>")
@allow(*EVERY_KEY)
@blueprint.response(200, EnterpriseSchema, headers=VERSIONED)
@blueprint.problems(404)
def show(enterprise_id):
    """An enterprise: all of it for itself, admins and its regulators; else name, region, roles, grade."""
    row = service.find(actor(), enterprise_id)
    return service.present(actor(), row), etag(row.version)


@blueprint.patch("/enterprises/<uuid:enterprise_id>")
@allow(ENTERPRISE, ADMIN, scope="admin")
@first(service.check_change)
@subject(service.find_changeable)
@blueprint.body(ProfileChangeSchema, required=False)
@blueprint.response(200, EnterpriseSchema, headers=VERSIONED)
@blueprint.problems(400, 404, 412, 413, 415, 428)
def change(body, enterprise_id, expected):
    """Change a profile."""
    row, notices = service.change(actor(), enterprise_id, body, expected)
    return service.present(actor(), row, render_warnings(notices)), etag(row.version)


@blueprint.post("/enterprises/<uuid:enterprise_id>/approve")
@allow(ADMIN, scope="admin")
@subject(service.find)
@blueprint.body(ReasonSchema, required=False)
@blueprint.response(200, EnterpriseSchema, headers=VERSIONED)
@blueprint.problems(400, 404, 409, 413, 415)
def approve(body, enterprise_id):
    """Let an enterprise trade."""
    row = service.move(actor(), enterprise_id, "approve", body["reason"])
    return service.present(actor(), row), etag(row.version)


@blueprint.post("/enterprises/<uuid:enterprise_id>/suspend")
@allow(ADMIN, scope="admin")
@subject(service.find)
@blueprint.body(ReasonSchema, required=False)
@blueprint.response(200, EnterpriseSchema, headers=VERSIONED)
@blueprint.problems(400, 404, 409, 413, 415)
def suspend(body, enterprise_id):
    """Stop an enterprise from trading; its listings are matched no more."""
    row = service.move(actor(), enterprise_id, "suspend", body["reason"])
    return service.present(actor(), row), etag(row.version)


@blueprint.post("/api-keys")
@allow(*EVERY_KEY, scope="admin")
@first(service.check_key_request)
@blueprint.body(KeyRequestSchema)
@blueprint.response(201, NewKeySchema)
@blueprint.problems(400, 413, 415)
def create_key(body):
    """Make a further key, with no more scopes than the asking key has; a year at most."""
    row, key = service.create_key(actor(), **body)
    return {**_key(row), "api_key": key}


@blueprint.get("/api-keys")
@allow(*EVERY_KEY, scope="admin")
@blueprint.query(PageQuery)
@blueprint.response(200, KeyPage)
@blueprint.problems()
def list_keys(query):
    """The asker's keys, newest first."""
    (after,) = position_of(query["cursor"], (UUID,)) or (None,)
    rows = service.list_keys(actor(), after, query["limit"] + 1)
    page = rows[: query["limit"]]
    more = cursor_of([str(page[-1].id)]) if len(rows) > len(page) else None
    return {"items": [_key(row) for row in page], "next": more}


@blueprint.delete("/api-keys/<uuid:key_id>")
@allow(*EVERY_KEY, scope="admin")
@subject(service.find_key)
@blueprint.response(204)
@blueprint.problems(404)
def revoke_key(key_id):
    """Revoke a key, at once and for good."""
    service.revoke_key(actor(), key_id)


@blueprint.post("/regulators")
@allow(ADMIN, scope="admin")
@blueprint.body(RegulatorRequestSchema)
@blueprint.response(201, RegulatorSchema)
@blueprint.problems(400, 413, 415)
def create_regulator(body):
    """Make a regulator, whose key reads a region and all below it."""
    row, key = service.create_staff(actor(), REGULATOR, body["name"], body["region"])
    return {"id": row.id, "name": row.name, "kind": row.kind, "region": row.region, "api_key": key}


def _key(row):
    return {
        name: getattr(row, name)
        for name in ("id", "name", "scopes", "expires_at", "revoked_at", "created_at")
    }
