"""Listings over HTTP."""

from flask import Response, request, stream_with_context, url_for

from ..events.actor import ADMIN, ENTERPRISE
from ..http.authentication import EVERY_KEY, actor, allow
from ..http.document import VERSIONED
from ..http.etags import etag
from ..http.paging import cursor_of
from ..http.problems import kept, language, spoken
from ..http.room import Room, bodiless, first, subject, uploaded
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

blp = Room("listings", __name__, description="Supply and demand.")

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
    return {**shown, "warnings": spoken(list(notices))}, etag(row.version)


@blp.post("/listings")
@allow(ENTERPRISE, scope="listings:write")
@first(service.check_posting)
@blp.body(NewListingSchema)
@blp.response(201, ListingSchema, headers=VERSIONED)
@blp.problems(400, 409, 413, 415)
def create(body):
    """Post a supply or a demand: a draft, or with `publish` open to matching at once.

    A supply names its `waste`, a demand what it `accepts`. Prices are CNY per tonne from the supplier's side:
    below zero the supplier pays. What is odd but allowed comes back in `warnings`.
    """
    return _answer(*service.create(actor(), body))


@blp.get("/listings")
@allow(*EVERY_KEY)
@blp.query(ListingQuery)
@blp.response(200, ListingPage)
@blp.problems()
def search(query):
    """Listings that the asker may see: newest first, by price, or by distance from a point."""
    items, more = service.search(actor(), query)
    return {"items": items, "next": cursor_of(more) if more else None}


@blp.get("/listings/template.xlsx")
@allow(*EVERY_KEY)
@blp.response(200, FILE, content_type=XLSX)
@blp.problems()
def template():
    """A workbook to fill in for `POST /listings/import`."""
    return _file(service.template(), XLSX, "huanliu-template.xlsx")


@blp.get("/listings/export")
@allow(*EVERY_KEY)
@blp.query(ExportQuery)
@blp.response(200, FILE, content_type=CSV)
@blp.alt_response(200, schema=FILE, content_type=XLSX)
@blp.alt_response(200, schema=FEATURES, content_type="application/geo+json")
@blp.problems()
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


@blp.post("/listings/import")
@allow(ENTERPRISE, scope="listings:write", most_bytes=MOST_UPLOAD)
@first(_check_importing)
@uploaded(CSV, XLSX)
@blp.query(ImportQuery)
@blp.response(201, ImportSchema, description="All rows are listings now.")
@blp.alt_response(200, schema=ImportSchema, description="A dry run: all rows would become listings.")
@blp.alt_response(202, schema=ImportSchema, description="A long sheet: Location says where to look.")
@blp.problems(409, 413, 415)
@blp.alt_response(422, schema=TableProblemSchema, content_type="application/problem+json")
def import_sheet(query, upload):
    """Make listings of all rows of a sheet, CSV or XLSX, or of none."""
    row = service.import_sheet(actor(), upload, **query)
    return _import(row), *_import_status(row)


def _import_status(row):
    if row.status in ("queued", "running"):
        return 202, {"Location": url_for("listings.show_import", import_id=row.id)}
    return (200 if row.dry_run else 201), {}


@blp.get("/listings/imports/<uuid:import_id>")
@allow(ENTERPRISE)
@blp.response(200, ImportSchema)
@blp.problems(404)
def show_import(import_id):
    """How far an import is, and how it ended."""
    return _import(service.find_import(actor(), import_id))


def _import(row):
    reason = kept([row.reason])[0] if row.reason else {"code": None, "detail": None}
    return {
        **{
            name: getattr(row, name)
            for name in ("id", "status", "publish", "dry_run", "rows_total", "rows_done")
        },
        **{name: getattr(row, name) for name in ("listing_ids", "error_count", "created_at", "ended_at")},
        "created": len(row.listing_ids),
        "errors": kept(row.errors),
        "warnings": kept(row.warnings),
        **reason,
    }


@blp.get("/listings/<uuid:listing_id>")
@allow(*EVERY_KEY)
@blp.response(200, ListingSchema, headers=VERSIONED)
@blp.problems(404)
def show(listing_id):
    """A listing: one's own, or an open one of others."""
    return _answer(service.find_visible(actor(), listing_id))


@blp.patch("/listings/<uuid:listing_id>")
@allow(ENTERPRISE, scope="listings:write")
@first(service.check_change)
@subject(service.find_own)
@blp.body(ListingChangeSchema, required=False)
@blp.response(200, ListingSchema, headers=VERSIONED)
@blp.problems(400, 404, 409, 412, 413, 415, 428)
def change(body, listing_id, expected):
    """Change a draft or an open listing; an open one is matched again."""
    return _answer(*service.change(actor(), listing_id, body, expected))


@blp.post("/listings/<uuid:listing_id>/publish")
@allow(ENTERPRISE, scope="listings:write")
@subject(service.find_publishable)
@bodiless
@blp.response(200, ListingSchema, headers=VERSIONED)
@blp.problems(400, 404, 409, 413, 415)
def publish(listing_id):
    """Open a draft to matching."""
    return _answer(*service.publish(actor(), listing_id))


@blp.post("/listings/<uuid:listing_id>/withdraw")
@allow(ENTERPRISE, scope="listings:write")
@subject(service.find_own)
@blp.body(ReasonSchema, required=False)
@blp.response(200, ListingSchema, headers=VERSIONED)
@blp.problems(400, 404, 409, 413, 415)
def withdraw(body, listing_id):
    """Take a listing back; nobody not yet told of it will be."""
    return _answer(service.withdraw(actor(), listing_id, body["reason"]))


@blp.post("/listings/<uuid:listing_id>/exemption-review")
@allow(ADMIN, scope="admin")
@subject(service.find_any)
@blp.body(ExemptionReviewSchema)
@blp.response(200, ListingSchema, headers=VERSIONED)
@blp.problems(400, 404, 409, 413, 415)
def review_exemption(body, listing_id):
    """Accept or refuse the evidence behind the exemption that a demand names."""
    return _answer(service.review_exemption(actor(), listing_id, body["decision"], body["reason"]))
