"""What is told at once: a mutual interest, a key that ends soon."""

from uuid import UUID

from ....enterprises import service as enterprises
from ....events.work import unit_of_work
from ....listings import service as listings
from ....listings.models import Listing
from ....matches import service as matches
from ...models import KEY_EXPIRING, MATCH_MUTUAL
from .deduplication import may_repeat, message_to, tell_once, told_of


def plan_mutual_interest(listing_id: UUID, other_id: UUID) -> None:
    """Tell both sides of a pairing that the interest is mutual, if it still is."""
    with unit_of_work() as work:
        rows = listings.by_id({listing_id, other_id})
        owners = enterprises.by_id({row.enterprise_id for row in rows.values()})
        if not contact_may_be_shown(rows[listing_id], rows[other_id]):
            return
        for mine, theirs in ((rows[listing_id], rows[other_id]), (rows[other_id], rows[listing_id])):
            told = told_of(work, mine, theirs, MATCH_MUTUAL)
            if told is not None and not may_repeat(told, theirs):
                continue
            seen = matches.score_of(mine, theirs)
            about = {"listing_id": str(mine.id), "counterpart_id": str(theirs.id), "score": seen, "rank": 1}
            tell_once(work, told, mine, theirs, message_to(owners[mine.enterprise_id], MATCH_MUTUAL, about))


def contact_may_be_shown(one: Listing, other: Listing) -> bool:
    """Whether both owners may trade, and both still say "interested" of the pairing."""
    return matches.is_mutual(one.id, other.id) and enterprises.may_trade(
        one.enterprise_id, other.enterprise_id
    )


def plan_key_expiring(enterprise_id: UUID, key_id: str, name: str, expires_at: str) -> None:
    """Remind an enterprise of a key that ends soon."""
    with unit_of_work() as work:
        receiver = enterprises.by_id({enterprise_id})[enterprise_id]
        about = {"key_id": key_id, "name": name, "expires_at": expires_at}
        work.add(message_to(receiver, KEY_EXPIRING, about))
