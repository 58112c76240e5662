"""The due-diligence list of a deal: each contractor, what is on file of it, and whether it was confirmed."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select

from ... import clock
from ...database import db
from ...deals.models import Deal
from ...enterprises import service as enterprises
from ...errors import Notice
from ..models import Check, Contractor, DueDiligence
from .known_facts import contractor_of, known_facts

MISSING, OUTDATED, CURRENT = STATES = ("missing", "outdated", "current")
"""Never confirmed; confirmed of facts that have changed since, or too long ago; confirmed as they are."""
CHECKS = tuple(str(check) for check in Check)

Contractors = dict[tuple[Contractor, UUID], list[DueDiligence]]


def checklist_of(deal: Deal, transporter_id: UUID | None = None) -> dict[str, Any]:
    """The list of a deal: its receiver, every transporter confirmed for it, and the one that is named.

    Raises:
        Invalid: no such transporter (`unknown_transporter`).
    """
    if transporter_id is not None:
        contractor_of(deal, Contractor.TRANSPORTER, transporter_id)
    items = [
        _item(deal, contractor, enterprise_id, confirmed)
        for (contractor, enterprise_id), confirmed in _contractors(deal, transporter_id).items()
    ]
    is_current = all(item["state"] == CURRENT for item in items)
    return {
        "deal_id": deal.id,
        "current": is_current,
        "items": items,
        "warnings": [] if is_current else [_missing(deal)],
    }


def missing_notices(deal_ids: Iterable[UUID], transporter_id: UUID) -> list[Notice]:
    """A warning for each of these deals whose due diligence is not current: for its receiver and this
    transporter."""
    rows = db.session.scalars(select(Deal).where(Deal.id.in_(set(deal_ids))).order_by(Deal.id))
    return [_missing(deal) for deal in rows if not _is_current(deal, transporter_id)]


def _is_current(deal: Deal, transporter_id: UUID) -> bool:
    wanted = {(Contractor.RECEIVER, deal.receiver_id), (Contractor.TRANSPORTER, transporter_id)}
    found = _contractors(deal, transporter_id)
    return all(_state(deal, *key, found[key]) == CURRENT for key in wanted)


def _missing(deal: Deal) -> Notice:
    return Notice("due_diligence_missing", None, {"number": deal.number, "law_of": clock.today()})


def _contractors(deal: Deal, transporter_id: UUID | None) -> Contractors:
    """Each contractor with its confirmations, newest first; the receiver comes first."""
    query = select(DueDiligence).where(DueDiligence.deal_id == deal.id).order_by(DueDiligence.id.desc())
    found: Contractors = {(Contractor.RECEIVER, deal.receiver_id): []}
    if transporter_id is not None:
        found[Contractor.TRANSPORTER, transporter_id] = []
    for row in db.session.scalars(query):
        found.setdefault((row.contractor, row.enterprise_id), []).append(row)
    return found


def _item(
    deal: Deal, contractor: Contractor, enterprise_id: UUID, confirmed: list[DueDiligence]
) -> dict[str, Any]:
    enterprise = enterprises.by_id({enterprise_id})[enterprise_id]
    facts = known_facts(deal, contractor, enterprise)
    newest = confirmed[0] if confirmed else None
    return {
        "contractor": contractor,
        "enterprise": enterprises.reference_to(enterprise),
        "state": state_of(newest, facts),
        "checks": [{"check": check, "facts": facts[check]} for check in CHECKS],
        "note": newest.note if newest else None,
        "confirmed_at": newest.confirmed_at if newest else None,
        "valid_until": newest.valid_until if newest else None,
        "confirmations": len(confirmed),
    }


def _state(deal: Deal, contractor: Contractor, enterprise_id: UUID, confirmed: Iterable[DueDiligence]) -> str:
    enterprise = enterprises.by_id({enterprise_id})[enterprise_id]
    return state_of(next(iter(confirmed), None), known_facts(deal, contractor, enterprise))


def state_of(newest: DueDiligence | None, facts: dict[str, Any]) -> str:
    """Whether a confirmation still says what is so."""
    if newest is None:
        return MISSING
    is_same = newest.facts == {str(check): known for check, known in facts.items()}
    return CURRENT if is_same and newest.valid_until >= clock.today() else OUTDATED
