"""Plans for regions: started, followed, read and exported."""

from functools import partial

from flask import Response, url_for

from .. import spreadsheet_files
from ..http.authentication import STAFF, actor, allow
from ..http.blueprint import FILE, Blueprint, Body, Json, Query, attachment, require, subject
from ..http.languages import language, localised, render_warnings
from ..http.openapi.declarations import may_conflict
from ..http.paging import Key, Page, PageQuery, each, page
from . import service
from .models import Allocation
from .schemas import (
    AllocationExportQuery,
    AllocationPage,
    AllocationRequestSchema,
    AllocationSchema,
    GapPage,
    PlacementPage,
    UnplacedPage,
)

blueprint = Blueprint("allocations", __name__, description="Plans of what goes where in a region and period.")
BY_POSITION = Key("position", int, start=0)


@blueprint.post("/allocations")
@allow(*STAFF)
@require(service.check_allocation_request)
@may_conflict
@blueprint.body(AllocationRequestSchema)
@blueprint.response(202, AllocationSchema, description="Queued: `Location` is where to follow its progress.")
def start_allocation(body: Body) -> tuple[Json, int, dict[str, str]]:
    """Plan where the supplies of a region should go in a period, maximising score times tonnes.

    The supplies lie in the region; receivers may lie anywhere lawful, unless `receivers` is `region`. No gate
    is broken, and no capacity: neither of a listing nor of a permit in a calendar year.
    """
    row = service.start_allocation(actor(), body)
    return _allocation(row), 202, {"Location": url_for("allocations.show_allocation", allocation_id=row.id)}


@blueprint.get("/allocations")
@allow(*STAFF)
@blueprint.query(PageQuery)
@blueprint.response(200, AllocationPage)
def list_allocations(query: Query) -> Page:
    """Plans for the regions that you oversee, newest first."""
    return page(query, partial(service.list_allocations, actor()), present=each(_head))


@blueprint.get("/allocations/<uuid:allocation_id>")
@allow(*STAFF)
@subject(service.find_allocation)
@blueprint.response(200, AllocationSchema)
def show_allocation(allocation: Allocation) -> Json:
    """A plan: its progress, its totals, and the largest shortages."""
    return _allocation(allocation)


@blueprint.get("/allocations/<uuid:allocation_id>/placements")
@allow(*STAFF)
@subject(service.find_allocation)
@may_conflict
@blueprint.query(PageQuery)
@blueprint.response(200, PlacementPage)
def list_placements(allocation: Allocation, query: Query) -> Page:
    """What goes where and on which legal basis, largest first."""
    return page(query, partial(service.plan_items, allocation, "placements"), BY_POSITION, each(_placement))


def _placement(item: Json) -> Json:
    return {**item, "warnings": render_warnings(item["warnings"])}


@blueprint.get("/allocations/<uuid:allocation_id>/unplaced")
@allow(*STAFF)
@subject(service.find_allocation)
@may_conflict
@blueprint.query(PageQuery)
@blueprint.response(200, UnplacedPage)
def list_unplaced(allocation: Allocation, query: Query) -> Page:
    """What could not be placed and why, largest first."""
    return page(query, partial(service.plan_items, allocation, "unplaced"), BY_POSITION, each(_unplaced))


def _unplaced(item: Json) -> Json:
    return {**item, "detail": service.unplaced_reason(item["reason"], item["gate"], language())}


@blueprint.get("/allocations/<uuid:allocation_id>/gaps")
@allow(*STAFF)
@subject(service.find_allocation)
@may_conflict
@blueprint.query(PageQuery)
@blueprint.response(200, GapPage)
def list_gaps(allocation: Allocation, query: Query) -> Page:
    """Shortages by code and district, largest first."""
    return page(query, partial(service.plan_items, allocation, "gaps"), BY_POSITION)


@blueprint.get("/allocations/<uuid:allocation_id>/export")
@allow(*STAFF)
@subject(service.find_allocation)
@may_conflict
@blueprint.query(AllocationExportQuery)
@blueprint.response(200, FILE, content_type="text/csv")
@blueprint.alt_response(200, schema=FILE, content_type=spreadsheet_files.MEDIA_TYPES["xlsx"])
def export_allocation(allocation: Allocation, query: Query) -> Response:
    """A part of a plan as a file."""
    part, kind = query["part"], query["format"]
    pieces = service.export_allocation(allocation, part, kind, language())
    media_type = spreadsheet_files.MEDIA_TYPES[kind]
    return attachment(pieces, media_type, f"huanliu-{part}.{kind}")


def _allocation(row: Allocation) -> Json:
    return {**_head(row), "first_gaps": service.first_gaps(row)}


def _head(row: Allocation) -> Json:
    names = ("id", "status", "region", "first_day", "last_day", "scheme", "codes", "receivers")
    more = ("policy_version", "totals", "created_at", "as_of", "ended_at")
    reason = localised([row.reason])[0] if row.reason else {"code": None, "detail": None}
    return {
        **{name: getattr(row, name) for name in (*names, *more)},
        "progress": {"stage": row.stage, "done": row.steps_done, "of": row.steps_of},
        **reason,
    }
