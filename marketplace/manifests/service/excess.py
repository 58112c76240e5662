"""Differences explained, and what exceeds a deal beyond tolerance until then."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from ... import clock
from ...database import db
from ...deals import service as deals
from ...deals.models import Deal
from ...errors import Conflict, Notice
from ...events.actor import Actor
from ..models import CLOSED_STATES, Manifest, ManifestMismatch
from .drafting import kg_by_deal
from .following import follower_of
from .steps import Step, step
from .weights import judgement, tolerances


def hold_excess(row: Manifest, found: Mapping[UUID, Deal]) -> None:
    """Hold back what was accepted beyond the deals and our tolerance, as long as nobody has explained it."""
    rows = tolerances()
    if row.explained_at is not None:
        return
    refused = kg_by_deal(row.lines, "refused_kg")
    beyond = {deal_id: excess_kg(deal, refused[deal_id]) for deal_id, deal in found.items()}
    for line in row.lines:
        excess = min(line.accepted_kg or 0, beyond[line.deal_id])
        if excess > judgement(line, line.quantity_kg, rows).tolerated_kg:
            line.accepted_kg, line.held_kg = (line.accepted_kg or 0) - excess, excess
            beyond[line.deal_id] -= excess
            row.explain_since = clock.now()


def excess_kg(deal: Deal, refused_kg: int) -> int:
    """By how much what is on its way or accepted exceeds a deal.

    Args:
        refused_kg: of the load that is judged; as long as it is not closed this counts as on its way.
    """
    taken_kg = deal.moving_kg - refused_kg + deal.accepted_kg + deal.refused_kg + deal.planned_kg
    return max(0, taken_kg - deal.quantity_kg)


def explain(actor: Actor, manifest_id: UUID, reason: str) -> tuple[Manifest, list[Notice]]:
    """Explain why a load differs from its manifest; an excess that was held back for it is accepted then.

    What another manifest takes back or onward already stays refused.

    Raises:
        Conflict: nothing is to be explained (`nothing_to_explain`); or as `step`.
    """
    with step(actor, manifest_id, "explain", reason) as made:
        row = made.row
        open_ones = _unexplained(row)
        if not open_ones and row.explain_since is None:
            raise Conflict("nothing_to_explain")
        row.explained_at, row.explain_since = clock.now(), None
        for mismatch in open_ones:
            mismatch.explanation, mismatch.explained_at = reason, clock.now()
            mismatch.explained_by = actor.enterprise_id
        if row.status in CLOSED_STATES and follower_of(row.id) is None:
            _accept_held(made)
    return row, []


def _unexplained(row: Manifest) -> list[ManifestMismatch]:
    open_ones = (ManifestMismatch.manifest_id == row.id, ManifestMismatch.explained_at.is_(None))
    return list(db.session.scalars(select(ManifestMismatch).where(*open_ones)))


def _accept_held(made: Step) -> None:
    """Accept what was held back; the deal counts it as beyond its tonnes."""
    held: dict[UUID, int] = {}
    for line in made.row.lines:
        if line.held_kg:
            held[line.deal_id] = held.get(line.deal_id, 0) + line.held_kg
            line.accepted_kg, line.held_kg = (line.accepted_kg or 0) + line.held_kg, 0
    if not held:
        return
    found: dict[UUID, Any] = made.deals()
    for deal_id, kg in held.items():
        deals.close_load(made.work, found[deal_id], 0, kg, -kg, pickup_day(made.row), made.row.id)
    made.row.refused_kg = sum(line.refused_kg or 0 for line in made.row.lines)
    made.row.accepted_kg = sum(line.accepted_kg or 0 for line in made.row.lines)


def pickup_day(row: Manifest) -> date:
    """The day of the pickup, whose calendar year the accepted tonnes are used in."""
    return row.load_on or clock.today()
