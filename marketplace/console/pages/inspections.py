"""Inspections on a phone: the list, one with its items, photos, the end, findings put right and seen again.

The fields of an item are named by its code and the API's name of what is said of it: `L1.points`.
"""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, redirect, request, url_for
from marshmallow import fields

from ... import clock
from ...desk.models import DeskKind
from ...enterprises import service as enterprises
from ...errors import Conflict, DomainError
from ...events.actor import Actor
from ...events.lifecycle import Party
from ...http.bodies import FORM
from ...http.documents import MAX_DOCUMENT
from ...http.fields import Day, Lines, OneOf, QueryWhole, Range
from ...http.paging import PageQuery
from ...http.paging import page as page_of_rows
from ...http.schemas import Schema
from ...inspections import service as inspections
from ...inspections.models import (
    MOST_POINTS,
    ROLES_OF,
    Checklist,
    FindingRule,
    Inspection,
    InspectionKind,
    InspectionStatus,
    InspectionWay,
)
from ...persons.service import Acting
from ..desk_queue import STEP_TAKEN, desk_query, is_from_desk, next_of, row_of
from ..forms import WHOLE, Errors, change_or_show, read_fields, read_form, wrong
from ..page import pages, read_query
from ..visitor import members_only, private
from ..warnings import warn

MOST_DUE = 20
MOST_FILES = 5
"""Photos that are sent at once: as many as a phone's line takes in a minute."""
UNFINISHED = (
    InspectionStatus.OPEN, InspectionStatus.RECTIFYING, InspectionStatus.OVERDUE, InspectionStatus.ANSWERED,
)  # fmt: skip
ANY = dict.fromkeys(("enterprise_id", "checklist", "kind", "mine"))


class InspectionsQuery(PageQuery):
    all = fields.Boolean(load_default=False)


class NewForm(Schema):
    enterprise_id = fields.UUID(load_default=None)
    checklist = fields.String(required=True, validate=OneOf(Checklist))
    kind = fields.String(required=True, validate=OneOf(InspectionKind))
    way = fields.String(load_default=InspectionWay.SITE.value, validate=OneOf(InspectionWay))


class AnswerForm(Schema):
    points = QueryWhole(load_default=None, validate=Range(min=0, max=MOST_POINTS))
    note = Lines(1000, load_default=None)
    rule = fields.String(load_default=None, validate=OneOf(FindingRule))


class RemedyForm(Schema):
    text = Lines(1000, load_default=None)


class VerdictForm(Schema):
    corrected = fields.Boolean(load_default=None)
    note = Lines(1000, load_default=None)


class EndForm(Schema):
    due_on = Day(load_default=None)
    note = Lines(1000, load_default=None)


class CancelForm(Schema):
    reason = Lines(500, required=True)


LIST, NEW, ANSWER, REMEDY, VERDICT, END, CANCEL = (
    InspectionsQuery(), NewForm(), AnswerForm(), RemedyForm(), VerdictForm(), EndForm(), CancelForm(),
)  # fmt: skip


@pages.get("/inspections")
@members_only()
def show_inspections(who: Acting) -> Response:
    """Inspections to be gone on with, or all; a form for a self-check; for staff what is due."""
    return _list(who)


def _list(who: Acting, http_status: int = 200, errors: Errors | None = None) -> Response:
    actor = who.actor
    query, _ = read_query(LIST)
    asked = {**ANY, "status": None if query["all"] else UNFINISHED}
    shown = page_of_rows(query, lambda after, limit: inspections.search(actor, asked, after, limit))
    own = None if actor.enterprise_id is None else enterprises.own(actor)
    return private(
        "inspections.html",
        http_status,
        items=inspections.present_heads(shown["items"]),
        next=shown["next"],
        query=query,
        checklists=[each for each, roles in ROLES_OF.items() if own and roles & set(own.roles)],
        due=() if own else inspections.due_checks(actor, None, None, MOST_DUE),
        today=clock.today(),
        errors=errors or {},
        api="/api/v1/inspections",
    )


@pages.post("/inspections")
@members_only()
def begin_inspection(who: Acting) -> Any:
    """Begin an inspection: of oneself, or by an officer."""
    actor = who.actor
    inspections.require_writer(actor, {})

    def begin(data: dict[str, Any]) -> str:
        begun = inspections.begin(actor, {**data, "note": None})
        return url_for("console.show_inspection", inspection_id=begun.id)

    return change_or_show(NEW, partial(_list, who), begin)


@pages.get("/inspections/<uuid:inspection_id>")
@members_only()
def show_inspection(who: Acting, inspection_id: UUID) -> Response:
    """An inspection, with the form of what is to be done next by whoever looks at it."""
    return _shown(who, inspection_id)


def _shown(
    who: Acting, inspection_id: UUID, http_status: int = 200, errors: Errors | None = None
) -> Response:
    actor = who.actor
    row = inspections.find(actor, inspection_id)
    return private(
        "inspection.html",
        http_status,
        shown=inspections.present(row),
        step=_step(actor, row),
        rules=list(FindingRule),
        is_officer=actor.enterprise_id is None,
        typed=request.form if errors else {},
        most_points=MOST_POINTS,
        today=clock.today(),
        errors=errors or {},
        api=f"/api/v1/inspections/{inspection_id}",
    )


