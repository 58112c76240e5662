"""The desk of the staff: the queue with its filters, an item to be decided, assignment, many decisions."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, redirect, request, url_for
from marshmallow import fields

from ... import clock
from ...appeals import service as appeals
from ...catalogue import service as catalogue
from ...desk import service as desk
from ...desk.models import DeskDecision, DeskKind, DeskSort
from ...enterprises import service as enterprises
from ...errors import DomainError, NotFound
from ...events.actor import ADMIN, Actor
from ...http.authentication import STAFF
from ...http.fields import Adcode, Choices, Lines, OneOf
from ...http.languages import language
from ...http.paging import Page, PageQuery, cut, position_of
from ...http.schemas import Schema
from ...inspections import service as inspections
from ...inspections.models import InspectionStatus
from ...persons.service import LoggedIn
from ..forms import Errors, change_or_show, over_the_form, read_form, require_seen, typed, words_of, wrong
from ..page import pages, read_query
from ..visitor import members_only, private
from .desk_items import FACTS

MOST_OFFICERS = 50
MOST_AT_ONCE = 100
ON_PAGES_OF_THEIR_OWN = {DeskKind.OVERDUE_RECTIFICATION, DeskKind.RECHECK}
"""Items that are inspections, where officers go on with them."""
MOST_BEGUN = 10
BEGUN = {
    "enterprise_id": None,
    "checklist": None,
    "kind": None,
    "status": (InspectionStatus.OPEN,),
    "mine": True,
}
"""Inspections that the officer has begun and not finished."""
PROVINCE, CITY = 10_000, 100


class DeskPageQuery(PageQuery):
    """What the desk is asked for, by the names of the API; `decided` is what was just said."""

    kind = Choices([kind.value for kind in DeskKind], "desk_kind", load_default=None)
    assigned = fields.String(load_default=None, validate=OneOf(("me", "none")))
    region = Adcode(load_default=None)
    sort = fields.String(load_default=DeskSort.DUE, validate=OneOf(DeskSort))
    decided = fields.String(load_default=None, validate=OneOf(DeskDecision))


class DecisionForm(Schema):
    decision = fields.String(required=True, validate=OneOf(DeskDecision))
    reason = Lines(500, load_default="")


class ManyForm(DecisionForm):
    kind = fields.String(required=True, validate=OneOf(DeskKind))


class AssignmentForm(Schema):
    to = fields.String(load_default=None)


class ExtensionForm(Schema):
    reason = Lines(500, required=True)


DESK, DECISION, MANY, ASSIGNMENT, EXTENSION = (
    DeskPageQuery(), DecisionForm(), ManyForm(), AssignmentForm(), ExtensionForm(),
)  # fmt: skip


@pages.get("/desk")
@members_only(kinds=STAFF)
def show_desk(who: LoggedIn) -> Response:
    """The queue of the staff, with how many wait of each kind."""
    query, errors = read_query(DESK)
    return _queue(who, query, errors)


def _queue(who: LoggedIn, query: dict[str, Any], errors: Errors, **told: Any) -> Response:
    assert who.actor is not None
    asked = desk.asked_for(who.actor, query)
    shown = _rows(who.actor, query)
    regions = catalogue.region_names(_regions_to_choose(shown["items"], query["region"], who.actor))
    kinds = query["kind"] or []
    return private(
        "desk.html",
        items=shown["items"],
        next=shown["next"],
        counts=desk.count(asked),
        query=query,
        errors=errors,
        regions=[(f"{adcode:06d}", name) for adcode, name in sorted(regions.items())],
        decisions=desk.decisions_of(who.actor, DeskKind(kinds[0])) if len(kinds) == 1 else {},
        begun=_begun(who.actor) if query["cursor"] is None else (),
        today=clock.today(),
        api="/api/v1/desk",
        **{"results": (), **told},
    )


def _begun(actor: Actor) -> Sequence[dict[str, Any]]:
    """The inspections that wait for the officer itself, as nobody else goes on with them."""
    found = inspections.search(actor, BEGUN, None, MOST_BEGUN)
    return inspections.present_heads(found) if found else ()


def _rows(actor: Actor, query: dict[str, Any]) -> Page:
    asked = desk.asked_for(actor, query)
    rows = desk.search(asked, position_of(query, desk.POSITION), query["limit"] + 1)
    present = partial(desk.present_items, actor, language=language())
    return cut(query, rows, partial(desk.position_of_item, asked.sort), present)


def _regions_to_choose(items: Iterable[dict[str, Any]], chosen: int | None, actor: Actor) -> set[int]:
    """The districts of what is shown, with the cities and provinces in which they lie."""
    found = {item["region"] for item in items} | ({chosen} if chosen else set())
    cities = {region // CITY * CITY for region in found}
    provinces = {region // PROVINCE * PROVINCE for region in found}
    all_of_them = found | cities | provinces
    return {region for region in all_of_them if actor.is_admin or region >= (actor.region or 0)}


@pages.post("/desk")
@members_only(kinds=STAFF)
def decide_many(who: LoggedIn) -> Any:
    """Say the same to several items of a kind; what became of each is told."""
    assert who.actor is not None
    enterprises.require_official(who.actor)
    data, errors = read_form(MANY)
    ids = _chosen()
    query, _ = read_query(DESK)
    if data is None or not ids:
        return _queue(who, query, errors or {"form": []}, is_nothing_chosen=not ids)
    sent = [{**data, "id": subject_id} for subject_id in ids]
    results = desk.decide_many(who.actor, sent)
    refusals = [words_of(each["refusal"]) for each in results if each["refusal"] is not None]
    return _queue(
        who, query, {}, results=refusals, done=len(results) - len(refusals), decided=data["decision"]
    )


def _chosen() -> list[UUID]:
    """The ids of the items that were ticked; what is no id is ignored."""
    found = []
    for sent in request.form.getlist("id")[:MOST_AT_ONCE]:
        try:
            found.append(UUID(sent))
        except ValueError:
            continue
    return found


@pages.get("/desk/<kind>/<uuid:subject_id>")
@members_only(kinds=STAFF)
def show_desk_item(who: LoggedIn, kind: str, subject_id: UUID) -> Any:
    """An item with all that an officer has to know to decide it."""
    if kind in ON_PAGES_OF_THEIR_OWN:
        return redirect(url_for("console.show_inspection", inspection_id=subject_id), 303)
    return _item(who, kind, subject_id)


def _item(
    who: LoggedIn, kind: str, subject_id: UUID, http_status: int = 200, errors: Errors | None = None
) -> Response:
    actor = who.actor
    assert actor is not None
    try:
        row = desk.find_item(actor, kind, subject_id)
    except NotFound:
        if kind not in set(DeskKind):
            raise
        return private("desk_gone.html", 404, kind=kind, errors=errors or {})
    (item,) = desk.present_items(actor, [row], language())
    return private(
        "desk_item.html",
        http_status,
        item=item,
        facts=FACTS[item["kind"]](actor, row),
        decisions=desk.decisions_of(actor, item["kind"]),
        officers=_officers(who, item),
        values=typed() if errors else {},
        errors=errors or {},
        today=clock.today(),
        api=f"/api/v1{item['path']}",
    )


def _officers(who: LoggedIn, item: dict[str, Any]) -> Sequence[Mapping[str, Any]]:
    """To whom the item may be given; what is only to be seen is taken by who sees it."""
    assert who.actor is not None
    if item["kind"] != DeskKind.GRADE_CHANGE:
        return desk.search_officers(who.actor, item["region"], None, MOST_OFFICERS)
    return [{"id": who.actor.id, "name": who.acts_for, "is_me": True}]


@pages.post("/desk/<kind>/<uuid:subject_id>")
@members_only(kinds=STAFF)
def decide_desk_item(who: LoggedIn, kind: str, subject_id: UUID) -> Any:
    """Decide an item, and go on with the queue."""
    actor = who.actor
    assert actor is not None
    enterprises.require_official(actor)

    def decide(data: dict[str, Any]) -> str:
        if kind == DeskKind.REGISTRATION:
            require_seen(enterprises.find_governed(actor, subject_id).version)
        desk.decide(actor, {"kind": _kind(kind), "id": subject_id, **data})
        return url_for("console.show_desk", decided=data["decision"])

    return change_or_show(DECISION, partial(_item, who, kind, subject_id), decide)


def _kind(kind: str) -> DeskKind:
    """Raises: NotFound: there is no such kind."""
    if kind not in set(DeskKind):
        raise NotFound()
    return DeskKind(kind)


@pages.post("/desk/<kind>/<uuid:subject_id>/assign")
@members_only(kinds=STAFF)
def assign_desk_item(who: LoggedIn, kind: str, subject_id: UUID) -> Any:
    """Give an item to an officer, or take it back."""
    assert who.actor is not None
    enterprises.require_official(who.actor)
    data, _ = read_form(ASSIGNMENT)
    try:
        item = desk.find_item(who.actor, kind, subject_id)
        desk.assign(who.actor, item, _officer((data or {}).get("to")))
    except NotFound:
        return _item(who, kind, subject_id, 404)
    except DomainError as error:
        return _item(who, kind, subject_id, error.status, wrong(error))
    return redirect(url_for("console.show_desk_item", kind=kind, subject_id=subject_id), 303)


def _officer(sent: str | None) -> UUID | None:
    """The officer that was chosen; None for nobody, an id that nobody has for what is no id."""
    try:
        return UUID(sent) if sent else None
    except ValueError:
        return UUID(int=0)


@pages.post("/desk/repair/<uuid:repair_id>/extend")
@members_only("admin", kinds=(ADMIN,))
def extend_repair(who: LoggedIn, repair_id: UUID) -> Any:
    """Take the longer time of a complex case."""
    actor = who.actor
    assert actor is not None
    kind = DeskKind.REPAIR.value

    def extend(data: dict[str, Any]) -> None:
        appeals.extend_repair(actor, appeals.find_repair(actor, repair_id), data["reason"])

    return change_or_show(
        EXTENSION,
        lambda http_status, errors: _item(who, kind, repair_id, http_status, over_the_form(errors)),
        extend,
        url_for("console.show_desk_item", kind=kind, subject_id=repair_id),
    )
