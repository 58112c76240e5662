"""Messages that are released at once: interest of one side or both, and what one enterprise is to know."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from .... import clock
from ....enterprises import service as enterprises
from ....events.actor import PLATFORM
from ....events.work import Work, unit_of_work
from ....listings import service as listings
from ....listings.models import Listing, ListingStatus
from ....matches import service as matches
from ....transporters import service as transporters
from ...models import NotificationKind
from ..preferences.muted_codes import is_muted, muted_codes_by_receiver
from ..subjects import pairing_code_id
from .deduplication import About, key_of, lock_last, may_follow, save_once
from .messages import compose


def plan_mutual_interest(listing_id: UUID, other_id: UUID) -> None:
    """Plan a message to each side of a pairing that the interest is mutual, if it still is."""
    with unit_of_work() as work:
        rows = listings.by_id({listing_id, other_id})
        one, other = rows[listing_id], rows[other_id]
        is_mutual = matches.verdict_on(one.id, other.id).is_mutual
        if not is_mutual or not matches.released_contact(PLATFORM, one, other):
            return
        for mine, theirs in ((one, other), (other, one)):
            _plan_about_pairing(work, mine, theirs, NotificationKind.MATCH_MUTUAL)


def plan_interest(listing_id: UUID, other_id: UUID) -> None:
    """Plan a message to the owner of `other_id` that the owner of `listing_id` is interested in the pairing.

    Nobody is told who has answered already, may not see the pairing, or wants no such message.
    """
    with unit_of_work() as work:
        rows = listings.by_id({listing_id, other_id})
        theirs, mine = rows[listing_id], rows[other_id]
        said = matches.verdict_on(mine.id, theirs.id)
        if not said.is_other_interested or said.own is not None or not _may_be_matched(mine, theirs):
            return
        muted = muted_codes_by_receiver({mine.enterprise_id}, theirs.enterprise_id).get(mine.enterprise_id)
        if not is_muted(pairing_code_id(mine, theirs), muted):
            _plan_about_pairing(work, mine, theirs, NotificationKind.MATCH_INTEREST)


def _may_be_matched(mine: Listing, theirs: Listing) -> bool:
    """Whether both listings are open, both owners may trade, and the pairing is lawful."""
    is_open = mine.status == theirs.status == ListingStatus.OPEN
    may_trade = enterprises.may_trade(mine.enterprise_id, theirs.enterprise_id)
    return is_open and may_trade and mine.id in matches.lawful_among(theirs, [mine])


def _plan_about_pairing(work: Work, mine: Listing, theirs: Listing, kind: NotificationKind) -> None:
    """Plan a message to the owner of `mine` about a pairing, unless it had one not long ago."""
    last = lock_last(work, mine, theirs, kind)
    data = {
        "listing_id": str(mine.id),
        "counterpart_id": str(theirs.id),
        "score": matches.score_of(mine, theirs),
        "rank": 1,
    }
    receiver = enterprises.by_id({mine.enterprise_id})[mine.enterprise_id]
    message = compose(receiver, kind, data)
    if last is not None and not may_follow(work, last, theirs, message):
        return
    about = About(message, theirs, pairing_code_id(mine, theirs))
    save_once(work, [about], {key_of(last): last} if last else {})


def plan_withdrawal(listing_id: UUID) -> None:
    """Tell those who are interested in a listing that its owner withdrew it."""
    with unit_of_work() as work:
        ours = listings.by_id(matches.listings_interested_in(listing_id))
        owners = enterprises.by_id({mine.enterprise_id for mine in ours.values()})
        for mine in ours.values():
            data = {"listing_id": str(mine.id), "counterpart_id": str(listing_id)}
            work.add(compose(owners[mine.enterprise_id], NotificationKind.MATCH_WITHDRAWN, data))


def plan_keys_expiring(holder_id: UUID, keys: Sequence[dict[str, str]]) -> None:
    """Plan a message for each of these keys; their names, which may be a person's, are read only here."""
    names = enterprises.key_names(UUID(key["key_id"]) for key in keys)
    several = [{**key, "name": names.get(UUID(key["key_id"]), "")} for key in keys]
    plan_messages(holder_id, NotificationKind.KEY_EXPIRING, several)


def plan_about_papers(holder_id: UUID, kind: NotificationKind, papers: Sequence[dict[str, str]]) -> None:
    """Plan a message for each of a transporter's papers; their names, which may be a person's, are read only
    here."""
    names = transporters.paper_names(UUID(paper["paper_id"]) for paper in papers)
    several = [{**paper, "name": names.get(UUID(paper["paper_id"]), "")} for paper in papers]
    plan_messages(holder_id, kind, several)


def plan_message(receiver_id: UUID, kind: NotificationKind, data: dict[str, Any]) -> None:
    """Plan a message to one enterprise that is about no listing; `data` are the `data_fields` of its kind."""
    plan_messages(receiver_id, kind, [data])


def plan_messages(receiver_id: UUID, kind: NotificationKind, several: Sequence[dict[str, Any]]) -> None:
    """Plan a message of a kind for each of the data; they are released together."""
    with unit_of_work() as work:
        receiver, at = enterprises.by_id({receiver_id})[receiver_id], clock.now()
        for data in several:
            work.add(compose(receiver, kind, data, at))
