"""What became of offers and deals flows back: into what the ranking learns from, and to whoever listens.

Credit knows no deals: it listens to `deal.fulfilled` and `deal.at_fault`, which name the enterprises and the
number of the deal.
"""

from datetime import datetime, timedelta
from uuid import UUID

from ... import clock
from ...events.work import Work, unit_of_work
from ...matches import service as matches
from ..models import DISPUTE_DAYS, Deal, DealStatus, Fault, Side
from .loads import lock_deal

CONFIRM = "deals.jobs.confirm_fault"
"""The task that looks at a fault again when the time to dispute it is over."""


def record_outcome(outcome: matches.Outcome, supply_id: UUID, demand_id: UUID) -> None:
    """Record what became of a pairing, for the ranking to learn from."""
    with unit_of_work() as work:
        matches.record_outcome(work, outcome, [(supply_id, demand_id)])


def report_end(deal_id: UUID) -> None:
    """Report a deal that was completed, or cancelled by somebody's fault.

    A fault that the other side is said to have counts once the time to dispute it is over.
    """
    with unit_of_work() as work:
        deal = lock_deal(work, deal_id)
        if deal.status == DealStatus.COMPLETED:
            _report_completion(work, deal)
        elif _is_by_fault(deal):
            if deal.ended_by is not None and deal.ended_by != deal.fault:
                work.enqueue(CONFIRM, due_at=_disputable_until(deal), deal_id=str(deal.id))
            else:
                _report_fault(work, deal)


def confirm_fault(deal_id: UUID) -> None:
    """Report the fault of the other side that it did not dispute in time.

    A deal that went on and was cancelled again has time from its latest end.
    """
    with unit_of_work() as work:
        deal = lock_deal(work, deal_id)
        if _is_by_fault(deal) and clock.now() >= _disputable_until(deal):
            _report_fault(work, deal)


def _disputable_until(deal: Deal) -> datetime:
    assert deal.ended_at is not None
    return deal.ended_at + timedelta(days=DISPUTE_DAYS)


def _is_by_fault(deal: Deal) -> bool:
    return deal.status == DealStatus.CANCELLED and deal.fault in (Fault.SUPPLIER, Fault.RECEIVER)


def _report_completion(work: Work, deal: Deal) -> None:
    if deal.accepted_kg:
        matches.record_outcome(work, matches.Outcome.CLOSED, [(deal.supply_id, deal.demand_id)])
    work.emit(
        "deal.fulfilled",
        deal_id=str(deal.id),
        number=deal.number,
        supplier_id=str(deal.supplier_id),
        receiver_id=str(deal.receiver_id),
    )


def _report_fault(work: Work, deal: Deal) -> None:
    at_fault = deal.supplier_id if deal.fault == str(Side.SUPPLIER) else deal.receiver_id
    work.emit("deal.at_fault", deal_id=str(deal.id), number=deal.number, enterprise_id=str(at_fault))
