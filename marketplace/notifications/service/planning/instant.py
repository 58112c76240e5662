"""Messages that are released at once: a mutual interest, a key that expires soon."""

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


def plan_key_expiring(enterprise_id: UUID, key_id: str, name: str, expires_at: str) -> None:
    """Plan a reminder of a key that expires soon."""
    with unit_of_work() as work:
        receiver = enterprises.by_id({enterprise_id})[enterprise_id]
        data = {"key_id": key_id, "name": name, "expires_at": expires_at}
        work.add(compose(receiver, NotificationKind.KEY_EXPIRING, data))
