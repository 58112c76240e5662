"""What happens to a permit is told to its holders and to the parties of the deals that rest on it."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, select

from .... import clock
from ....database import db
from ....deals.models import LIVE_DEALS, Deal
from ....licences import service as licences
from ...models import NotificationKind
from .instant import plan_message


def plan_permit_news(
    kind: NotificationKind, table: str, permit_id: UUID, number: str, reason: str | None, **more: str
) -> None:
    """Plan a message to each enterprise that holds the permit or has a living deal resting on it.

    Of a permit that ended, only deals for which no renewal or other entry of it counts are concerned.

    Args:
        table: of the permit.
        reason: what the official said, of kinds whose message says it.
        more: what else the message says.
    """
    permits = licences.permits_beside(table, permit_id)
    if kind != NotificationKind.PERMIT_RESUMED:
        today = clock.today()
        permits = [permit for permit in permits if not licences.counts_on(permit, today)]
    concerned = Counter[UUID]()
    for supplier_id, receiver_id in _parties(permits):
        concerned.update((supplier_id, receiver_id))
    said = {} if reason is None else {"reason": reason}
    for enterprise_id in sorted(licences.holders_of(table, permit_id) | concerned.keys()):
        data = {
            "permit_id": str(permit_id),
            "name": number,
            "deals": concerned[enterprise_id],
            **said,
            **more,
        }
        plan_message(enterprise_id, kind, data)


def _parties(permits: Sequence[licences.PermitRef]) -> Sequence[tuple[UUID, UUID]]:
    """Supplier and receiver of each living deal that rests on one of these permits."""
    ids = [permit.id for permit in permits]
    query = select(Deal.supplier_id, Deal.receiver_id).where(
        or_(Deal.permit_id.in_(ids), Deal.approval_id.in_(ids)), Deal.status.in_(LIVE_DEALS)
    )
    return [(row[0], row[1]) for row in db.session.execute(query)]
