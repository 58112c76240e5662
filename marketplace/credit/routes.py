"""Credit over HTTP."""

from functools import partial

from .. import clock
from ..enterprises import service as enterprises
from ..enterprises.models import Enterprise
from ..events.actor import ADMIN
from ..http.authentication import EVERY_KEY, STAFF, actor, allow
from ..http.blueprint import Blueprint, Body, Json, Query, Versioned, no_body, require, subject
from ..http.etags import etag
from ..http.languages import language, render_warnings
from ..http.openapi.api import VERSIONED
from ..http.openapi.declarations import may_conflict
from ..http.paging import Page, PageQuery, each, page
from . import service
from .models import Block, CreditEvent, Evaluation, RuleTable
from .schemas import (
    BlockPage,
    BlockQuery,
    BlockSchema,
    CreditExplanationSchema,
    CreditSchema,
    EvaluationSchema,
    EventPage,
    EventSchema,
    LiftSchema,
    NewBlockSchema,
    NewEvaluationSchema,
    NewEventSchema,
    NewRuleTableSchema,
    RuleTableSchema,
    SimulationSchema,
    WithdrawalSchema,
)

blueprint = Blueprint("credit", __name__, description="Credit: rules, events, standings, the blocked list.")


@blueprint.get("/enterprises/<uuid:enterprise_id>/credit")
@allow(*EVERY_KEY)
@subject(enterprises.find)
@blueprint.response(200, CreditSchema)
def show(enterprise: Enterprise) -> Json:
    """A credit standing: in full for the enterprise and its overseers; others see grade and whole points."""
    return service.present(actor(), enterprise)


@blueprint.get("/enterprises/<uuid:enterprise_id>/credit/explanation")
@allow(*EVERY_KEY)
@subject(enterprises.find_governed)
@blueprint.response(200, CreditExplanationSchema)
def explain(enterprise: Enterprise) -> Json:
    """Why a score is what it is, rule by rule."""
    return service.explain(actor(), enterprise)


@blueprint.get("/enterprises/<uuid:enterprise_id>/credit/events")
@allow(*EVERY_KEY)
@subject(enterprises.find_governed)
@blueprint.query(PageQuery)
@blueprint.response(200, EventPage)
def list_events(enterprise: Enterprise, query: Query) -> Page:
    """The events of a record, newest first."""
    return page(query, partial(service.list_events, actor(), enterprise.id), present=each(_event))


@blueprint.post("/credit/events")
@allow(*STAFF)
@require(service.require_recorder)
@may_conflict
@blueprint.body(NewEventSchema)
@blueprint.response(201, EventSchema)
def record_event(body: Body) -> Json:
    """Record an event; score and grade change at once. Admins record by any rule, regulators in their region
    by those that name them.

    A decision is entered once: the same document again, or without one the same enterprise, rule and day, is
    refused. Rules that add points may repeat without a document.
    """
    event, notices = service.record_event(actor(), body)
    return {**_event(event), "warnings": render_warnings(notices)}


def _event(row: CreditEvent) -> Json:
    names = (
        "id", "enterprise_id", "rule", "rule_version", "axis", "points_milli", "severity", "months",
        "recorded_as", "is_public", "is_self_reported", "effective_on", "lapses_on", "note", "evidence",
        "created_at", "status", "withdraws", "document", "authority", "acted_on", "decided_on", "served_on",
        "basis", "amount_fen",
    )  # fmt: skip
    return {
        **{name: getattr(row, name) for name in names},
        "counts": service.counts(row, clock.today()),
        "citation": service.citation_of(row, language()),
    }


@blueprint.post("/credit/events/<uuid:event_id>/withdraw")
@allow(ADMIN, scope="admin")
@subject(service.find_event)
@may_conflict
@blueprint.body(WithdrawalSchema)
@blueprint.response(200, EventSchema)
def withdraw_event(event: CreditEvent, body: Body) -> Json:
    """Take a wrong entry back, as a second admin; it stays on record and no longer counts."""
    return _event(service.withdraw_event(actor(), event.id, body["reason"]))


