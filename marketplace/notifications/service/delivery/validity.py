"""Whether what a message says still holds: when it is released, and when its e-mail is sent."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Uuid, cast, or_, select
from sqlalchemy.orm import aliased

from ....enterprises import service as enterprises
from ....enterprises.models import Enterprise
from ....events.actor import PLATFORM
from ....events.work import Work
from ....listings.models import Kind, Listing, ListingStatus
from ....matches import service as matches
from ...models import Notification, SavedSearch
from ..planning.saved_search_matching import (
    Owner,
    Reader,
    reader_may_see_listing,
    searches_finding,
    uninterested_readers,
)
from ..preferences.muted_codes import is_muted, muted_codes_by_receiver
from ..subjects import pairing_code_id, sides_of, subject_code_id

JUST_JUDGED = timedelta(minutes=1)
"""A message that was planned less long ago than this is not judged again in full at its release."""


# ---------------------------------------------------------------- at the release


def none_lapsed(work: Work, due: Sequence[Notification], now: datetime) -> set[UUID]:
    """Messages that hold whatever happens between plan and release."""
    return set()


def lapsed_matches(work: Work, due: Sequence[Notification], now: datetime) -> set[UUID]:
    """Which messages about a match may not be released any more.

    Whether both listings are open and both enterprises may trade is asked for all in one statement; whether
    the pairing is lawful and welcome, only for those that waited, and once for each counterpart.
    """
    created_at = {message.id: message.created_at for message in due}
    mine, theirs = aliased(Listing), aliased(Listing)
    receiver, sender = aliased(Enterprise), aliased(Enterprise)
    statement = (
        select(Notification.id, mine, theirs)
        .join(mine, mine.id == Notification.listing_id)
        .join(theirs, theirs.id == Notification.counterpart_id)
        .join(receiver, receiver.id == mine.enterprise_id)
        .join(sender, sender.id == theirs.enterprise_id)
        .where(
            Notification.id.in_(created_at),
            mine.status == ListingStatus.OPEN,
            theirs.status == ListingStatus.OPEN,
            receiver.may_trade,
            sender.may_trade,
            or_(mine.kind == Kind.SUPPLY, receiver.may_receive),
        )
        .execution_options(populate_existing=True)
    )
    valid: set[UUID] = set()
    waited: dict[Listing, dict[UUID, Listing]] = defaultdict(dict)
    for message_id, own_listing, other_listing in work.session.execute(statement):
        if now - created_at[message_id] < JUST_JUDGED:
            valid.add(message_id)
        else:
            waited[other_listing][message_id] = own_listing
    for other_listing, messages in waited.items():
        welcome = _lawful_and_welcome(other_listing, list(messages.values()))
        valid |= {message_id for message_id, listing in messages.items() if listing.id in welcome}
    return created_at.keys() - valid


def lapsed_interests(work: Work, due: Sequence[Notification], now: datetime) -> set[UUID]:
    """Which messages that the other side is interested may not be released any more: it took that back, the
    receiver has answered meanwhile, or the pairing is no match any more."""
    open_ones = [message for message in due if _is_unanswered_interest(message)]
    answered = {message.id for message in due} - {message.id for message in open_ones}
    return answered | lapsed_matches(work, open_ones, now)


def _is_unanswered_interest(message: Notification) -> bool:
    """Whether the other side is still interested, and the receiver has given no verdict."""
    if message.listing_id is None or message.counterpart_id is None:
        return False
    said = matches.verdict_on(message.listing_id, message.counterpart_id)
    return said.is_other_interested and said.own is None


def _lawful_and_welcome(theirs: Listing, ours: Sequence[Listing]) -> set[UUID]:
    """Which of `ours` still pair lawfully with `theirs`, and whose owners did not refuse or mute it."""
    lawful = matches.lawful_among(theirs, ours)
    refusing = matches.listings_refusing({mine.id for mine in ours}, theirs.id)
    muted = muted_codes_by_receiver({mine.enterprise_id for mine in ours}, theirs.enterprise_id)
    return {
        mine.id
        for mine in ours
        if mine.id in lawful - refusing
        and not is_muted(pairing_code_id(mine, theirs), muted.get(mine.enterprise_id))
    }


def lapsed_search_hits(work: Work, due: Sequence[Notification], now: datetime) -> set[UUID]:
    """Which messages about a search hit may not be released any more.

    Whether the search is live and its owner may see the listing is asked for all in one statement; whether
    the search still finds the listing and its owner is interested, only for those that waited.
    """
    created_at = {message.id: message.created_at for message in due}
    statement = (
        select(Notification.id, SavedSearch, Listing)
        .join(SavedSearch, SavedSearch.id == cast(Notification.data["saved_search_id"].astext, Uuid))
        .join(Listing, Listing.id == Notification.counterpart_id)
        .join(Reader, Reader.id == Notification.enterprise_id)
        .join(Owner, Owner.id == Listing.enterprise_id)
        .where(Notification.id.in_(created_at), reader_may_see_listing())
        .execution_options(populate_existing=True)
    )
    valid: set[UUID] = set()
    waited: dict[Listing, dict[UUID, SavedSearch]] = defaultdict(dict)
    for message_id, search, listing in work.session.execute(statement):
        if now - created_at[message_id] < JUST_JUDGED:
            valid.add(message_id)
        else:
            waited[listing][message_id] = search
    for listing, messages in waited.items():
        uninterested = uninterested_readers(listing, {search.enterprise_id for search in messages.values()})
        finding = searches_finding(listing, messages.values())
        valid |= {
            message_id
            for message_id, search in messages.items()
            if search.id in finding and search.enterprise_id not in uninterested
        }
    return created_at.keys() - valid


# ---------------------------------------------------------------- when the e-mail is sent


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
    return _is_unanswered_interest(message) and is_open_and_welcome(message)


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
