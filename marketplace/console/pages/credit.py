"""The credit of an enterprise for itself: why it is what it is, its events, appeals and repairs."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, request, url_for

from ... import clock
from ...appeals import service as appeals
from ...appeals.models import UNDECIDED, Appeal, AppealStatus, Repair
from ...credit import service as credit
from ...credit.models import AXES, CreditEvent, EventStatus
from ...enterprises import service as enterprises
from ...events.actor import ENTERPRISE, Actor
from ...http.bodies import FORM
from ...http.documents import MAX_DOCUMENT
from ...http.fields import Lines
from ...http.histories import histories_for
from ...http.languages import language
from ...http.paging import PageQuery
from ...http.paging import page as page_of_rows
from ...http.schemas import Schema
from ...persons.service import Acting
from ..forms import Errors, change_or_show, typed
from ..page import pages, read_query
from ..visitor import members_only, private
from ..warnings import warn
from .enterprises import axes_chart

GOVERNING = "admin"
"""The scope of whoever asks for something in the name of the enterprise."""
FULL = 100_000
MOST_SHOWN = 50
MOST_LINES = 30
"""Of the histories of the requests about an event, taken together."""


class AppealForm(Schema):
    reason = Lines(2000, required=True)


class RepairForm(Schema):
    promise = Lines(2000, required=True)


EVENTS, APPEAL, REPAIR = PageQuery(), AppealForm(), RepairForm()


@pages.get("/credit")
@members_only(kinds=(ENTERPRISE,))
def show_credit(who: Acting) -> Response:
    """Score, grade and axes, what they are made of, what would raise them, and all events."""
    actor = who.actor
    firm = enterprises.own(actor)
    why = credit.explain(actor, firm, language())
    query, _ = read_query(EVENTS)
    shown = page_of_rows(query, lambda after, limit: credit.list_events(actor, firm.id, after, limit))
    return private(
        "credit.html",
        firm=firm,
        why=why,
        changes=_changes(why),
        axes=axes_chart(_axes(why["lines"])),
        titles=credit.titles_of(shown["items"], language()),
        items=shown["items"],
        next=shown["next"],
        counts=credit.counts,
        points=enterprises.whole_points,
        today=clock.today(),
        api=f"/api/v1/enterprises/{firm.id}/credit/explanation",
    )


def _changes(why: dict[str, Any]) -> list[dict[str, Any]]:
    """The days ahead on which the score changes: above a hundred an end may change nothing."""
    scores = [why["score"], *(each["score"] for each in why["ahead"])]
    return [each for each, before in zip(why["ahead"], scores, strict=False) if each["score"] != before]


def _axes(lines: list[dict[str, Any]]) -> dict[str, int]:
    """The points of each axis as the lines of an explanation make them."""
    own = {axis: sum(line["points"] for line in lines if line["axis"] == axis) for axis in AXES}
    return {axis: min(FULL, max(0, FULL + points)) for axis, points in own.items()}


@pages.get("/credit/requests")
@members_only(kinds=(ENTERPRISE,))
def show_requests(who: Acting) -> Response:
    """Appeals and requests for repair, and how far they are."""
    found_appeals = appeals.search_appeals(who.actor, None, None, MOST_SHOWN)
    repairs = appeals.search_repairs(who.actor, None, None, MOST_SHOWN)
    events = [row.event for row in found_appeals] + [row.event for row in repairs]
    return private(
        "credit_requests.html",
        appeals=found_appeals,
        repairs=repairs,
        titles=credit.titles_of(events, language()),
        api="/api/v1/credit/appeals",
    )


@pages.get("/credit/events/<uuid:event_id>")
@members_only(kinds=(ENTERPRISE,))
def show_credit_event(who: Acting, event_id: UUID) -> Response:
    """An event in full, and what the enterprise may do about it."""
    return _event(who, event_id)


def _event(who: Acting, event_id: UUID, http_status: int = 200, errors: Errors | None = None) -> Response:
    actor = who.actor
    event, _, appeal, repairs = appeals.find_with_requests(actor, event_id)
    today, possible = clock.today(), _possible(actor, event, appeal, repairs)
    terms = credit.publication_terms(today) if possible["may_repair"] else None
    return private(
        "credit_event.html",
        http_status,
        **facts_of_event(actor, event, appeal, repairs),
        **possible,
        repairable_from=credit.repairable_from(event, terms) if terms else None,
        today=today,
        values=typed() if errors else {},
        errors=errors or {},
        api=f"/api/v1/credit/events/{event_id}/files",
    )


def facts_of_event(
    actor: Actor, event: CreditEvent, appeal: Appeal | None, repairs: list[Repair]
) -> dict[str, Any]:
    """What a page shows of an event, its files, and the requests about it with who did what when."""
    requests = [appeal, *repairs] if appeal else [*repairs]
    return {
        "event": event,
        "title": credit.titles_of([event], language())[event.id],
        "citation": credit.citation_of(event, language()),
        "counts": credit.counts(event, clock.today()),
        "files": [credit.present_file(row, event) for row in credit.list_files(actor, event)],
        "appeal": appeal,
        "repairs": repairs,
        "histories": histories_for(actor, requests, MOST_LINES),
    }


def _possible(actor: Actor, event: CreditEvent, appeal: Appeal | None, repairs: Any) -> dict[str, bool]:
    """Which forms are shown; whether what they ask for is admitted is decided by the service."""
    governs = GOVERNING in actor.scopes
    asks = governs and event.status == EventStatus.RECORDED and event.points_milli < 0
    is_under_way = any(repair.status in UNDECIDED for repair in repairs)
    return {
        "governs": governs,
        "may_appeal": asks and appeal is None,
        "may_repair": asks and not is_under_way,
        "may_prove": governs and appeal is not None and appeal.status == AppealStatus.OPEN,
    }


@pages.post("/credit/events/<uuid:event_id>/appeal")
@members_only(GOVERNING, kinds=(ENTERPRISE,))
def open_appeal(who: Acting, event_id: UUID) -> Any:
    """Appeal against an event, with the files that were chosen."""
    actor = who.actor
    request.max_content_length = MAX_DOCUMENT
    event = appeals.find_own_event(actor, event_id)

    def appeal(data: dict[str, Any]) -> None:
        opened, notices = appeals.open_appeal(actor, event, data["reason"])
        warn(notices)
        _add_files(actor, opened)

    return _ask(who, event_id, APPEAL, appeal)


def _ask(who: Acting, event_id: UUID, schema: Schema | None, ask: Callable[[dict[str, Any]], Any]) -> Any:
    """Ask for something about an event, or take it back, and show the event."""
    then = url_for("console.show_credit_event", event_id=event_id)
    return change_or_show(schema, partial(_event, who, event_id), ask, then)


@pages.post("/credit/appeals/<uuid:appeal_id>/files")
@members_only(GOVERNING, kinds=(ENTERPRISE,))
def add_appeal_files(who: Acting, appeal_id: UUID) -> Any:
    """Add files to an appeal that nobody has decided."""
    actor = who.actor
    request.max_content_length = MAX_DOCUMENT
    appeal = appeals.find_own_appeal(actor, appeal_id)
    return _ask(who, appeal.event_id, None, lambda _: _add_files(actor, appeal))


def _add_files(actor: Actor, appeal: Appeal) -> None:
    for sent in request.files.getlist("file"):
        if sent.filename:
            appeals.add_appeal_file(actor, appeal, sent.read(), FORM, sent.filename)


@pages.post("/credit/events/<uuid:event_id>/repair")
@members_only(GOVERNING, kinds=(ENTERPRISE,))
def ask_for_repair(who: Acting, event_id: UUID) -> Any:
    """Ask that an event stop counting, with a promise in public."""
    actor = who.actor
    event = appeals.find_own_event(actor, event_id)
    return _ask(
        who, event_id, REPAIR, lambda data: warn(appeals.ask_for_repair(actor, event, data["promise"])[1])
    )


@pages.post("/credit/appeals/<uuid:appeal_id>/withdraw")
@members_only(GOVERNING, kinds=(ENTERPRISE,))
def withdraw_appeal(who: Acting, appeal_id: UUID) -> Any:
    """Take back an appeal that nobody has decided."""
    return _withdraw(who, appeals.find_own_appeal(who.actor, appeal_id))


@pages.post("/credit/repairs/<uuid:repair_id>/withdraw")
@members_only(GOVERNING, kinds=(ENTERPRISE,))
def withdraw_repair(who: Acting, repair_id: UUID) -> Any:
    """Take back a request for repair that nobody has decided."""
    return _withdraw(who, appeals.find_own_repair(who.actor, repair_id))


def _withdraw(who: Acting, row: Any) -> Any:
    actor = who.actor
    return _ask(who, row.event_id, None, lambda _: appeals.withdraw(actor, row))
