"""Appeals against credit events and their repair, over HTTP."""

from collections.abc import Sequence
from functools import partial

from flask import request

from ..credit import service as credit
from ..credit.models import CreditEvent
from ..enterprises import service as enterprises
from ..errors import Notice
from ..events.actor import ADMIN, ENTERPRISE
from ..http.authentication import EVERY_KEY, STAFF, actor, allow
from ..http.blueprint import Blueprint, Body, Json, Query, file_upload, no_body, require, subject
from ..http.bodies import sent_name
from ..http.documents import DOCUMENT_TYPES, MAX_DOCUMENT
from ..http.histories import HistoryPage, history_page
from ..http.languages import render_warnings
from ..http.openapi.declarations import may_conflict
from ..http.paging import Page, PageQuery, each, page
from ..http.schemas import FileNameQuery
from . import service
from .models import Appeal, Decision, Repair, RepairDecision
from .schemas import (
    AppealDecisionSchema,
    AppealFileSchema,
    AppealPage,
    AppealQuery,
    AppealSchema,
    NewAppealSchema,
    NewRepairSchema,
    RepairCheckSchema,
    RepairDecisionSchema,
    RepairExtensionSchema,
    RepairPage,
    RepairQuery,
    RepairSchema,
)

blueprint = Blueprint("appeals", __name__, description="Appeals against credit events, and their repair.")

APPEAL = "/credit/appeals/<uuid:appeal_id>"
REPAIR = "/credit/repairs/<uuid:repair_id>"


@blueprint.post("/credit/events/<uuid:event_id>/appeal")
@allow(ENTERPRISE, scope="admin")
@subject(service.find_own_event)
@may_conflict
@blueprint.body(NewAppealSchema)
@blueprint.response(201, AppealSchema)
def open_appeal(event: CreditEvent, body: Body) -> Json:
    """Appeal against a credit event of your own, once, within 15 working days after it was entered."""
    appeal, notices = service.open_appeal(actor(), event, body["reason"])
    return _shown(appeal, notices)


@blueprint.get("/credit/appeals")
@allow(*EVERY_KEY)
@blueprint.query(AppealQuery)
@blueprint.response(200, AppealPage)
def list_appeals(query: Query) -> Page:
    """Appeals that you may see, newest first."""
    return page(query, partial(service.search_appeals, actor(), query["status"]), present=each(_shown))


@blueprint.get(APPEAL)
@allow(*EVERY_KEY)
@subject(service.find_appeal)
@blueprint.response(200, AppealSchema)
def show_appeal(appeal: Appeal) -> Json:
    """An appeal: what it says, until when it is decided, and what came of it."""
    return _shown(appeal)


@blueprint.get(f"{APPEAL}/history")
@allow(*EVERY_KEY)
@subject(service.find_appeal)
@blueprint.query(PageQuery)
@blueprint.response(200, HistoryPage)
def list_appeal_history(appeal: Appeal, query: Query) -> Page:
    """Who did what to an appeal and when, newest first; people of staff are named to staff alone."""
    return history_page(query, appeal)


@blueprint.post(f"{APPEAL}/files")
@allow(ENTERPRISE, scope="admin", max_bytes=MAX_DOCUMENT)
@subject(service.find_own_appeal)
@may_conflict
@file_upload(*DOCUMENT_TYPES, kind="document")
@blueprint.query(FileNameQuery)
@blueprint.response(201, AppealFileSchema)
def add_appeal_file(appeal: Appeal, query: Query, upload: bytes) -> Json:
    """Add a file (PDF, JPEG or PNG) to an appeal of yours that is not decided: the body itself, or the part
    `file` of a form; `GET /credit/events/{id}/files` lists it.

    It is judged and kept as a file of the event.
    """
    name = query["name"] or sent_name()
    file = service.add_appeal_file(actor(), appeal, upload, request.mimetype, name)
    return credit.present_file(file, appeal.event)


@blueprint.post(f"{APPEAL}/decide")
@allow(ADMIN, scope="admin")
@subject(service.find_appeal)
@may_conflict
@blueprint.body(AppealDecisionSchema)
@blueprint.response(200, AppealSchema)
def decide_appeal(appeal: Appeal, body: Body) -> Json:
    """Decide an appeal, as an admin other than the one who recorded the event.

    `uphold`: the event remains. `overturn`: a compensating event takes it back, its block is lifted, and
    score and grade change in the same moment.
    """
    decision = Decision(body["decision"])
    return _shown(service.decide_appeal(actor(), appeal, decision, body["reason"]))


