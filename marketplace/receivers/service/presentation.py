"""Requests for contact as the API shows them, and what messages say of them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from matching import KG_PER_T

from ...catalogue import service as catalogue
from ...database import db
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise
from ...events import service as reads
from ...events.actor import Actor
from ..models import ReceiverRequest, RequestStatus

SHOWN = ("id", "status", "note", "reason", "answered_at", "created_at", "updated_at")
SIDES = ("supplier", "receiver")


def present(actor: Actor, requests: Sequence[ReceiverRequest]) -> list[dict[str, Any]]:
    """Requests as this actor may see them; enterprises and codes of all are looked up together."""
    ids = {row_id for request in requests for row_id in (request.supplier_id, request.receiver_id)}
    rows = enterprises.by_id(ids) if ids else {}
    codes = catalogue.codes_by_id({request.code_id for request in requests})
    return [
        {
            **{name: getattr(request, name) for name in SHOWN},
            "scheme": codes[request.code_id].scheme,
            "code": codes[request.code_id].code,
            "tonnes": request.kg,
            **{side: enterprises.reference_to(rows[getattr(request, f"{side}_id")]) for side in SIDES},
            "contacts": _contacts(actor, request, rows),
        }
        for request in requests
    ]


def _contacts(
    actor: Actor, request: ReceiverRequest, rows: Mapping[UUID, Enterprise]
) -> dict[str, dict[str, str] | None] | None:
    """Of both sides once it is accepted, while both may trade; staff sees those whom it oversees."""
    sides = {side: rows[getattr(request, f"{side}_id")] for side in SIDES}
    if request.status != RequestStatus.ACCEPTED or not all(row.may_trade for row in sides.values()):
        return None
    shown: dict[str, dict[str, str] | None] = {}
    for side, row in sides.items():
        may_see = actor.enterprise_id is not None or enterprises.sees_all_of(actor, row)
        if may_see:
            reads.note_read(actor, reads.CONTACT, row.id)
        shown[side] = enterprises.contact_for(row) if may_see else None
    return shown


def message_facts(request_id: UUID) -> tuple[ReceiverRequest, dict[str, dict[str, Any]]]:
    """A request, and of each side what its message says of the other: name, code, tonnes, reason."""
    request = db.session.get_one(ReceiverRequest, request_id)
    rows = enterprises.by_id({request.supplier_id, request.receiver_id})
    code = catalogue.codes_by_id([request.code_id])[request.code_id].code
    about = {"request_id": str(request.id), "code": code}
    tonnes = f"{request.kg / KG_PER_T:g}"
    return request, {
        "receiver": {**about, "name": rows[request.supplier_id].name, "tonnes": tonnes},
        "supplier": {**about, "name": rows[request.receiver_id].name},
    }
