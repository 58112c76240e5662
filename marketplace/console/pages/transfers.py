"""Transfers to another province: applications with their course and papers, and each next step."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, request, url_for
from marshmallow import fields

from ... import clock
from ...catalogue.models import Mode
from ...deals import service as deals
from ...desk.models import DeskKind
from ...enterprises import service as enterprises
from ...events import service as events
from ...events.actor import ADMIN, ENTERPRISE, Actor
from ...http.bodies import FORM
from ...http.fields import Day, Identifier, Lines, OneOf, Text
from ...http.paging import PageQuery
from ...http.paging import page as page_of_rows
from ...http.schemas import CodeText, PeriodSchema, Schema
from ...persons import service as persons
from ...persons.service import Acting
from ...transfers import service as transfers
from ...transfers.models import LIFE, LIVE, TransferApplication, TransferPaperKind, TransferStatus
from ..desk_queue import STEP_TAKEN, desk_query, is_from_desk, next_of, row_of
from ..firms_named import LONGEST, enter_naming
from ..form_fields import TypedTonnes
from ..forms import Errors, change_or_show, once_by, read_form, require_seen, typed
from ..page import pages, read_query
from ..paper_fields import MAX_FORM, keep_scan
from ..visitor import members_only, private
from ..warnings import warn
from .approvals import BOTH
from .deals import ANY_DEAL
from .licences import may_decide

PATH = "/transfers/<uuid:application_id>"
APPLICANTS = (ENTERPRISE, ADMIN)
MOST_LINES, MOST_DEALS = 100, 50
OF_APPLICANT = ("supplement", "withdraw")
OF_ADMIN = ("accept-papers", "ask-papers", "forward", "agree", "grant", "refuse")
"""Steps, as the API calls them; each is a form of its own."""
NEED_REASON = ("ask-papers", "refuse")


class ApplicationsQuery(PageQuery):
    status = fields.String(load_default=None, validate=OneOf(TransferStatus))
    overdue = fields.Boolean(load_default=False)


class MovementForm(PeriodSchema):
    """What is to move, by the names of the API; the code shows its scheme."""

    code = CodeText(required=True)
    tonnes = TypedTonnes(required=True)
    way = fields.String(required=True, validate=OneOf(Mode))


class ApplicationForm(MovementForm):
    receiver_id = fields.UUID(required=True)


class OfficersApplicationForm(MovementForm):
    """The same on behalf of a generator; both sides by credit code or name."""

    generator_id = Text(LONGEST, required=True)
    receiver_id = Text(LONGEST, required=True)


class NewQuery(Schema):
    receiver_id = fields.UUID(load_default=None)


class StepForm(Schema):
    reason = Lines(500, load_default=None)


class StepReasonForm(Schema):
    reason = Lines(500, required=True)


class GrantForm(Schema):
    """The approval as the province gave it; what is left empty is as it was applied for."""

    number = Identifier(60, required=True)
    tonnes = TypedTonnes(load_default=None)
    valid_from = Day(load_default=None)
    valid_until = Day(load_default=None)


class PaperForm(Schema):
    kind = fields.String(required=True, validate=OneOf(TransferPaperKind))


QUERY, NEW, APPLICATION, BY_OFFICER, STEP, STEP_REASON, GRANT, PAPER = (
    ApplicationsQuery(), NewQuery(), ApplicationForm(), OfficersApplicationForm(), StepForm(),
    StepReasonForm(), GrantForm(), PaperForm(),
)  # fmt: skip


def may_apply(actor: Actor) -> bool:
    """Whether the actor applies for transfers: a member who may deal, or an admin."""
    return ("admin" if actor.is_admin else "deals:write") in actor.scopes


@pages.get("/transfers")
@members_only()
def show_transfers(who: Acting) -> Response:
    """Applications that the reader may see, newest first."""
    actor = who.actor
    query, errors = read_query(QUERY)
    found = page_of_rows(
        query, partial(transfers.search, actor, query["status"], query["overdue"]), present=_with_names
    )
    return private(
        "transfers.html",
        applications=found["items"],
        next=found["next"],
        statuses_known=list(TransferStatus),
        query=query,
        errors=errors,
        may_apply=may_apply(actor),
        api="/api/v1/transfer-applications",
    )


def _with_names(rows: Sequence[TransferApplication]) -> list[dict[str, Any]]:
    """Applications as the API shows them, with the names of both sides."""
    names = enterprises.references({row_id for row in rows for row_id in (row.generator_id, row.receiver_id)})
    return [
        {**shown, "generator": names[shown["generator_id"]], "receiver": names[shown["receiver_id"]]}
        for shown in transfers.present(rows)
    ]


# ---------------------------------------------------------------- applying


@pages.get("/transfers/new")
@members_only("deals:write", kinds=APPLICANTS)
def show_new_transfer(who: Acting) -> Response:
    """The form of an application, filled in by the link that led here: a deal, a pairing, a receiver."""
    return _new(who.actor, dict(request.args))


def _new(
    actor: Actor, values: dict[str, str], http_status: int = 200, errors: Errors | None = None
) -> Response:
    return private(
        "transfer_new.html",
        http_status,
        receivers=_known_receivers(actor) if actor.enterprise_id else None,
        modes=list(Mode),
        values=values,
        errors=errors or {},
        api="/api/v1/transfer-applications",
    )


def _known_receivers(actor: Actor) -> list[tuple[UUID, str]]:
    """The receivers of the actor's deals, and the one that a link named or the form chose: ids and names."""
    query, _ = read_query(NEW)
    known = deals.search_deals(actor, {**ANY_DEAL, "status": None}, None, MOST_DEALS)
    ids = {deal.receiver_id for deal in known if deal.supplier_id == actor.enterprise_id}
    chosen = query["receiver_id"] or _chosen_receiver()
    if chosen is not None:
        ids.add(chosen)
    rows = enterprises.references(ids) if ids else {}
    return sorted(((row.id, row.name) for row in rows.values()), key=lambda pair: pair[1])


