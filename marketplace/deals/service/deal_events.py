"""The events of offers and deals: all of a kind have the same payload, so that any task may listen."""

from ...events.work import Work
from ..models import Deal, Offer


def emit_offer(work: Work, name: str, offer: Offer, by: str) -> None:
    """Emit an event of an offer; `by` is a `Party`: a side, an admin in its place, the clock, the system."""
    ids = ("supply_id", "demand_id", "supplier_id", "receiver_id")
    work.emit(
        name, offer_id=str(offer.id), by=str(by), **{field: str(getattr(offer, field)) for field in ids}
    )


def emit_deal(work: Work, name: str, deal: Deal, by: str) -> None:
    """Emit an event of a deal, with its state; `fault` is whose fault its end is said to be, if anybody's."""
    ids = ("supply_id", "demand_id", "supplier_id", "receiver_id")
    work.emit(
        name, deal_id=str(deal.id), by=str(by), status=str(deal.status),
        fault=deal.fault and str(deal.fault),
        **{field: str(getattr(deal, field)) for field in ids},
    )  # fmt: skip
