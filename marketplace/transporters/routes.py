"""Transporters: they keep their register, officials verify its papers, members see who may carry."""

from collections.abc import Sequence
from functools import partial

from flask import Response, request

from ..enterprises import service as enterprises
from ..events.actor import ADMIN, ENTERPRISE
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
from ..http.documents import DOCUMENT_TYPES, EXTENSIONS, JPEG, MAX_DOCUMENT, PDF, PNG
from ..http.etags import etag
from ..http.languages import render_warnings
from ..http.openapi.api import VERSIONED
from ..http.openapi.declarations import may_conflict
from ..http.paging import Page, page
from ..http.schemas import ReasonSchema, Schema
from . import service
from .models import PaperFile, PaperKind, TransporterPaper, TransporterRegister
from .schemas import (
    CrewRequestSchema,
    InsuranceRequestSchema,
    PaperFileSchema,
    PaperPage,
    PaperQuery,
    PaperSchema,
    PermitRequestSchema,
    RegisterChangeSchema,
    RegisterSchema,
    TransporterPage,
    TransporterQuery,
    VehicleRequestSchema,
)

blueprint = Blueprint(
    "transporters", __name__, description="Transporters, their permits, vehicles, crew and insurance."
)


@blueprint.get("/transporters")
@allow(*EVERY_KEY)
@require(service.check_member)
@blueprint.query(TransporterQuery)
@blueprint.response(200, TransporterPage)
def list_transporters(query: Query) -> Page:
    """Who may carry: approved transporters with their permits and vehicles, newest first."""
    return page(query, partial(service.search_transporters, query), present=service.present_transporters)


@blueprint.get("/transporters/<uuid:enterprise_id>")
@allow(*EVERY_KEY)
@subject(service.find_register)
@blueprint.response(200, RegisterSchema, headers=VERSIONED)
def show_register(register: TransporterRegister) -> Versioned:
    """The register of a transporter, with its papers: your own, or one that you oversee."""
    return _register(register)


@blueprint.put("/transporters/<uuid:enterprise_id>")
@allow(ENTERPRISE, ADMIN, scope="admin")
@subject(service.find_changeable_register)
@blueprint.body(RegisterChangeSchema)
@blueprint.response(200, RegisterSchema, headers=VERSIONED)
def change_register(register: TransporterRegister, body: Body, expected: int | None) -> Versioned:
    """Say where you carry, whether hazardous waste, and who answers the phone on duty."""
    return _register(service.change_register(actor(), register.enterprise_id, body, expected))


def _register(register: TransporterRegister) -> Versioned:
    return service.present_register(actor(), register), etag(register.version)


PAPERS: Sequence[tuple[str, PaperKind, type[Schema], str]] = (
    ("permits", PaperKind.PERMIT, PermitRequestSchema, "Enter a permit for road transport."),
    ("vehicles", PaperKind.VEHICLE, VehicleRequestSchema, "Enter a vehicle."),
    ("crew", PaperKind.CREW, CrewRequestSchema, "Enter a driver, escort or loader with their cards."),
    ("insurance", PaperKind.INSURANCE, InsuranceRequestSchema, "Enter an insurance."),
)


def _submitting_route(path: str, kind: PaperKind, schema: type[Schema], summary: str) -> None:
    """The route by which a transporter enters a paper of a kind."""

    @blueprint.post(f"/transporters/<uuid:enterprise_id>/{path}", endpoint=f"submit_{kind}")
    @allow(ENTERPRISE, ADMIN, scope="admin")
    @subject(service.find_changeable_register)
    @may_conflict
    @blueprint.body(schema)
    @blueprint.response(201, PaperSchema)
    @blueprint.doc(
        summary=summary,
        description="It counts once an official has verified it. The same paper with other dates renews it.",
    )
    def submit(register: TransporterRegister, body: Body) -> Json:
        paper, notices = service.submit_paper(actor(), register.enterprise_id, kind, body)
        return {**service.present_one(actor(), paper), "warnings": render_warnings(notices)}


for path, kind, schema, summary in PAPERS:
    _submitting_route(path, kind, schema, summary)


@blueprint.get("/transporter-papers")
@allow(*EVERY_KEY)
@blueprint.query(PaperQuery)
@blueprint.response(200, PaperPage)
def list_papers(query: Query) -> Page:
    """Papers of your own or of those that you oversee, newest first; `submitted` ones wait for a decision."""
    rows = partial(service.search_papers, actor(), query)
    return page(query, rows, present=partial(service.present_papers, actor()))


@blueprint.get("/transporter-papers/<uuid:paper_id>")
@allow(*EVERY_KEY)
@subject(service.find_paper)
@blueprint.response(200, PaperSchema)
def show_paper(paper: TransporterPaper) -> Json:
    """A paper in full."""
    return _paper(paper)


@blueprint.post("/transporter-papers/<uuid:paper_id>/verify")
@allow(*STAFF)
@require(enterprises.require_official)
@subject(service.find_paper)
@may_conflict
@blueprint.body(ReasonSchema)
@blueprint.response(200, PaperSchema)
def verify_paper(paper: TransporterPaper, body: Body) -> Json:
    """Verify a paper, as an admin or the regulator of the transporter's region; it counts from now on."""
    return _paper(service.verify_paper(actor(), paper.id, body["reason"]))


@blueprint.post("/transporter-papers/<uuid:paper_id>/refuse")
@allow(*STAFF)
@require(enterprises.require_official)
@subject(service.find_paper)
@may_conflict
@blueprint.body(ReasonSchema)
@blueprint.response(200, PaperSchema)
def refuse_paper(paper: TransporterPaper, body: Body) -> Json:
    """Refuse a paper; the transporter reads the reason."""
    return _paper(service.refuse_paper(actor(), paper.id, body["reason"]))


@blueprint.post("/transporter-papers/<uuid:paper_id>/end")
@allow(ENTERPRISE, ADMIN, scope="admin")
@subject(service.find_paper)
@blueprint.body(ReasonSchema)
@blueprint.response(200, PaperSchema)
def end_paper(paper: TransporterPaper, body: Body) -> Json:
    """End a paper now: a vehicle is sold, a person has left; it stays on record."""
    return _paper(service.end_paper(actor(), paper.id, body["reason"]))


@blueprint.post("/transporter-papers/<uuid:paper_id>/files")
@allow(ENTERPRISE, ADMIN, scope="admin", max_bytes=MAX_DOCUMENT)
@subject(service.find_paper)
@may_conflict
@file_upload(*DOCUMENT_TYPES, kind="document")
@blueprint.response(201, PaperFileSchema)
def add_paper_file(paper: TransporterPaper, upload: bytes) -> PaperFile:
    """Add a scan (PDF, JPEG or PNG) to a paper: the body itself, or the part `file` of a form."""
    return service.add_file(actor(), paper, upload, request.mimetype)


@blueprint.get("/transporter-papers/<uuid:paper_id>/files/<uuid:file_id>")
@allow(*EVERY_KEY)
@subject(service.find_file)
@blueprint.response(200, FILE, content_type=PDF)
@blueprint.alt_response(200, schema=FILE, content_type=JPEG)
@blueprint.alt_response(200, schema=FILE, content_type=PNG)
def show_paper_file(file: PaperFile) -> Response:
    """A scan of a paper, to save; for its holder and its overseers."""
    return attachment(file.content, file.media_type, f"paper-{file.id}.{EXTENSIONS[file.media_type]}")


def _paper(paper: TransporterPaper) -> Json:
    return service.present_one(actor(), paper)