@blueprint.post(f"{APPEAL}/withdraw")
@allow(ENTERPRISE, scope="admin")
@subject(service.find_own_appeal)
@may_conflict
@no_body
@blueprint.response(200, AppealSchema)
def withdraw_appeal(appeal: Appeal) -> Json:
    """Take back an appeal that is not decided; it cannot be made again."""
    return _shown(service.withdraw(actor(), appeal))


@blueprint.post("/credit/events/<uuid:event_id>/repair")
@allow(ENTERPRISE, scope="admin")
@subject(service.find_own_event)
@may_conflict
@blueprint.body(NewRepairSchema)
@blueprint.response(201, RepairSchema)
def ask_for_repair(event: CreditEvent, body: Body) -> Json:
    """Ask that a credit event of your own stop counting: all is corrected, and you promise so in public.

    It may be asked for when the shortest time of publication of the event's severity is over; one request at
    a time.
    """
    repair, notices = service.ask_for_repair(actor(), event, body["promise"])
    return _shown(repair, notices)


@blueprint.get("/credit/repairs")
@allow(*EVERY_KEY)
@blueprint.query(RepairQuery)
@blueprint.response(200, RepairPage)
def list_repairs(query: Query) -> Page:
    """Requests for repair that you may see, newest first."""
    return page(query, partial(service.search_repairs, actor(), query["status"]), present=each(_shown))


@blueprint.get(REPAIR)
@allow(*EVERY_KEY)
@subject(service.find_repair)
@blueprint.response(200, RepairSchema)
def show_repair(repair: Repair) -> Json:
    """A request for repair: the promise, what was checked, until when it is decided, and what came of it."""
    return _shown(repair)


@blueprint.get(f"{REPAIR}/history")
@allow(*EVERY_KEY)
@subject(service.find_repair)
@blueprint.query(PageQuery)
@blueprint.response(200, HistoryPage)
def list_repair_history(repair: Repair, query: Query) -> Page:
    """Who did what to a repair and when, newest first; people of staff are named to staff alone."""
    return history_page(query, repair)


@blueprint.post(f"{REPAIR}/check")
@allow(*STAFF)
@require(enterprises.require_official)
@subject(service.find_repair)
@may_conflict
@blueprint.body(RepairCheckSchema)
@blueprint.response(200, RepairSchema)
def check_repair(repair: Repair, body: Body) -> Json:
    """Confirm that all is corrected, as an admin or the regulator of the region; another one decides."""
    return _shown(service.check_repair(actor(), repair, body["note"]))


@blueprint.post(f"{REPAIR}/extend")
@allow(ADMIN, scope="admin")
@subject(service.find_repair)
@may_conflict
@blueprint.body(RepairExtensionSchema)
@blueprint.response(200, RepairSchema)
def extend_repair(repair: Repair, body: Body) -> Json:
    """Take 20 working days instead of 10 for a complex case, once."""
    return _shown(service.extend_repair(actor(), repair, body["reason"]))


@blueprint.post(f"{REPAIR}/decide")
@allow(ADMIN, scope="admin")
@subject(service.find_repair)
@may_conflict
@blueprint.body(RepairDecisionSchema)
@blueprint.response(200, RepairSchema)
def decide_repair(repair: Repair, body: Body) -> Json:
    """Decide a repair, as an admin other than the one who checked it and the one who recorded the event.

    `grant`, once it is checked: the event stops counting, its block is lifted, and score and grade change in
    the same moment. `refuse`: nothing changes; it may be asked for again.
    """
    decision = RepairDecision(body["decision"])
    return _shown(service.decide_repair(actor(), repair, decision, body["reason"]))


@blueprint.post(f"{REPAIR}/withdraw")
@allow(ENTERPRISE, scope="admin")
@subject(service.find_own_repair)
@may_conflict
@no_body
@blueprint.response(200, RepairSchema)
def withdraw_repair(repair: Repair) -> Json:
    """Take back a request for repair that is not decided; it may be made again."""
    return _shown(service.withdraw(actor(), repair))


def _shown(row: Appeal | Repair, notices: Sequence[Notice] | None = None) -> Json:
    """An appeal or a repair with the rule of its event; its schema says which columns are shown."""
    columns = {column.name: getattr(row, column.name) for column in row.__table__.columns}
    warned = {} if notices is None else {"warnings": render_warnings(notices)}
    return {**columns, "rule": row.event.rule, **warned}
