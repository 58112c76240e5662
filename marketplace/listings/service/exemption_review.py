"""The review of the evidence for the exemption that a demand names."""

import logging
from uuid import UUID

from ...errors import Conflict
from ...events.actor import Actor
from ...events.work import unit_of_work
from ..models import ExemptionReview, Listing, ListingStatus

log = logging.getLogger(__name__)


def review_exemption(actor: Actor, listing_id: UUID, decision: str, reason: str) -> Listing:
    """Accept or refuse the evidence for the exemption that a demand names.

    Raises:
        NotFound. Conflict: the listing names no exemption (`no_exemption_named`).
    """
    with unit_of_work() as work:
        row = work.lock(Listing, Listing.id == listing_id)
        if row.exemption_item is None:
            raise Conflict("no_exemption_named")
        row.exemption_review, row.exemption_reason = ExemptionReview(decision), reason
        work.audit(actor, f"exemption_{decision}", row, reason=reason)
        if row.status == ListingStatus.OPEN:
            work.emit("listing.changed", listing_id=str(row.id))
    log.info("exemption reviewed", extra={"listing_id": str(row.id), "decision": decision})
    return row
