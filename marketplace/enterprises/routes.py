"""Enterprises, API keys, regulators."""

from functools import partial
from uuid import UUID

from flask import Response, request

from ..errors import Invalid
from ..events.actor import ADMIN, ENTERPRISE, REGULATOR, Actor
from ..http.authentication import ANYONE, EVERY_KEY, STAFF, actor, allow
from ..http.blueprint import (
    Blueprint,
    Body,
    Json,
    Query,
    Versioned,
    no_body,
    require,
    subject,
    version_optional,
)
from ..http.etags import etag
from ..http.histories import HistoryPage, history_page
from ..http.languages import language, render_warnings
from ..http.link_pages import is_prefetch, page_of_sentences, wants_page
from ..http.openapi.api import VERSIONED
from ..http.openapi.declarations import may_conflict
from ..http.paging import Page, PageQuery, cut, each, page, position_of
from ..http.rate_limits import REGISTRATION
from ..http.schemas import ReasonSchema
from . import service
from .models import ApiKey, Enterprise, Staff
from .schemas import (
    EnterprisePage,
    EnterpriseQuery,
    EnterpriseSchema,
    KeyPage,
    KeyQuery,
    KeyRequestSchema,
    NewKeySchema,
    PrivacyNoticeSchema,
    ProfileChangeSchema,
    ProvenSchema,
    RecoveredSchema,
    RecoveryRequestedSchema,
    RecoverySchema,
    RegisteredSchema,
    RegistrationSchema,
    RegulatorRequestSchema,
    RegulatorSchema,
    RejectionSchema,
    TokenSchema,
)

blueprint = Blueprint("enterprises", __name__, description="Enterprises, their keys, and platform staff.")


@blueprint.post("/enterprises")
@allow(*ANYONE, idempotent=True, limit=REGISTRATION)
@may_conflict
@blueprint.body(RegistrationSchema)
@blueprint.response(201, RegisteredSchema, headers=VERSIONED)
def register(body: Body) -> Versioned:
    """Register an enterprise. It stays pending until an admin approves it; its first key is shown once.

    GET /privacy-notice says what is done with the contact's data; read it first.
    """
    enterprise, key, notices = service.register(body)
    shown = service.present(Actor(ENTERPRISE, enterprise.id), enterprise, render_warnings(notices))
    about = {"api_key": key, "privacy_notice": service.notice_reference()}
    return {**shown, **about}, etag(enterprise.version)


@blueprint.get("/privacy-notice")
@allow(*EVERY_KEY, keyless=True)
@blueprint.response(200, PrivacyNoticeSchema)
def show_privacy_notice() -> Json:
    """What is kept of contacts, what for, who sees it, for how long, and what their rights are."""
    return service.present_notice(language())


@blueprint.post("/enterprises/recover")
@allow(*ANYONE, limit=REGISTRATION)
@blueprint.body(RecoverySchema)
@blueprint.response(200, RecoveryRequestedSchema)
def request_recovery(body: Body) -> Json:
    """Have a link to a new key mailed to the proven address of an enterprise that lost its keys."""
    service.request_recovery(body["uscc"])
    return {"requested": True}


@blueprint.post("/enterprises/recover/confirm")
@allow(*ANYONE, limit=REGISTRATION)
@blueprint.body(TokenSchema)
@blueprint.response(201, RecoveredSchema)
def recover(body: Body) -> Json:
    """Create the key for which a recovery link was mailed; the link works once, within 30 minutes."""
    enterprise, key = service.recover(body["token"])
    return {"enterprise_id": enterprise.id, "api_key": key}


@blueprint.post("/enterprises/prove")
@allow(*ANYONE, limit=REGISTRATION)
@blueprint.body(TokenSchema)
@blueprint.response(200, ProvenSchema)
def prove_address(body: Body) -> Json:
    """Prove the contact's e-mail address by the token of the link that was mailed to it."""
    service.prove_address(body["token"])
    return {"proven": True}


