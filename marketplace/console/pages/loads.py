"""Loads: those of today first, each with its manifest step by step and the next steps of whoever looks."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from flask import Response, redirect
from marshmallow import fields

from ... import clock
from ...catalogue import service as catalogue
from ...deals import service as deals
from ...deals.models import LIVE_DEALS
from ...documents import service as documents
from ...documents.models import DocumentKind
from ...errors import Invalid, NotFound
from ...events.actor import ADMIN, ENTERPRISE, Actor
from ...haulage import service as haulage
from ...http.fields import Choices, Day, Identifier, Lines, OneOf, Text
from ...http.languages import language
from ...http.paging import PageQuery
from ...http.paging import page as page_of_rows
from ...http.schemas import Schema
from ...manifests import service as manifests
from ...manifests.models import HEAVIEST_KG, CorrectionStatus, ManifestStatus, Part
from ...persons.models import Right
from ...persons.service import Acting
from ...transporters import service as transporters
from ..form_fields import LocalMoment, TypedLoad, TypedTonnes, TypedWhole
from ..forms import Errors, change_or_show, once_by, require_seen, typed, version_seen
from ..page import pages, read_query, treatment_named
from ..visitor import is_in_place, members_only, private
from ..warnings import warn
from .deals import ANY_DEAL
from .verify import token_in

PATH = "/loads/<uuid:manifest_id>"
WRITERS = (ENTERPRISE, ADMIN)
MOST_TODAY, MOST_TRANSPORTERS, MOST_ONWARD = 50, 50, 50
ANY_LOAD = {
    **dict.fromkeys(("role", "from_", "until", "deal_id", "number", "region", "status")),
    "mine": False, "differing": False, "late": False, "today": False,
}  # fmt: skip
DRIVERS = ("pickup", "deliver", "hand_over")
"""The moves of a driver."""
NEXT_MOVES = ("pickup", "receive", "deliver", "schedule", "issue", "close")
"""What a load may wait for."""
LONGEST_FOUND = 300


class LoadsQuery(PageQuery):
    status = Choices(ManifestStatus, "manifest_status", load_default=None)


class FindQuery(Schema):
    number = Text(LONGEST_FOUND, load_default=None)


class ReasonForm(Schema):
    reason = Lines(500, load_default=None)


class NeededReasonForm(Schema):
    reason = Lines(500, required=True)


class ScheduleForm(ReasonForm):
    vehicle = Identifier(20, required=True)
    driver = Text(50, required=True)
    escort = Text(50, load_default=None)
    planned_at = LocalMoment(required=True)


class ChangeForm(ReasonForm):
    """What may be changed before the pickup; what is left empty stays."""

    official_number = Identifier(30)
    planned_on = Day()
    quantity_t = TypedTonnes()
    transporter_id = fields.UUID()


class HandOverForm(ReasonForm):
    transporter_id = fields.UUID(required=True)
    place = Text(100, required=True)
    at = LocalMoment(required=True)
    vehicle = Identifier(20, load_default=None)
    driver = Text(50, load_default=None)
    escort = Text(50, load_default=None)


class OutcomeForm(ReasonForm):
    operation = Identifier(3, required=True)
    on = Day(required=True)
    quantity_t = TypedTonnes(required=True)
    product = Text(100, load_default=None)


class FollowForm(ReasonForm):
    kind = fields.String(required=True, validate=OneOf(("return", "onward"), "manifest_kind"))
    deal_id = fields.UUID(load_default=None)
    transporter_id = fields.UUID(load_default=None)
    planned_on = Day(load_default=None)


class CorrectionForm(NeededReasonForm):
    """What the asker signed otherwise than it was."""

    weight_t = TypedLoad(HEAVIEST_KG / 1000)
    packages = TypedWhole()


QUERY, FIND = LoadsQuery(), FindQuery()


@pages.get("/loads")
@members_only(drivers=True)
def show_loads(who: Acting) -> Response:
    """Those of today, then the others; a driver sees those of today that the transporter carries."""
    query, errors = read_query(QUERY)
    is_driver = who.right == Right.DRIVER
    asked = {**ANY_LOAD, "today": True, **({"role": "transporter"} if is_driver else {})}
    today = manifests.search(who.actor, asked, None, MOST_TODAY) if query["cursor"] is None else ()
    others = partial(manifests.search, who.actor, {**ANY_LOAD, "status": query["status"]})
    found = page_of_rows(query, others) if not is_driver else {"items": [], "next": None}
    of_today = {row.id for row in today}
    rest = [row for row in found["items"] if query["status"] or row.id not in of_today]
    shown = {item["id"]: item for item in manifests.present([*today, *rest])}
    return private(
        "loads.html",
        today=[shown[row.id] for row in today],
        moves={row.id: next_move(who, row) for row in today},
        loads=[shown[row.id] for row in rest],
        next=found["next"],
        day=clock.today(),
        statuses_known=list(ManifestStatus),
        query=query,
        errors=errors,
        me=who.actor.enterprise_id,
        is_driver=is_driver,
        may_write=who.actor.enterprise_id is not None and "deals:write" in who.actor.scopes,
        script="scan.js",
        api="/api/v1/manifests?today=true",
    )


@pages.get("/loads/find")
@members_only(drivers=True)
def find_load(who: Acting) -> Any:
    """The load of a number, ours or the official one, or of the code that its paper shows."""
    query, errors = read_query(FIND)
    given = (query["number"] or "").strip()
    found = _found(who, given) if given else None
    if found is not None:
        return redirect(f"/loads/{found}", 303)
    return private("load_find.html", 404 if given else 200, given=given, errors=errors, script="scan.js")


def _found(who: Acting, given: str) -> UUID | None:
    actor = who.actor
    try:
        if token := token_in(given):
            document = documents.issued_under(token)
            is_load = document.kind == DocumentKind.MANIFEST
            return shown_to(who, document.subject_id).id if is_load else None  # type: ignore[no-any-return]
        rows = manifests.search(actor, {**ANY_LOAD, "number": given[:30]}, None, 1)
        return shown_to(who, rows[0].id).id if rows else None  # type: ignore[no-any-return]
    except NotFound:
        return None


def shown_to(who: Acting, manifest_id: UUID) -> Any:
    """A load that this person may see, as a row. Raises: NotFound."""
    find = manifests.find_of_today if who.right == Right.DRIVER else manifests.find_shown
    return find(who.actor, manifest_id)


def moves_of(who: Acting, row: Any) -> list[str]:
    """The moves that this person may make of a load now."""
    open_now = manifests.open_moves(who.actor, row)
    if who.right == Right.DRIVER:
        return [name for name in open_now if name in DRIVERS]
    may_write = "deals:write" in who.actor.scopes and who.actor.enterprise_id is not None
    return open_now if may_write or is_in_place(who.actor) else []


def next_move(who: Acting, row: Any) -> str | None:
    """The first move that this person may make of a load now, if any."""
    return next((move for move in moves_of(who, row) if move in NEXT_MOVES), None)


def may_track(who: Acting, row: Any) -> bool:
    """Whether this person may say where a load is now."""
    may_write = who.right == Right.DRIVER or is_in_place(who.actor) or "deals:write" in who.actor.scopes
    return may_write and haulage.may_send(who.actor, row)


@pages.get(PATH)
@members_only(drivers=True)
def show_load(who: Acting, manifest_id: UUID) -> Response:
    """A load with its steps, weights, differences and documents."""
    return _load(who, manifest_id)


def _load(who: Acting, manifest_id: UUID, http_status: int = 200, errors: Errors | None = None) -> Response:
    row = shown_to(who, manifest_id)
    (shown,) = manifests.present([row])
    moves = moves_of(who, row)
    parts = _parts_of(who, row)
    needs_carrier = {"change_carrier", "hand_over", "follow"} & set(moves)
    wanted = {"region": None, "hazardous": row.hazardous}
    carriers = transporters.search_transporters(wanted, None, MOST_TRANSPORTERS) if needs_carrier else ()
    return private(
        "load.html",
        http_status,
        load=shown,
        version=row.version,
        moves=moves,
        may_track=may_track(who, row),
        me=who.actor.enterprise_id,
        in_place=is_in_place(who.actor),
        is_driver=who.right == Right.DRIVER,
        carriers=[(each.id, each.Enterprise.name) for each in carriers],
        onward=_onward(who.actor, shown) if "follow" in moves and row.refused_kg else (),
        treatments=_treatments() if "outcome" in moves else (),
        outcome=typed() if errors else _all_of_it(row),
        may=[*["copy"][: Part.SENDER in parts], *["correct"][: _may_correct(shown, parts)]],
        approves=parts,
        values=typed() if errors else {},
        errors=errors or {},
        api=f"/api/v1/manifests/{row.id}",
    )


def _parts_of(who: Acting, row: Any) -> list[Part]:
    """The parts that this person signs for; an admin does in place of any."""
    actor = who.actor
    if is_in_place(actor):
        return list(Part)
    if "deals:write" not in actor.scopes or actor.enterprise_id is None:
        return []
    of = {Part.SENDER: row.sender_id, Part.CARRIER: row.transporter_id, Part.RECEIVER: row.receiver_id}
    return [part for part, enterprise_id in of.items() if enterprise_id == actor.enterprise_id]


def _treatments() -> list[tuple[str, str]]:
    """The operations with the waste, each with what it does."""
    return [(code, treatment_named(code)) for code in catalogue.treatment_names(language())]


def _all_of_it(row: Any) -> dict[str, str]:
    """What an outcome is filled in with: all that is left, treated today."""
    left_kg = (row.accepted_kg or 0) - row.treated_kg
    return {"on": clock.today().isoformat(), "quantity_t": f"{left_kg / 1000:g}"}


def _may_correct(load: dict[str, Any], parts: Sequence[Part]) -> bool:
    """Whether a part of ours is signed and no correction is open: one is open at a time."""
    has_signed = any(signature["part"] in parts for signature in load["signatures"])
    return has_signed and not any(item["status"] == CorrectionStatus.OPEN for item in load["corrections"])


def _onward(actor: Actor, load: dict[str, Any]) -> list[tuple[UUID, str]]:
    """Deals of the sender over the same waste, to which what was refused may go."""
    found = deals.search_deals(actor, {**ANY_DEAL, "status": LIVE_DEALS}, None, MOST_ONWARD)
    named = {line["code_id"] for line in load["lines"]}
    used = {UUID(line["deal_id"]) for line in load["lines"]}
    return [
        (deal.id, deal.number)
        for deal in found
        if deal.supplier_id == load["supplier"]["id"] and deal.code_id in named and deal.id not in used
    ]


def _made(who: Acting, manifest_id: UUID, schema: Schema, act: Callable[[Actor, dict[str, Any]], Any]) -> Any:
    """Make a step of a load that was seen as it is; its page again with words where that is refused.

    Args:
        act: makes the step, and returns the id of the load to show then.
    """
    actor = who.actor

    def make(data: dict[str, Any]) -> str:
        require_seen(shown_to(who, manifest_id).version)
        return f"/loads/{act(actor, data)}"

    return change_or_show(schema, partial(_load, who, manifest_id), once_by(actor, make))


def _step(path: str, schema: Schema, act: Callable[..., Any], *, drivers: bool = False) -> None:
    """A page's form by which a party makes a step; of the API's path and fields."""

    @pages.post(f"{PATH}/{path}", endpoint=f"load_{path.replace('-', '_')}")
    @members_only("deals:write", kinds=WRITERS, drivers=drivers)
    def make_step(who: Acting, manifest_id: UUID) -> Any:
        def make(actor: Actor, data: dict[str, Any]) -> UUID:
            row, notices = act(actor, manifest_id, data)
            warn(notices)
            return row.id  # type: ignore[no-any-return]

        return _made(who, manifest_id, schema, make)


def _by_reason(act: Callable[..., Any]) -> Callable[..., Any]:
    return lambda actor, manifest_id, data: act(actor, manifest_id, data["reason"])


def _delivered(actor: Actor, manifest_id: UUID, data: dict[str, Any]) -> Any:
    return manifests.deliver(actor, manifest_id, {**data, "lon": None, "lat": None})


def _changed(actor: Actor, manifest_id: UUID, data: dict[str, Any]) -> Any:
    return manifests.change(actor, manifest_id, data, version_seen())


_REASON, _NEEDED = ReasonForm(), NeededReasonForm()
_step("request", _REASON, _by_reason(manifests.request))
_step("schedule", ScheduleForm(), manifests.schedule)
_step("change", ChangeForm(), _changed)
_step("decline", _NEEDED, _by_reason(manifests.decline))
_step("issue", _REASON, _by_reason(manifests.issue))
_step("cancel", _NEEDED, _by_reason(manifests.cancel))
_step("copy", _REASON, _by_reason(manifests.copy))
_step("deliver", _REASON, _delivered, drivers=True)
_step("hand-over", HandOverForm(), manifests.hand_over, drivers=True)
_step("refuse", _NEEDED, _by_reason(manifests.refuse))
_step("explain", _NEEDED, _by_reason(manifests.explain))
_step("close", _REASON, _by_reason(manifests.close))
_step("outcome", OutcomeForm(), manifests.outcome)
_step("follow", FollowForm(), manifests.follow)


@pages.post(f"{PATH}/corrections")
@members_only("deals:write", kinds=WRITERS)
def ask_correction(who: Acting, manifest_id: UUID) -> Any:
    """Ask for a change of what one has signed."""

    def act(actor: Actor, data: dict[str, Any]) -> Any:
        reason = data.pop("reason")
        if not data:
            raise Invalid("field_required", at="weight_t")
        return manifests.ask_correction(actor, manifest_id, data, reason).manifest_id

    return _made(who, manifest_id, CorrectionForm(), act)


@pages.post(f"{PATH}/corrections/<uuid:correction_id>/approve")
@members_only("deals:write", kinds=WRITERS)
def approve_correction(who: Acting, manifest_id: UUID, correction_id: UUID) -> Any:
    """Agree to a correction."""
    return _decided(who, manifest_id, correction_id, manifests.approve)


@pages.post(f"{PATH}/corrections/<uuid:correction_id>/reject")
@members_only("deals:write", kinds=WRITERS)
def reject_correction(who: Acting, manifest_id: UUID, correction_id: UUID) -> Any:
    """Refuse a correction."""
    return _decided(who, manifest_id, correction_id, manifests.reject)


def _decided(who: Acting, manifest_id: UUID, correction_id: UUID, decide: Callable[..., Any]) -> Any:
    def act(actor: Actor, data: dict[str, Any]) -> Any:
        asked = manifests.find_correction(actor, correction_id)
        if asked.manifest_id != manifest_id:
            raise NotFound()
        return decide(actor, correction_id, data["reason"]).manifest_id

    return _made(who, manifest_id, _REASON, act)
