"""The push: what is planned for whom when a listing is published or changed."""

import logging
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from .... import clock
from ....enterprises import service as enterprises
from ....events.work import Work, unit_of_work
from ....listings import service as listings
from ....listings.models import Listing
from ....matches import service as matches
from ...models import LastNotification, Notification, NotificationKind
from ..preferences.muted_codes import is_muted, muted_codes_by_receiver
from ..subjects import pairing_code_id
from .cancellation import cancel_unmatched
from .deduplication import (
    PREVIOUS_TERMS,
    About,
    key_of,
    lock_last,
    lock_planned,
    may_follow,
    previous_terms,
    save_once,
    update_terms,
    with_previous_terms_of,
)
from .messages import compose, release_delays
from .saved_search_matching import is_any_search_live

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Push:
    """A listing, and a counterpart that is to be notified of it at `release_at`."""

    listing: Listing
    counterpart: matches.Counterpart
    release_at: datetime

    @property
    def data(self) -> dict[str, Any]:
        return {
            "listing_id": str(self.counterpart.listing.id),
            "counterpart_id": str(self.listing.id),
            "score": self.counterpart.score,
            "rank": self.counterpart.rank,
            "grade": self.counterpart.enterprise.grade,
        }


def plan_listing_push(listing_id: UUID) -> None:
    """Plan one message for every counterpart to be notified of a new or changed listing.

    The release time follows the credit grade of the receiver, counted from one moment, so that a grade is one
    release. What is planned for a counterpart that the listing no longer matches is cancelled. Saved searches
    come after: whoever is notified of a match is not notified of the same listing by a search.
    """
    now, began = clock.now(), time.perf_counter()
    with unit_of_work() as work:
        listing = listings.lock_if_open(work, listing_id)
        if listing is None or not enterprises.may_trade(listing.enterprise_id):
            return
        counterparts = matches.choose_push_candidates(listing)
        cancel_unmatched(work, listing, {counterpart.listing.id for counterpart in counterparts})
        delays = release_delays()
        welcome = _without_refusals(listing, counterparts)
        for counterpart in sorted(welcome, key=lambda counterpart: counterpart.enterprise.id):
            _plan(work, _Push(listing, counterpart, now + delays[counterpart.enterprise.grade]))
        for other_id in matches.interested_in(listing.id):  # it may have been a draft when its owner said so
            work.enqueue(
                "notifications.jobs.plan_interest", listing_id=str(listing.id), other_id=str(other_id)
            )
        if is_any_search_live():
            work.enqueue(
                "notifications.jobs.match_saved_searches", listing_id=str(listing.id), since=now.isoformat()
            )
    milliseconds = round((time.perf_counter() - began) * 1000)
    log.info(
        "notifications planned",
        extra={"listing_id": str(listing_id), "counterparts": len(welcome), "ms": milliseconds},
    )


def _without_refusals(listing: Listing, counterparts: list[matches.Counterpart]) -> list[matches.Counterpart]:
    """The counterparts that have neither muted the code or the pairing, nor called it "not suitable"."""
    receivers = {counterpart.enterprise.id for counterpart in counterparts}
    muted = muted_codes_by_receiver(receivers, listing.enterprise_id)
    refusing = matches.listings_refusing({counterpart.listing.id for counterpart in counterparts}, listing.id)
    return [
        counterpart
        for counterpart in counterparts
        if counterpart.listing.id not in refusing
        and not is_muted(pairing_code_id(listing, counterpart.listing), muted.get(counterpart.enterprise.id))
    ]


def _plan(work: Work, push: _Push) -> None:
    mine, reader = push.counterpart.listing, push.counterpart.enterprise
    message = compose(reader, NotificationKind.MATCH_FOUND, push.data, push.release_at)
    last = lock_last(work, mine, push.listing, NotificationKind.MATCH_FOUND)
    if last is not None:
        planned = lock_planned(work, [last]).get(last.notification_id)
        if planned is not None:
            _retarget(planned, push, last)
            return
        if not may_follow(work, last, push.listing, message):
            return
        message.data = {**push.data, PREVIOUS_TERMS: previous_terms(last)}
    about = About(message, push.listing, pairing_code_id(mine, push.listing))
    save_once(work, [about], {key_of(last): last} if last else {})


def _retarget(planned: Notification, push: _Push, last: LastNotification) -> None:
    """Let a message that is not released yet speak of the better of the pairings that it stands for."""
    if planned.counterpart_id != push.listing.id and push.counterpart.score <= planned.score:
        return
    planned.listing_id, planned.counterpart_id = push.counterpart.listing.id, push.listing.id
    planned.data = with_previous_terms_of(planned, push.data)
    planned.score = push.counterpart.score
    update_terms(last, push.listing)
