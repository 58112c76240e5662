"""Listings over HTTP."""

from flask import Response, request, stream_with_context, url_for

from ..events.actor import ADMIN, ENTERPRISE
from ..http.authentication import EVERY_KEY, actor, allow
from ..http.blueprint import Blueprint, bodiless, first, subject, uploaded
from ..http.etags import etag
from ..http.languages import language, localised, render_warnings
from ..http.openapi.api import VERSIONED
from ..http.paging import cursor_of
from ..http.schemas import ReasonSchema, TableProblemSchema
from . import service
from .schemas import (
    ExemptionReviewSchema,
    ExportQuery,
    ImportQuery,
    ImportSchema,
    ListingChangeSchema,
    ListingPage,
    ListingQuery,
    ListingSchema,
    NewListingSchema,
)

blueprint = Blueprint("listings", __name__, description="Supply and demand.")

FILE = {"type": "string", "format": "binary"}
FEATURES = {
    "type": "object",
    "required": ["type", "features"],
    "properties": {
        "type": {"const": "FeatureCollection"},
        "features": {"type": "array", "items": {"type": "object"}},
    },
}
MOST_UPLOAD = 20_000_000
CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _answer(row, notices=()):
    shown = service.present(actor(), [row])[0]
    return {**shown, "warnings": render_warnings(list(notices))}, etag(row.version)


@blueprint.post("/listings")
@allow(ENTERPRISE, scope="listings:write")
@first(service.check_posting)
@blueprint.body(NewListingSchema)
@blueprint.response(201, ListingSchema, headers=VERSIONED)
@blueprint.problems(400, 409, 413, 415)
def create(body):
    """Post a supply or a demand: a draft, or with `publish` open to matching at once.

    A supply names its `waste`, a demand what it `accepts`. Prices are CNY per tonne from the supplier's side:
    below zero the supplier pays. What is odd but allowed comes back in `warnings`.
    """
    return _answer(*service.create(actor(), body))


@blueprint.get("/listings")
@allow(*EVERY_KEY)
@blueprint.query(ListingQuery)
@blueprint.response(200, ListingPage)
@blueprint.problems()
def search(query):
    """Listings that the asker may see: newest first, by price, or by distance from a point."""
    items, more = service.search(actor(), query)
    return {"items": items, "next": cursor_of(more) if more else None}


@blueprint.get("/listings/template.xlsx")
@allow(*EVERY_KEY)
@blueprint.response(200, FILE, content_type=XLSX)
@blueprint.problems()
def template():
    """A workbook to fill in for `POST /listings/import`."""
    return _file(service.template(), XLSX, "huanliu-template.xlsx")


@blueprint.get("/listings/export")
@allow(*EVERY_KEY)
@blueprint.query(ExportQuery)
@blueprint.response(200, FILE, content_type=CSV)
@blueprint.alt_response(200, schema=FILE, content_type=XLSX)
@blueprint.alt_response(200, schema=FEATURES, content_type="application/geo+json")
@blueprint.problems()
def export(query):
    """The listings that the asker may see as a file; CSV and XLSX can be imported again."""
    pieces = service.export(actor(), query, language())
    kind = query["format"]
    return _file(stream_with_context(pieces), service.MEDIA_TYPES[kind], f"huanliu-listings.{kind}")


def _file(content, media_type, name):
    answer = Response(content, content_type=media_type)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    return answer


def _check_importing(who, _):
    """The rows are not known yet: any role that posts will do."""
    publish = request.args.get("publish", "").lower() in ("true", "1", "yes", "on", "t", "y")
    service.check_posting(who, {"publish": publish})


