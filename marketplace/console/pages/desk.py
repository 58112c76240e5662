"""The desk of the staff: the queue with its filters, items taken by an officer, decisions about many."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, request
from marshmallow import fields

from ... import clock
from ...catalogue import service as catalogue
from ...desk import service as desk
from ...desk.models import DeskDecision, DeskKind
from ...enterprises import service as enterprises
from ...errors import DomainError
from ...events.actor import Actor
from ...http.authentication import STAFF
from ...http.fields import OneOf
from ...http.languages import language
from ...http.paging import cut, position_of
from ...http.schemas import Schema
from ...inspections import service as inspections
from ...inspections.models import InspectionStatus
from ...persons.service import Acting
from ..desk_queue import asked_query
from ..forms import Errors, read_form, words_of, wrong
from ..page import pages
from ..visitor import members_only, private

MOST_OFFICERS = 50
MOST_AT_ONCE = 100
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


class ManyForm(Schema):
    kind = fields.String(required=True, validate=OneOf(DeskKind))
    decision = fields.String(required=True, validate=OneOf(DeskDecision))


class AssignmentForm(Schema):
    to = fields.String(load_default=None)


MANY, ASSIGNMENT = ManyForm(), AssignmentForm()


@pages.get("/desk")
@members_only(kinds=STAFF)
def show_desk(who: Acting) -> Response:
    """The queue of the staff, with how many wait of each kind."""
    return _queue(who)


def _queue(who: Acting, http_status: int = 200, wrong_form: Errors | None = None, **told: Any) -> Response:
    actor = who.actor
    query, errors, said = asked_query()
    asked = desk.asked_for(actor, query)
    rows = desk.search(asked, position_of(query, desk.POSITION), query["limit"] + 1)
    present = partial(desk.present_items, actor, language=language())
    shown = cut(query, rows, partial(desk.position_of_item, asked.sort), present)
    regions = catalogue.region_names(_regions_to_choose(shown["items"], query["region"], actor))
    kinds = query["kind"] or []
    return private(
        "desk.html",
        http_status,
        items=shown["items"],
        next=shown["next"],
        counts=desk.count(asked),
        query=query,
        asked=said,
        errors=errors | (wrong_form or {}),
        regions=[(f"{adcode:06d}", name) for adcode, name in sorted(regions.items())],
        officers=desk.search_officers(actor, query["region"], _only(kinds), None, MOST_OFFICERS),
        decisions=desk.alike_of(actor, DeskKind(kinds[0])) if len(kinds) == 1 else [],
        begun=_begun(actor) if query["cursor"] is None else (),
        today=clock.today(),
        api="/api/v1/desk",
        **{"results": (), **told},
    )


def _only(kinds: Sequence[str]) -> str | None:
    return kinds[0] if len(kinds) == 1 else None


def _begun(actor: Actor) -> Sequence[dict[str, Any]]:
    """The inspections that wait for the officer itself, as nobody else goes on with them."""
    found = inspections.search(actor, BEGUN, None, MOST_BEGUN)
    return inspections.present_heads(found) if found else ()


def _regions_to_choose(items: Iterable[dict[str, Any]], chosen: int | None, actor: Actor) -> set[int]:
    """The districts of what is shown, with the cities and provinces in which they lie."""
    found = {item["region"] for item in items} | ({chosen} if chosen else set())
    cities = {region // CITY * CITY for region in found}
    provinces = {region // PROVINCE * PROVINCE for region in found}
    all_of_them = found | cities | provinces
    own = actor.region or 0
    return {region for region in all_of_them if actor.is_admin or catalogue.region_covers(own, region)}


@pages.post("/desk")
@members_only(kinds=STAFF)
def decide_many(who: Acting) -> Any:
    """Say the same to several items of a kind; what became of each is told."""
    enterprises.require_official(who.actor)
    data, errors = read_form(MANY)
    if data is None:
        return _queue(who, 422, errors)
    ids = [subject_id for kind, subject_id in _ticked() if kind == data["kind"]]
    if not ids:
        return _queue(who, 422, is_nothing_chosen=True)
    kind, decision = DeskKind(data["kind"]), DeskDecision(data["decision"])
    try:
        results = desk.decide_alike(who.actor, kind, ids, decision)
    except DomainError as error:
        return _queue(who, error.status, wrong(error))
    refusals = [words_of(each["refusal"]) for each in results if each["refusal"] is not None]
    return _queue(who, results=refusals, done=len(results) - len(refusals), decided=decision)


@pages.post("/desk/assign")
@members_only(kinds=STAFF)
def assign_many(who: Acting) -> Any:
    """Give several items to an officer, or take them back."""
    enterprises.require_official(who.actor)
    data, errors = read_form(ASSIGNMENT)
    if data is None:
        return _queue(who, 422, errors)
    items = _ticked()
    if not items:
        return _queue(who, 422, is_nothing_chosen=True)
    refused = desk.assign_many(who.actor, items, officer_chosen(data["to"]))
    return _queue(who, results=[words_of(each) for each in refused], assigned=len(items) - len(refused))


def officer_chosen(sent: str | None) -> UUID | str | None:
    """The officer that was chosen; None for nobody, an id that nobody has for what is no id."""
    if not sent or sent == "me":
        return sent or None
    try:
        return UUID(sent)
    except ValueError:
        return UUID(int=0)


def _ticked() -> list[tuple[str, UUID]]:
    """Kind and id of the items that were ticked; what names none is ignored."""
    found = []
    for sent in request.form.getlist("item")[:MOST_AT_ONCE]:
        kind, _, subject_id = sent.partition(".")
        try:
            found.append((kind, UUID(subject_id)))
        except ValueError:
            continue
    return found


def officers_for(who: Acting, item: dict[str, Any]) -> Sequence[Mapping[str, Any]]:
    """To whom an item may be given; what is only to be seen is taken by who sees it."""
    if item["kind"] != DeskKind.GRADE_CHANGE:
        regions = item["region"], item["region_to"]
        return desk.search_officers(who.actor, regions[0], item["kind"], None, MOST_OFFICERS, regions[1])
    return [{"id": who.actor.id, "name": who.acts_for, "is_me": True}]
