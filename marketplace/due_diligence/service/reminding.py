"""What the reminder says that a generator gets when a deal is agreed."""

from typing import Any
from uuid import UUID

from ...database import db
from ...deals.models import Deal
from ...enterprises import service as enterprises


def reminder_facts(deal_id: UUID) -> tuple[UUID, dict[str, Any]]:
    """The generator of a deal, and what its reminder to verify the receiver names."""
    deal = db.session.get_one(Deal, deal_id)
    receiver = enterprises.by_id({deal.receiver_id})[deal.receiver_id]
    return deal.supplier_id, {"deal_id": str(deal.id), "number": deal.number, "name": receiver.name}