@blueprint.get("/enterprises/prove/<token>")
@allow(*ANYONE, limit=REGISTRATION)
@blueprint.response(200, ProvenSchema)
def follow_proof_link(token: str) -> Json | Response:
    """The link itself: it proves the address to a program, and shows a browser a page with a button for it.

    Programs that check mail open links as browsers do; they press no button, and HEAD proves nothing.
    """
    if wants_page():
        return page_of_sentences("prove", button="page_prove_button")
    if request.method == "HEAD" or is_prefetch():
        return {"proven": False}
    service.prove_address(token)
    return {"proven": True}


@blueprint.post("/enterprises/prove/<token>")
@allow(*ANYONE, limit=REGISTRATION)
@no_body
@blueprint.response(200, ProvenSchema)
def press_proof_button(token: str) -> Json | Response:
    """The button of the link's page: it proves the contact's e-mail address."""
    try:
        service.prove_address(token)
    except Invalid:
        if not wants_page():
            raise
        return page_of_sentences("prove_failed", status=422)
    return page_of_sentences("proven") if wants_page() else {"proven": True}


@blueprint.get("/enterprises")
@allow(*STAFF)
@blueprint.query(EnterpriseQuery)
@blueprint.response(200, EnterprisePage)
def review(query: Query) -> Page:
    """Enterprises for review, by score; a regulator's own region only."""
    rows = service.search(actor(), query, position_of(query, (str, UUID)))
    return cut(query, rows, partial(service.search_position, query), each(partial(service.present, actor())))


@blueprint.get("/enterprises/me")
@allow(ENTERPRISE)
@blueprint.response(200, EnterpriseSchema, headers=VERSIONED)
def show_me() -> Versioned:
    """The enterprise that the key belongs to."""
    return _enterprise(service.own(actor()))


@blueprint.post("/enterprises/me/send-proof")
@allow(ENTERPRISE, scope="admin")
@may_conflict
@no_body
@blueprint.response(200, EnterpriseSchema, headers=VERSIONED)
def send_proof() -> Versioned:
    """Have another link mailed that proves your contact's e-mail address, three a day to it at most."""
    return _enterprise(service.request_proof(actor()))


@blueprint.get("/enterprises/<uuid:enterprise_id>")
@allow(*EVERY_KEY)
@subject(service.find)
@blueprint.response(200, EnterpriseSchema, headers=VERSIONED)
def show(enterprise: Enterprise) -> Versioned:
    """An enterprise: in full for itself and its overseers; others see what is public and whole points."""
    return _enterprise(enterprise)


@blueprint.patch("/enterprises/<uuid:enterprise_id>")
@allow(ENTERPRISE, ADMIN, scope="admin")
@require(service.check_change)
@subject(service.find_changeable)
@blueprint.body(ProfileChangeSchema, required=False)
@blueprint.response(200, EnterpriseSchema, headers=VERSIONED)
def change(enterprise: Enterprise, body: Body, expected: int | None) -> Versioned:
    """Change a profile."""
    changed, notices = service.change(actor(), enterprise.id, body, expected)
    return service.present(actor(), changed, render_warnings(notices)), etag(changed.version)


@blueprint.post("/enterprises/<uuid:enterprise_id>/approve")
@allow(ADMIN, scope="admin")
@subject(service.find)
@version_optional
@may_conflict
@blueprint.body(ReasonSchema, required=False)
@blueprint.response(200, EnterpriseSchema, headers=VERSIONED)
def approve(enterprise: Enterprise, body: Body, expected: int | None) -> Versioned:
    """Approve an enterprise, so that it can publish listings."""
    return _enterprise(service.approve(actor(), enterprise.id, body["reason"], expected))