def _step(actor: Actor, row: Inspection) -> str | None:
    """What the actor may do about it now: `answer`, `rectify`, `recheck`; None: to look at it."""
    step, party = STEPS.get(row.status, (None, None))
    if step is None or not inspections.may_write(actor):
        return None
    if party == Party.OWNER:
        return step if actor.enterprise_id is not None else None
    return step if inspections.may_inspect(actor, row.kind) else None


STEPS: dict[InspectionStatus, tuple[str, Party | None]] = {
    InspectionStatus.OPEN: ("answer", None),
    InspectionStatus.RECTIFYING: ("rectify", Party.OWNER),
    InspectionStatus.OVERDUE: ("rectify", Party.OWNER),
    InspectionStatus.ANSWERED: ("recheck", None),
}


@pages.post("/inspections/<uuid:inspection_id>")
@members_only()
def take_inspection_step(who: Acting, inspection_id: UUID) -> Any:
    """Keep what was said of the items with the photos, and go on if the button says so.

    An officer whom the desk has led to a recheck goes on with the item that follows in it.
    """
    inspections.require_writer(who.actor, {})
    request.max_content_length = MOST_FILES * MAX_DOCUMENT
    row = inspections.find(who.actor, inspection_id)
    data, errors = read_form(END)
    step = _step(who.actor, row)
    taken = TAKEN.get(step or "")
    goes_on = step == "recheck" and "finish" in request.form and is_from_desk(who.actor)
    item = row_of(who.actor, DeskKind.RECHECK, inspection_id) if goes_on else None
    if taken is None:
        return _shown(who, inspection_id, 409, {WHOLE: []})
    if data is not None:
        try:
            errors = taken(who.actor, row, data)
        except DomainError as error:
            return _shown(who, inspection_id, error.status, wrong(error))
    if errors:
        return _shown(who, inspection_id, 422, errors)
    if goes_on:
        return redirect(next_of(who.actor, item, STEP_TAKEN), 303)
    return redirect(url_for("console.show_inspection", inspection_id=inspection_id) + desk_query(), 303)


def _answer(actor: Actor, row: Inspection, data: dict[str, Any]) -> Errors:
    said, errors = _of_items(row, ANSWER)
    if errors:
        return errors
    answers = [each for each in said if each["points"] is not None]
    if answers:
        inspections.answer_items(actor, row.id, answers)
    _keep_photos(actor, row)
    if "finish" in request.form:
        warn(inspections.finish(actor, row.id, data)[1])
    return {}


def _rectify(actor: Actor, row: Inspection, data: dict[str, Any]) -> Errors:
    said, errors = _of_items(row, REMEDY)
    if errors:
        return errors
    _keep_photos(actor, row)
    if "finish" in request.form:
        inspections.rectify(actor, row.id, [each for each in said if each["text"] is not None])
    return {}


def _recheck(actor: Actor, row: Inspection, data: dict[str, Any]) -> Errors:
    said, errors = _of_items(row, VERDICT)
    if errors:
        return errors
    _keep_photos(actor, row)
    if "finish" in request.form:
        verdicts = [each for each in said if each["corrected"] is not None]
        warn(inspections.recheck(actor, row.id, {"items": verdicts, "due_on": data["due_on"]})[1])
    return {}


TAKEN: dict[str, Callable[[Actor, Inspection, dict[str, Any]], Errors]] = {
    "answer": _answer,
    "rectify": _rectify,
    "recheck": _recheck,
}


def _of_items(row: Inspection, schema: Schema) -> tuple[list[dict[str, Any]], Errors]:
    """What the form says of each item, and what is wrong with it by the name of the field."""
    said: list[dict[str, Any]] = []
    errors: Errors = {}
    for answer in row.answers:
        code = answer.item.code
        data, faults = read_fields(schema, f"{code}.")
        errors |= {f"{code}.{name}": sentences for name, sentences in faults.items()}
        if data is not None:
            said.append({"item": code, **data})
    return said, errors


def _keep_photos(actor: Actor, row: Inspection) -> None:
    """Keep the photos that were sent; one that is there already came with a form that was sent twice."""
    for answer in row.answers:
        code = answer.item.code
        for sent in request.files.getlist(f"{code}.photo"):
            try:
                if sent.filename:
                    inspections.add_photo(actor, row.id, code, sent.read(), FORM, sent.filename)
            except Conflict as error:
                if error.code != "already_entered":
                    raise


@pages.post("/inspections/<uuid:inspection_id>/cancel")
@members_only()
def cancel_inspection(who: Acting, inspection_id: UUID) -> Any:
    """Give up an inspection that is not finished."""
    actor = who.actor
    inspections.require_writer(actor, {})
    inspections.find(actor, inspection_id)
    return change_or_show(
        CANCEL,
        partial(_shown, who, inspection_id),
        lambda data: inspections.cancel(actor, inspection_id, data["reason"]),
        url_for("console.show_inspections"),
    )
