"""Credit over HTTP."""

from collections.abc import Sequence
from datetime import date
from functools import partial

from flask import Response, request, url_for

from .. import clock, uploaded_files
from ..enterprises import service as enterprises
from ..enterprises.models import Enterprise
from ..events.actor import ADMIN
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
    no_body,
    require,
    subject,
)
from ..http.bodies import sent_name
from ..http.documents import DOCUMENT_TYPES, JPEG, MAX_DOCUMENT, PDF, PNG
from ..http.etags import etag
from ..http.languages import language, localised, render_warnings
from ..http.openapi.api import VERSIONED
from ..http.openapi.declarations import PROBLEM, may_conflict
from ..http.paging import Page, PageQuery, each, page
from ..http.schemas import FileNameQuery, TableProblemSchema
from ..spreadsheet_files import MEDIA_TYPES
from . import service
from .models import (
    Block,
    CreditEvent,
    CreditFile,
    CreditImport,
    CreditUnmatched,
    FeedResult,
    FeedStatus,
    RuleTable,
)
from .schemas import (
    BlockPage,
    BlockQuery,
    BlockSchema,
    CreditExplanationSchema,
    CreditFileSchema,
    CreditFilesSchema,
    CreditSchema,
    EventPage,
    EventSchema,
    FeedImportPage,
    FeedImportSchema,
    FeedQuery,
    FeedSchema,
    LiftSchema,
    NewBlockSchema,
    NewEventSchema,
    NewRuleTableSchema,
    ReportQuery,
    RuleTableSchema,
    SimulationSchema,
    UnmatchedPage,
    UnmatchedQuery,
    WithdrawalSchema,
)

MAX_FEED = 20_000_000
"""Bytes of a feed, as of other imports."""
CSV, XLSX = "text/csv", MEDIA_TYPES["xlsx"]

blueprint = Blueprint("credit", __name__, description="Credit: rules, events, standings, the blocked list.")


@blueprint.get("/enterprises/<uuid:enterprise_id>/credit")
@allow(*EVERY_KEY)
@subject(enterprises.find)
@blueprint.response(200, CreditSchema)
def show(enterprise: Enterprise) -> Json:
    """A credit standing: in full for the enterprise and its overseers; others see grade and whole points."""
    return service.present(actor(), enterprise)


@blueprint.get("/enterprises/<uuid:enterprise_id>/credit/explanation")
@allow(*EVERY_KEY)
@subject(enterprises.find_governed)
@blueprint.response(200, CreditExplanationSchema)
def explain(enterprise: Enterprise) -> Json:
    """Why a score is what it is, rule by rule."""
    return service.explain(actor(), enterprise, language())


@blueprint.get("/enterprises/<uuid:enterprise_id>/credit/events")
@allow(*EVERY_KEY)
@subject(enterprises.find_governed)
@blueprint.query(PageQuery)
@blueprint.response(200, EventPage)
def list_events(enterprise: Enterprise, query: Query) -> Page:
    """The events of a record, newest first."""
    return page(query, partial(service.list_events, actor(), enterprise.id), present=_events)


@blueprint.post("/credit/events")
@allow(*STAFF)
@require(service.require_recorder)
@may_conflict
@blueprint.body(NewEventSchema)
@blueprint.response(201, EventSchema)
def record_event(body: Body) -> Json:
    """Record an event; score and grade change at once. Admins record by any rule, regulators in their region
    by those that name them.

    A decision is entered once: the same document again, or without one the same enterprise, rule and day, is
    refused. Rules that add points may repeat without a document.
    """
    event, notices = service.record_event(actor(), body)
    return {**_event(event), "warnings": render_warnings(notices)}


def _event(row: CreditEvent) -> Json:
    return _events([row])[0]


def _events(rows: Sequence[CreditEvent]) -> list[Json]:
    titles, today = service.titles_of(rows, language()), clock.today()
    terms = service.publication_terms(today)
    return [
        {
            **_said_of(row),
            "title": titles[row.id],
            "counts": service.counts(row, today),
            "citation": service.citation_of(row, language()),
            "repairable_from": service.repairable_from(row, terms),
        }
        for row in rows
    ]


def _said_of(row: CreditEvent) -> Json:
    names = (
        "id", "enterprise_id", "rule", "rule_version", "axis", "points_milli", "severity", "months",
        "recorded_as", "is_public", "is_self_reported", "effective_on", "lapses_on", "note", "evidence",
        "created_at", "status", "withdraws", "document", "authority", "acted_on", "decided_on", "served_on",
        "basis", "amount_fen",
    )  # fmt: skip
    return {name: getattr(row, name) for name in names}


