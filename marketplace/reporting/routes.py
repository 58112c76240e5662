"""Declarations and plans: enterprises see and write their own, regulators read those of their region."""

from functools import partial

from ..enterprises.models import Enterprise
from ..events.actor import ENTERPRISE
from ..http.authentication import EVERY_KEY, STAFF, actor, allow
from ..http.blueprint import Blueprint, Body, Json, Query, Versioned, subject
from ..http.etags import etag
from ..http.languages import render_warnings
from ..http.openapi.api import VERSIONED
from ..http.openapi.declarations import may_conflict
from ..http.paging import Page, each, page
from . import service
from .models import Declaration, ManagementPlan
from .schemas import (
    ClassDecisionSchema,
    ConfirmationOfDeclarationSchema,
    DeclarationCorrectionSchema,
    DeclarationPage,
    DeclarationQuery,
    DeclarationSchema,
    DeclarationVersionPage,
    EnterpriseClassSchema,
    NewPlanSchema,
    PlanPage,
    PlanQuery,
    PlanSchema,
    PlanVersionPage,
    ReceiptSchema,
)

blueprint = Blueprint(
    "reporting", __name__, description="Declarations and plans of hazardous waste, pre-filled from manifests."
)

ONE = "/declarations/<uuid:declaration_id>"
CLASS = "/enterprises/<uuid:enterprise_id>/reporting-class"


@blueprint.get("/declarations")
@allow(*EVERY_KEY)
@blueprint.query(DeclarationQuery)
@blueprint.response(200, DeclarationPage)
def list_declarations(query: Query) -> Page:
    """Declarations of yours, or of those whom you oversee, newest first."""
    return page(query, partial(service.search, actor(), query), present=each(service.summary))


@blueprint.get(ONE)
@allow(*EVERY_KEY)
@subject(service.find)
@blueprint.response(200, DeclarationSchema, headers=VERSIONED)
def show_declaration(declaration: Declaration) -> Versioned:
    """A declaration with its lines: pre-filled from manifests until it is confirmed.

    What the platform keeps is a draft; the declaration itself is filed in the national system.
    """
    return _declaration(declaration)


@blueprint.get(f"{ONE}/versions")
@allow(*EVERY_KEY)
@subject(service.find)
@blueprint.response(200, DeclarationVersionPage)
def list_versions(declaration: Declaration) -> Json:
    """Every version of a declaration, oldest first."""
    return {"items": service.versions(declaration), "next": None}


@blueprint.post(f"{ONE}/confirm")
@allow(ENTERPRISE, scope="deals:write")
@subject(service.find)
@may_conflict
@blueprint.body(ConfirmationOfDeclarationSchema, required=False)
@blueprint.response(200, DeclarationSchema, headers=VERSIONED)
def confirm(declaration: Declaration, body: Body) -> Versioned:
    """Confirm a declaration as it is pre-filled, or with lines of your own.

    What only you know (generated, own use and disposal, closing stock) is sent with `lines`; a figure that is
    known is changed with a reason. A balance that does not close is warned of and not refused.
    """
    return _declaration(service.confirm(actor(), declaration.id, body))


@blueprint.post(f"{ONE}/correct")
@allow(ENTERPRISE, scope="deals:write")
@subject(service.find)
@may_conflict
@blueprint.body(DeclarationCorrectionSchema)
@blueprint.response(200, DeclarationSchema, headers=VERSIONED)
def correct(declaration: Declaration, body: Body) -> Versioned:
    """Correct a declaration that is confirmed; every version is kept, and the receipt is needed again."""
    return _declaration(service.correct(actor(), declaration.id, body))


@blueprint.post(f"{ONE}/receipt")
@allow(ENTERPRISE, scope="deals:write")
@subject(service.find)
@may_conflict
@blueprint.body(ReceiptSchema)
@blueprint.response(200, DeclarationSchema, headers=VERSIONED)
def file_receipt(declaration: Declaration, body: Body) -> Versioned:
    """Enter the receipt of the national system for a confirmed declaration."""
    return _declaration(service.file_receipt(actor(), declaration.id, body))


@blueprint.get("/plans")
@allow(*EVERY_KEY)
@blueprint.query(PlanQuery)
@blueprint.response(200, PlanPage)
def list_plans(query: Query) -> Page:
    """Management plans of yours, or of those whom you oversee, with what became of them; newest first."""
    return page(query, partial(service.search_plans, actor(), query), present=service.present_plans)


@blueprint.post("/plans")
@allow(ENTERPRISE, scope="deals:write")
@may_conflict
@blueprint.body(NewPlanSchema)
@blueprint.response(201, PlanSchema)
def submit_plan(body: Body) -> Json:
    """Submit the plan of this year or the next, or amend it with a reason; every version is kept."""
    return service.present_plans([service.submit_plan(actor(), body)])[0]


@blueprint.get("/plans/<uuid:plan_id>/versions")
@allow(*EVERY_KEY)
@subject(service.find_plan)
@blueprint.response(200, PlanVersionPage)
def list_plan_versions(plan: ManagementPlan) -> Json:
    """Every version of a plan, oldest first."""
    return {"items": service.plan_versions(plan), "next": None}


@blueprint.get(CLASS)
@allow(*EVERY_KEY)
@subject(service.class_of)
@blueprint.response(200, EnterpriseClassSchema)
def show_class(shown: Json) -> Json:
    """The management class of an enterprise today, why, and every decision about it."""
    return shown


@blueprint.post(CLASS)
@allow(*STAFF)
@subject(service.find_decidable)
@blueprint.body(ClassDecisionSchema)
@blueprint.response(201, EnterpriseClassSchema)
def decide_class(enterprise: Enterprise, body: Body) -> Json:
    """Put an enterprise into a class from a day on, as an authority from the city upwards decided."""
    service.decide_class(actor(), enterprise.id, body)
    return service.class_of(actor(), enterprise.id)


def _declaration(row: Declaration) -> Versioned:
    shown, notices = service.present_whole(row)
    return {**shown, "warnings": render_warnings(notices)}, etag(row.version)
