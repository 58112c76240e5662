"""Manifests over HTTP."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, request

from .. import uploaded_files
from ..catalogue import service as catalogue
from ..deals import service as deals
from ..deals.models import Deal
from ..errors import Notice
from ..events.actor import ADMIN, ENTERPRISE
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
from .models import LoadPicture, Manifest, ManifestCorrection, ManifestFile
from .schemas import (
    ClosingRateQuery,
    ClosingRateSchema,
    DealManifestSchema,
    ExpectedQuery,
    ManifestChangeSchema,
    ManifestCorrectionRequestSchema,
    ManifestCorrectionSchema,
    ManifestDeliverySchema,
    ManifestExportQuery,
    ManifestFileQuery,
    ManifestFileSchema,
    ManifestFollowSchema,
    ManifestHandOverSchema,
    ManifestLabelQuery,
    ManifestNeededReasonSchema,
    ManifestOptionalReasonSchema,
    ManifestOutcomeSchema,
    ManifestPage,
    ManifestPickupSchema,
    ManifestQuery,
    ManifestReceiptSchema,
    ManifestRulesSchema,
    ManifestScheduleSchema,
    ManifestSchema,
    ManifestVersionPage,
    NewManifestSchema,
)

Made = tuple[Manifest, list[Notice]]
SVG = "image/svg+xml"
CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

blueprint = Blueprint(
    "manifests", __name__, description="Manifests: every load from the draft to its treatment."
)


# ---------------------------------------------------------------- drafts


@blueprint.post("/deals/<uuid:deal_id>/manifests")
@allow(ENTERPRISE, ADMIN, scope="deals:write")
@subject(deals.find_deal)
@may_conflict
@blueprint.body(DealManifestSchema)
@blueprint.response(201, ManifestSchema, headers=VERSIONED)
def draft_for_deal(deal: Deal, body: Body) -> Versioned:
    """Draft a manifest for a load of a deal: one vehicle trip. Its number is given at once."""
    return _manifest(*service.draft_for_deal(actor(), deal.id, body))


@blueprint.post("/manifests")
@allow(ENTERPRISE, ADMIN, scope="deals:write")
@may_conflict
@blueprint.body(NewManifestSchema)
@blueprint.response(201, ManifestSchema, headers=VERSIONED)
def draft(body: Body) -> Versioned:
    """Draft a manifest for several kinds of waste of one sender to one receiver, on one vehicle."""
    return _manifest(*service.draft(actor(), body))


@blueprint.post("/manifests/<uuid:manifest_id>/copy")
@allow(ENTERPRISE, ADMIN, scope="deals:write")
@subject(service.find)
@may_conflict
@blueprint.body(ManifestOptionalReasonSchema, required=False)
@blueprint.response(201, ManifestSchema, headers=VERSIONED)
def copy(manifest: Manifest, body: Body) -> Versioned:
    """Draft another load like this one; `copied_from_id` says of which it is a copy.

    Copied: lines with tonnes, packing and packages, the transporter, emergency measures. Not copied: both
    numbers, containers, vehicle and people, the day, measured weights, signatures and notes.
    """
    return _manifest(*service.copy(actor(), manifest.id, body["reason"]))


@blueprint.get("/manifests")
@allow(*EVERY_KEY)
@blueprint.query(ManifestQuery)
@blueprint.response(200, ManifestPage)
def search(query: Query) -> Page:
    """Manifests that you take part in or oversee, newest first."""
    return page(
        query, partial(service.search, actor(), query), present=partial(service.present, actor=actor())
    )


@blueprint.get("/manifests/export")
@allow(*EVERY_KEY)
@blueprint.query(ManifestExportQuery)
@blueprint.response(200, FILE, content_type=CSV)
@blueprint.alt_response(200, schema=FILE, content_type=XLSX)
def export(query: Query) -> Response:
    """The manifests of the list as a file, one row a line."""
    kind = query["format"]
    pieces = service.export(actor(), query, language())
    return attachment(pieces, service.MEDIA_TYPES[kind], f"huanliu-manifests.{kind}")


@blueprint.get("/manifests/expected")
@allow(ENTERPRISE)
@blueprint.query(ExpectedQuery)
@blueprint.response(200, ManifestPage)
def expected(query: Query) -> Page:
    """Loads that are planned to come to you or are on their way, by the day on which they leave."""
    rows = service.expected(actor(), query, position_of(query, (str, UUID)), query["limit"] + 1)
    return cut(
        query, rows, lambda row: [row.planned_on.isoformat(), row.id], partial(service.present, actor=actor())
    )


@blueprint.get("/manifests/closing-rate")
@allow(*EVERY_KEY)
@blueprint.query(ClosingRateQuery)
@blueprint.response(200, ClosingRateSchema)
def closing_rate(query: Query) -> Json:
    """How many of the manifests issued in a period are closed, by sender or district, lowest rate first."""
    return service.closing_rate(actor(), query)


@blueprint.get("/manifests/rules")
@allow(*EVERY_KEY)
@blueprint.response(200, ManifestRulesSchema)
def rules() -> Json:
    """The deadlines of the steps and the tolerances of weights that are in force, each with its source."""
    return {"deadlines": service.deadlines(), "tolerances": service.tolerances()}


@blueprint.get("/manifests/<uuid:manifest_id>")
@allow(*EVERY_KEY)
@subject(service.find_shown)
@blueprint.response(200, ManifestSchema, headers=VERSIONED)
def show(manifest: Any) -> Versioned:
    """A manifest that you take part in or oversee, with who signed what and what differs."""
    return _manifest(manifest)


@blueprint.patch("/manifests/<uuid:manifest_id>")
@allow(ENTERPRISE, ADMIN, scope="deals:write")
@subject(service.find)
@may_conflict
@blueprint.body(ManifestChangeSchema, required=False)
@blueprint.response(200, ManifestSchema, headers=VERSIONED)
def change(manifest: Manifest, body: Body, expected: int | None) -> Versioned:
    """Change a draft; until the pickup also the `official_number` and the transporter. Never the receiver."""
    return _manifest(*service.change(actor(), manifest.id, body, expected))


@blueprint.get("/manifests/<uuid:manifest_id>/versions")
@allow(*EVERY_KEY)
@subject(service.find)
@blueprint.response(200, ManifestVersionPage)
def versions(manifest: Manifest) -> Json:
    """Every version of every sealed part, oldest first, with what it changed."""
    items = service.side_by_side(actor(), service.versions(manifest))
    return {"items": [_version(item) for item in items], "next": None}


@blueprint.get("/manifests/<uuid:manifest_id>/manifest.pdf")
@allow(*EVERY_KEY)
@subject(service.find)
@blueprint.response(200, FILE, content_type=PDF)
def show_document(manifest: Manifest) -> Response:
    """The working copy in Chinese, with a QR code; it is not the statutory form, and says so."""
    return attachment(service.manifest_pdf(actor(), manifest), PDF, f"{manifest.number}.pdf")


@blueprint.get("/manifests/<uuid:manifest_id>/label.svg")
@allow(*EVERY_KEY)
@subject(service.find)
@may_conflict
@blueprint.query(ManifestLabelQuery)
@blueprint.response(200, FILE, content_type=SVG)
def show_labels(manifest: Manifest, query: Query) -> Response:
    """Labels of the packages with hazardous waste (HJ 1276-2022), up to 100 on a sheet, to be printed."""
    return attachment(service.labels_svg(actor(), manifest, query), SVG, f"{manifest.number}-labels.svg")


@blueprint.post("/manifests/<uuid:manifest_id>/files")
@allow(ENTERPRISE, scope="deals:write", max_bytes=MAX_DOCUMENT)
@subject(service.find)
@may_conflict
@file_upload(*PICTURE_TYPES, kind="photo")
@blueprint.query(ManifestFileQuery)
@blueprint.response(201, ManifestFileSchema)
def add_file(manifest: Manifest, query: Query, upload: bytes) -> ManifestFile:
    """Add a picture (JPEG or PNG) of a load that is issued: the body itself, or the part `file` of a form.

    Only the picture is kept: no place, no camera, no comment. One that is sent again is kept once.
    """
    name, shows = query["name"] or sent_name(), LoadPicture(query["shows"])
    file = uploaded_files.judged_picture(upload, request.mimetype)
    return service.add_file(actor(), manifest.id, shows, file, name)


@blueprint.get("/manifests/files/<uuid:file_id>")
@allow(*EVERY_KEY)
@subject(service.find_file)
@blueprint.response(200, FILE, content_type=JPEG)
@blueprint.alt_response(200, schema=FILE, content_type=PNG)
def show_file(file: ManifestFile) -> Response:
    """A picture of a load, to save; for its parties and their overseers."""
    return attachment(uploaded_files.content_of(file), file.media_type, file.name)


# ---------------------------------------------------------------- moves


def _move(path: str, schema: type[Any], make: Callable[[UUID, Body], Made], summary: str) -> None:
    """A route by which a party, or an admin in its place, makes a move of a manifest."""

    @blueprint.post(f"/manifests/<uuid:manifest_id>/{path}", endpoint=path.replace("-", "_"))
    @allow(ENTERPRISE, ADMIN, scope="deals:write")
    @subject(service.find)
    @may_conflict
    @blueprint.body(schema, required=schema is not ManifestOptionalReasonSchema)
    @blueprint.response(200, ManifestSchema, headers=VERSIONED)
    @blueprint.doc(summary=summary)
    def make_move(manifest: Manifest, body: Body) -> Versioned:
        """Make a move of a manifest."""
        return _manifest(*make(manifest.id, body))


def _by_reason(function: Callable[..., Made]) -> Callable[[UUID, Body], Made]:
    return lambda manifest_id, body: function(actor(), manifest_id, body["reason"])


def _by_body(function: Callable[..., Made]) -> Callable[[UUID, Body], Made]:
    return lambda manifest_id, body: function(actor(), manifest_id, body)


def _deliver(manifest_id: UUID, body: Body) -> Made:
    if body["lon"] is not None:
        body["lon"], body["lat"] = catalogue.to_wgs84(body)
    return service.deliver(actor(), manifest_id, body)


_move(
    "request",
    ManifestOptionalReasonSchema,
    _by_reason(service.request),
    "Ask the transporter to carry the load.",
)
_move("schedule", ManifestScheduleSchema, _by_body(service.schedule),
      "As its transporter, plan vehicle, people and time; what is missing is warned of.")  # fmt: skip
_move(
    "decline",
    ManifestNeededReasonSchema,
    _by_reason(service.decline),
    "As its transporter, give it back to the sender.",
)
_move("issue", ManifestOptionalReasonSchema, _by_reason(service.issue),
      "As the sender, sign: your part is sealed, permits are judged for the day of the load.")  # fmt: skip
_move(
    "cancel",
    ManifestNeededReasonSchema,
    _by_reason(service.cancel),
    "Cancel a manifest that is not picked up.",
)
_move(
    "pickup",
    ManifestPickupSchema,
    _by_body(service.pick_up),
    "As the transporter, take the load over and sign.",
)
_move("hand-over", ManifestHandOverSchema, _by_body(service.hand_over),
      "Hand the load to the next transporter, or sign for it as that one.")  # fmt: skip
_move("deliver", ManifestDeliverySchema, _deliver, "Say that the load is at the receiver's place.")
_move("receive", ManifestReceiptSchema, _by_body(service.receive),
      "As the receiver, sign by weight; a part or all of it may be refused.")  # fmt: skip
_move(
    "refuse",
    ManifestNeededReasonSchema,
    _by_reason(service.refuse),
    "As the receiver, refuse the whole load.",
)
_move("explain", ManifestNeededReasonSchema, _by_reason(service.explain), "Explain a difference of weight.")
_move("close", ManifestOptionalReasonSchema, _by_reason(service.close),
      "As the receiver, confirm: the accepted tonnes are used on permit, deal and listings.")  # fmt: skip
_move(
    "outcome",
    ManifestOutcomeSchema,
    _by_body(service.outcome),
    "As the receiver, say what became of the waste.",
)


@blueprint.post("/manifests/<uuid:manifest_id>/follow")
@allow(ENTERPRISE, ADMIN, scope="deals:write")
@subject(service.find)
@may_conflict
@blueprint.body(ManifestFollowSchema)
@blueprint.response(201, ManifestSchema, headers=VERSIONED)
def follow(manifest: Manifest, body: Body) -> Versioned:
    """Draft the manifest that takes what was refused back to you, or onward to another deal of yours."""
    return _manifest(*service.follow(actor(), manifest.id, body))


@blueprint.post("/manifests/<uuid:manifest_id>/corrections")
@allow(ENTERPRISE, ADMIN, scope="deals:write")
@subject(service.find)
@may_conflict
@blueprint.body(ManifestCorrectionRequestSchema)
@blueprint.response(201, ManifestCorrectionSchema)
def ask_correction(manifest: Manifest, body: Body) -> Json:
    """Ask for a change of what you have signed; `weight_t` is your own weight. One is open at a time."""
    return service.shown_correction(
        service.ask_correction(actor(), manifest.id, body["changes"], body["reason"])
    )


@blueprint.post("/corrections/<uuid:correction_id>/approve")
@allow(ENTERPRISE, ADMIN, scope="deals:write")
@subject(service.find_correction)
@may_conflict
@blueprint.body(ManifestOptionalReasonSchema, required=False)
@blueprint.response(200, ManifestCorrectionSchema)
def approve(correction: ManifestCorrection, body: Body) -> Json:
    """Agree to a correction that another party asked for; it is applied and kept as a version."""
    return service.shown_correction(service.approve(actor(), correction.id, body["reason"]))


@blueprint.post("/corrections/<uuid:correction_id>/reject")
@allow(ENTERPRISE, ADMIN, scope="deals:write")
@subject(service.find_correction)
@may_conflict
@blueprint.body(ManifestOptionalReasonSchema, required=False)
@blueprint.response(200, ManifestCorrectionSchema)
def reject(correction: ManifestCorrection, body: Body) -> Json:
    """Refuse a correction; the manifest stays as it is."""
    return service.shown_correction(service.reject(actor(), correction.id, body["reason"]))


def _manifest(row: Any, notices: Sequence[Notice] = ()) -> Versioned:
    shown = service.present([row], actor())[0]
    return {**shown, "warnings": render_warnings(list(notices))}, etag(row.version)


def _version(item: dict[str, Any]) -> Json:
    row = item["row"]
    names = (
        "no",
        "part",
        "leg",
        "action",
        "unsealed",
        "signed_by",
        "signer",
        "reason",
        "content",
        "checksum",
        "at",
    )
    signed_name = row.content.get("signed_name")
    return {
        **{name: getattr(row, name) for name in names},
        "signed_name": signed_name,
        "by_person": item["by_person"],
        "changes": item["changes"],
    }
