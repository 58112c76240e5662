"""What a message is about: the listings of its two sides, and the waste code under which it counts."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ...events.actor import PLATFORM
from ...listings import service as listings
from ...listings.models import Kind, Listing
from ...matches import service as matches
from ..models import Notification, NotificationKind


@dataclass(frozen=True, slots=True)
class Sides:
    """What the sentence of a message names: outlines of both listings, and the contact that it tells.

    `mine` is missing where the message is about no pairing, `theirs` where it is about no listing.
    """

    mine: Any = None
    theirs: Any = None
    contact: dict[str, str] | None = None


def read_sides(messages: Collection[Notification]) -> dict[UUID, Sides]:
    """The sides of each message, by its id; the statements do not grow with the messages."""
    named = {listing_id for row in messages for listing_id in _listings_of(row) if listing_id}
    outlines = listings.outlines(named) if named else {}
    sides = {row.id: [outlines.get(listing_id) for listing_id in _listings_of(row)] for row in messages}
    mutual = [row for row in messages if row.kind == NotificationKind.MATCH_MUTUAL]
    contacts = matches.contacts_of_mutual(PLATFORM, [(sides[row.id][0], sides[row.id][1]) for row in mutual])
    return {
        row.id: Sides(mine=mine, theirs=theirs, contact=contacts.get(_listings_of(row)))
        for row, (mine, theirs) in zip(messages, sides.values(), strict=True)
    }


def _listings_of(message: Notification) -> tuple[Any, Any]:
    return message.listing_id, message.counterpart_id


def sides_of(message: Notification) -> tuple[Listing | None, Listing]:
    """The reader's own listing, if the message is about a pairing, and the other side's; one statement.

    Raises:
        ValueError: the message is about no listing.
    """
    if message.counterpart_id is None:
        raise ValueError(f"{message.kind} is about no listing")
    rows = listings.by_id({message.counterpart_id, message.listing_id or message.counterpart_id})
    mine = rows[message.listing_id] if message.listing_id else None
    return mine, rows[message.counterpart_id]


def subject_code_id(mine: Listing | None, theirs: Listing) -> int:
    """The code of a pairing, or of the one listing if the reader has none in it."""
    return main_code_id(theirs) if mine is None else pairing_code_id(mine, theirs)


def pairing_code_id(mine: Listing, theirs: Listing) -> int:
    """The code of a pairing: the one that its supply offers."""
    code_id = mine.code_id if mine.kind == Kind.SUPPLY else theirs.code_id
    assert code_id is not None
    return code_id


def listing_code_ids(listing: Listing) -> list[int]:
    """The code that a supply offers, or those that a demand takes, the first first."""
    return [listing.code_id] if listing.code_id else [accept.code_id for accept in listing.accepts]


def main_code_id(listing: Listing) -> int:
    """The code of a listing without a counterpart: a demand counts by the first that it takes."""
    return listing_code_ids(listing)[0]
