"""What manifests do to a deal: tonnes planned, issued, moving, accepted, refused and returned.

Each function is part of the manifest's unit of work, which has locked the deal by `lock_deal`, after the
manifest. A manifest calls once a deal, with the sum of its lines. As long as a deal lives its listings lack
all that is agreed; what is refused is free for another load once it has been returned.
"""

from datetime import date
from uuid import UUID

from ...events.actor import PLATFORM
from ...events.lifecycle import Party, wrong_state
from ...events.work import Work
from ...listings import service as listings
from ...messages.names import Name
from ...shortage import not_enough_left
from ..models import DEAL_LIFE, Deal, DealStatus
from .deal_events import emit_deal
from .permit_tonnes import commit_load, forget_load, use_for_load

LOADABLE = (DealStatus.AGREED, DealStatus.MOVING)
"""States of a deal in which new loads are planned and issued."""


def lock_deal(work: Work, deal_id: UUID) -> Deal:
    """The deal, freshly read and locked. Raises: NotFound."""
    return work.lock(Deal, Deal.id == deal_id)


def plan_load(work: Work, deal: Deal, kg: int) -> None:
    """Put tonnes on the draft of a manifest.

    Raises:
        Conflict: the deal takes no loads (`wrong_state`), or has less left (`not_enough_left`).
    """
    _require_loadable(deal)
    _plan(deal, kg)


def replan_load(work: Work, deal: Deal, old_kg: int, new_kg: int) -> None:
    """Change the tonnes of a draft. Raises: Conflict: as `plan_load`; nothing has changed then."""
    _require_loadable(deal)
    if new_kg - old_kg > deal.left_kg:
        raise not_enough_left(deal.left_kg + old_kg, Name("subject", "deal"), at="quantity_t")
    deal.planned_kg += new_kg - old_kg


def unplan_load(work: Work, deal: Deal, kg: int) -> None:
    """Take the tonnes of a manifest off that will not be picked up; also after the end of the deal."""
    deal.planned_kg -= kg


def issue_load(work: Work, deal: Deal, kg: int, on: date, manifest_id: UUID) -> None:
    """Issue a load that is planned, to be picked up on a day; the first sets the deal moving.

    Raises:
        Conflict: the deal takes no loads (`wrong_state`), a permit does not count on that day
            (`permit_not_valid`), or has too little left in its year (`not_enough_left`).
    """
    _require_loadable(deal)
    commit_load(work, deal, kg, on, manifest_id)
    if deal.status == DealStatus.AGREED:
        move = DEAL_LIFE.move(deal, "move", by=Party.SYSTEM)
        work.audit(PLATFORM, move.name, deal, manifest_id=str(manifest_id))
        emit_deal(work, "deal.moving", deal, Party.SYSTEM)


def unissue_load(work: Work, deal: Deal, manifest_id: UUID) -> None:
    """Take an issued load out of flight before its pickup; it is still planned."""
    forget_load(work, deal, manifest_id)


def start_load(work: Work, deal: Deal, planned_kg: int, picked_up_kg: int) -> None:
    """A load was picked up: what moves counts by the weight at pickup."""
    deal.planned_kg -= planned_kg
    deal.moving_kg += picked_up_kg
    deal.shipped_kg += picked_up_kg


def receive_load(work: Work, deal: Deal, moving_kg: int, received_kg: int) -> None:
    """A load was received: what moves counts by the weight at the gate."""
    deal.moving_kg += received_kg - moving_kg


def close_load(
    work: Work, deal: Deal, moving_kg: int, accepted_kg: int, refused_kg: int, on: date, manifest_id: UUID
) -> None:
    """Close a load, or refuse it as a whole: accepted tonnes are used on the permit, refused ones wait for
    their return.

    Args:
        on: the day of its pickup, whose calendar year counts.
    """
    deal.moving_kg -= moving_kg
    deal.accepted_kg += accepted_kg
    deal.refused_kg += refused_kg
    deal.over_kg = max(0, deal.accepted_kg - deal.quantity_kg)
    forget_load(work, deal, manifest_id)
    use_for_load(work, deal, accepted_kg, on, manifest_id)


def return_load(work: Work, deal: Deal, refused_kg: int) -> None:
    """Refused tonnes are back: the deal may load them again; after its end the listings have them."""
    held_kg = deal.held_kg
    deal.refused_kg -= refused_kg
    listings.release_pair(work, deal.supply_id, deal.demand_id, held_kg - deal.held_kg)


def _require_loadable(deal: Deal) -> None:
    if deal.status not in LOADABLE:
        raise wrong_state("deal", deal.status, "load", LOADABLE)


def _plan(deal: Deal, kg: int) -> None:
    if kg > deal.left_kg:
        raise not_enough_left(deal.left_kg, Name("subject", "deal"), at="quantity_t")
    deal.planned_kg += kg
