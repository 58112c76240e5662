"""What the workers run for offers and deals."""

from uuid import UUID

from ..matches.service import Outcome
from . import service


def lapse_offers(listing_id: str, status: str) -> None:
    """A listing has closed."""
    service.lapse_offers_of(UUID(listing_id))


def record_offered(
    offer_id: str, by: str, supply_id: str, demand_id: str, supplier_id: str, receiver_id: str
) -> None:
    """An offer was made for a pairing."""
    service.record_outcome(Outcome.OFFERED, UUID(supply_id), UUID(demand_id))


def record_dealt(
    deal_id: str, by: str, status: str, fault: str | None,
    supply_id: str, demand_id: str, supplier_id: str, receiver_id: str,
) -> None:  # fmt: skip
    """A pairing became a deal."""
    service.record_outcome(Outcome.DEALT, UUID(supply_id), UUID(demand_id))


def report_end(
    deal_id: str, by: str, status: str, fault: str | None,
    supply_id: str, demand_id: str, supplier_id: str, receiver_id: str,
) -> None:  # fmt: skip
    """A deal was completed, cancelled or settled."""
    service.report_end(UUID(deal_id))


def confirm_fault(deal_id: str) -> None:
    """The time to dispute whose fault a cancellation is, is over."""
    service.confirm_fault(UUID(deal_id))


def judge_ratings(
    deal_id: str, by: str, status: str, fault: str | None,
    supply_id: str, demand_id: str, supplier_id: str, receiver_id: str,
) -> None:  # fmt: skip
    """One side of a deal has rated the other."""
    service.judge_ratings(UUID(deal_id))


def judge_shown_ratings(deal_id: str) -> None:
    """The only rating of a deal is shown now."""
    service.judge_ratings(UUID(deal_id))
