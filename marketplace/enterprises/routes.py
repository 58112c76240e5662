"""Enterprises, API keys, regulators."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, jsonify

from ..errors import Invalid, Notice
from ..events.actor import ADMIN, ENTERPRISE, REGULATOR, Actor
from ..http.authentication import ANYONE, EVERY_KEY, STAFF, actor, allow
from ..http.blueprint import (
    Blueprint,
    Body,
    Json,
    Query,
    Versioned,
    View,
    no_body,
    require,
    subject,
    version_optional,
)
from ..http.etags import etag
from ..http.histories import HistoryPage, history_page
from ..http.languages import language, render_warnings
from ..http.link_pages import page_of_sentences, wants_page
from ..http.openapi.api import VERSIONED
from ..http.openapi.declarations import may_conflict
from ..http.paging import Page, PageQuery, cut, each, page, position_of
from ..http.rate_limits import REGISTRATION
from ..http.schemas import ReasonSchema, Schema
from . import service
from .models import ApiKey, Enterprise, EnterpriseChange, Staff, UsccClaim
from .schemas import (
    DecisionReasonSchema,
    EnterpriseChangePage,
    EnterpriseChangeQuery,
    EnterpriseChangeSchema,
    EnterprisePage,
    EnterpriseQuery,
    EnterpriseSchema,
    KeyPage,
    KeyQuery,
    KeyRequestSchema,
    NewKeySchema,
    PrivacyNoticeSchema,
    ProfileChangeSchema,
    ProposedSchema,
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
    UsccClaimPage,
    UsccClaimQuery,
    UsccClaimSchema,
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
    enterprise, key = service.register(body)
    shown = service.present(Actor(ENTERPRISE, enterprise.id), enterprise)
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
    """The link itself: it shows a browser a page with a button, and proves nothing to anybody.

    Programs that check mail open links as browsers do, and press no button; who means it sends a POST.
    """
    return page_of_sentences("prove", button="page_prove_button") if wants_page() else {"proven": False}


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
        return page_of_sentences("prove_failed", http_status=422)
    return page_of_sentences("proven") if wants_page() else {"proven": True}


@blueprint.get("/enterprises")
@allow(*STAFF)
@blueprint.query(EnterpriseQuery)
@blueprint.response(200, EnterprisePage)
def review(query: Query) -> Page:
    """Enterprises for review, by score; a regulator's own region only."""
    rows = service.search(actor(), query, position_of(query, (str, UUID)))
    return cut(query, rows, partial(service.search_position, query), _reviewed)


def _reviewed(rows: Sequence[Enterprise]) -> list[Json]:
    notices = service.review_notices(filter(service.awaits_approval, rows))
    return [service.present(actor(), row, render_warnings(notices.get(row.id, ()))) for row in rows]


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
    """Have another link mailed that proves your contact's e-mail address, three a day to it at most.

    The response is the same whether the address had its three already: others may have named it too.
    """
    enterprise = service.request_proof(actor())
    requested = render_warnings([Notice("proof_requested", "contact")])
    return service.present(actor(), enterprise, requested), etag(enterprise.version)


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
@may_conflict
@blueprint.alt_response(
    202, schema=ProposedSchema, headers=VERSIONED, description="Name, region or roles wait for confirmation."
)
@blueprint.response(200, EnterpriseSchema, headers=VERSIONED)
def change(enterprise: Enterprise, body: Body, expected: int | None) -> Versioned | tuple[Response, int]:
    """Change a profile. Name, region and roles of an approved enterprise are proposed: an admin confirms."""
    changed, notices, proposal = service.change(actor(), enterprise.id, body, expected)
    shown = service.present(actor(), changed, render_warnings(notices))
    if proposal is None:
        return shown, etag(changed.version)
    waiting = {
        "proposal": service.present_change(actor(), proposal),
        "enterprise": shown,
        "warnings": shown["warnings"],
    }
    response = jsonify(ProposedSchema().dump(waiting))
    response.headers.update(etag(changed.version))
    return response, 202


def _decision(find: Callable[..., Any], reason: type[Schema], shown: type[Schema]) -> Callable[[View], View]:
    """Declare a decision of an admin on a row: it may name in If-Match the version that it decides on.

    `find` looks up the row, `reason` is the shape of the body, which may be left out where the reason may,
    and `shown` that of the row as decided.
    """
    declarations = (
        blueprint.response(200, shown, headers=VERSIONED),
        blueprint.body(reason, required=reason is not ReasonSchema),
        may_conflict,
        version_optional,
        subject(find),
        allow(ADMIN, scope="admin"),
    )

    def decorate(view: View) -> View:
        for declaration in declarations:
            view = declaration(view)
        return view

    return decorate


@blueprint.post("/enterprises/<uuid:enterprise_id>/approve")
@_decision(service.find, ReasonSchema, EnterpriseSchema)
def approve(enterprise: Enterprise, body: Body, expected: int | None) -> Versioned:
    """Approve an enterprise, so that it can publish listings."""
    approved = service.approve(actor(), enterprise.id, body["reason"], expected)
    return _enterprise(approved, is_reviewed=True)


@blueprint.post("/enterprises/<uuid:enterprise_id>/reject")
@_decision(service.find, RejectionSchema, EnterpriseSchema)
def reject(enterprise: Enterprise, body: Body, expected: int | None) -> Versioned:
    """Turn a registration away with a reason; its USCC may be registered again."""
    return _enterprise(service.reject(actor(), enterprise.id, body["reason"], expected))


