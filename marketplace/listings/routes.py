"""Listings over HTTP."""

from uuid import UUID

from flask import Response, request, url_for

from .. import uploaded_files
from ..enterprises.models import Enterprise
from ..errors import DomainError, InvalidTable, Notice
from ..events.actor import ADMIN, ENTERPRISE, Actor
from ..http.authentication import EVERY_KEY, actor, allow
from ..http.blueprint import (
    FILE,
    Blueprint,
    Body,
    Json,
    Query,
    Versioned,
    attachment,
    file_upload,
    no_body,
    require,
    subject,
)
from ..http.documents import JPEG, MAX_DOCUMENT, PICTURE_TYPES, PNG
from ..http.etags import etag
from ..http.histories import HistoryPage, history_page
from ..http.languages import language, localised, render_warnings, stored_faults
from ..http.openapi.api import VERSIONED
from ..http.openapi.declarations import PROBLEM, may_conflict
from ..http.paging import Page, PageQuery, page_until, position_of
from ..http.problems import MOST_SHOWN
from ..http.rate_limits import PUBLISH, count_for, publishes
from ..http.schemas import ReasonSchema, TableProblemSchema
from ..messages import say
from . import service
from .models import Listing, ListingImport, ListingPhoto
from .schemas import (
    BulkPublishedSchema,
    BulkPublishSchema,
    ExemptionReviewSchema,
    ExportQuery,
    ImportQuery,
    ImportSchema,
    ListingChangeSchema,
    ListingPage,
    ListingPhotoSchema,
    ListingPhotosSchema,
    ListingQuery,
    ListingSchema,
    NewListingSchema,
)

blueprint = Blueprint("listings", __name__, description="Supply and demand.")

FEATURES = {
    "type": "object",
    "required": ["type", "features"],
    "properties": {
        "type": {"const": "FeatureCollection"},
        "features": {"type": "array", "items": {"type": "object"}},
    },
}
PHOTOS = "/listings/<uuid:listing_id>/photos"
PHOTO = f"{PHOTOS}/<int:number>"
MAX_UPLOAD = 20_000_000
MARKED_NAME = "huanliu-marked.xlsx"
CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.post("/listings")
@allow(ENTERPRISE, scope="listings:write")
@publishes
@require(service.check_posting)
@may_conflict
@blueprint.body(NewListingSchema)
@blueprint.response(201, ListingSchema, headers=VERSIONED)
def create(body: Body) -> Versioned:
    """Post a supply or a demand: a draft, or with `publish` open to matching at once.

    A supply names its `waste`, a demand what it `accepts`. Prices are CNY per tonne from the supplier's side:
    below zero, the supplier pays. Suspicious but permitted requests succeed and carry `warnings`.
    """
    return _posted(service.create(actor(), body))


@blueprint.get("/listings")
@allow(*EVERY_KEY)
@blueprint.query(ListingQuery)
@blueprint.response(200, ListingPage)
def search(query: Query) -> Json:
    """Listings that you may see: newest first, by price, or by distance from a point.

    `warnings` say where a filter cannot find anything, such as a code that does not exist.
    """
    after = position_of(query, service.position_kinds(query))
    items, position, notices = service.search(actor(), query, after)
    return {**page_until(query, items, position), "warnings": render_warnings(notices)}


@blueprint.get("/listings/template.xlsx")
@allow(*EVERY_KEY)
@blueprint.response(200, FILE, content_type=XLSX)
def template() -> Response:
    """A workbook to fill in for `POST /listings/import`."""
    return attachment(service.template(), XLSX, "huanliu-template.xlsx")


@blueprint.get("/listings/export")
@allow(*EVERY_KEY)
@blueprint.query(ExportQuery)
@blueprint.response(200, FILE, content_type=CSV)
@blueprint.alt_response(200, schema=FILE, content_type=XLSX)
@blueprint.alt_response(200, schema=FEATURES, content_type="application/geo+json")
def export(query: Query) -> Response:
    """The listings that you may see as a file; CSV and XLSX can be imported again."""
    pieces = service.export(actor(), query, language())
    kind = query["format"]
    return attachment(pieces, service.MEDIA_TYPES[kind], f"huanliu-listings.{kind}")


def _check_importing(caller: Actor, _: Body) -> None:
    """The rows are not known yet: any role that posts will do. Who is not approved imports nothing."""
    service.check_posting(caller, {"publish": True})


