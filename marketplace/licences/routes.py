"""Permits: an admin writes, the holder hands in licences, the holder and its overseers read."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, request

from ..errors import Notice
from ..events.actor import ADMIN, ENTERPRISE, Actor
from ..http.authentication import EVERY_KEY, actor, allow
from ..http.blueprint import (
    FILE,
    Blueprint,
    Body,
    Json,
    Query,
    attachment,
    file_upload,
    no_body,
    require,
    subject,
)
from ..http.documents import DOCUMENT_TYPES, EXTENSIONS, JPEG, MAX_DOCUMENT, PDF, PNG
from ..http.languages import render_warnings
from ..http.openapi.declarations import may_conflict
from ..http.paging import Page, PageQuery, page
from ..http.schemas import Schema
from . import service
from .models import (
    Channel,
    ChannelFile,
    ChannelFileKind,
    Licence,
    LicenceFile,
    TransferApproval,
    VerifiedExemption,
    WhiteListEntry,
)
from .schemas import (
    ChannelFileQuery,
    ChannelFileSchema,
    ChannelPage,
    ChannelSchema,
    ChannelTestPage,
    ChannelTestSchema,
    CorrectionSchema,
    ExemptionPage,
    ExemptionSchema,
    LicenceFileSchema,
    LicencePage,
    LicenceQuery,
    LicenceSchema,
    PauseReasonSchema,
    PermitQuery,
    RefusalSchema,
    SecondaryWasteEntrySchema,
    SecondaryWastePage,
    SecondaryWasteSchema,
    SuspensionSchema,
    TransferApprovalPage,
    TransferApprovalSchema,
    UsageSchema,
    WhiteListPage,
    WhiteListSchema,
)

Adding = Callable[[Actor, Body], tuple[Any, list[Notice]]]

blueprint = Blueprint("licences", __name__, description="Licences, channels, white list, exemptions.")

KINDS = (
    ("/channels", "a channel", Channel, ChannelSchema, ChannelPage, service.add_channel),
    ("/transfer-approvals", "a transfer approval", TransferApproval, TransferApprovalSchema,
     TransferApprovalPage, service.add_transfer_approval),
    ("/white-list", "a white-list entry", WhiteListEntry, WhiteListSchema, WhiteListPage,
     service.add_white_list),
    ("/exemptions", "a verified exemption", VerifiedExemption, ExemptionSchema, ExemptionPage,
     service.add_exemption),
)  # fmt: skip


def _adding_route(path: str, noun: str, model: type[Any], schema: type[Schema], add_permit: Adding) -> None:
    """The route by which an admin enters a kind of permit."""

    @blueprint.post(path, endpoint=f"add_{model.__tablename__}")
    @allow(ADMIN, scope="admin")
    @may_conflict
    @blueprint.body(schema)
    @blueprint.response(201, schema)
    @blueprint.doc(summary=f"Enter {noun}.")
    def add(body: Body) -> Json:
        permit, notices = add_permit(actor(), body)
        return {**_permit(permit), "warnings": render_warnings(notices)}


def _routes_of(
    path: str,
    noun: str,
    model: type[Any],
    schema: type[Schema],
    page_schema: type[Any],
    query_schema: type[Schema],
) -> None:
    """The three routes that every kind of permit has."""
    kind = model.__tablename__

    def find(actor: Actor, permit_id: UUID) -> Any:
        return service.find(actor, model, permit_id)

    @blueprint.get(path, endpoint=f"list_{kind}")
    @allow(*EVERY_KEY)
    @blueprint.query(query_schema)
    @blueprint.response(200, page_schema)
    @blueprint.doc(summary=f"Every {noun.partition(' ')[2]} that you may see.")
    def search(query: Query) -> Page:
        rows = partial(service.search, actor(), model, query["enterprise_id"], query.get("status"))
        return page(query, rows, present=service.present)

    @blueprint.get(f"{path}/<uuid:permit_id>", endpoint=f"show_{kind}")
    @allow(*EVERY_KEY)
    @subject(find)
    @blueprint.response(200, schema)
    @blueprint.doc(summary=f"Show {noun}.")
    def show(permit: Any) -> Json:
        return _permit(permit)

    @blueprint.delete(f"{path}/<uuid:permit_id>", endpoint=f"revoke_{kind}")
    @allow(ADMIN, scope="admin")
    @subject(find)
    @blueprint.response(204)
    @blueprint.doc(summary=f"End {noun} now; it stays on record.")
    def revoke(permit: Any) -> None:
        service.revoke(actor(), model, permit.id)


@blueprint.post("/licences")
@allow(ENTERPRISE, ADMIN, scope="admin")
@require(service.check_holder)
@may_conflict
@blueprint.body(LicenceSchema)
@blueprint.response(201, LicenceSchema)
def add_licence(body: Body) -> Json:
    """Enter a licence, or hand in your own: then it counts once an admin has confirmed it."""
    licence, notices = service.add_licence(actor(), body)
    return {**_permit(licence), "warnings": render_warnings(notices)}


_routes_of("/licences", "a licence", Licence, LicenceSchema, LicencePage, LicenceQuery)
for path, noun, model, schema, page_schema, add_permit in KINDS:
    _adding_route(path, noun, model, schema, add_permit)
    _routes_of(path, noun, model, schema, page_schema, PermitQuery)


def _find_licence(actor: Actor, permit_id: UUID) -> Licence:
    licence: Licence = service.find(actor, Licence, permit_id)
    return licence


def _find_channel(actor: Actor, permit_id: UUID) -> Channel:
    channel: Channel = service.find(actor, Channel, permit_id)
    return channel


def _find_channel_of_generator(actor: Actor, permit_id: UUID) -> Channel:
    """A channel to whose generator, or to an admin, something is reserved."""
    channel = _find_channel(actor, permit_id)
    service.check_generator(actor, channel)
    return channel


def _find_channel_of_receiver(actor: Actor, permit_id: UUID) -> Channel:
    """A channel to whose receiver, or to an admin, something is reserved."""
    channel = _find_channel(actor, permit_id)
    service.check_receiver(actor, channel)
    return channel


@blueprint.post("/licences/<uuid:permit_id>/confirm")
@allow(ADMIN, scope="admin")
@subject(_find_licence)
@may_conflict
@no_body
@blueprint.response(200, LicenceSchema)
def confirm_licence(licence: Licence) -> Json:
    """Confirm a licence that its holder handed in; it counts from now on."""
    return _permit(service.confirm(actor(), licence.id))


@blueprint.post("/licences/<uuid:permit_id>/refuse")
@allow(ADMIN, scope="admin")
@subject(_find_licence)
@may_conflict
@blueprint.body(RefusalSchema)
@blueprint.response(200, LicenceSchema)
def refuse_licence(licence: Licence, body: Body) -> Json:
    """Refuse a licence that its holder handed in; the holder reads the reason."""
    return _permit(service.refuse(actor(), licence.id, body["reason"]))


@blueprint.post("/licences/<uuid:permit_id>/suspend")
@allow(ADMIN, scope="admin")
@subject(_find_licence)
@may_conflict
@blueprint.body(SuspensionSchema)
@blueprint.response(200, LicenceSchema)
def suspend_licence(licence: Licence, body: Body) -> Json:
    """Suspend a licence and all other validities of its number; parties of deals on it get a message."""
    return _permit(service.suspend(actor(), licence.id, body["reason"]))


@blueprint.post("/licences/<uuid:permit_id>/resume")
@allow(ADMIN, scope="admin")
@subject(_find_licence)
@may_conflict
@blueprint.body(SuspensionSchema)
@blueprint.response(200, LicenceSchema)
def resume_licence(licence: Licence, body: Body) -> Json:
    """Let a suspended licence count again, and all other validities of its number."""
    return _permit(service.resume(actor(), licence.id, body["reason"]))


@blueprint.post("/licences/<uuid:permit_id>/files")
@allow(ENTERPRISE, ADMIN, scope="admin", max_bytes=MAX_DOCUMENT)
@subject(_find_licence)
@may_conflict
@file_upload(*DOCUMENT_TYPES, kind="document")
@blueprint.response(201, LicenceFileSchema)
def add_licence_file(licence: Licence, upload: bytes) -> LicenceFile:
    """Add a scan (PDF, JPEG or PNG) to a licence: the body itself, or the part `file` of a form."""
    return service.add_file(actor(), licence, upload, request.mimetype)


@blueprint.get("/licences/<uuid:permit_id>/files/<uuid:file_id>")
@allow(*EVERY_KEY)
@subject(service.find_file)
@blueprint.response(200, FILE, content_type=PDF)
@blueprint.alt_response(200, schema=FILE, content_type=JPEG)
@blueprint.alt_response(200, schema=FILE, content_type=PNG)
def show_licence_file(file: LicenceFile) -> Response:
    """A scan of a licence, to save; for its holder and staff."""
    name = f"licence-{file.id}.{EXTENSIONS[file.media_type]}"
    return attachment(file.content, file.media_type, name)


@blueprint.post("/licences/<uuid:permit_id>/usage")
@allow(ADMIN, scope="admin")
@subject(_find_licence)
@may_conflict
@blueprint.body(UsageSchema)
@blueprint.response(201, LicenceSchema)
def count_licence_usage(licence: Licence, body: Body) -> Json:
    """Count tonnes against a line of a licence."""
    notices = service.count_usage(actor(), licence, body)
    return {**_permit(licence), "warnings": render_warnings(notices)}


@blueprint.post("/channels/<uuid:permit_id>/usage")
@allow(ADMIN, scope="admin")
@subject(_find_channel)
@may_conflict
@blueprint.body(UsageSchema)
@blueprint.response(201, ChannelSchema)
def count_channel_usage(channel: Channel, body: Body) -> Json:
    """Count tonnes against a channel's quota."""
    notices = service.count_usage(actor(), channel, body)
    return {**_permit(channel), "warnings": render_warnings(notices)}


