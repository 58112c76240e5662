"""Deals completed, cancelled, disputed, settled and lapsed: what is not accepted becomes free again."""

import logging
from datetime import timedelta
from uuid import UUID

from ... import clock
from ...errors import Conflict
from ...events.actor import PLATFORM, Actor
from ...events.lifecycle import Party
from ...events.work import Work, unit_of_work
from ...listings import service as listings
from ..models import DEAL_LIFE, DISPUTE_DAYS, OTHER, Deal, DealStatus, Fault, Side
from .deal_events import emit_deal
from .loads import lock_deal
from .permit_tonnes import is_in_flight, release_all, reserve_for
from .turns import party_of, side_for

log = logging.getLogger(__name__)


def complete(actor: Actor, deal_id: UUID, reason: str | None) -> Deal:
    """Complete a deal of which nothing is in flight; what is not accepted is given back.

    Raises:
        Conflict: it has ended (`wrong_state`), or a manifest is issued and not closed (`loads_in_flight`).
    """
    with unit_of_work() as work:
        deal = lock_deal(work, deal_id)
        _end(work, actor, deal, "complete", side_for(actor, deal), reason)
    return deal


def cancel(actor: Actor, deal_id: UUID, reason: str, fault: Fault) -> Deal:
    """Cancel a deal of which nothing is in flight, and say whose fault it is.

    A fault of one's own counts in credit; one of the other's is open to its dispute for `DISPUTE_DAYS`. An
    admin says it in place of the side that has none.

    Raises:
        Conflict: as `complete`.
    """
    with unit_of_work() as work:
        deal = lock_deal(work, deal_id)
        deal.fault = fault
        accuser = None if fault == Fault.NONE else OTHER[Side(fault)]
        _end(work, actor, deal, "cancel", side_for(actor, deal, accuser), reason)
    return deal


def _end(work: Work, actor: Actor, deal: Deal, name: str, side: Side, reason: str | None) -> None:
    move = DEAL_LIFE.move(deal, name, by=party_of(actor, side), reason=reason)
    _require_nothing_in_flight(work, deal)
    deal.ended_by, deal.reason = side, reason
    _give_back(work, deal)
    work.audit(actor, name, deal, reason=reason, fault=deal.fault)
    emit_deal(work, move.event or "", deal, party_of(actor, side))
    log.info("deal ended", extra={"deal_id": str(deal.id), "status": deal.status})


def _require_nothing_in_flight(work: Work, deal: Deal) -> None:
    if is_in_flight(work, deal):
        raise Conflict("loads_in_flight")


def _give_back(work: Work, deal: Deal) -> None:
    """Release what the deal has reserved; refused tonnes stay with it until they are returned."""
    held_kg = deal.held_kg
    deal.ended_at = clock.now()
    listings.release_pair(work, deal.supply_id, deal.demand_id, held_kg - deal.held_kg)
    release_all(work, deal)


def _take_again(work: Work, deal: Deal) -> None:
    """Reserve again what an end has given back. Raises: Conflict: `not_enough_left`."""
    held_kg = deal.held_kg
    deal.ended_at = deal.ended_by = None
    listings.reserve_pair(work, deal.supply_id, deal.demand_id, deal.held_kg - held_kg)
    reserve_for(work, deal, deal.unaccepted_kg)


def dispute(actor: Actor, deal_id: UUID, reason: str) -> Deal:
    """Dispute a deal, or for a while the end that the other side has put to it; an admin settles it.

    Raises:
        Conflict: it has lapsed or is disputed (`wrong_state`), or its end is not, or no longer, the actor's
            to dispute (`dispute_over`).
    """
    with unit_of_work() as work:
        deal = lock_deal(work, deal_id)
        side = side_for(actor, deal, OTHER[deal.ended_by] if deal.ended_by else None)
        was_ended = deal.status not in (DealStatus.AGREED, DealStatus.MOVING)
        move = DEAL_LIFE.move(deal, "dispute", by=party_of(actor, side), reason=reason)
        if was_ended:
            _require_disputable(deal, side)
        deal.disputed_by, deal.dispute_reason = side, reason
        work.audit(actor, "dispute", deal, reason=reason)
        emit_deal(work, move.event or "", deal, party_of(actor, side))
    log.info("deal disputed", extra={"deal_id": str(deal.id), "by": side})
    return deal


def _require_disputable(deal: Deal, side: Side) -> None:
    """The side that did not end the deal may dispute its end, for a while."""
    assert deal.ended_at is not None
    is_late = clock.now() > deal.ended_at + timedelta(days=DISPUTE_DAYS)
    if is_late or deal.ended_by is None or deal.ended_by == side:
        raise Conflict("dispute_over", days=DISPUTE_DAYS)


def settle(actor: Actor, deal_id: UUID, outcome: str, reason: str, fault: Fault | None = None) -> Deal:
    """Settle a dispute: the deal goes on, or ends.

    Args:
        outcome: `moving`, `completed` or `cancelled`.
        fault: whose it is; what was said of it stays where nothing is said now.

    Raises:
        Conflict: it is not disputed (`wrong_state`), a manifest is in flight (`loads_in_flight`), or what its
            end gave back is not there any more (`not_enough_left`).
    """
    with unit_of_work() as work:
        deal = lock_deal(work, deal_id)
        move = DEAL_LIFE.move(deal, f"settle_{outcome}", by=Party.ADMIN, reason=reason)
        deal.fault = fault or deal.fault
        if deal.status == DealStatus.MOVING:
            if deal.has_ended:
                _take_again(work, deal)
        elif not deal.has_ended:
            _require_nothing_in_flight(work, deal)
            _give_back(work, deal)
        deal.reason, deal.ended_by = reason, None
        work.audit(actor, "settle", deal, outcome=outcome, reason=reason)
        emit_deal(work, move.event or "", deal, Party.ADMIN)
    log.info("dispute settled", extra={"deal_id": str(deal.id), "status": deal.status})
    return deal


def lapse_deal(work: Work, deal: Deal) -> None:
    """End a locked deal whose last day is long past and of which nothing is in flight."""
    DEAL_LIFE.move(deal, "lapse", by=Party.CLOCK)
    _give_back(work, deal)
    work.audit(PLATFORM, "lapse", deal)
    emit_deal(work, "deal.lapsed", deal, Party.CLOCK)
    log.info("deal lapsed", extra={"deal_id": str(deal.id)})