@blueprint.post("/listings/import")
@allow(ENTERPRISE, scope="listings:write", max_bytes=MAX_UPLOAD)
@publishes
@require(_check_importing)
@may_conflict
@file_upload(CSV, XLSX)
@blueprint.query(ImportQuery)
@blueprint.response(201, ImportSchema, description="All rows were imported.")
@blueprint.alt_response(
    200,
    schema=ImportSchema,
    description="A dry run: all rows could be imported. Or the same sheet again: see `unchanged`.",
)
@blueprint.alt_response(
    202, schema=ImportSchema, description="A long sheet, queued: `Location` is where to follow its progress."
)
@blueprint.alt_response(422, schema=TableProblemSchema, content_type=PROBLEM)
def import_sheet(query: Query, upload: bytes) -> tuple[Json, int, dict[str, str]]:
    """Import listings from a spreadsheet (CSV or XLSX), all rows or none.

    With `marked=true`, or an `Accept` that names XLSX, a refused sheet comes back with its faults marked.
    """
    wants_marks = query.pop("marked") or _accepts_xlsx()
    try:
        row, is_replay = service.import_sheet(actor(), upload, **query)
    except InvalidTable as error:
        if wants_marks:
            error.marked = service.mark_sheet(upload, stored_faults(error), _language_asked_for())
        raise
    if row.status in ("queued", "running"):
        return _import(row, is_replay), 202, {"Location": url_for("listings.show_import", import_id=row.id)}
    return _import(row, is_replay), 200 if row.dry_run or is_replay else 201, {}


@blueprint.get("/listings/imports/<uuid:import_id>")
@allow(ENTERPRISE)
@subject(service.find_import)
@blueprint.response(200, ImportSchema)
def show_import(row: ListingImport) -> Json | Response:
    """The progress and the result of an import; with `Accept` of XLSX a refused sheet, its faults marked.

    Of an enterprise's refused sheets the latest is kept for that, a week long.
    """
    marked = service.marked_import(row, _language_asked_for()) if _accepts_xlsx() else None
    return _import(row) if marked is None else attachment(marked, XLSX, MARKED_NAME)


def _import(row: ListingImport, is_replay: bool = False) -> Json:
    """An import as shown; a replay has created nothing, and says what was there already."""
    names = ("id", "status", "publish", "dry_run", "rows_total", "rows_done")
    more = ("listing_ids", "error_count", "created_at", "ended_at")
    reason = localised([row.reason])[0] if row.reason else {"code": None, "detail": None}
    return {
        **{name: getattr(row, name) for name in (*names, *more)},
        "created": 0 if is_replay else len(row.listing_ids),
        "unchanged": len(row.listing_ids) if is_replay else 0,
        "errors": localised(row.errors[:MOST_SHOWN]),
        "warnings": localised(row.warnings) + (render_warnings([_replay_notice(row)]) if is_replay else []),
        **reason,
    }


def _accepts_xlsx() -> bool:
    return XLSX in request.accept_mimetypes.values()


def _language_asked_for() -> str | None:
    """The language of the request; None where it names none: then a sheet's own headings decide."""
    return language() if request.accept_languages else None


def _replay_notice(row: ListingImport) -> Notice:
    return Notice(
        "sheet_imported_before", "file", {"at": f"{row.created_at:%Y-%m-%d %H:%M} UTC", "id": str(row.id)}
    )


@blueprint.get("/listings/<uuid:listing_id>")
@allow(*EVERY_KEY)
@subject(service.find_visible)
@blueprint.response(200, ListingSchema, headers=VERSIONED)
def show(listing: Listing) -> Versioned:
    """A listing: your own, or an open one of others."""
    return _listing(listing)


@blueprint.patch("/listings/<uuid:listing_id>")
@allow(ENTERPRISE, scope="listings:write")
@publishes
@require(service.check_change)
@subject(service.find_own)
@may_conflict
@blueprint.body(ListingChangeSchema, required=False)
@blueprint.response(200, ListingSchema, headers=VERSIONED)
def change(listing: Listing, body: Body, expected: int | None) -> Versioned:
    """Change a draft or an open listing; an open one is matched again."""
    return _posted(service.change(actor(), listing.id, body, expected))


@blueprint.post("/listings/<uuid:listing_id>/publish")
@allow(ENTERPRISE, scope="listings:write")
@publishes
@subject(service.find_publishable)
@may_conflict
@no_body
@blueprint.response(200, ListingSchema, headers=VERSIONED)
def publish(listing: Listing) -> Versioned:
    """Publish a draft, so that it takes part in matching."""
    return _posted(service.publish(actor(), listing.id))


@blueprint.post("/listings/<uuid:listing_id>/pause")
@allow(ENTERPRISE, scope="listings:write")
@publishes
@subject(service.find_own)
@may_conflict
@no_body
@blueprint.response(200, ListingSchema, headers=VERSIONED)
def pause(listing: Listing) -> Versioned:
    """Pause an open listing: others no longer find it and it is not matched; offers and deals stay.

    Its window runs on. An offer for it can be accepted once it is resumed.
    """
    return _listing(service.pause(actor(), listing.id))


@blueprint.post("/listings/<uuid:listing_id>/resume")
@allow(ENTERPRISE, scope="listings:write")
@publishes
@subject(service.find_publishable)
@may_conflict
@no_body
@blueprint.response(200, ListingSchema, headers=VERSIONED)
def resume(listing: Listing) -> Versioned:
    """Resume a paused listing: it is open, and matched like one that is published."""
    return _posted(service.resume(actor(), listing.id))