@blueprint.post("/listings/import")
@allow(ENTERPRISE, scope="listings:write", most_bytes=MOST_UPLOAD)
@first(_check_importing)
@uploaded(CSV, XLSX)
@blueprint.query(ImportQuery)
@blueprint.response(201, ImportSchema, description="All rows are listings now.")
@blueprint.alt_response(200, schema=ImportSchema, description="A dry run: all rows would become listings.")
@blueprint.alt_response(202, schema=ImportSchema, description="A long sheet: Location says where to look.")
@blueprint.problems(409, 413, 415)
@blueprint.alt_response(422, schema=TableProblemSchema, content_type="application/problem+json")
def import_sheet(query, upload):
    """Make listings of all rows of a sheet, CSV or XLSX, or of none."""
    row = service.import_sheet(actor(), upload, **query)
    return _import(row), *_import_status(row)


def _import_status(row):
    if row.status in ("queued", "running"):
        return 202, {"Location": url_for("listings.show_import", import_id=row.id)}
    return (200 if row.dry_run else 201), {}


@blueprint.get("/listings/imports/<uuid:import_id>")
@allow(ENTERPRISE)
@blueprint.response(200, ImportSchema)
@blueprint.problems(404)
def show_import(import_id):
    """How far an import is, and how it ended."""
    return _import(service.find_import(actor(), import_id))


def _import(row):
    reason = localised([row.reason])[0] if row.reason else {"code": None, "detail": None}
    return {
        **{
            name: getattr(row, name)
            for name in ("id", "status", "publish", "dry_run", "rows_total", "rows_done")
        },
        **{name: getattr(row, name) for name in ("listing_ids", "error_count", "created_at", "ended_at")},
        "created": len(row.listing_ids),
        "errors": localised(row.errors),
        "warnings": localised(row.warnings),
        **reason,
    }


@blueprint.get("/listings/<uuid:listing_id>")
@allow(*EVERY_KEY)
@blueprint.response(200, ListingSchema, headers=VERSIONED)
@blueprint.problems(404)
def show(listing_id):
    """A listing: one's own, or an open one of others."""
    return _answer(service.find_visible(actor(), listing_id))


@blueprint.patch("/listings/<uuid:listing_id>")
@allow(ENTERPRISE, scope="listings:write")
@first(service.check_change)
@subject(service.find_own)
@blueprint.body(ListingChangeSchema, required=False)
@blueprint.response(200, ListingSchema, headers=VERSIONED)
@blueprint.problems(400, 404, 409, 412, 413, 415, 428)
def change(body, listing_id, expected):
    """Change a draft or an open listing; an open one is matched again."""
    return _answer(*service.change(actor(), listing_id, body, expected))


@blueprint.post("/listings/<uuid:listing_id>/publish")
@allow(ENTERPRISE, scope="listings:write")
@subject(service.find_publishable)
@bodiless
@blueprint.response(200, ListingSchema, headers=VERSIONED)
@blueprint.problems(400, 404, 409, 413, 415)
def publish(listing_id):
    """Open a draft to matching."""
    return _answer(*service.publish(actor(), listing_id))


@blueprint.post("/listings/<uuid:listing_id>/withdraw")
@allow(ENTERPRISE, scope="listings:write")
@subject(service.find_own)
@blueprint.body(ReasonSchema, required=False)
@blueprint.response(200, ListingSchema, headers=VERSIONED)
@blueprint.problems(400, 404, 409, 413, 415)
def withdraw(body, listing_id):
    """Take a listing back; nobody not yet told of it will be."""
    return _answer(service.withdraw(actor(), listing_id, body["reason"]))


@blueprint.post("/listings/<uuid:listing_id>/exemption-review")
@allow(ADMIN, scope="admin")
@subject(service.find_any)
@blueprint.body(ExemptionReviewSchema)
@blueprint.response(200, ListingSchema, headers=VERSIONED)
@blueprint.problems(400, 404, 409, 413, 415)
def review_exemption(body, listing_id):
    """Accept or refuse the evidence behind the exemption that a demand names."""
    return _answer(service.review_exemption(actor(), listing_id, body["decision"], body["reason"]))
