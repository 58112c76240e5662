"""The desk of the staff over HTTP."""

from functools import partial

from flask import Response

from ..enterprises import service as enterprises
from ..enterprises.models import Enterprise
from ..events.actor import ADMIN
from ..http.authentication import STAFF, actor, allow
from ..http.blueprint import FILE, Blueprint, Body, Json, Query, attachment, require, subject
from ..http.languages import language
from ..http.paging import Page, cut, page, position_of
from ..http.rate_limits import EXPORT, count_for
from ..messages import say
from ..spreadsheet_files import MEDIA_TYPES
from . import service
from .schemas import (
    AssignmentRequestSchema,
    DeskDecidedManySchema,
    DeskDecisionsSchema,
    DeskFilterSchema,
    DeskItemSchema,
    DeskPageSchema,
    DeskQuery,
    OfficerPage,
    OfficerQuery,
    OperationsSchema,
    ReplayedSchema,
    ReplayRequestSchema,
    StorySchema,
)

XLSX = MEDIA_TYPES["xlsx"]

blueprint = Blueprint("desk", __name__, description="What waits for the staff, and the story of a firm.")


@blueprint.get("/desk")
@allow(*STAFF)
@blueprint.query(DeskQuery)
@blueprint.response(200, DeskPageSchema)
def list_items(query: Query) -> Json:
    """All that waits for the staff, of all kinds in one order; a regulator sees its own region.

    From elsewhere it sees what would move an enterprise into its region, and transfers to it while it is
    asked.
    What is done is gone with the next request. The first page has `counts` by kind.
    """
    asked = service.asked_for(actor(), query)
    rows = service.search(asked, position_of(query, service.POSITION), query["limit"] + 1)
    shown = cut(
        query,
        rows,
        partial(service.position_of_item, asked.sort),
        partial(service.present_items, actor(), language=language()),
    )
    return {**shown, **({"counts": service.count(asked)} if query["cursor"] is None else {})}


@blueprint.get("/desk/export")
@allow(*STAFF)
@blueprint.query(DeskFilterSchema)
@blueprint.response(200, FILE, content_type=XLSX)
def export_items(query: Query) -> Response:
    """The same as a workbook (XLSX), 10,000 items at most."""
    count_for(actor(), EXPORT)
    content = service.export_items(actor(), service.asked_for(actor(), query), language())
    return attachment(content, XLSX, "huanliu-desk.xlsx")


@blueprint.get("/desk/officers")
@allow(*STAFF)
@require(enterprises.require_official)
@blueprint.query(OfficerQuery)
@blueprint.response(200, OfficerPage)
def list_officers(query: Query) -> Page:
    """Officers to whom an item of a region may be assigned, by id: admins, and the regulators over it.

    Without `region`: to whom any item may be that you see. `kind`: only who sees items of this kind, as
    second claims on a code are for admins alone.
    """
    return page(query, partial(service.search_officers, actor(), query["region"], query["kind"]))


@blueprint.post("/desk/<kind>/<uuid:subject_id>/assign")
@allow(*STAFF)
@require(enterprises.require_official)
@subject(service.find_item)
@blueprint.body(AssignmentRequestSchema)
@blueprint.response(200, DeskItemSchema)
def assign_item(item: object, body: Body) -> Json:
    """Give an item to an officer who may see it, or take it back."""
    row = service.assign(actor(), item, body["to"])
    return service.present_items(actor(), [row], language())[0]


@blueprint.post("/desk/decisions")
@allow(*STAFF)
@require(enterprises.require_official)
@blueprint.body(DeskDecisionsSchema)
@blueprint.response(200, DeskDecidedManySchema)
def decide_items(body: Body) -> Json:
    """Decide up to 100 items; each has a result of its own, and one refusal stops no other.

    Who may decide what is as on the routes of each kind: an appeal needs another admin than the one who
    recorded the event; a regulator only verifies papers, checks repairs and sees changes of grade.
    """
    return {"items": [_decided(result) for result in service.decide_many(actor(), body["items"])]}


def _decided(result: Json) -> Json:
    refusal = result.pop("refusal")
    if refusal is None:
        return {**result, "status": 200, "code": None, "detail": None, "field": None}
    detail = say(refusal.code, language(), **refusal.facts)
    said = {"status": refusal.status, "code": refusal.code, "detail": detail}
    return {**result, **said, "field": refusal.at}


@blueprint.get("/operations")
@allow(ADMIN)
@blueprint.response(200, OperationsSchema)
def show_operations() -> Json:
    """How the platform runs: queues and how long they wait, tasks that were given up, index, refused mail."""
    return service.operations(actor())


@blueprint.post("/operations/replay")
@allow(ADMIN, scope="admin")
@blueprint.body(ReplayRequestSchema)
@blueprint.response(200, ReplayedSchema)
def replay_tasks(body: Body) -> Json:
    """Make tasks that were given up due again; one that is not parked any more is passed over."""
    return {"replayed": service.replay_tasks(actor(), body["tasks"])}


@blueprint.get("/enterprises/<uuid:enterprise_id>/story")
@allow(*STAFF)
@subject(enterprises.find_governed)
@blueprint.response(200, StorySchema)
def show_story(enterprise: Enterprise) -> Json:
    """The story of an enterprise: its score over time, and the newest of each part of its record."""
    return service.tell_story(actor(), enterprise, language())
