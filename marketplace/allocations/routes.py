"""Plans for regions over HTTP: asked for, followed, read and exported."""

from uuid import UUID

from flask import Response, g, stream_with_context, url_for

from .. import spreadsheet_files
from ..http.authentication import STAFF, actor, allow
from ..http.blueprint import Blueprint, first, subject
from ..http.languages import language, localised, render_warnings
from ..http.paging import PageQuery, cursor_of, position_of
from . import service
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
FILE = {"type": "string", "format": "binary"}


def _find_allocation(asker, allocation_id):
    return service.find_allocation(asker, allocation_id)


@blueprint.post("/allocations")
@allow(*STAFF)
@first(service.check_allocation_request)
@blueprint.body(AllocationRequestSchema)
@blueprint.response(202, AllocationSchema, description="Owed: Location says where to look.")
@blueprint.problems(400, 409, 413, 415)
def start_allocation(body):
    """Plan where the supplies of a region go in a period, so that the sum of score times tonnes is greatest.

    The supplies lie in the region; receivers may lie anywhere lawful, unless `receivers` is `region`. No gate
    is broken, and no capacity: neither of a listing nor of a permit in a calendar year.
    """
    row = service.start_allocation(actor(), body)
    return _allocation(row), 202, {"Location": url_for("allocations.show_allocation", allocation_id=row.id)}


@blueprint.get("/allocations")
@allow(*STAFF)
@blueprint.query(PageQuery)
@blueprint.response(200, AllocationPage)
@blueprint.problems()
def list_allocations(query):
    """Plans for regions that the asker oversees, newest first."""
    (after,) = position_of(query["cursor"], (UUID,)) or (None,)
    rows = service.list_allocations(actor(), after, query["limit"] + 1)
    page = rows[: query["limit"]]
    more = cursor_of([str(page[-1].id)]) if len(rows) > len(page) else None
    return {"items": [_head(row) for row in page], "next": more}


@blueprint.get("/allocations/<uuid:allocation_id>")
@allow(*STAFF)
@subject(_find_allocation)
@blueprint.response(200, AllocationSchema)
@blueprint.problems(404)
def show_allocation(allocation_id):
    """A plan: how far it is, what came of it, and the gaps with the most unplaced tonnes."""
    return _allocation(g.subject)


@blueprint.get("/allocations/<uuid:allocation_id>/placements")
@allow(*STAFF)
@subject(_find_allocation)
@blueprint.query(PageQuery)
@blueprint.response(200, PlacementPage)
@blueprint.problems(404, 409)
def list_placements(query, allocation_id):
    """What goes where and by what right, the most tonnes first."""
    page = _part("placements", query)
    return {**page, "items": [{**one, "warnings": render_warnings(one["warnings"])} for one in page["items"]]}


@blueprint.get("/allocations/<uuid:allocation_id>/unplaced")
@allow(*STAFF)
@subject(_find_allocation)
@blueprint.query(PageQuery)
@blueprint.response(200, UnplacedPage)
@blueprint.problems(404, 409)
def list_unplaced(query, allocation_id):
    """What stays and why, the most tonnes first."""
    page = _part("unplaced", query)
    items = [
        {**item, "detail": service.unplaced_reason(item["reason"], item["gate"], language())}
        for item in page["items"]
    ]
    return {**page, "items": items}


@blueprint.get("/allocations/<uuid:allocation_id>/gaps")
@allow(*STAFF)
@subject(_find_allocation)
@blueprint.query(PageQuery)
@blueprint.response(200, GapPage)
@blueprint.problems(404, 409)
def list_gaps(query, allocation_id):
    """What the region lacks by code and district, the most unplaced tonnes first."""
    return _part("gaps", query)


def _part(name, query):
    (after,) = position_of(query["cursor"], (int,)) or (0,)
    items = service.plan_items(g.subject, name, after, query["limit"] + 1)
    page = items[: query["limit"]]
    more = cursor_of([page[-1]["position"]]) if len(items) > len(page) else None
    return {"items": page, "next": more}


@blueprint.get("/allocations/<uuid:allocation_id>/export")
@allow(*STAFF)
@subject(_find_allocation)
@blueprint.query(AllocationExportQuery)
@blueprint.response(200, FILE, content_type="text/csv")
@blueprint.alt_response(200, schema=FILE, content_type=spreadsheet_files.MEDIA_TYPES["xlsx"])
@blueprint.problems(404, 409)
def export_allocation(query, allocation_id):
    """A part of a plan as a file."""
    part, form = query["part"], query["format"]
    pieces = service.export_allocation(g.subject, part, form, language())
    answer = Response(stream_with_context(pieces), content_type=spreadsheet_files.MEDIA_TYPES[form])
    answer.headers.set("Content-Disposition", "attachment", filename=f"huanliu-{part}.{form}")
    return answer


def _allocation(row):
    return {**_head(row), "first_gaps": service.first_gaps(row)}


def _head(row):
    names = ("id", "status", "region", "first_day", "last_day", "scheme", "codes", "receivers")
    more = ("policy_version", "totals", "created_at", "as_of", "ended_at")
    reason = localised([row.reason])[0] if row.reason else {"code": None, "detail": None}
    return {
        **{name: getattr(row, name) for name in (*names, *more)},
        "progress": {"stage": row.stage, "done": row.steps_done, "of": row.steps_of},
        **reason,
    }
