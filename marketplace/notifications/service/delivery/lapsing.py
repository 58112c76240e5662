"""Whether what a message says still holds when its time has come.

All due messages of a kind are judged together, by statements that do not grow with them; only for each
`MOST_CONDITIONS` different queries of saved searches there is one more.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, case, cast, or_, select
from sqlalchemy.orm import aliased

from ....database import is_among
from ....enterprises.models import Enterprise
from ....events.work import Work
from ....listings.models import Kind, Listing, ListingStatus
from ....matches import service as matches
from ...models import Notification, SavedSearch
from ..planning.saved_search_matching import (
    INDEXED,
    Owner,
    Reader,
    reader_may_see_listing,
    searches_finding,
    wanted_of,
)
from ..planning.saved_search_readers import uninterested
from ..preferences.muted_codes import muted_mentions
from .due import DueMessage

JUST_JUDGED = timedelta(minutes=1)
"""A message that was planned less long ago than this is not judged again in full at its release."""


def none_lapsed(work: Work, due: Sequence[DueMessage], now: datetime) -> set[UUID]:
    """Messages that hold whatever happens between plan and release."""
    return set()


def lapsed_matches(work: Work, due: Sequence[DueMessage], now: datetime) -> set[UUID]:
    """Which messages about a match may not be released any more.

    Of all of them both listings must be open and both enterprises trade; that the pairing is lawful and
    welcome is judged again only of those that waited.
    """
    pairings = _open_pairings(work, [message.id for message in due])
    waited = [
        pairings[message.id]
        for message in due
        if message.id in pairings and now - message.created_at >= JUST_JUDGED
    ]
    unwelcome = _unlawful_or_unwelcome(waited)
    return {message.id for message in due} - pairings.keys() | {pairing.message_id for pairing in unwelcome}


def _open_pairings(work: Work, message_ids: Collection[UUID]) -> dict[UUID, Any]:
    """By message: its pairing, where both listings are open and both enterprises may trade; one statement."""
    mine, theirs = aliased(Listing), aliased(Listing)
    receiver, sender = aliased(Enterprise), aliased(Enterprise)
    rows = work.session.execute(
        select(
            Notification.id.label("message_id"),
            mine.id.label("mine"),
            theirs.id.label("theirs"),
            mine.enterprise_id.label("receiver"),
            theirs.enterprise_id.label("sender"),
            case((mine.kind == Kind.SUPPLY, mine.code_id), else_=theirs.code_id).label("code_id"),
        )
        .join(mine, mine.id == Notification.listing_id)
        .join(theirs, theirs.id == Notification.counterpart_id)
        .join(receiver, receiver.id == mine.enterprise_id)
        .join(sender, sender.id == theirs.enterprise_id)
        .where(
            is_among(Notification.id, message_ids),
            mine.status == ListingStatus.OPEN,
            theirs.status == ListingStatus.OPEN,
            receiver.may_trade,
            sender.may_trade,
            or_(mine.kind == Kind.SUPPLY, receiver.may_receive),
        )
    )
    return {row.message_id: row for row in rows}


def _unlawful_or_unwelcome(pairings: Sequence[Any]) -> list[Any]:
    """Those pairings that are lawful no more, or that the receiver refused or muted."""
    if not pairings:
        return []
    pairs = {(row.mine, row.theirs) for row in pairings}
    welcome = matches.lawful_pairs(pairs, is_new=False) - matches.refused_pairs(pairs)
    muted = muted_mentions({(row.receiver, row.sender, row.code_id) for row in pairings})
    return [
        row
        for row in pairings
        if (row.mine, row.theirs) not in welcome or (row.receiver, row.sender, row.code_id) in muted
    ]


def lapsed_interests(work: Work, due: Sequence[DueMessage], now: datetime) -> set[UUID]:
    """Which messages that the other side is interested may not be released any more: it took that back, the
    receiver has answered meanwhile, or the pairing is no match any more."""
    pairs = {
        message.id: (message.listing_id, message.counterpart_id)
        for message in due
        if message.listing_id and message.counterpart_id
    }
    said = matches.verdicts_on(set(pairs.values()))
    unanswered = {message_id for message_id, pair in pairs.items() if said[pair].is_unanswered_interest}
    open_ones = [message for message in due if message.id in unanswered]
    return {message.id for message in due} - unanswered | lapsed_matches(work, open_ones, now)


def lapsed_search_hits(work: Work, due: Sequence[DueMessage], now: datetime) -> set[UUID]:
    """Which messages about a search hit may not be released any more.

    Whether the search is live and its owner may see the listing is asked for all in one statement; whether
    the search still finds the listing and its owner is interested, only for those that waited.
    """
    created_at = {message.id: message.created_at for message in due}
    rows = work.session.execute(
        select(Notification.id, SavedSearch, Listing)
        .join(SavedSearch, SavedSearch.id == cast(Notification.data["saved_search_id"].astext, Uuid))
        .join(Listing, Listing.id == Notification.counterpart_id)
        .join(Reader, Reader.id == Notification.enterprise_id)
        .join(Owner, Owner.id == Listing.enterprise_id)
        .where(is_among(Notification.id, created_at), reader_may_see_listing())
        .execution_options(populate_existing=True)
    ).all()
    waited = {
        message_id: (listing, search)
        for message_id, search, listing in rows
        if now - created_at[message_id] >= JUST_JUDGED
    }
    valid = {row.id for row in rows} - waited.keys() | _still_found(waited)
    return created_at.keys() - valid


def _still_found(hits: Mapping[UUID, tuple[Listing, SavedSearch]]) -> set[UUID]:
    """Those of the hits, by message, whose search still finds its listing and whose owner is interested."""
    several = list({listing.id: listing for listing, _ in hits.values()}.values())
    wanted = dict(zip((listing.id for listing in several), wanted_of(several), strict=True))
    indexed = [
        (listing, search) for listing, search in hits.values() if wanted[listing.id].are_met_by(search)
    ]
    found = searches_finding(indexed, answered=INDEXED)
    unwilling = uninterested({(listing, search.enterprise_id) for listing, search in indexed})
    return {
        message_id
        for message_id, (listing, search) in hits.items()
        if (listing.id, search.id) in found and (listing.id, search.enterprise_id) not in unwilling
    }
