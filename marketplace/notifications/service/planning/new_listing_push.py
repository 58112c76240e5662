"""The push: what is planned for whom when listings are published or changed, many at once."""

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from .... import clock
from ....enterprises import service as enterprises
from ....events.work import Work, unit_of_work
from ....listings import service as listings
from ....listings.models import Listing
from ....matches import service as matches
from ...models import NotificationKind
from ..preferences.muted_codes import Mention, muted_mentions
from ..subjects import pairing_code_id
from .cancellation import open_siblings
from .deduplication import About
from .messages import Standing, compose_for, release_tiers
from .saved_search_matching import is_any_search_live
from .told import Told, push_key
from .told_statements import lock_unmatched

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Push:
    """A listing, and a counterpart that is to be notified of it."""

    listing: Listing
    counterpart: matches.Counterpart
    mention: Mention

    @classmethod
    def of(cls, listing: Listing, counterpart: matches.Counterpart) -> Self:
        theirs = counterpart.listing
        mention = theirs.enterprise_id, listing.enterprise_id, pairing_code_id(theirs, listing)
        return cls(listing, counterpart, mention)

    @property
    def data(self) -> dict[str, Any]:
        return {
            "listing_id": str(self.counterpart.listing.id),
            "counterpart_id": str(self.listing.id),
            "score": self.counterpart.score,
            "rank": self.counterpart.rank,
            "grade": self.counterpart.listing.grade,
        }

    @property
    def standing(self) -> Standing:
        theirs = self.counterpart.listing
        return Standing(theirs.grade, theirs.credit_milli, self.counterpart.score)

    def composed(self, release_at: datetime) -> About:
        receiver_id, _, code_id = self.mention
        theirs = self.counterpart.listing
        message = compose_for(
            receiver_id,
            theirs.grade,
            theirs.credit_milli,
            NotificationKind.MATCH_FOUND,
            self.data,
            release_at,
        )
        return About(message, self.listing, code_id)


def plan_listing_pushes(listing_ids: Sequence[UUID]) -> None:
    """Plan one message for every counterpart to be notified of new or changed listings, in their order.

    The release time follows the credit grade of the receiver, counted from one moment, so that a grade is one
    release unless the policy spreads it. What is planned for a counterpart that a listing no longer matches
    is cancelled. Saved searches come after: whoever is notified of a match is not notified of the same
    listing by a search.

    What comes of it is what planning for one listing after the other would; the statements are as many for
    many as for one, where the process holds an index (see `matches.choose_push_candidates`).
    """
    now, began = clock.now(), time.perf_counter()
    with unit_of_work() as work:
        found = listings.lock_open(work, set(listing_ids))
        owners = enterprises.trading_among({row.enterprise_id for row in found.values()})
        ours = {row.id: row for row in found.values() if row.enterprise_id in owners}
        if not ours:
            return
        planned = _plan(work, [ours[listing_id] for listing_id in listing_ids if listing_id in ours], now)
    milliseconds = round((time.perf_counter() - began) * 1000)
    log.info("notifications planned", extra={"listings": len(ours), "messages": planned, "ms": milliseconds})


def _plan(work: Work, ours: Sequence[Listing], now: datetime) -> int:
    """Plan for locked listings in turn; one may be there twice. Returns how many messages are new."""
    counterparts = matches.choose_push_candidates({row.id: row for row in ours}.values())
    still = {listing_id: {one.listing.id for one in found} for listing_id, found in counterparts.items()}
    welcome = _welcome({row.id: row for row in ours}, counterparts)
    keys = {push_key(*push.mention) for each in welcome.values() for push in each}
    told = Told.lock(work, keys, lock_unmatched(work, still))
    siblings = open_siblings(work, told.unmatched) if told.unmatched else {}
    interests, is_searched = matches.interests_of(still.keys()), is_any_search_live()
    tiers = release_tiers()
    for listing in ours:
        if told.cancel_unmatched(listing):
            for sibling_id in sorted(siblings[listing.id] - {listing.id}):
                work.enqueue("notifications.jobs.plan_listing_push", listing_id=str(sibling_id))
        pushes = welcome[listing.id]
        moments = tiers.moments([push.standing for push in pushes], now)
        for push, moment in zip(pushes, moments, strict=True):
            told.plan(push.composed(moment))
        for other_id in interests.get(listing.id, ()):  # it may have been a draft when its owner said so
            work.enqueue(
                "notifications.jobs.plan_interest", listing_id=str(listing.id), other_id=str(other_id)
            )
        if is_searched:
            work.enqueue(
                "notifications.jobs.match_saved_searches", listing_id=str(listing.id), since=now.isoformat()
            )
    return told.write()


def _welcome(
    ours: Mapping[UUID, Listing], counterparts: Mapping[UUID, Sequence[matches.Counterpart]]
) -> dict[UUID, list[_Push]]:
    """By listing, the counterparts that have neither muted the code or the pairing, nor called it "not
    suitable", in the order of their enterprises."""
    pushes = {
        listing_id: [_Push.of(listing, one) for one in counterparts[listing_id]]
        for listing_id, listing in ours.items()
    }
    mentions = {push.mention for each in pushes.values() for push in each}
    muted = muted_mentions(mentions) if mentions else set()
    refused = matches.refused_pairs(
        {(one.listing.id, listing_id) for listing_id, found in counterparts.items() for one in found}
    )
    return {
        listing_id: sorted(
            (
                push
                for push in each
                if push.mention not in muted and (push.counterpart.listing.id, listing_id) not in refused
            ),
            key=lambda push: push.mention,
        )
        for listing_id, each in pushes.items()
    }