def _chosen_receiver() -> UUID | None:
    try:
        return UUID(request.form.get("receiver_id", ""))
    except ValueError:
        return None


@pages.post("/transfers/new")
@members_only("deals:write", kinds=APPLICANTS)
def apply_for_transfer(who: Acting) -> Any:
    """Apply; the papers follow on the page of the application."""
    actor = who.actor

    def apply(data: dict[str, Any]) -> str:
        application, notices = transfers.apply_for(actor, {"generator_id": None, "scheme": None, **data})
        warn(notices)
        return url_for("console.show_transfer", application_id=application.id)

    if actor.enterprise_id is None:
        return enter_naming(actor, BY_OFFICER, BOTH, partial(_new, actor, typed()), apply)
    return change_or_show(APPLICATION, partial(_new, actor, typed()), once_by(actor, apply))


# ---------------------------------------------------------------- the case file


@pages.get(PATH)
@members_only()
def show_transfer(who: Acting, application_id: UUID) -> Response:
    """An application: how far it is, who acts until when, its papers, its course, and what may be done."""
    return _application(who.actor, application_id)


def _application(
    actor: Actor, application_id: UUID, http_status: int = 200, errors: Errors | None = None
) -> Response:
    row = transfers.find(actor, application_id)
    (shown,) = _with_names([row])
    is_applicants = may_apply(actor) and actor.enterprise_id in (None, row.generator_id)
    return private(
        "transfer.html",
        http_status,
        application=shown,
        version=row.version,
        course=_course(actor, row, shown["steps"]),
        own_steps=_open_to(row, OF_APPLICANT) if is_applicants else [],
        steps=_open_to(row, OF_ADMIN) if may_decide(actor) else [],
        needs_reason=NEED_REASON if actor.enterprise_id else (*NEED_REASON, *OF_APPLICANT),
        may_add=is_applicants and row.status in LIVE,
        kinds=list(TransferPaperKind),
        values=typed() if errors else {},
        errors=errors or {},
        today=clock.today(),
        api=f"/api/v1/transfer-applications/{row.id}",
    )


