"""Whether what a released message says still holds when its e-mail is sent."""

from uuid import UUID

from ....enterprises import service as enterprises
from ....events.actor import PLATFORM
from ....listings.models import Kind, Listing, ListingStatus
from ....matches import service as matches
from ...models import Notification
from ..preferences.muted_codes import is_muted, muted_codes_by_receiver
from ..subjects import sides_of, subject_code_id


def _may_hand_over(theirs: Listing, reader_id: UUID) -> bool:
    """Whether both may trade, and their credit still lets the one hand waste to the other (gate `credit`)."""
    parties = enterprises.by_id({theirs.enterprise_id, reader_id})
    owner, reader = parties[theirs.enterprise_id], parties[reader_id]
    sides = (owner, reader) if theirs.kind == Kind.SUPPLY else (reader, owner)
    return owner.may_trade and reader.may_trade and bool(enterprises.may_supply(*sides))


def always_holds(message: Notification) -> bool:
    return True


def is_contact_released(message: Notification) -> bool:
    """Whether a message of mutual interest still holds, and its contact may be shown to its receiver."""
    mine, theirs = sides_of(message)
    if mine is None or not matches.verdict_on(mine.id, theirs.id).is_mutual:
        return False
    return matches.released_contact(PLATFORM, mine, theirs) is not None


def is_interest_open_and_welcome(message: Notification) -> bool:
    """Whether the other side is still interested and unanswered, and the receiver may be told."""
    if message.listing_id is None or message.counterpart_id is None:
        return False
    said = matches.verdict_on(message.listing_id, message.counterpart_id)
    return said.is_unanswered_interest and is_open_and_welcome(message)


def is_open_and_welcome(message: Notification) -> bool:
    """Whether the listings are still open, and the receiver has not refused or muted the other side."""
    mine, theirs = sides_of(message)
    if any(listing.status != ListingStatus.OPEN for listing in (mine, theirs) if listing is not None):
        return False
    if not _may_hand_over(theirs, message.enterprise_id):
        return False
    if mine is not None and matches.listings_refusing({mine.id}, theirs.id):
        return False
    muted = muted_codes_by_receiver({message.enterprise_id}, theirs.enterprise_id)
    return not is_muted(subject_code_id(mine, theirs), muted.get(message.enterprise_id))
