"""Messages that are released at once: a mutual interest, and what one enterprise is to know."""

from typing import Any
from uuid import UUID

from ....enterprises import service as enterprises
from ....events.work import unit_of_work
from ....listings import service as listings
from ....matches import service as matches
from ...models import NotificationKind
from ..subjects import pairing_code_id
from .deduplication import About, key_of, lock_last, may_repeat, save_once
from .messages import compose


def plan_mutual_interest(listing_id: UUID, other_id: UUID) -> None:
    """Plan a message to each side of a pairing that the interest is mutual, if it still is."""
    with unit_of_work() as work:
        rows = listings.by_id({listing_id, other_id})
        if matches.released_contact(rows[listing_id], rows[other_id]) is None:
            return
        owners = enterprises.by_id({row.enterprise_id for row in rows.values()})
        for mine, theirs in ((rows[listing_id], rows[other_id]), (rows[other_id], rows[listing_id])):
            last = lock_last(work, mine, theirs, NotificationKind.MATCH_MUTUAL)
            if last is not None and not may_repeat(last, theirs):
                continue
            data = {
                "listing_id": str(mine.id),
                "counterpart_id": str(theirs.id),
                "score": matches.score_of(mine, theirs),
                "rank": 1,
            }
            message = compose(owners[mine.enterprise_id], NotificationKind.MATCH_MUTUAL, data)
            about = About(message, theirs, pairing_code_id(mine, theirs))
            save_once(work, [about], {key_of(last): last} if last else {})


def plan_message(receiver_id: UUID, kind: NotificationKind, data: dict[str, Any]) -> None:
    """Plan a message to one enterprise that is about no listing; `data` are the `data_fields` of its kind."""
    with unit_of_work() as work:
        receiver = enterprises.by_id({receiver_id})[receiver_id]
        work.add(compose(receiver, kind, data))