@blueprint.post("/credit/events/<uuid:event_id>/withdraw")
@allow(ADMIN, scope="admin")
@subject(service.find_event)
@may_conflict
@blueprint.body(WithdrawalSchema)
@blueprint.response(200, EventSchema)
def withdraw_event(event: CreditEvent, body: Body) -> Json:
    """Take a wrong entry back, as a second admin; it stays on record and no longer counts."""
    return _event(service.withdraw_event(actor(), event.id, body["reason"]))


@blueprint.post("/credit/events/<uuid:event_id>/files")
@allow(*STAFF, max_bytes=MAX_DOCUMENT)
@require(service.require_recorder)
@subject(service.find_event_with_files)
@may_conflict
@file_upload(*DOCUMENT_TYPES, kind="document")
@blueprint.query(FileNameQuery)
@blueprint.response(201, CreditFileSchema)
def add_event_file(event: CreditEvent, query: Query, upload: bytes) -> Json:
    """Add a file (PDF, JPEG or PNG) that proves an event: the body itself, or the part `file` of a form.

    It is judged by its content. Of a picture only the picture is kept: no place, no camera, no comment. A PDF
    is kept as it is, so that its signature holds, and refused if it could start something or holds a file.
    """
    name = query["name"] or sent_name()
    return service.present_file(service.add_file(actor(), event, upload, request.mimetype, name), event)


@blueprint.get("/credit/events/<uuid:event_id>/files")
@allow(*EVERY_KEY)
@subject(service.find_event_with_files)
@blueprint.response(200, CreditFilesSchema)
def list_event_files(event: CreditEvent) -> Json:
    """The files of an event; for the enterprise that it is about, and its overseers."""
    return {"items": [service.present_file(row, event) for row in service.list_files(actor(), event)]}


@blueprint.get("/credit/files/<uuid:file_id>")
@allow(*EVERY_KEY)
@subject(service.find_file)
@blueprint.response(200, FILE, content_type=PDF)
@blueprint.alt_response(200, schema=FILE, content_type=JPEG)
@blueprint.alt_response(200, schema=FILE, content_type=PNG)
def show_event_file(file: CreditFile) -> Response:
    """A file of an event, to save; for the enterprise that the event is about, and its overseers."""
    return attachment(uploaded_files.content_of(file), file.media_type, file.name)


@blueprint.post("/credit/imports")
@allow(ADMIN, scope="admin", max_bytes=MAX_FEED)
@file_upload(CSV, XLSX, kind="feed", json=FeedSchema)
@blueprint.query(FeedQuery)
@blueprint.response(201, FeedImportSchema, description="All rows were looked at; see the counts.")
@blueprint.alt_response(
    202,
    schema=FeedImportSchema,
    description="A long feed, queued: `Location` is where to follow its progress.",
)
@blueprint.alt_response(422, schema=TableProblemSchema, content_type=PROBLEM)
def import_feed(query: Query, upload: bytes) -> tuple[Json, int, dict[str, str]]:
    """Record a feed (CSV, XLSX or JSON) row by row: good rows are recorded, bad ones reported.

    A reference of a source is recorded once, however often it is sent. Rows about a USCC that nobody has are
    kept, and recorded once an enterprise with it is approved.
    """
    feed = service.import_feed(actor(), query["source"], upload, is_json=request.is_json)
    if feed.status == FeedStatus.DONE:
        return _feed(feed), 201, {}
    return _feed(feed), 202, {"Location": url_for("credit.show_import", import_id=feed.id)}


@blueprint.get("/credit/imports")
@allow(ADMIN, scope="admin")
@blueprint.query(PageQuery)
@blueprint.response(200, FeedImportPage)
def list_imports(query: Query) -> Page:
    """The feeds that were imported, newest first."""
    return page(query, partial(service.list_imports, actor()), present=each(_counted))


@blueprint.get("/credit/imports/template.xlsx")
@allow(ADMIN, scope="admin")
@blueprint.response(200, FILE, content_type=XLSX)
def feed_template() -> Response:
    """A workbook to fill in for `POST /credit/imports`."""
    return attachment(service.feed_template(), XLSX, "huanliu-feed.xlsx")


@blueprint.get("/credit/imports/unmatched")
@allow(*STAFF)
@blueprint.query(UnmatchedQuery)
@blueprint.response(200, UnmatchedPage)
def list_unmatched(query: Query) -> Page:
    """Entries of feeds about codes that nobody has yet, newest first.

    Also those that could not be recorded once their enterprise was there. Regulators see the codes that the
    districts of their region gave out.
    """
    rows = partial(service.search_unmatched, actor(), query["uscc"], query["source"])
    return page(query, rows, present=each(_unmatched))


@blueprint.get("/credit/imports/<uuid:import_id>")
@allow(ADMIN, scope="admin")
@subject(service.find_import)
@blueprint.response(200, FeedImportSchema)
def show_import(feed: CreditImport) -> Json:
    """An import: its counts, and the first rows of which nothing was recorded, with the reason."""
    return _feed(feed)