@blueprint.post("/channels/<uuid:permit_id>/pause")
@allow(ADMIN, scope="admin")
@subject(_find_channel)
@may_conflict
@blueprint.body(PauseReasonSchema)
@blueprint.response(200, ChannelSchema)
def pause_channel(channel: Channel, body: Body) -> Json:
    """Pause a channel: nothing moves through it until it is resumed."""
    return _permit(service.pause_channel(actor(), channel, body["reason"]))


@blueprint.post("/channels/<uuid:permit_id>/resume")
@allow(ADMIN, scope="admin")
@subject(_find_channel)
@may_conflict
@blueprint.body(PauseReasonSchema)
@blueprint.response(200, ChannelSchema)
def resume_channel(channel: Channel, body: Body) -> Json:
    """Resume a paused channel, whatever paused it."""
    return _permit(service.resume_channel(actor(), channel, body["reason"]))


@blueprint.post("/channels/<uuid:permit_id>/tests")
@allow(ENTERPRISE, ADMIN, scope="deals:write")
@subject(_find_channel_of_generator)
@may_conflict
@blueprint.body(ChannelTestSchema)
@blueprint.response(201, ChannelTestSchema)
def file_channel_test(channel: Channel, body: Body) -> Json:
    """File the monthly test of a channel of yours as its generator; one that fails pauses it at once."""
    return service.present_tests([service.file_test(actor(), channel, body)])[0]