@blueprint.post("/listings/publish")
@allow(ENTERPRISE, scope="listings:write")
@require(service.check_publishing)
@blueprint.body(BulkPublishSchema)
@blueprint.response(200, BulkPublishedSchema)
def publish_many(body: Body) -> Json:
    """Publish up to 100 drafts; each is published or refused by itself, and the response says which."""
    count_for(actor(), PUBLISH, cost=len(set(body["ids"])))
    items = [_published(*result) for result in service.publish_many(actor(), body["ids"])]
    published = sum(item["published"] for item in items)
    return {"items": items, "published": published, "refused": len(items) - published}


def _published(listing_id: UUID, result: list[Notice] | DomainError) -> Json:
    if isinstance(result, DomainError):
        detail = say(result.code, language(), **result.facts)
        refusal = {"code": result.code, "detail": detail, "warnings": []}
        return {"id": listing_id, "published": False, **refusal}
    done = {"code": None, "detail": None, "warnings": render_warnings(result)}
    return {"id": listing_id, "published": True, **done}


@blueprint.post("/listings/<uuid:listing_id>/copy")
@allow(ENTERPRISE, scope="listings:write")
@publishes
@require(service.check_change)
@subject(service.find_own)
@may_conflict
@no_body
@blueprint.response(201, ListingSchema, headers=VERSIONED)
def copy(listing: Listing) -> Versioned:
    """Draft a new listing with the terms of one of your own, also of a closed one; then change its days."""
    return _posted(service.copy(actor(), listing.id))


@blueprint.get("/listings/<uuid:listing_id>/history")
@allow(*EVERY_KEY)
@subject(service.find_governed)
@blueprint.query(PageQuery)
@blueprint.response(200, HistoryPage)
def history(listing: Listing, query: Query) -> Page:
    """Who did what to a listing and when, newest first, with the values before and after."""
    return history_page(query, listing, service.with_codes)


@blueprint.post("/listings/<uuid:listing_id>/withdraw")
@allow(ENTERPRISE, scope="listings:write")
@subject(service.find_own)
@may_conflict
@blueprint.body(ReasonSchema, required=False)
@blueprint.response(200, ListingSchema, headers=VERSIONED)
def withdraw(listing: Listing, body: Body) -> Versioned:
    """Withdraw a listing; notifications about it that were not sent yet are cancelled."""
    return _listing(service.withdraw(actor(), listing.id, body["reason"]))


@blueprint.post(PHOTOS)
@allow(ENTERPRISE, scope="listings:write", max_bytes=MAX_DOCUMENT)
@publishes
@require(service.check_change)
@subject(service.find_own)
@may_conflict
@file_upload(*PICTURE_TYPES, kind="photo")
@blueprint.response(201, ListingPhotoSchema)
def add_photo(listing: Listing, upload: bytes) -> ListingPhoto:
    """Add a photo (JPEG or PNG) to a draft or an open listing: the body itself or the part `file` of a form.

    At most four. Only the picture is kept: no place, no camera, no comment. One sent again is kept once.
    """
    return service.add_photo(actor(), listing.id, uploaded_files.judged_picture(upload, request.mimetype))


@blueprint.get(PHOTOS)
@allow(*EVERY_KEY)
@subject(service.find_visible)
@blueprint.response(200, ListingPhotosSchema)
def list_photos(listing: Listing) -> Json:
    """The photos of a listing that you may see, by their numbers."""
    return {"items": service.list_photos(listing.id)}


@blueprint.get(PHOTO)
@allow(*EVERY_KEY)
@subject(service.find_photo)
@blueprint.response(200, FILE, content_type=JPEG)
@blueprint.alt_response(200, schema=FILE, content_type=PNG)
def show_photo(photo: ListingPhoto) -> Response:
    """A photo of a listing that you may see, to save."""
    return attachment(uploaded_files.content_of(photo), photo.media_type, photo.name)


@blueprint.delete(PHOTO)
@allow(ENTERPRISE, scope="listings:write")
@subject(service.find_own_photo)
@no_body
@blueprint.response(204)
def remove_photo(photo: ListingPhoto) -> None:
    """Delete a photo of a listing of your own; its number may be given again."""
    assert photo.listing_id is not None
    assert photo.number is not None
    service.remove_photo(actor(), photo.listing_id, photo.number)


@blueprint.post("/listings/<uuid:listing_id>/exemption-review")
@allow(ADMIN, scope="admin")
@subject(service.find_any)
@may_conflict
@blueprint.body(ExemptionReviewSchema)
@blueprint.response(200, ListingSchema, headers=VERSIONED)
def review_exemption(listing: Listing, body: Body) -> Versioned:
    """Accept or refuse the evidence for the exemption that a demand relies on."""
    return _listing(service.review_exemption(actor(), listing.id, body["decision"], body["reason"]))


def _posted(posted: service.Posted) -> Versioned:
    shown, tag = _listing(posted.listing, posted.owner)
    shown["warnings"] += render_warnings(posted.notices)
    return shown, tag


def _listing(row: Listing, owner: Enterprise | None = None) -> Versioned:
    is_whole = actor().enterprise_id in (None, row.enterprise_id)  # staff find only what they govern
    return service.present(actor(), [row], owner)[0], etag(row.version, is_whole=is_whole)
