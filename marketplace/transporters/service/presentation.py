"""Registers and papers as the API shows them; numbers of people's cards are for their employer alone.

Officials see a number in full where they look at one paper, and the audit says that they did.
"""

from collections.abc import Sequence
from typing import Any

from ...enterprises import service as enterprises
from ...events import service as events
from ...events.actor import Actor
from ..models import COLUMNS_OF_KIND, CrewCard, PaperKind, TransporterPaper, TransporterRegister
from .lookup import papers_of
from .register import fleets, scopes

SHOWN_OF_NUMBER = 4
"""The last signs of a card's number that a mask leaves."""
COMMON = ("id", "transporter_id", "status", "reason", "decided_at", "ended_at", "created_at", "files")
LISTS = {
    PaperKind.PERMIT: "permits",
    PaperKind.VEHICLE: "vehicles",
    PaperKind.CREW: "crew",
    PaperKind.INSURANCE: "insurance",
}
"""The member of a register that has the papers of a kind."""
NAMES = {"vehicle_kind": "kind", "payload_kg": "payload_t"}
"""Columns that the API calls otherwise."""


def present_register(actor: Actor, register: TransporterRegister) -> dict[str, Any]:
    """The register of a transporter with its papers, but those that were ended."""
    papers: dict[str, list[dict[str, Any]]] = {name: [] for name in LISTS.values()}
    for paper in papers_of(register.enterprise_id):
        papers[LISTS[paper.kind]].append(present_paper(paper, in_full=_is_holder(actor, paper)))
    names = ("service_area", "hazardous", "duty_phone", "note", "created_at", "updated_at")
    return {"id": register.enterprise_id, **{name: getattr(register, name) for name in names}, **papers}


def present_one(actor: Actor, paper: TransporterPaper) -> dict[str, Any]:
    """A paper in full; that staff read the number of a person's card is noted."""
    if paper.kind == PaperKind.CREW:
        events.note_read(actor, events.CREW, paper.id, paper.__tablename__)
    return present_paper(paper, in_full=True)


def present_papers(actor: Actor, papers: Sequence[TransporterPaper]) -> list[dict[str, Any]]:
    """Papers of a list."""
    return [present_paper(paper, in_full=_is_holder(actor, paper)) for paper in papers]


def present_paper(paper: TransporterPaper, *, in_full: bool) -> dict[str, Any]:
    """A paper with the fields of its kind."""
    columns = COLUMNS_OF_KIND[paper.kind]
    fields = {NAMES.get(name, name): getattr(paper, name) for name in columns}
    if paper.kind == PaperKind.VEHICLE:
        fields["tracker"] = paper.tracker
    if paper.kind == PaperKind.CREW:
        fields["cards"] = [_card(card, in_full) for card in paper.cards]
    return {**{name: getattr(paper, name) for name in COMMON}, "paper": paper.kind, **fields}


def present_transporters(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Transporters as every member sees them: what they may carry and with how many vehicles, no people."""
    ids = [row.id for row in rows]
    vehicles, permits = fleets(ids), scopes(ids)
    return [
        {
            **enterprises.reference_to(row.Enterprise),
            "region": row.Enterprise.region,
            "hazardous": row.hazardous,
            "service_area": row.TransporterRegister.service_area if row.TransporterRegister else [],
            "permits": permits.get(row.id, []),
            "vehicles": vehicles.get(row.id, (0, 0))[0],
            "payload_t": vehicles.get(row.id, (0, 0))[1],
        }
        for row in rows
    ]


def _is_holder(actor: Actor, paper: TransporterPaper) -> bool:
    return actor.enterprise_id == paper.transporter_id


def _card(card: CrewCard, in_full: bool) -> dict[str, Any]:
    number = card.number if in_full else masked(card.number)
    return {"kind": card.kind, "number": number, "valid_until": card.valid_until}


def masked(number: str) -> str:
    """A number of which only the last signs are shown, and of a short one none."""
    shown = number[-SHOWN_OF_NUMBER:] if len(number) > 2 * SHOWN_OF_NUMBER else ""
    return "*" * (len(number) - len(shown)) + shown