@blueprint.get("/channels/<uuid:permit_id>/tests")
@allow(*EVERY_KEY)
@subject(_find_channel)
@blueprint.query(PageQuery)
@blueprint.response(200, ChannelTestPage)
def list_channel_tests(channel: Channel, query: Query) -> Page:
    """The tests of a channel, those filed last first."""
    return page(query, partial(service.tests_of, channel), present=service.present_tests)


@blueprint.post("/channels/<uuid:permit_id>/tests/<uuid:test_id>/files")
@allow(ENTERPRISE, ADMIN, scope="deals:write", max_bytes=MAX_DOCUMENT)
@subject(_find_channel_of_generator)
@may_conflict
@file_upload(*DOCUMENT_TYPES, kind="document")
@blueprint.response(201, ChannelFileSchema)
def add_test_file(channel: Channel, test_id: UUID, upload: bytes) -> ChannelFile:
    """Add the report (PDF, JPEG or PNG) of a test: the body itself, or the part `file` of a form."""
    test = service.find_test(channel, test_id)
    kind = ChannelFileKind.TEST
    return service.add_channel_file(actor(), channel, kind, test.id, upload, request.mimetype)


@blueprint.post("/channels/<uuid:permit_id>/files")
@allow(ADMIN, scope="admin", max_bytes=MAX_DOCUMENT)
@subject(_find_channel)
@may_conflict
@blueprint.query(ChannelFileQuery)
@file_upload(*DOCUMENT_TYPES, kind="document")
@blueprint.response(201, ChannelFileSchema)
def add_channel_file(channel: Channel, query: Query, upload: bytes) -> ChannelFile:
    """Add a paper of a channel: the expert review, by `kind` also another."""
    kind = ChannelFileKind(query["kind"])
    return service.add_channel_file(actor(), channel, kind, None, upload, request.mimetype)


