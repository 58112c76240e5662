"""What the sides of an offer or a deal are told: each of what the other has done, both of what nobody did."""

from typing import Any
from uuid import UUID

from matching import KG_PER_T

from ....deals import service as deals
from ....deals.models import Deal, Offer, Side
from ....enterprises import service as enterprises
from ....events.work import unit_of_work
from ....http.fields import FEN_PER_CNY, moment_text
from ....listings import service as listings
from ...models import NotificationKind
from .messages import compose


def plan_offer_news(offer_id: UUID, kind: NotificationKind, by: str) -> None:
    """Tell of an offer those of its sides that did not do it themselves.

    Args:
        by: the side that did it; whoever else did it, both are told.
    """
    offer = deals.offer_by_id(offer_id)
    title = listings.by_id({offer.supply_id})[offer.supply_id].title
    data = {
        "offer_id": str(offer.id),
        "title": title,
        "quantity_t": _plain(offer.latest.quantity_kg / KG_PER_T),
        "price_cny_per_t": _plain(offer.latest.price_fen / FEN_PER_CNY),
        "expires_at": moment_text(offer.valid_until),
    }
    _plan(offer, kind, by, data)


def plan_deal_news(deal_id: UUID, kind: NotificationKind, by: str) -> None:
    """Tell of a deal those of its sides that did not do it themselves; `by` as of an offer."""
    deal = deals.deal_by_id(deal_id)
    is_dispute = kind == NotificationKind.DEAL_DISPUTED
    reason = (deal.dispute_reason if is_dispute else deal.reason) or ""
    _plan(deal, kind, by, {"deal_id": str(deal.id), "number": deal.number, "reason": reason})


def _plan(row: Offer | Deal, kind: NotificationKind, by: str, data: dict[str, Any]) -> None:
    parties = enterprises.by_id({row.supplier_id, row.receiver_id})
    supplier, receiver = parties[row.supplier_id], parties[row.receiver_id]
    told = {Side.SUPPLIER: (supplier, receiver), Side.RECEIVER: (receiver, supplier)}
    with unit_of_work() as work:
        for side, (mine, theirs) in told.items():
            if side != by:
                work.add(compose(mine, kind, {**data, "name": theirs.name}))


def _plain(figure: float) -> float | int:
    """A whole figure without a point, as sentences write it."""
    return int(figure) if figure == int(figure) else figure