@blueprint.post("/enterprises/<uuid:enterprise_id>/reject")
@allow(ADMIN, scope="admin")
@subject(service.find)
@version_optional
@may_conflict
@blueprint.body(RejectionSchema)
@blueprint.response(200, EnterpriseSchema, headers=VERSIONED)
def reject(enterprise: Enterprise, body: Body, expected: int | None) -> Versioned:
    """Turn a registration away with a reason; its USCC may be registered again."""
    return _enterprise(service.reject(actor(), enterprise.id, body["reason"], expected))


@blueprint.post("/enterprises/<uuid:enterprise_id>/suspend")
@allow(ADMIN, scope="admin")
@subject(service.find)
@version_optional
@may_conflict
@blueprint.body(ReasonSchema, required=False)
@blueprint.response(200, EnterpriseSchema, headers=VERSIONED)
def suspend(enterprise: Enterprise, body: Body, expected: int | None) -> Versioned:
    """Suspend an enterprise; its listings no longer take part in matching."""
    return _enterprise(service.suspend(actor(), enterprise.id, body["reason"], expected))


def _enterprise(row: Enterprise) -> Versioned:
    return service.present(actor(), row), etag(row.version, is_whole=service.sees_all_of(actor(), row))


@blueprint.get("/enterprises/<uuid:enterprise_id>/history")
@allow(*EVERY_KEY)
@subject(service.find_governed)
@blueprint.query(PageQuery)
@blueprint.response(200, HistoryPage)
def history(enterprise: Enterprise, query: Query) -> Page:
    """Who did what to an enterprise and when, newest first; of a changed contact only that it changed."""
    return history_page(query, enterprise)


@blueprint.post("/api-keys")
@allow(*EVERY_KEY, scope="admin")
@require(service.check_key_request)
@may_conflict
@blueprint.body(KeyRequestSchema)
@blueprint.response(201, NewKeySchema)
def create_key(body: Body) -> Json:
    """Create another key, with no more scopes than the key that creates it, valid for a year at most.

    It ends with the key that creates it, when that is revoked or expires.
    """
    row, key, notices = service.create_key(actor(), **body)
    return {**_key(row), "api_key": key, "warnings": render_warnings(notices)}


@blueprint.get("/api-keys")
@allow(*EVERY_KEY, scope="admin")
@blueprint.query(KeyQuery)
@blueprint.response(200, KeyPage)
def list_keys(query: Query) -> Page:
    """Your own keys, newest first; for admins also those of all staff, or of all enterprises."""
    service.require_listable(actor(), query)
    listed = partial(service.list_keys, actor(), query["holder"], query["holder_id"])
    return page(query, listed, present=each(_with_holder))


@blueprint.delete("/api-keys/<uuid:key_id>")
@allow(*EVERY_KEY, scope="admin")
@require(service.check_key_change)
@subject(service.find_key)
@may_conflict
@blueprint.response(204)
def revoke_key(key: ApiKey) -> None:
    """Revoke one of your keys, or as an admin anybody's, and all that it created, at once and for good."""
    service.revoke_key(actor(), key.id)


@blueprint.post("/regulators")
@allow(ADMIN, scope="admin")
@blueprint.body(RegulatorRequestSchema)
@blueprint.response(201, RegulatorSchema)
def create_regulator(body: Body) -> Json:
    """Create a regulator, whose key can read a region and all regions within it."""
    row, key = service.create_staff(actor(), REGULATOR, body["name"], body["region"])
    return {"id": row.id, "name": row.name, "kind": row.kind, "region": row.region, "api_key": key}


def _with_holder(row: ApiKey) -> Json:
    holder = row.enterprise or row.staff
    assert holder is not None
    kind = holder.kind if isinstance(holder, Staff) else ENTERPRISE
    shown = {"kind": kind, "id": holder.id, "name": holder.name, "region": holder.region}
    return {**_key(row), "holder": shown}


def _key(row: ApiKey) -> Json:
    return {
        name: getattr(row, name)
        for name in ("id", "parent_id", "name", "scopes", "expires_at", "revoked_at", "created_at")
    }