@blueprint.get("/channels/<uuid:permit_id>/files/<uuid:file_id>")
@allow(*EVERY_KEY)
@subject(service.find_channel_file)
@blueprint.response(200, FILE, content_type=PDF)
@blueprint.alt_response(200, schema=FILE, content_type=JPEG)
@blueprint.alt_response(200, schema=FILE, content_type=PNG)
def show_channel_file(file: ChannelFile) -> Response:
    """A file of a channel or of a test of it, to save; for its parties and staff."""
    name = f"channel-{file.kind}-{file.id}.{EXTENSIONS[file.media_type]}"
    return attachment(file.content, file.media_type, name)


@blueprint.post("/channels/<uuid:permit_id>/secondary-waste")
@allow(ENTERPRISE, ADMIN, scope="deals:write")
@subject(_find_channel_of_receiver)
@blueprint.body(SecondaryWasteSchema)
@blueprint.response(201, SecondaryWasteEntrySchema)
def record_secondary_waste(channel: Channel, body: Body) -> Json:
    """Enter waste that you made as a channel's receiver, and where it went; it is kept for ten years."""
    entry, notices = service.record_secondary_waste(actor(), channel, body)
    return {**service.present_secondary_waste([entry])[0], "warnings": render_warnings(notices)}


@blueprint.get("/channels/<uuid:permit_id>/secondary-waste")
@allow(*EVERY_KEY)
@subject(_find_channel)
@blueprint.query(PageQuery)
@blueprint.response(200, SecondaryWastePage)
def list_secondary_waste(channel: Channel, query: Query) -> Page:
    """The book of a channel's secondary waste, the latest entry first."""
    rows = partial(service.secondary_waste_of, channel)
    return page(query, rows, present=service.present_secondary_waste)


@blueprint.post("/channels/<uuid:permit_id>/secondary-waste/<uuid:entry_id>/correct")
@allow(ENTERPRISE, ADMIN, scope="deals:write")
@subject(_find_channel_of_receiver)
@may_conflict
@blueprint.body(CorrectionSchema)
@blueprint.response(201, SecondaryWasteEntrySchema)
def correct_secondary_waste(channel: Channel, body: Body, entry_id: UUID) -> Json:
    """Take back an entry of the book, or a part of it, by an entry of its own."""
    entry = service.take_back(actor(), channel, entry_id, body)
    return service.present_secondary_waste([entry])[0]


def _permit(row: Any) -> Json:
    return service.present([row])[0]
