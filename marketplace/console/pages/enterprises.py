"""Enterprises for the staff: searched for, and the story of one in four parts; what an admin does to one."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, redirect, url_for
from marshmallow import fields

from ... import clock
from ...catalogue import service as catalogue
from ...credit import service as credit
from ...desk import service as desk
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise, EnterpriseStatus, Grade, Role
from ...errors import DomainError
from ...events.actor import ADMIN, Actor
from ...http.authentication import STAFF
from ...http.fields import Adcode, Day, Identifier, Lines, OneOf, Text
from ...http.histories import history_for
from ...http.languages import language
from ...http.paging import Page, PageQuery, cut, position_of
from ...http.schemas import Schema
from ...inspections.models import ROLES_OF, InspectionKind
from ...persons.service import Acting
from ..charts import Chart, Datum, Words, hexagon, line_chart
from ..formats import number
from ..forms import Errors, read_form, typed, wrong
from ..page import named, pages, read_query, text
from ..visitor import members_only, private
from ..warnings import warn

MOST = 50
MOST_WAITING = 10
"""Items of the desk that the page of an enterprise lists."""
MOST_POINTS = 12
"""Of the line of the score: as many as are told apart on a phone."""
PARTS = ("profile", "credit", "supervision", "trade")
MILLI = 1000
SORTS = ("-score", "score", "-created_at", "created_at")


class EnterprisesQuery(PageQuery):
    """What the search is asked for, by the names of the API."""

    q = Text(50, load_default=None)
    grade = fields.String(load_default=None, validate=OneOf(Grade))
    status = fields.String(load_default=None, validate=OneOf(EnterpriseStatus))
    role = fields.String(load_default=None, validate=OneOf(Role))
    region = Adcode(load_default=None)
    blocked = fields.Boolean(load_default=None)
    sort = fields.String(load_default="score", validate=OneOf(SORTS))


class StoryQuery(Schema):
    part = fields.String(load_default=PARTS[0], validate=OneOf(PARTS))


class ReasonForm(Schema):
    reason = Lines(500, required=True)


class EventForm(Schema):
    """A credit event, by the names of the API."""

    rule = Identifier(60, required=True)
    effective_on = Day(required=True)
    note = Lines(1000, required=True)
    evidence = Lines(1000, load_default=None)
    document = Text(100, load_default=None)
    authority = Text(100, load_default=None)
    acted_on = Day(load_default=None)
    decided_on = Day(load_default=None)
    served_on = Day(load_default=None)


SEARCH, STORY, REASON, EVENT = EnterprisesQuery(), StoryQuery(), ReasonForm(), EventForm()


@pages.get("/enterprises")
@members_only(kinds=STAFF)
def show_enterprises(who: Acting) -> Response:
    """The enterprises that the officer oversees, those with the lowest score first."""
    query, errors = read_query(SEARCH)
    shown = _found(who, query)
    return private(
        "enterprises.html",
        items=shown["items"],
        next=shown["next"],
        regions=catalogue.region_names({row.region for row in shown["items"]}),
        points=enterprises.whole_points,
        query=query,
        errors=errors,
        grades=list(Grade),
        statuses=list(EnterpriseStatus),
        roles=list(Role),
        api="/api/v1/enterprises",
    )


def _found(who: Acting, query: dict[str, Any]) -> Page:
    rows = enterprises.search(who.actor, query, position_of(query, (str, UUID)))
    return cut(query, rows, partial(enterprises.search_position, query))


@pages.get("/enterprises/<uuid:enterprise_id>")
@members_only(kinds=STAFF)
def show_enterprise(who: Acting, enterprise_id: UUID) -> Response:
    """The story of an enterprise, a part at a time."""
    query, _ = read_query(STORY)
    return story_page(who, enterprise_id, query["part"])


def story_page(
    who: Acting, enterprise_id: UUID, part: str, http_status: int = 200, errors: Errors | None = None
) -> Response:
    """A part of the story, with what is wrong with what was sent from it."""
    actor = who.actor
    firm = enterprises.find_governed(actor, enterprise_id)
    return private(
        f"enterprise_{part}.html",
        http_status,
        firm=firm,
        part=part,
        parts=PARTS,
        points=enterprises.whole_points,
        today=clock.today(),
        values=typed() if errors else {},
        errors=errors or {},
        api=f"/api/v1/enterprises/{enterprise_id}/story",
        **PARTS_OF_STORY[part](actor, firm),
    )


def _profile(actor: Actor, firm: Enterprise) -> dict[str, Any]:
    waiting = desk.search_about(actor, firm.id, MOST_WAITING + 1)
    return {
        "waiting": desk.present_items(actor, waiting[:MOST_WAITING], language()),
        "more_wait": len(waiting) > MOST_WAITING,
        "shown": enterprises.present(actor, firm),
        "blocks": credit.search_blocks(actor, firm.id, None, MOST),
        "history": history_for(actor, firm.__tablename__, firm.id, MOST),
        "checklists": [each for each, roles in ROLES_OF.items() if roles & set(firm.roles)],
        "kinds": [each for each in InspectionKind if each != InspectionKind.SELF]
        if actor.is_admin
        else [InspectionKind.DISTRICT],
    }


def _credit(actor: Actor, firm: Enterprise) -> dict[str, Any]:
    story = desk.tell_story(actor, firm, language(), ("credit",))
    return {"story": story, "axes": axes_chart(story["axes"]), "line": _line(story["scores"])}


def _line(scores: list[Any]) -> Chart | None:
    """The score as it moved, oldest first; None where it never did."""
    if len(scores) < 2:
        return None
    words = Words(text("story_scores"), text("story_day"), text("points"))
    shown = [*reversed(scores)][-MOST_POINTS:]
    data = [
        Datum(f"{each.day:%Y-%m-%d}", each.score / MILLI, number(each.score / MILLI, 3)) for each in shown
    ]
    return line_chart(words, data)


def axes_chart(axes: dict[str, int]) -> Chart:
    """The six axes of a standing."""
    words = Words(text("credit_axes"), text("credit_axis"), text("points"))
    data = [
        Datum(named("axis", axis), value / MILLI, number(value / MILLI, 1)) for axis, value in axes.items()
    ]
    return hexagon(words, data, 100)


def _supervision(actor: Actor, firm: Enterprise) -> dict[str, Any]:
    return {"story": desk.tell_story(actor, firm, language(), ("supervision",))}


def _trade(actor: Actor, firm: Enterprise) -> dict[str, Any]:
    return {"story": desk.tell_story(actor, firm, language(), ("trade",))}


PARTS_OF_STORY: dict[str, Callable[[Actor, Enterprise], dict[str, Any]]] = {
    "profile": _profile,
    "credit": _credit,
    "supervision": _supervision,
    "trade": _trade,
}


@pages.post("/enterprises/<uuid:enterprise_id>/suspend")
@members_only("admin", kinds=(ADMIN,))
def suspend_enterprise(who: Acting, enterprise_id: UUID) -> Any:
    """Suspend an enterprise."""
    return _changed(
        who, enterprise_id, lambda actor, reason: enterprises.suspend(actor, enterprise_id, reason)
    )


@pages.post("/enterprises/<uuid:enterprise_id>/approve")
@members_only("admin", kinds=(ADMIN,))
def approve_enterprise(who: Acting, enterprise_id: UUID) -> Any:
    """End a suspension."""
    return _changed(
        who, enterprise_id, lambda actor, reason: enterprises.approve(actor, enterprise_id, reason)
    )


@pages.post("/enterprises/<uuid:enterprise_id>/block")
@members_only("admin", kinds=(ADMIN,))
def block_enterprise(who: Acting, enterprise_id: UUID) -> Any:
    """Put an enterprise on the blocked list; another admin confirms it."""
    return _changed(
        who,
        enterprise_id,
        lambda actor, reason: credit.place_block(actor, {"enterprise_id": enterprise_id, "reason": reason}),
    )


@pages.post("/enterprises/<uuid:enterprise_id>/blocks/<uuid:block_id>/lift")
@members_only("admin", kinds=(ADMIN,))
def lift_block(who: Acting, enterprise_id: UUID, block_id: UUID) -> Any:
    """Take an enterprise off the blocked list."""
    return _changed(who, enterprise_id, lambda actor, reason: credit.lift_block(actor, block_id, reason))


def _changed(who: Acting, enterprise_id: UUID, change: Callable[[Actor, str], Any]) -> Any:
    """Make a change for a reason and show the enterprise, or say on its page why it was refused."""
    enterprises.find_governed(who.actor, enterprise_id)
    data, errors = read_form(REASON)
    if data is None:
        return story_page(who, enterprise_id, PARTS[0], 422, errors)
    try:
        change(who.actor, data["reason"])
    except DomainError as error:
        return story_page(who, enterprise_id, PARTS[0], error.status, wrong(error))
    return redirect(url_for("console.show_enterprise", enterprise_id=enterprise_id), 303)


@pages.get("/enterprises/<uuid:enterprise_id>/record")
@members_only(kinds=STAFF)
def show_recording(who: Acting, enterprise_id: UUID) -> Response:
    """The form of a credit event."""
    return _recording(who, enterprise_id)


def _recording(
    who: Acting, enterprise_id: UUID, http_status: int = 200, errors: Errors | None = None
) -> Response:
    return private(
        "record_event.html",
        http_status,
        firm=enterprises.find_governed(who.actor, enterprise_id),
        rules=credit.recordable_rules(who.actor, clock.today()),
        points=number,
        values=typed() if errors else {"effective_on": clock.today().isoformat()},
        errors=errors or {},
        api="/api/v1/credit/rules",
    )


@pages.post("/enterprises/<uuid:enterprise_id>/record")
@members_only(kinds=STAFF)
def record_event(who: Acting, enterprise_id: UUID) -> Any:
    """Record a credit event; score and grade change at once."""
    enterprises.require_official(who.actor)
    enterprises.find_governed(who.actor, enterprise_id)
    data, errors = read_form(EVENT)
    if data is None:
        return _recording(who, enterprise_id, 422, errors)
    about = {"enterprise_id": enterprise_id, "basis": None, "amount_fen": None, "is_self_reported": False}
    try:
        warn(credit.record_event(who.actor, {**data, **about})[1])
    except DomainError as error:
        return _recording(who, enterprise_id, error.status, wrong(error))
    return redirect(url_for("console.show_enterprise", enterprise_id=enterprise_id, part="credit"), 303)


@pages.post("/enterprises/events/<uuid:event_id>/withdraw")
@members_only("admin", kinds=(ADMIN,))
def withdraw_event(who: Acting, event_id: UUID) -> Any:
    """Take a wrong entry back, as a second admin."""
    enterprise_id = credit.find_event(who.actor, event_id).enterprise_id
    data, errors = read_form(REASON)
    if data is None:
        return story_page(who, enterprise_id, "credit", 422, errors)
    try:
        credit.withdraw_event(who.actor, event_id, data["reason"])
    except DomainError as error:
        return story_page(who, enterprise_id, "credit", error.status, wrong(error))
    return redirect(url_for("console.show_enterprise", enterprise_id=enterprise_id, part="credit"), 303)


@pages.app_template_global("region_name")
def region_name(adcode: int) -> str:
    """A region with those in which it lies."""
    return catalogue.region_names({adcode})[adcode]


@pages.app_template_global("named_all")
def named_all(group: str, values: Iterable[str]) -> list[tuple[str, str]]:
    """Values with what people call them, to choose from."""
    return [(str(value), named(group, value)) for value in values]
