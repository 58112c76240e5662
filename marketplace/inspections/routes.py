"""Inspections over HTTP: the enterprise checks itself, officers check it, findings are put right."""

from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, request

from .. import clock, uploaded_files
from ..enterprises import service as enterprises
from ..errors import Notice
from ..http.authentication import EVERY_KEY, STAFF, actor, allow
from ..http.blueprint import (
    FILE,
    Blueprint,
    Body,
    Json,
    Query,
    Versioned,
    attachment,
    file_upload,
    require,
    subject,
)
from ..http.bodies import sent_name
from ..http.documents import JPEG, MAX_DOCUMENT, PDF, PICTURE_TYPES, PNG
from ..http.etags import etag
from ..http.languages import language, render_warnings
from ..http.openapi.api import VERSIONED
from ..http.openapi.declarations import may_conflict
from ..http.paging import Page, cut, page, position_of
from . import service
from .models import Inspection, InspectionPhoto
from .schemas import (
    ChecklistQuery,
    ChecklistsSchema,
    DueInspectionPage,
    DueInspectionQuery,
    InspectionAnswersSchema,
    InspectionCancelSchema,
    InspectionFinishSchema,
    InspectionPage,
    InspectionPhotoQuery,
    InspectionPhotoSchema,
    InspectionQuery,
    InspectionRecheckSchema,
    InspectionRectificationSchema,
    InspectionSchema,
    NewInspectionSchema,
)

blueprint = Blueprint("inspections", __name__, description="Checklists, inspections, findings put right.")

ONE = "/inspections/<uuid:inspection_id>"


@blueprint.get("/inspections/checklists")
@allow(*EVERY_KEY)
@blueprint.query(ChecklistQuery)
@blueprint.response(200, ChecklistsSchema)
def list_checklists(query: Query) -> Json:
    """The four checklists as they are asked on a day, and what inspections are judged by."""
    day = query["on"] or clock.today()
    lists = service.items_in_force(day)
    return {
        "policy": service.find_policy(day),
        "items": [
            {"checklist": name, "items": items, "most_points": sum(item.most_points for item in items)}
            for name, items in lists.items()
        ],
    }


@blueprint.get("/inspections/due")
@allow(*STAFF)
@blueprint.query(DueInspectionQuery)
@blueprint.response(200, DueInspectionPage)
def list_due(query: Query) -> Page:
    """Enterprises whose next check by an officer is due by a day, first due first."""
    rows = service.due_checks(actor(), query["on"], position_of(query, (str, UUID)), query["limit"] + 1)
    return cut(query, rows, lambda row: [row.due_on.isoformat(), row.id], _due)


def _due(rows: Any) -> list[Json]:
    return [
        {"enterprise": enterprises.reference_to(row), "region": row.region, "grade": row.grade,
         "last_on": row.last_on, "due_on": row.due_on}
        for row in rows
    ]  # fmt: skip


@blueprint.post("/inspections")
@allow(*EVERY_KEY)
@require(service.require_writer)
@may_conflict
@blueprint.body(NewInspectionSchema)
@blueprint.response(201, InspectionSchema, headers=VERSIONED)
def begin_inspection(body: Body) -> Versioned:
    """Begin an inspection: `self` by the enterprise, `district` by its regulator or an admin, `city` by an
    admin."""
    return _shown(service.begin(actor(), body))


@blueprint.get("/inspections")
@allow(*EVERY_KEY)
@blueprint.query(InspectionQuery)
@blueprint.response(200, InspectionPage)
def list_inspections(query: Query) -> Page:
    """Inspections of your enterprise, or of those that you oversee, newest first."""
    return page(query, partial(service.search, actor(), query), present=service.present_heads)


@blueprint.get(ONE)
@allow(*EVERY_KEY)
@subject(service.find)
@blueprint.response(200, InspectionSchema, headers=VERSIONED)
def show_inspection(inspection: Inspection) -> Versioned:
    """An inspection with every item, what was found, and what was done about it."""
    return _shown(inspection)


@blueprint.get(f"{ONE}/report.pdf")
@allow(*EVERY_KEY)
@subject(service.find)
@blueprint.response(200, FILE, content_type=PDF)
def show_report(inspection: Inspection) -> Response:
    """The report of an inspection as it is now, with a QR code; in Chinese or English by Accept-Language."""
    return attachment(service.report_pdf(actor(), inspection, language()), PDF, f"{inspection.number}.pdf")


