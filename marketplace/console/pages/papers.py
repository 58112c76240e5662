"""Papers of an enterprise: those on file with their last days, and forms to hand in others with scans."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Response, redirect, request, url_for
from marshmallow import fields

from ... import identity
from ...catalogue.models import Mode
from ...enterprises.models import Role
from ...errors import DomainError
from ...events.actor import ENTERPRISE, Actor
from ...http.bodies import FORM
from ...http.fields import Day, Identifier, Normalised, OneOf, Text
from ...http.languages import Message
from ...http.schemas import PeriodSchema, Schema
from ...licences import service as licences
from ...licences.models import Channel, Licence, LicenceKind, LicenceStatus, TransferApproval
from ...persons.service import Acting
from ...registrations import service as registrations
from ...transporters import service as transporters
from ...transporters.models import CardKind, PaperKind, PaperStatus
from ..form_fields import TypedTonnes
from ..forms import Errors, once, over_the_form, read_form, typed
from ..page import pages
from ..paper_fields import (
    LINES,
    MAX_FORM,
    LicenceForm,
    beside_scan,
    keep_scan,
    read_lines,
    read_scan,
)
from ..visitor import members_only, private
from ..warnings import warn

MOST_SHOWN = 100
MOST_PAYLOAD_T = 100
OWNER = "admin"
"""The scope of whoever hands in papers, as in the API."""
PATH = "/settings/papers"
TREATING = (Role.RECYCLER, Role.COLLECTOR)
"""Who may hold a licence for hazardous waste."""


class PermitForm(PeriodSchema):
    number = Identifier(60, required=True)
    scope = Text(200, required=True)


class InsuranceForm(PeriodSchema):
    number = Identifier(60, required=True)
    insurer = Text(100, load_default="")


class VehicleForm(Schema):
    plate = Normalised(20, identity.plate, Message("plate_form"), required=True)
    kind = Text(40, required=True, attribute="vehicle_kind")
    payload_t = TypedTonnes(0.001, MOST_PAYLOAD_T, required=True, attribute="payload_kg")
    valid_until = Day(required=True)
    tracker = Identifier(60, load_default=None)


class CrewForm(Schema):
    """A member of the crew with one card; the kind of card is called as in the API."""

    name = Text(50, required=True)
    kind = fields.String(required=True, validate=OneOf(CardKind))
    number = Identifier(40, required=True)
    valid_until = Day(required=True)


@dataclass(frozen=True, slots=True)
class Handing:
    """A form by which a paper is handed in.

    Attributes:
        hand_in: makes the row, and returns it. add_file: keeps a scan with it.
    """

    schema: Schema
    hand_in: Callable[[Actor, dict[str, Any]], Any]
    add_file: Callable[[Actor, Any, bytes, str], Any]


def _hand_in_licence(actor: Actor, data: dict[str, Any]) -> Any:
    licences.check_holder(actor, {})
    licence, notices = licences.add_licence(actor, data)
    warn(notices)
    return licence


def _hand_in_paper(kind: PaperKind) -> Callable[[Actor, dict[str, Any]], Any]:
    def hand_in(actor: Actor, data: dict[str, Any]) -> Any:
        assert actor.enterprise_id is not None
        register = transporters.find_changeable_register(actor, actor.enterprise_id)
        paper, notices = transporters.submit_paper(actor, register.enterprise_id, kind, data)
        warn(notices)
        return paper

    return hand_in


def _hand_in_crew(actor: Actor, data: dict[str, Any]) -> Any:
    card = {name: data[name] for name in ("kind", "number", "valid_until")}
    return _hand_in_paper(PaperKind.CREW)(actor, {"name": data["name"], "cards": [card]})


FORMS = {
    "licence": Handing(LicenceForm(), _hand_in_licence, licences.add_file),
    "permit": Handing(PermitForm(), _hand_in_paper(PaperKind.PERMIT), transporters.add_file),
    "vehicle": Handing(VehicleForm(), _hand_in_paper(PaperKind.VEHICLE), transporters.add_file),
    "crew": Handing(CrewForm(), _hand_in_crew, transporters.add_file),
    "insurance": Handing(InsuranceForm(), _hand_in_paper(PaperKind.INSURANCE), transporters.add_file),
}
"""By the end of their address."""


@pages.get(PATH)
@members_only(kinds=(ENTERPRISE,))
def show_papers(who: Acting) -> Response:
    """Licences, channels, approvals, registrations and papers of carriage on file, with their last days."""
    return _papers(who)


def _papers(who: Acting, http_status: int = 200, errors: Errors | None = None) -> Response:
    actor = who.actor
    carries = Role.TRANSPORTER in actor.roles
    may_write = OWNER in actor.scopes
    return private(
        "papers.html",
        http_status,
        papers=_on_file(actor, carries=carries),
        errors=errors or {},
        values={**typed(), **LINES.values()},
        lines=LINES,
        has_lost_scan=LINES.is_more_asked() and bool(request.files.get("file")),
        treats=may_write and any(role in actor.roles for role in TREATING),
        carries=may_write and carries,
        may_write=may_write,
        licence_kinds=list(LicenceKind),
        card_kinds=list(CardKind),
        modes=list(Mode),
        api="/api/v1/licences",
    )


def _on_file(actor: Actor, *, carries: bool) -> list[dict[str, Any]]:
    own = actor.enterprise_id
    assert own is not None
    papers = [
        *(_licence(row) for row in _permits(actor, Licence)),
        *(_channel(row) for row in _permits(actor, Channel)),
        *(_paper("transfer_approval", row, row.number, None) for row in _permits(actor, TransferApproval)),
        *(
            _paper("receiver_registration", row, row.number, row.status)
            for row in registrations.held_by(own, MOST_SHOWN)
        ),
    ]
    if carries:
        asked = {"status": None, "paper": None, "transporter_id": own}
        found = transporters.search_papers(actor, asked, None, MOST_SHOWN)
        papers += [_carriage(row) for row in transporters.present_papers(actor, found)]
    return sorted(papers, key=lambda paper: paper["valid_until"])


def _permits(actor: Actor, model: type[Any]) -> Any:
    return licences.search(actor, model, actor.enterprise_id, None, None, MOST_SHOWN)


def _paper(kind: str, row: Any, number: str, status: str | None) -> dict[str, Any]:
    ended = getattr(row, "revoked_at", None) is not None
    return {
        "kind": kind, "number": number, "status": status, "ended": ended, "valid_until": row.valid_until,
        "page": None,
    }  # fmt: skip


def _licence(row: Any) -> dict[str, Any]:
    waits = row.status == LicenceStatus.SUBMITTED
    return {
        **_paper("licence", row, row.number, row.status),
        "page": url_for("console.show_licence", licence_id=row.id),
        "add_to": f"licence/{row.id}" if waits else None,
    }


def _channel(row: Any) -> dict[str, Any]:
    """A channel, called by the number of its approval."""
    return {
        **_paper("channel", row, row.approval_number, row.status),
        "page": url_for("console.show_channel", channel_id=row.id),
    }


def _carriage(shown: dict[str, Any]) -> dict[str, Any]:
    """A paper of carriage; of a member of the crew the card that ends first counts."""
    kind, waits = shown["paper"], shown["status"] == PaperStatus.SUBMITTED
    days = [card["valid_until"] for card in shown.get("cards") or ()] or [shown["valid_until"]]
    number = shown.get("number") or shown.get("plate") or shown.get("name") or ""
    return {
        "kind": kind, "number": number, "status": shown["status"], "ended": False, "valid_until": min(days),
        "page": None, "add_to": f"{kind}/{shown['id']}" if waits else None,
    }  # fmt: skip


@pages.post(f"{PATH}/<any(licence, permit, vehicle, crew, insurance):form>")
@members_only(OWNER, kinds=(ENTERPRISE,), max_bytes=MAX_FORM)
def hand_in_paper(who: Acting, form: str) -> Any:
    """Hand in a paper, with its scan if one was chosen: both or neither."""
    actor, handing = who.actor, FORMS[form]
    if LINES.is_more_asked():
        return _papers(who)
    data, errors = read_form(handing.schema)
    lines, wrong_lines = read_lines() if form == "licence" else (None, {})
    scan, wrong_file = read_scan()
    errors |= wrong_lines | wrong_file
    if data is None or errors:
        return _papers(who, 422, errors)
    sent = data if lines is None else {**data, "lines": lines}

    def make() -> str:
        row = handing.hand_in(actor, sent)
        if scan is not None:
            handing.add_file(actor, row, scan, FORM)
        return url_for("console.show_papers")

    try:
        return once(actor, make)
    except DomainError as error:
        return _papers(who, error.status, _beside_field(error))


def _beside_field(error: DomainError) -> Errors:
    """What is said of one of several codes or cards stands beside the field of all."""
    of_lines, others = LINES.split(beside_scan(error))
    return of_lines | {at.rpartition(".")[2]: words for at, words in others.items()}


@pages.get(f"{PATH}/<any(licence, permit, vehicle, crew, insurance):form>")
@members_only(kinds=(ENTERPRISE,))
def show_paper_form(who: Acting, form: str) -> Any:
    """Back to the papers, after a log-in in the middle of one of the forms."""
    return redirect(url_for("console.show_papers"), 303)


@pages.post(f"{PATH}/<any(licence, permit, vehicle, crew, insurance):form>/<uuid:paper_id>")
@members_only(OWNER, kinds=(ENTERPRISE,), max_bytes=MAX_FORM)
def add_scan(who: Acting, form: str, paper_id: UUID) -> Any:
    """Add a scan to a paper that nobody has decided on."""
    actor = who.actor
    is_licence = form == "licence"
    row = licences.find(actor, Licence, paper_id) if is_licence else transporters.find_paper(actor, paper_id)
    return keep_scan(
        actor,
        lambda http_status, errors: _papers(who, http_status, over_the_form(errors)),
        lambda scan: FORMS[form].add_file(actor, row, scan, FORM),
        url_for("console.show_papers"),
    )


@pages.get(f"{PATH}/<any(licence, permit, vehicle, crew, insurance):form>/<uuid:paper_id>")
@members_only(kinds=(ENTERPRISE,))
def show_scan_form(who: Acting, form: str, paper_id: UUID) -> Any:
    """Back to the papers likewise."""
    return redirect(url_for("console.show_papers"), 303)