@blueprint.get("/credit/rules")
@allow(*EVERY_KEY)
@blueprint.response(200, RuleTableSchema, headers=VERSIONED)
def show_rules() -> Versioned:
    """The published rule table in force."""
    return _rules(service.current_rules())


@blueprint.put("/credit/rules")
@allow(ADMIN, scope="admin")
@subject(service.current_rules)
@blueprint.body(NewRuleTableSchema)
@blueprint.response(200, RuleTableSchema, headers=VERSIONED)
def publish_rules(_: RuleTable, body: Body, expected: int | None) -> Versioned:
    """Publish a new version of the rule table; recorded events keep the terms of their day.

    Each axis keeps a rule. What a rule of the body does not say of severity, months, recorder, evidence and
    publication stays as it is in force, so that bodies from before these fields change nothing else.
    """
    return _rules(service.publish_rules(actor(), body["items"], body.get("grades"), expected))


@blueprint.post("/credit/rules/simulate")
@allow(ADMIN)
@blueprint.body(NewRuleTableSchema)
@blueprint.response(200, SimulationSchema)
def simulate_rules(body: Body) -> Json:
    """Who would change grade by a table that is not published yet; writes nothing.

    It is asked what the scores were if every event that counts today had the terms of these rules. What is
    left out is read as in a publication; an event of a rule that is not among them keeps its own terms.
    """
    return service.simulate_rules(body["items"])


def _rules(row: RuleTable) -> Versioned:
    return {
        "version": row.version,
        "grades": service.grade_thresholds(),
        "items": service.present_rules(row),
    }, etag(row.version)


@blueprint.post("/credit/evaluations")
@allow(ADMIN, scope="admin")
@blueprint.body(NewEvaluationSchema)
@blueprint.response(201, EvaluationSchema)
def publish_evaluation(body: Body) -> Evaluation:
    """Publish an evaluation; the enterprise counts as established for two years."""
    return service.publish_evaluation(actor(), body)


@blueprint.post("/credit/blocks")
@allow(ADMIN, scope="admin")
@blueprint.body(NewBlockSchema)
@blueprint.response(201, BlockSchema)
def place_block(body: Body) -> Json:
    """Put an enterprise on the blocked list, provisionally until a second admin confirms."""
    return _block(service.place_block(actor(), body))


@blueprint.get("/credit/blocks")
@allow(*STAFF)
@blueprint.query(BlockQuery)
@blueprint.response(200, BlockPage)
def list_blocks(query: Query) -> Page:
    """The blocked list with its history, newest first."""
    rows = partial(service.search_blocks, actor(), query["enterprise_id"])
    return page(query, rows, present=each(_block))


@blueprint.post("/credit/blocks/<uuid:block_id>/confirm")
@allow(ADMIN, scope="admin")
@subject(service.find_block)
@may_conflict
@no_body
@blueprint.response(200, BlockSchema)
def confirm_block(block: Block) -> Json:
    """Confirm an entry of the blocked list, as a second admin."""
    return _block(service.confirm_block(actor(), block.id))


@blueprint.post("/credit/blocks/<uuid:block_id>/lift")
@allow(ADMIN, scope="admin")
@subject(service.find_block)
@may_conflict
@blueprint.body(LiftSchema)
@blueprint.response(200, BlockSchema)
def lift_block(block: Block, body: Body) -> Json:
    """Take an enterprise off the blocked list."""
    return _block(service.lift_block(actor(), block.id, body["reason"]))


def _block(row: Block) -> Json:
    names = (
        "id", "enterprise_id", "event_id", "reason", "placed_at", "confirmed_at", "lifted_at", "lift_reason",
    )  # fmt: skip
    return {**{name: getattr(row, name) for name in names}, "state": row.state}