def _open_to(row: TransferApplication, steps: Sequence[str]) -> list[str]:
    """Those of these steps that begin where the application is."""
    return [step for step in steps if row.status in LIFE.sources(step.replace("-", "_"))]


def _course(actor: Actor, row: TransferApplication, steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What was done, oldest first: when, by which side, by which person as far as the reader may know; a
    step with its deadline and what was said."""
    lines = events.history_of(TransferApplication.__tablename__, str(row.id), None, MOST_LINES)
    acted = [(line.person_id, line.actor_id if line.actor_kind == ENTERPRISE else None) for line in lines]
    left = list(steps)
    course = []
    for line, person in zip(lines, persons.named_for(actor, acted), strict=True):
        step = left.pop() if left and left[-1]["move"] == line.action else None
        course.append(
            {"action": line.action, "by": line.actor_kind, "at": line.at, "person": person, "step": step}
        )
    return course[::-1]


def _step(who: Acting, application_id: UUID, schema: Schema, act: Callable[..., Any]) -> Any:
    """Take a step with an application that was seen as it is; its page again where that is refused.

    An officer whom the desk has led here goes on with the item that follows in it.
    """
    actor = who.actor
    row = transfers.find(actor, application_id)

    def take(data: dict[str, Any]) -> str:
        require_seen(row.version)
        if not is_from_desk(actor):
            act(actor, row, data)
            return url_for("console.show_transfer", application_id=application_id)
        item = row_of(actor, DeskKind.TRANSFER_APPLICATION, application_id)
        act(actor, row, data)
        return next_of(actor, item, STEP_TAKEN)

    return change_or_show(schema, partial(_application, actor, application_id), once_by(actor, take))


def _move(step: str, actor: Actor, row: TransferApplication, data: dict[str, Any]) -> None:
    transfers.make_move(actor, row, step.replace("-", "_"), data["reason"])


@pages.post(f"{PATH}/<any(supplement, withdraw):own_step>")
@members_only("deals:write", kinds=APPLICANTS)
def take_own_step(who: Acting, application_id: UUID, own_step: str) -> Any:
    """Hand in the papers that were asked for, or withdraw."""
    transfers.find_own(who.actor, application_id)
    return _step(who, application_id, STEP, partial(_move, own_step))


@pages.post(f"{PATH}/<any('accept-papers', 'ask-papers', forward, agree, refuse):step>")
@members_only("admin", kinds=(ADMIN,))
def take_step(who: Acting, application_id: UUID, step: str) -> Any:
    """Enter what a province says of an application."""
    return _step(who, application_id, STEP_REASON if step in NEED_REASON else STEP, partial(_move, step))


@pages.post(f"{PATH}/grant")
@members_only("admin", kinds=(ADMIN,))
def grant_transfer(who: Acting, application_id: UUID) -> Any:
    """Enter the approval that concludes an application."""
    return _step(who, application_id, GRANT, transfers.grant)


@pages.post(f"{PATH}/papers")
@members_only("deals:write", kinds=APPLICANTS, max_bytes=MAX_FORM)
def add_transfer_paper(who: Acting, application_id: UUID) -> Any:
    """Add a paper of a kind."""
    actor = who.actor
    row = transfers.find_own(actor, application_id)
    show = partial(_application, actor, application_id)
    data, errors = read_form(PAPER)
    if data is None:
        return show(422, errors)
    kind = TransferPaperKind(data["kind"])
    then = url_for("console.show_transfer", application_id=application_id) + desk_query()
    return keep_scan(actor, show, lambda scan: transfers.add_paper(actor, row, kind, scan, FORM), then)
