"""What is traded is what the terms on the table were named for: nobody swaps it before they are accepted."""

from typing import Any

from sqlalchemy import func, select

from ...errors import Conflict
from ...events.models import Audit
from ...events.work import Work
from ...listings import service as listings
from ...listings.models import Kind, Listing
from ...messages.names import name_of
from ..models import Offer

WHAT_IS_TRADED = frozenset(
    {"waste", "form", "packaging", "composition", "region", "location", "treatment", "exemption_item"}
)
"""Terms of a listing that say which waste lies where and what is done with it; an offer names none."""


def require_same_waste(work: Work, offer: Offer, *rows: Listing) -> None:
    """Refuse terms that were named for another waste, place or treatment. The rows are locked.

    Raises:
        Conflict: a listing was changed since (`listing_changed`).
    """
    named = select(func.max(Audit.id)).where(
        Audit.subject_kind == Offer.__tablename__,
        Audit.subject_id == str(offer.id),
        Audit.action.in_(("make", "counter")),
    )
    by_id = {str(row.id): row for row in rows}
    changed = select(Audit.subject_id, Audit.detail).where(
        Audit.subject_kind == Listing.__tablename__,
        Audit.subject_id.in_(by_id),
        Audit.action == "change",
        Audit.id > named.scalar_subquery(),
    )
    for listing_id, detail in work.session.execute(changed):
        if _is_other_waste(detail["changes"]):
            raise Conflict("listing_changed", listing=name_of(Kind(by_id[listing_id].kind)))


def _is_other_waste(changes: dict[str, list[Any]]) -> bool:
    """Whether the other side sees a change of what is traded; a place is moved within what is shown of it."""
    return listings.others_see({name: change for name, change in changes.items() if name in WHAT_IS_TRADED})
