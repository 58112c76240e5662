"""Credit over HTTP."""

from uuid import UUID

from .. import clock
from ..enterprises import service as enterprises
from ..events.actor import ADMIN
from ..http.authentication import EVERY_KEY, STAFF, actor, allow
from ..http.document import VERSIONED
from ..http.etags import etag
from ..http.paging import PageQuery, cursor_of, position_of
from ..http.problems import spoken
from ..http.room import Room, bodiless, subject
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

blp = Room("credit", __name__, description="Credit: rules, events, standings, the blocked list.")


@blp.get("/enterprises/<uuid:enterprise_id>/credit")
@allow(*EVERY_KEY)
@blp.response(200, CreditSchema)
@blp.problems(404)
def show(enterprise_id):
    """A standing; to others than the enterprise and its overseers the grade alone."""
    return service.present(actor(), enterprises.find(actor(), enterprise_id))


@blp.get("/enterprises/<uuid:enterprise_id>/credit/explanation")
@allow(*EVERY_KEY)
@subject(enterprises.find_governed)
@blp.response(200, CreditExplanationSchema)
@blp.problems(404)
def explain(enterprise_id):
    """Why a score is what it is, rule by rule."""
    return service.explain(enterprises.find_governed(actor(), enterprise_id))


@blp.get("/enterprises/<uuid:enterprise_id>/credit/events")
@allow(*EVERY_KEY)
@subject(enterprises.find_governed)
@blp.query(PageQuery)
@blp.response(200, EventPage)
@blp.problems(404)
def list_events(query, enterprise_id):
    """The events of a record, newest first."""
    (after,) = position_of(query["cursor"], (UUID,)) or (None,)
    rows = service.events_of(enterprise_id, after, query["limit"] + 1)
    page = rows[: query["limit"]]
    more = cursor_of([str(page[-1].id)]) if len(rows) > len(page) else None
    return {"items": [_event(row) for row in page], "next": more}


@blp.post("/credit/events")
@allow(ADMIN, scope="admin")
@blp.body(NewEventSchema)
@blp.response(201, EventSchema)
@blp.problems(400, 413, 415)
def record_event(body):
    """Record an event; score and grade change in the same moment."""
    row, notices = service.record_event(actor(), body)
    return {**_event(row), "warnings": spoken(notices)}


def _event(row):
    names = (
        "id", "enterprise_id", "rule", "rule_version", "axis", "points_milli", "effective_on", "lapses_on",
        "note", "evidence", "created_at",
    )  # fmt: skip
    return {**{name: getattr(row, name) for name in names}, "counts": service.counts(row, clock.today())}


@blp.get("/credit/rules")
@allow(*EVERY_KEY)
@blp.response(200, RuleTableSchema, headers=VERSIONED)
@blp.problems()
def show_rules():
    """The published rule table in force."""
    row = service.rules()
    return {"version": row.version, "items": row.rules}, etag(row.version)


@blp.put("/credit/rules")
@allow(ADMIN, scope="admin")
@subject(service.rules)
@blp.body(RuleTableSchema)
@blp.response(200, RuleTableSchema, headers=VERSIONED)
@blp.problems(400, 412, 413, 415, 428)
def publish_rules(body, expected):
    """Publish a whole new version of the rule table; events keep the points they had."""
    row = service.publish_rules(actor(), body["items"], expected)
    return {"version": row.version, "items": row.rules}, etag(row.version)


@blp.post("/credit/evaluations")
@allow(ADMIN, scope="admin")
@blp.body(NewEvaluationSchema)
@blp.response(201, EvaluationSchema)
@blp.problems(400, 413, 415)
def publish_evaluation(body):
    """Publish an evaluation: its enterprise is established for two years."""
    return service.publish_evaluation(actor(), body)


@blp.post("/credit/blocks")
@allow(ADMIN, scope="admin")
@blp.body(NewBlockSchema)
@blp.response(201, BlockSchema)
@blp.problems(400, 413, 415)
def place_block(body):
    """Put an enterprise on the blocked list, provisionally until a second officer confirms."""
    return _block(service.place_block(actor(), body))


@blp.get("/credit/blocks")
@allow(*STAFF)
@blp.query(BlockQuery)
@blp.response(200, BlockPage)
@blp.problems()
def list_blocks(query):
    """The blocked list with its history, newest first."""
    (after,) = position_of(query["cursor"], (UUID,)) or (None,)
    rows = service.search_blocks(actor(), query["enterprise_id"], after, query["limit"] + 1)
    page = rows[: query["limit"]]
    more = cursor_of([str(page[-1].id)]) if len(rows) > len(page) else None
    return {"items": [_block(row) for row in page], "next": more}


@blp.post("/credit/blocks/<uuid:block_id>/confirm")
@allow(ADMIN, scope="admin")
@subject(service.find_block)
@bodiless
@blp.response(200, BlockSchema)
@blp.problems(400, 404, 409, 413, 415)
def confirm_block(block_id):
    """Confirm a block, as a second officer."""
    return _block(service.confirm_block(actor(), block_id))


@blp.post("/credit/blocks/<uuid:block_id>/lift")
@allow(ADMIN, scope="admin")
@subject(service.find_block)
@blp.body(LiftSchema)
@blp.response(200, BlockSchema)
@blp.problems(400, 404, 409, 413, 415)
def lift_block(body, block_id):
    """Take an enterprise off the blocked list."""
    return _block(service.lift_block(actor(), block_id, body["reason"]))


def _block(row):
    names = (
        "id", "enterprise_id", "event_id", "reason", "placed_at", "confirmed_at", "lifted_at", "lift_reason",
    )  # fmt: skip
    return {**{name: getattr(row, name) for name in names}, "state": service.state_of(row)}