@blueprint.get("/credit/imports/<uuid:import_id>/report")
@allow(ADMIN, scope="admin")
@subject(service.find_import)
@blueprint.query(ReportQuery)
@blueprint.response(200, FILE, content_type=CSV)
@blueprint.alt_response(200, schema=FILE, content_type=XLSX)
def show_report(feed: CreditImport, query: Query) -> Response:
    """All rows of which nothing was recorded, with the reason in both languages, as CSV or XLSX."""
    kind = query["format"]
    return attachment(service.report_file(feed, kind), MEDIA_TYPES[kind], f"huanliu-report-{feed.id}.{kind}")


def _feed(feed: CreditImport) -> Json:
    return {**_counted(feed), "problems": localised(service.problems_of(feed))}


def _counted(feed: CreditImport) -> Json:
    names = ("id", "source", "status", "rows_total", "created_at", "ended_at")
    counts = {str(result): feed.counts.get(result, 0) for result in FeedResult}
    return {name: getattr(feed, name) for name in names} | counts


def _unmatched(entry: CreditUnmatched) -> Json:
    names = ("id", "import_id", "source", "reference", "uscc", "created_at", "settled_at")
    said = localised([entry.problem])[0] if entry.problem else {"code": None, "detail": None}
    return {
        **{name: getattr(entry, name) for name in names},
        "rule": entry.data["rule"],
        "effective_on": date.fromisoformat(entry.data["effective_on"]),
        "code": said["code"],
        "detail": said["detail"],
    }


@blueprint.get("/credit/rules")
@allow(*EVERY_KEY)
@blueprint.response(200, RuleTableSchema, headers=VERSIONED)
def show_rules() -> Versioned:
    """The published rule table in force."""
    return _rules(service.current_rules())


@blueprint.put("/credit/rules")
@allow(ADMIN, scope="admin")
@subject(service.current_rules)
@blueprint.body(NewRuleTableSchema)
@blueprint.response(200, RuleTableSchema, headers=VERSIONED)
def publish_rules(_: RuleTable, body: Body, expected: int | None) -> Versioned:
    """Publish a new version of the rule table; recorded events keep the terms of their day.

    Each axis keeps a rule. What a rule of the body does not say of severity, months, recorder, evidence and
    publication stays as it is in force, so that bodies from before these fields change nothing else.
    """
    return _rules(service.publish_rules(actor(), body["items"], body.get("grades"), expected))


@blueprint.post("/credit/rules/simulate")
@allow(ADMIN)
@blueprint.body(NewRuleTableSchema)
@blueprint.response(200, SimulationSchema)
def simulate_rules(body: Body) -> Json:
    """Who would change grade by a table that is not published yet; writes nothing.

    It is asked what the scores were if every event that counts today had the terms of these rules. What is
    left out is read as in a publication; an event of a rule that is not among them keeps its own terms.
    """
    return service.simulate_rules(body["items"])


def _rules(row: RuleTable) -> Versioned:
    return {
        "version": row.version,
        "grades": service.grade_thresholds(),
        "items": service.present_rules(row),
    }, etag(row.version)


@blueprint.post("/credit/blocks")
@allow(ADMIN, scope="admin")
@blueprint.body(NewBlockSchema)
@blueprint.response(201, BlockSchema)
def place_block(body: Body) -> Json:
    """Put an enterprise on the blocked list, provisionally until a second admin confirms."""
    return _block(service.place_block(actor(), body))


@blueprint.get("/credit/blocks")
@allow(*STAFF)
@blueprint.query(BlockQuery)
@blueprint.response(200, BlockPage)
def list_blocks(query: Query) -> Page:
    """The blocked list with its history, newest first."""
    rows = partial(service.search_blocks, actor(), query["enterprise_id"])
    return page(query, rows, present=each(_block))


@blueprint.post("/credit/blocks/<uuid:block_id>/confirm")
@allow(ADMIN, scope="admin")
@subject(service.find_block)
@may_conflict
@no_body
@blueprint.response(200, BlockSchema)
def confirm_block(block: Block) -> Json:
    """Confirm an entry of the blocked list, as a second admin."""
    return _block(service.confirm_block(actor(), block.id))


@blueprint.post("/credit/blocks/<uuid:block_id>/lift")
@allow(ADMIN, scope="admin")
@subject(service.find_block)
@may_conflict
@blueprint.body(LiftSchema)
@blueprint.response(200, BlockSchema)
def lift_block(block: Block, body: Body) -> Json:
    """Take an enterprise off the blocked list."""
    return _block(service.lift_block(actor(), block.id, body["reason"]))


def _block(row: Block) -> Json:
    names = (
        "id", "enterprise_id", "event_id", "reason", "placed_at", "confirmed_at", "lifted_at", "lift_reason",
    )  # fmt: skip
    return {**{name: getattr(row, name) for name in names}, "state": row.state}
