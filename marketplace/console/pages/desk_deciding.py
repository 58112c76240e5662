"""An item of the desk: shown with what decides it, decided, taken by an officer; and the next one."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, redirect, url_for
from marshmallow import fields

from ... import clock
from ...appeals import service as appeals
from ...desk import service as desk
from ...desk.models import DeskDecision, DeskKind
from ...enterprises import service as enterprises
from ...errors import DomainError, NotFound
from ...events.actor import ADMIN, Actor
from ...http.authentication import STAFF
from ...http.fields import Lines, OneOf
from ...http.languages import language
from ...http.schemas import Schema
from ...listings import service as listings
from ...persons.service import Acting
from ..desk_queue import asked_query, desk_query, next_of, query_to_page, row_of
from ..forms import Errors, change_or_show, over_the_form, read_form, require_seen, typed, wrong
from ..page import pages
from ..visitor import members_only, private
from .desk import ASSIGNMENT, officer_chosen, officers_for
from .desk_items import FACTS

PAGES = {
    DeskKind.OVERDUE_RECTIFICATION: ("console.show_inspection", "inspection_id"),
    DeskKind.RECHECK: ("console.show_inspection", "inspection_id"),
    DeskKind.TRANSFER_APPLICATION: ("console.show_transfer", "application_id"),
}
"""Kinds that have a page of their own, on which officers go on: its name, and what it calls the id."""


class DecisionForm(Schema):
    decision = fields.String(required=True, validate=OneOf(DeskDecision))
    reason = Lines(500, load_default="")


class ExtensionForm(Schema):
    reason = Lines(500, required=True)


DECISION, EXTENSION = DecisionForm(), ExtensionForm()


@pages.get("/desk/<kind>/<uuid:subject_id>")
@members_only(kinds=STAFF)
def show_desk_item(who: Acting, kind: str, subject_id: UUID) -> Any:
    """An item with all that an officer has to know to decide it."""
    if kind in PAGES:
        endpoint, name = PAGES[DeskKind(kind)]
        return redirect(url_for(endpoint, **{name: subject_id, **query_to_page()}), 303)
    return _item(who, kind, subject_id)


def _item(
    who: Acting, kind: str, subject_id: UUID, http_status: int = 200, errors: Errors | None = None
) -> Response:
    actor = who.actor
    _, _, said = asked_query()
    try:
        row = desk.find_item(actor, kind, subject_id)
    except NotFound:
        if kind not in set(DeskKind):
            raise
        return private(
            "desk_gone.html", 404, kind=kind, subject_id=subject_id, asked=said, errors=errors or {}
        )
    (item,) = desk.present_items(actor, [row], language())
    return private(
        "desk_item.html",
        http_status,
        item=item,
        asked=said,
        facts=FACTS[item["kind"]](actor, row),
        decisions=desk.decisions_of(actor, item["kind"]),
        officers=officers_for(who, item),
        values=typed() if errors else {},
        errors=errors or {},
        today=clock.today(),
        api=f"/api/v1{item['path']}",
    )


@pages.get("/desk/<kind>/<uuid:subject_id>/next")
@members_only(kinds=STAFF)
def show_next_item(who: Acting, kind: str, subject_id: UUID) -> Any:
    """The item that follows one in the queue as it was asked for."""
    return redirect(next_of(who.actor, row_of(who.actor, kind, subject_id)), 303)


@pages.post("/desk/<kind>/<uuid:subject_id>")
@members_only(kinds=STAFF)
def decide_desk_item(who: Acting, kind: str, subject_id: UUID) -> Any:
    """Decide an item, and go on with the one that follows in the queue."""
    actor = who.actor
    enterprises.require_official(actor)

    def decide(data: dict[str, Any]) -> str:
        if kind in VERSIONS:
            require_seen(VERSIONS[DeskKind(kind)](actor, subject_id).version)
        row = row_of(actor, kind, subject_id)
        desk.decide(actor, {"kind": _kind(kind), "id": subject_id, **data})
        return next_of(actor, row, data["decision"])

    return change_or_show(DECISION, partial(_item, who, kind, subject_id), decide)


VERSIONS: dict[DeskKind, Callable[[Actor, UUID], Any]] = {
    DeskKind.REGISTRATION: enterprises.find_governed,
    DeskKind.EXEMPTION_REVIEW: listings.find_any,
}
"""Kinds whose rows others may change while an officer reads them."""


def _kind(kind: str) -> DeskKind:
    """Raises: NotFound: there is no such kind."""
    if kind not in set(DeskKind):
        raise NotFound()
    return DeskKind(kind)


@pages.post("/desk/<kind>/<uuid:subject_id>/assign")
@members_only(kinds=STAFF)
def assign_desk_item(who: Acting, kind: str, subject_id: UUID) -> Any:
    """Give an item to an officer, or take it back."""
    enterprises.require_official(who.actor)
    data, _ = read_form(ASSIGNMENT)
    try:
        item = desk.find_item(who.actor, kind, subject_id)
        desk.assign(who.actor, item, officer_chosen((data or {}).get("to")))
    except NotFound:
        return _item(who, kind, subject_id, 404)
    except DomainError as error:
        return _item(who, kind, subject_id, error.status, wrong(error))
    return redirect(url_for("console.show_desk_item", kind=kind, subject_id=subject_id) + desk_query(), 303)


@pages.post("/desk/repair/<uuid:repair_id>/extend")
@members_only("admin", kinds=(ADMIN,))
def extend_repair(who: Acting, repair_id: UUID) -> Any:
    """Take the longer time of a complex case."""
    actor = who.actor
    kind = DeskKind.REPAIR.value

    def extend(data: dict[str, Any]) -> None:
        appeals.extend_repair(actor, appeals.find_repair(actor, repair_id), data["reason"])

    return change_or_show(
        EXTENSION,
        lambda http_status, errors: _item(who, kind, repair_id, http_status, over_the_form(errors)),
        extend,
        url_for("console.show_desk_item", kind=kind, subject_id=repair_id) + desk_query(),
    )