@blueprint.post(f"{ONE}/items")
@allow(*EVERY_KEY)
@require(service.require_writer)
@subject(service.find)
@may_conflict
@blueprint.body(InspectionAnswersSchema)
@blueprint.response(200, InspectionSchema, headers=VERSIONED)
def answer_items(inspection: Inspection, body: Body) -> Versioned:
    """Answer items, several at once: 2 points if it is met, 1 partly, 0 not; again replaces the answer."""
    return _shown(service.answer_items(actor(), inspection.id, body["items"]))


@blueprint.post(f"{ONE}/photos")
@allow(*EVERY_KEY, max_bytes=MAX_DOCUMENT)
@require(service.require_writer)
@subject(service.find)
@may_conflict
@file_upload(*PICTURE_TYPES, kind="photo")
@blueprint.query(InspectionPhotoQuery)
@blueprint.response(201, InspectionPhotoSchema)
def add_photo(inspection: Inspection, query: Query, upload: bytes) -> InspectionPhoto:
    """Add a photo (JPEG or PNG) of an item: the body itself, or the part `file` of a form.

    Before the end whoever inspects shows what was found, then the enterprise what it did about it, then
    whoever checks again what was seen. Only the picture is kept: no place, no camera, no comment.
    """
    name = query["name"] or sent_name()
    return service.add_photo(actor(), inspection.id, query["item"], upload, request.mimetype, name)


@blueprint.get("/inspections/photos/<uuid:photo_id>")
@allow(*EVERY_KEY)
@subject(service.find_photo)
@blueprint.response(200, FILE, content_type=JPEG)
@blueprint.alt_response(200, schema=FILE, content_type=PNG)
def show_photo(photo: InspectionPhoto) -> Response:
    """A photo of an item, to save; for the enterprise that is inspected, and its overseers."""
    return attachment(uploaded_files.content_of(photo), photo.media_type, photo.name)


@blueprint.post(f"{ONE}/finish")
@allow(*EVERY_KEY)
@require(service.require_writer)
@subject(service.find)
@may_conflict
@blueprint.body(InspectionFinishSchema)
@blueprint.response(200, InspectionSchema, headers=VERSIONED)
def finish_inspection(inspection: Inspection, body: Body) -> Versioned:
    """Finish an inspection of which every item is answered: result, and order to put findings right."""
    return _shown(*service.finish(actor(), inspection.id, body))


@blueprint.post(f"{ONE}/rectify")
@allow(*EVERY_KEY)
@require(service.require_writer)
@subject(service.find)
@may_conflict
@blueprint.body(InspectionRectificationSchema)
@blueprint.response(200, InspectionSchema, headers=VERSIONED)
def rectify_findings(inspection: Inspection, body: Body) -> Versioned:
    """Say of every open finding what you did about it; whoever inspected then checks again."""
    return _shown(service.rectify(actor(), inspection.id, body["items"]))


@blueprint.post(f"{ONE}/recheck")
@allow(*EVERY_KEY)
@require(service.require_writer)
@subject(service.find)
@may_conflict
@blueprint.body(InspectionRecheckSchema)
@blueprint.response(200, InspectionSchema, headers=VERSIONED)
def recheck_findings(inspection: Inspection, body: Body) -> Versioned:
    """Say of every open finding whether it is corrected; what is not goes back with a new last day."""
    return _shown(*service.recheck(actor(), inspection.id, body))


@blueprint.post(f"{ONE}/cancel")
@allow(*EVERY_KEY)
@require(service.require_writer)
@subject(service.find)
@may_conflict
@blueprint.body(InspectionCancelSchema)
@blueprint.response(200, InspectionSchema, headers=VERSIONED)
def cancel_inspection(inspection: Inspection, body: Body) -> Versioned:
    """Give up an inspection that is not finished; it stays on record and counts nothing."""
    return _shown(service.cancel(actor(), inspection.id, body["reason"]))


def _shown(inspection: Inspection, notices: list[Notice] | None = None) -> Versioned:
    warned = {} if notices is None else {"warnings": render_warnings(notices)}
    return {**service.present(inspection), **warned}, etag(inspection.version)
