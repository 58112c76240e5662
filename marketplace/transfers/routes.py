"""Applications for transfer approvals: the generator applies, an admin enters what the provinces say."""

from functools import partial

from flask import Response, request

from ..events.actor import ADMIN, ENTERPRISE
from ..http.authentication import EVERY_KEY, actor, allow
from ..http.blueprint import FILE, Blueprint, Body, Json, Query, Versioned, attachment, file_upload, subject
from ..http.documents import DOCUMENT_TYPES, EXTENSIONS, JPEG, MAX_DOCUMENT, PDF, PNG
from ..http.etags import etag
from ..http.histories import HistoryPage, history_page
from ..http.languages import render_warnings
from ..http.openapi.declarations import may_conflict
from ..http.paging import Page, PageQuery, page
from . import service
from .models import TransferApplication, TransferPaper, TransferPaperKind
from .schemas import (
    ApplicationPage,
    ApplicationQuery,
    GrantSchema,
    PaperQuery,
    StepReasonSchema,
    StepSchema,
    TransferApplicationSchema,
    TransferPaperSchema,
)

blueprint = Blueprint("transfers", __name__, description="Applications for transfer approvals.")

ONE = "/transfer-applications/<uuid:application_id>"
STEPS = (
    (
        "accept-papers",
        "Find the papers complete; after 5 working days they are deemed so.",
        StepSchema,
        False,
    ),
    ("ask-papers", "Ask the applicant for what is missing or wrong in the papers.", StepReasonSchema, False),
    ("supplement", "Hand in the papers that were asked for.", StepSchema, True),
    ("forward", "Enter that the sender's province asks the receiver's.", StepSchema, False),
    ("agree", "Enter that the receiver's province agrees.", StepSchema, False),
    ("refuse", "Enter that a province refuses, with its reason.", StepReasonSchema, False),
    ("withdraw", "Withdraw an application.", StepSchema, True),
)
"""Path, summary, body, and whether it is the applicant's."""


@blueprint.post("/transfer-applications")
@allow(ENTERPRISE, ADMIN, scope="deals:write")
@may_conflict
@blueprint.body(TransferApplicationSchema)
@blueprint.response(201, TransferApplicationSchema)
def apply_for_transfer(body: Body) -> Json:
    """Apply for the approval to move your waste to a receiver in another province."""
    application, notices = service.apply_for(actor(), body)
    return {**service.present([application])[0], "warnings": render_warnings(notices)}


@blueprint.get("/transfer-applications")
@allow(*EVERY_KEY)
@blueprint.query(ApplicationQuery)
@blueprint.response(200, ApplicationPage)
def list_applications(query: Query) -> Page:
    """Applications for transfer approvals that you may see, newest first."""
    rows = partial(service.search, actor(), query["status"], query["overdue"])
    return page(query, rows, present=service.present)


@blueprint.get(ONE)
@allow(*EVERY_KEY)
@subject(service.find)
@blueprint.response(200, TransferApplicationSchema)
def show_application(application: TransferApplication) -> Versioned:
    """The case file of an application: who is to act until when, its papers, and every step."""
    return _shown(application)


@blueprint.get(f"{ONE}/history")
@allow(*EVERY_KEY)
@subject(service.find)
@blueprint.query(PageQuery)
@blueprint.response(200, HistoryPage)
def show_application_history(application: TransferApplication, query: Query) -> Page:
    """Who did what to an application and when, newest first: steps and papers."""
    return history_page(query, application)


def _step_route(path: str, summary: str, schema: type, is_applicants: bool) -> None:
    """The route by which an application takes a step."""
    parties = (ENTERPRISE, ADMIN) if is_applicants else (ADMIN,)

    @blueprint.post(f"{ONE}/{path}", endpoint=path.replace("-", "_"))
    @allow(*parties, scope="deals:write" if is_applicants else "admin")
    @subject(service.find_own)
    @may_conflict
    @blueprint.body(schema)
    @blueprint.response(200, TransferApplicationSchema)
    @blueprint.doc(summary=summary)
    def take(application: TransferApplication, body: Body) -> Versioned:
        return _shown(service.make_move(actor(), application, path.replace("-", "_"), body["reason"]))


for path, summary, schema, is_applicants in STEPS:
    _step_route(path, summary, schema, is_applicants)


@blueprint.post(f"{ONE}/grant")
@allow(ADMIN, scope="admin")
@subject(service.find)
@may_conflict
@blueprint.body(GrantSchema)
@blueprint.response(200, TransferApplicationSchema)
def grant_application(application: TransferApplication, body: Body) -> Versioned:
    """Conclude an application: the approval that was given is entered."""
    return _shown(service.grant(actor(), application, body))


@blueprint.post(f"{ONE}/papers")
@allow(ENTERPRISE, ADMIN, scope="deals:write", max_bytes=MAX_DOCUMENT)
@subject(service.find_own)
@may_conflict
@blueprint.query(PaperQuery)
@file_upload(*DOCUMENT_TYPES, kind="document")
@blueprint.response(201, TransferPaperSchema)
def add_transfer_paper(application: TransferApplication, query: Query, upload: bytes) -> TransferPaper:
    """Add a paper (PDF, JPEG or PNG) of a kind to an application that is under way."""
    kind = TransferPaperKind(query["kind"])
    return service.add_paper(actor(), application, kind, upload, request.mimetype)


@blueprint.get(f"{ONE}/papers/<uuid:file_id>")
@allow(*EVERY_KEY)
@subject(service.find_paper)
@blueprint.response(200, FILE, content_type=PDF)
@blueprint.alt_response(200, schema=FILE, content_type=JPEG)
@blueprint.alt_response(200, schema=FILE, content_type=PNG)
def show_transfer_paper(paper: TransferPaper) -> Response:
    """A paper of an application, to save; for its parties and staff."""
    name = f"transfer-{paper.kind}-{paper.id}.{EXTENSIONS[paper.media_type]}"
    return attachment(paper.content, paper.media_type, name)


def _shown(application: TransferApplication) -> Versioned:
    return service.present([application])[0], etag(application.version)
