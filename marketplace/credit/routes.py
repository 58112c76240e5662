"""Credit over HTTP."""

from uuid import UUID

from .. import clock
from ..enterprises import service as enterprises
from ..events.actor import ADMIN
from ..http.authentication import EVERY_KEY, STAFF, actor, allow
from ..http.blueprint import Blueprint, bodiless, subject
from ..http.etags import etag
from ..http.languages import render_warnings
from ..http.openapi.api import VERSIONED
from ..http.paging import PageQuery, cursor_of, position_of
from . import service
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
    RuleTableSchema,
)

blueprint = Blueprint("credit", __name__, description="Credit: rules, events, standings, the blocked list.")


@blueprint.get("/enterprises/<uuid:enterprise_id>/credit")
@allow(*EVERY_KEY)
@blueprint.response(200, CreditSchema)
@blueprint.problems(404)
def show(enterprise_id):
    """A standing; to others than the enterprise and its overseers the grade alone."""
    return service.present(actor(), enterprises.find(actor(), enterprise_id))


@blueprint.get("/enterprises/<uuid:enterprise_id>/credit/explanation")
@allow(*EVERY_KEY)
@subject(enterprises.find_governed)
@blueprint.response(200, CreditExplanationSchema)
@blueprint.problems(404)
def explain(enterprise_id):
    """Why a score is what it is, rule by rule."""
    return service.explain(enterprises.find_governed(actor(), enterprise_id))


@blueprint.get("/enterprises/<uuid:enterprise_id>/credit/events")
@allow(*EVERY_KEY)
@subject(enterprises.find_governed)
@blueprint.query(PageQuery)
@blueprint.response(200, EventPage)
@blueprint.problems(404)
def list_events(query, enterprise_id):
    """The events of a record, newest first."""
    (after,) = position_of(query["cursor"], (UUID,)) or (None,)
    rows = service.events_of(enterprise_id, after, query["limit"] + 1)
    page = rows[: query["limit"]]
    more = cursor_of([str(page[-1].id)]) if len(rows) > len(page) else None
    return {"items": [_event(row) for row in page], "next": more}


@blueprint.post("/credit/events")
@allow(ADMIN, scope="admin")
@blueprint.body(NewEventSchema)
@blueprint.response(201, EventSchema)
@blueprint.problems(400, 413, 415)
def record_event(body):
    """Record an event; score and grade change in the same moment."""
    row, notices = service.record_event(actor(), body)
    return {**_event(row), "warnings": render_warnings(notices)}


def _event(row):
    names = (
        "id", "enterprise_id", "rule", "rule_version", "axis", "points_milli", "effective_on", "lapses_on",
        "note", "evidence", "created_at",
    )  # fmt: skip
    return {**{name: getattr(row, name) for name in names}, "counts": service.counts(row, clock.today())}


@blueprint.get("/credit/rules")
@allow(*EVERY_KEY)
@blueprint.response(200, RuleTableSchema, headers=VERSIONED)
@blueprint.problems()
def show_rules():
    """The published rule table in force."""
    row = service.rules()
    return {"version": row.version, "items": row.rules}, etag(row.version)


@blueprint.put("/credit/rules")
@allow(ADMIN, scope="admin")
@subject(service.rules)
@blueprint.body(RuleTableSchema)
@blueprint.response(200, RuleTableSchema, headers=VERSIONED)
@blueprint.problems(400, 412, 413, 415, 428)
def publish_rules(body, expected):
    """Publish a whole new version of the rule table; events keep the points they had."""
    row = service.publish_rules(actor(), body["items"], expected)
    return {"version": row.version, "items": row.rules}, etag(row.version)


@blueprint.post("/credit/evaluations")
@allow(ADMIN, scope="admin")
@blueprint.body(NewEvaluationSchema)
@blueprint.response(201, EvaluationSchema)
@blueprint.problems(400, 413, 415)
def publish_evaluation(body):
    """Publish an evaluation: its enterprise is established for two years."""
    return service.publish_evaluation(actor(), body)


@blueprint.post("/credit/blocks")
@allow(ADMIN, scope="admin")
@blueprint.body(NewBlockSchema)
@blueprint.response(201, BlockSchema)
@blueprint.problems(400, 413, 415)
def place_block(body):
    """Put an enterprise on the blocked list, provisionally until a second officer confirms."""
    return _block(service.place_block(actor(), body))


@blueprint.get("/credit/blocks")
@allow(*STAFF)
@blueprint.query(BlockQuery)
@blueprint.response(200, BlockPage)
@blueprint.problems()
def list_blocks(query):
    """The blocked list with its history, newest first."""
    (after,) = position_of(query["cursor"], (UUID,)) or (None,)
    rows = service.search_blocks(actor(), query["enterprise_id"], after, query["limit"] + 1)
    page = rows[: query["limit"]]
    more = cursor_of([str(page[-1].id)]) if len(rows) > len(page) else None
    return {"items": [_block(row) for row in page], "next": more}


@blueprint.post("/credit/blocks/<uuid:block_id>/confirm")
@allow(ADMIN, scope="admin")
@subject(service.find_block)
@bodiless
@blueprint.response(200, BlockSchema)
@blueprint.problems(400, 404, 409, 413, 415)
def confirm_block(block_id):
    """Confirm a block, as a second officer."""
    return _block(service.confirm_block(actor(), block_id))


@blueprint.post("/credit/blocks/<uuid:block_id>/lift")
@allow(ADMIN, scope="admin")
@subject(service.find_block)
@blueprint.body(LiftSchema)
@blueprint.response(200, BlockSchema)
@blueprint.problems(400, 404, 409, 413, 415)
def lift_block(body, block_id):
    """Take an enterprise off the blocked list."""
    return _block(service.lift_block(actor(), block_id, body["reason"]))


def _block(row):
    names = (
        "id", "enterprise_id", "event_id", "reason", "placed_at", "confirmed_at", "lifted_at", "lift_reason",
    )  # fmt: skip
    return {**{name: getattr(row, name) for name in names}, "state": row.state}
