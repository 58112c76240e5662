"""Whether what released messages say still holds when their e-mail is sent.

All of a kind in an e-mail are judged together, by statements that do not grow with them.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from ....enterprises import service as enterprises
from ....enterprises.models import Enterprise
from ....events.actor import PLATFORM
from ....listings import service as listings
from ....listings.models import Kind, Listing, ListingStatus
from ....matches import service as matches
from ...models import Notification
from ..preferences.muted_codes import muted_mentions
from ..subjects import subject_code_id


def always_hold(messages: Sequence[Notification]) -> set[UUID]:
    return {message.id for message in messages}


def contacts_released(messages: Sequence[Notification]) -> set[UUID]:
    """Those of mutual interest that is mutual still, and whose contact may be shown to their receiver."""
    rows = _sides(messages)
    said = matches.verdicts_on({_pair(message) for message in messages})
    mutual = {pair for pair, verdicts in said.items() if verdicts.is_mutual}
    contacts = matches.contacts_of_mutual(PLATFORM, [(rows[mine], rows[theirs]) for mine, theirs in mutual])
    return {message.id for message in messages if _pair(message) in contacts}


def interests_open_and_welcome(messages: Sequence[Notification]) -> set[UUID]:
    """Those whose other side is still interested and unanswered, and whose receiver may be told."""
    said = matches.verdicts_on({_pair(message) for message in messages if message.listing_id})
    unanswered = {pair for pair, verdicts in said.items() if verdicts.is_unanswered_interest}
    return open_and_welcome([message for message in messages if _pair(message) in unanswered])


def open_and_welcome(messages: Sequence[Notification]) -> set[UUID]:
    """Those whose listings are still open, and whose receiver has not refused or muted the other side."""
    if not messages:
        return set()
    rows = _sides(messages)
    sides = {message.id: (rows.get(message.listing_id), rows[message.counterpart_id]) for message in messages}
    owners = {theirs.enterprise_id for _, theirs in sides.values()}
    parties = enterprises.by_id(owners | {message.enterprise_id for message in messages})
    mentions = {
        message.id: (message.enterprise_id, theirs.enterprise_id, subject_code_id(mine, theirs))
        for message in messages
        for mine, theirs in [sides[message.id]]
    }
    unwelcome = muted_mentions(set(mentions.values()))
    refused = matches.refused_pairs({_pair(message) for message in messages if message.listing_id})
    return {
        message.id
        for message in messages
        if all(row.status == ListingStatus.OPEN for row in sides[message.id] if row is not None)
        and _may_hand_over(sides[message.id][1], parties, message.enterprise_id)
        and _pair(message) not in refused
        and mentions[message.id] not in unwelcome
    }


def _pair(message: Notification) -> tuple[UUID, UUID]:
    return message.listing_id, message.counterpart_id  # type: ignore[return-value]


def _sides(messages: Sequence[Notification]) -> dict[Any, Listing]:
    """The listings that the messages are about, by id."""
    ids = {listing_id for message in messages for listing_id in _pair(message) if listing_id}
    return listings.by_id(ids)


def _may_hand_over(theirs: Listing, parties: dict[UUID, Enterprise], reader_id: UUID) -> bool:
    """Whether both may trade, and their credit still lets the one hand waste to the other (gate `credit`)."""
    owner, reader = parties[theirs.enterprise_id], parties[reader_id]
    sides = (owner, reader) if theirs.kind == Kind.SUPPLY else (reader, owner)
    return owner.may_trade and reader.may_trade and bool(enterprises.may_supply(*sides))