@blueprint.post("/enterprises/<uuid:enterprise_id>/suspend")
@_decision(service.find, ReasonSchema, EnterpriseSchema)
def suspend(enterprise: Enterprise, body: Body, expected: int | None) -> Versioned:
    """Suspend an enterprise; its listings no longer take part in matching."""
    return _enterprise(service.suspend(actor(), enterprise.id, body["reason"], expected))


def _enterprise(row: Enterprise, *, is_reviewed: bool = False) -> Versioned:
    """An enterprise as the caller may see it; staff also see what matters for its approval."""
    is_whole = service.sees_all_of(actor(), row)
    is_reviewed |= actor().kind in STAFF and is_whole and service.awaits_approval(row)
    notices = service.review_notices([row]) if is_reviewed else {}
    shown = service.present(actor(), row, render_warnings(notices.get(row.id, ())))
    return shown, etag(row.version, is_whole=is_whole)


@blueprint.get("/enterprise-changes")
@allow(*EVERY_KEY)
@blueprint.query(EnterpriseChangeQuery)
@blueprint.response(200, EnterpriseChangePage)
def list_changes(query: Query) -> Page:
    """Proposed changes, oldest first: your own; for regulators of and into their region; for admins all."""
    rows = partial(service.list_changes, actor(), query)
    return page(query, rows, present=partial(service.present_changes, actor()))


@blueprint.get("/enterprise-changes/<uuid:change_id>")
@allow(*EVERY_KEY)
@subject(service.find_change)
@blueprint.response(200, EnterpriseChangeSchema, headers=VERSIONED)
def show_change(change: EnterpriseChange) -> Versioned:
    """A proposed change of an enterprise."""
    return _change(change)


@blueprint.post("/enterprise-changes/<uuid:change_id>/confirm")
@_decision(service.find_change, ReasonSchema, EnterpriseChangeSchema)
def confirm_change(change: EnterpriseChange, body: Body, expected: int | None) -> Versioned:
    """Put a proposed change into force."""
    return _change(service.confirm_change(actor(), change.id, body["reason"], expected))


@blueprint.post("/enterprise-changes/<uuid:change_id>/refuse")
@_decision(service.find_change, RejectionSchema, EnterpriseChangeSchema)
def refuse_change(change: EnterpriseChange, body: Body, expected: int | None) -> Versioned:
    """Refuse a proposed change with a reason; everything stays as it is."""
    return _change(service.refuse_change(actor(), change.id, body["reason"], expected))


@blueprint.post("/enterprise-changes/<uuid:change_id>/withdraw")
@allow(ENTERPRISE, scope="admin")
@subject(service.find_change)
@version_optional
@may_conflict
@no_body
@blueprint.response(200, EnterpriseChangeSchema, headers=VERSIONED)
def withdraw_change(change: EnterpriseChange, expected: int | None) -> Versioned:
    """Take back your proposal, as long as nobody has decided on it."""
    return _change(service.withdraw_change(actor(), change.id, expected))


def _change(row: EnterpriseChange) -> Versioned:
    return service.present_change(actor(), row), etag(row.version)


@blueprint.get("/uscc-claims")
@allow(ADMIN)
@blueprint.query(UsccClaimQuery)
@blueprint.response(200, UsccClaimPage)
def list_claims(query: Query) -> Page:
    """Registrations that were refused because their USCC is taken, oldest first."""
    return page(query, partial(service.list_claims, query), present=each(_claim))


@blueprint.get("/uscc-claims/<uuid:claim_id>")
@allow(ADMIN)
@subject(service.find_claim)
@blueprint.response(200, UsccClaimSchema, headers=VERSIONED)
def show_claim(claim: UsccClaim) -> Versioned:
    """A registration that was refused because its USCC is taken."""
    return _claim(claim), etag(claim.version)


@blueprint.post("/uscc-claims/<uuid:claim_id>/uphold")
@_decision(service.find_claim, DecisionReasonSchema, UsccClaimSchema)
def uphold_claim(claim: UsccClaim, body: Body, expected: int | None) -> Versioned:
    """Reject the pending registration that has the USCC, so that its true owner can register."""
    row = service.uphold_claim(actor(), claim.id, body["reason"], expected)
    return _claim(row), etag(row.version)


@blueprint.post("/uscc-claims/<uuid:claim_id>/dismiss")
@_decision(service.find_claim, DecisionReasonSchema, UsccClaimSchema)
def dismiss_claim(claim: UsccClaim, body: Body, expected: int | None) -> Versioned:
    """Leave the USCC with the enterprise that is registered."""
    row = service.dismiss_claim(actor(), claim.id, body["reason"], expected)
    return _claim(row), etag(row.version)


def _claim(row: UsccClaim) -> Json:
    names = ("id", "enterprise_id", "status", "name", "reason", "created_at")
    holder = row.enterprise
    return {
        **{name: getattr(row, name) for name in names},
        "uscc": holder.uscc,
        "enterprise_name": holder.name,
        "enterprise_status": holder.status,
        "contact": service.claimant_contact(actor(), row),
    }


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
        for name in (
            "id",
            "parent_id",
            "person_id",
            "name",
            "scopes",
            "expires_at",
            "revoked_at",
            "created_at",
        )
    }
