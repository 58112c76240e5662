"""Which of the owners of saved searches want to be notified of listings that these find."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from .... import clock
from ....catalogue import service as catalogue
from ....database import db, is_among
from ....listings.models import Listing
from ....matches import service as matches
from ...models import LastNotification, NotificationKind
from ..preferences.muted_codes import muted_mentions
from ..subjects import listing_code_ids, main_code_id
from .deduplication import may_repeat, told_again_enough

Pair = tuple[UUID, UUID]
"""A listing and an enterprise that may be notified of it."""


def uninterested(pairs: Collection[tuple[Listing, UUID]]) -> set[Pair]:
    """Those pairs of listing and reader whose reader is notified of the listing by a match, or has muted it,
    its owner or its code."""
    if not pairs:
        return set()
    mentions = {
        (listing.id, reader): (reader, listing.enterprise_id, main_code_id(listing))
        for listing, reader in pairs
    }
    muted = muted_mentions(set(mentions.values()))
    refusing = matches.enterprises_refusing({listing.id for listing, _ in pairs})
    notified = _notified_of_match(pairs)
    return {pair for pair, mention in mentions.items() if mention in muted} | refusing | notified


def _notified_of_match(pairs: Collection[tuple[Listing, UUID]]) -> set[Pair]:
    """Pairs whose reader has a message, sent or planned, that the listing at these terms matches one of
    theirs."""
    last: dict[Pair, list[LastNotification]] = defaultdict(list)
    for record in db.session.scalars(
        select(LastNotification).where(
            is_among(LastNotification.receiver_id, {reader for _, reader in pairs}),
            is_among(LastNotification.counterpart_id, {listing.enterprise_id for listing, _ in pairs}),
            LastNotification.kind == NotificationKind.MATCH_FOUND,
        )
    ):
        last[record.receiver_id, record.counterpart_id].append(record)
    if not last:
        return set()
    enough, codes = told_again_enough(last.keys(), clock.today()), _codes_of_matches(pairs)
    return {
        (listing.id, reader)
        for listing, reader in pairs
        for record in last[reader, listing.enterprise_id]
        if record.code_id in codes[listing.id]
        and ((reader, listing.enterprise_id) in enough or not may_repeat(record, listing))
    }


def _codes_of_matches(pairs: Collection[tuple[Listing, UUID]]) -> dict[UUID, set[int]]:
    """By listing, the codes of the pairings that it may be in."""
    several = {listing.id: listing for listing, _ in pairs}.values()
    accepted = {code_id for row in several if row.code_id is None for code_id in listing_code_ids(row)}
    fitting = catalogue.codes_fitting_each(accepted) if accepted else {}
    return {
        row.id: {row.code_id}
        if row.code_id
        else set().union(*(fitting[code_id] for code_id in listing_code_ids(row)))
        for row in several
    }
