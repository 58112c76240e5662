"""Planning what is told to whom of a new or changed listing."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from .... import clock
from ....enterprises import service as enterprises
from ....events.work import Work, unit_of_work
from ....listings import service as listings
from ....listings.models import Listing
from ....matches import service as matches
from ...models import MATCH_FOUND, Notification, Told
from ..preferences.delivery_preferences import is_unwelcome, unwelcome
from .cancellation import cancel_stale
from .deduplication import code_of, may_repeat, message_to, noted, still_planned, tell_once, told_of
from .saved_search_matching import anyone_seeks


def plan_listing_push(listing_id: UUID) -> None:
    """Plan one message for every counterpart to be told of a new or changed listing.

    The release time follows the grade of the receiving enterprise, counted from one moment, so that a
    tier is one release. Whom the listing no longer matches, and who has not been told yet, will not be.
    Saved searches come after: who is told of a match is not told of the same by a search.
    """
    now = clock.now()
    with unit_of_work() as work:
        listing = listings.lock_if_open(work, listing_id)
        if listing is None or not enterprises.may_trade(listing.enterprise_id):
            return
        counterparts = matches.choose_push_candidates(work, listing)
        cancel_stale(work, listing, {one.listing.id for one in counterparts})
        delays = matches.policy_in_force().body["push_delay_s"]
        closed = unwelcome({one.enterprise.id for one in counterparts}, listing.enterprise_id)
        listings_refusing = matches.listings_refusing({one.listing.id for one in counterparts}, listing.id)
        for one in sorted(counterparts, key=lambda one: one.enterprise.id):
            if is_unwelcome(code_of(listing, one.listing), closed.get(one.enterprise.id)):
                continue
            if one.listing.id not in listings_refusing:
                delay = timedelta(seconds=delays.get(one.enterprise.grade, delays["D"]))
                _plan_one(work, listing, one, now + delay)
        if anyone_seeks():
            work.enqueue(
                "notifications.jobs.match_saved_searches", listing_id=str(listing.id), since=now.isoformat()
            )


def _plan_one(work: Work, listing: Listing, one: matches.Counterpart, release_at: datetime) -> None:
    receiver = one.enterprise
    about: dict[str, Any] = {
        "listing_id": str(one.listing.id),
        "counterpart_id": str(listing.id),
        "score": one.score,
        "rank": one.rank,
        "grade": receiver.grade,
    }
    told = told_of(work, one.listing, listing, MATCH_FOUND)
    if told is not None:
        planned = still_planned(work, told)
        if planned is not None:
            _retarget(planned, one, listing, about, told)
            return
        if not may_repeat(told, listing):
            return
        about["before"] = noted(told)
    tell_once(work, told, one.listing, listing, message_to(receiver, MATCH_FOUND, about, release_at))


def _retarget(
    planned: Notification, one: matches.Counterpart, listing: Listing, about: dict[str, Any], told: Told
) -> None:
    """A message that is still to come speaks of the better of the pairings it stands for."""
    if planned.counterpart_id != listing.id and one.score <= planned.score:
        return
    planned.listing_id, planned.counterpart_id = one.listing.id, listing.id
    planned.data = about | ({"before": planned.data["before"]} if "before" in planned.data else {})
    planned.score = one.score
    told.price_fen, told.remaining_kg = listing.price_fen, listing.remaining_kg
