"""Putting what is due into the inboxes, in the order of credit."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from .... import clock
from ....enterprises.models import Enterprise
from ....events.lifecycle import Party
from ....events.work import Work, unit_of_work
from ....listings.models import Kind, Listing, ListingStatus
from ....matches import service as matches
from ...models import (
    LIFE,
    MATCH_FOUND,
    RELEASE_ORDER,
    SEARCH_HIT,
    Delivery,
    Notification,
    NotificationStatus,
    Preferences,
)
from ..planning.cancellation import cancel
from ..planning.deduplication import code_of
from ..planning.saved_search_matching import lapsed_finds
from ..preferences.delivery_preferences import (
    QUIETER,
    is_unwelcome,
    preference_for,
    preferences_by,
    unwelcome,
)
from ..saved_searches import notify_of
from .digests import mail_is_configured, next_mail_time

RELEASE_BATCH = 100
CAPPED = (MATCH_FOUND, SEARCH_HIT)
"""Kinds of which an enterprise gets only so many at once in a day."""
SEARCH_PREFERENCES = {"immediate": "immediate", "daily": "digest", "off": "off"}
JUST_JUDGED = timedelta(minutes=1)
"""A pairing that was planned less long ago than this is not judged again at its release."""


@dataclass(slots=True)
class _Caps:
    """Immediate messages each enterprise has had today, and how many it may have."""

    most: int
    had: dict[UUID, int]

    def take(self, enterprise_id: UUID) -> bool:
        had = self.had.get(enterprise_id, 0)
        self.had[enterprise_id] = had + 1
        return had < self.most


def release_due() -> int:
    """Put what is due into the inboxes: by release time, then credit, then score; what was planned for
    digests only after all others. Returns how many were due.

    A message about a pairing that no longer holds is dropped: a side closed or may trade no more, it has
    become unlawful, or the receiver wants to hear nothing of it.
    """
    now = clock.now()
    with unit_of_work() as work:
        due = work.session.scalars(
            select(Notification)
            .where(Notification.status == NotificationStatus.PLANNED, Notification.release_at <= now)
            .order_by(
                Notification.delivery.is_not(None),
                Notification.release_at,
                Notification.credit_milli.desc(),
                Notification.score.desc(),
                Notification.id,
            )
            .limit(RELEASE_BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        if not due:
            return 0
        receivers = {one.enterprise_id for one in due}
        preferences, caps = preferences_by(receivers), _caps(work, receivers, now)
        lapsed = _lapsed(work, due, now) | lapsed_finds(work, due, now, JUST_JUDGED)
        searches = notify_of(due)
        sent = [one for one in due if one.id not in lapsed]
        for one, place in zip(sent, _places(work, len(sent)), strict=True):
            LIFE.move(one, "release", by=Party.CLOCK)
            one.released_at, one.place = now, place
            one.delivery = _delivery(one, preferences.get(one.enterprise_id), searches, caps)
            if one.delivery == Delivery.IMMEDIATE and mail_is_configured():
                _owe_mail(work, one, now)
        work.session.flush()
        matches.record_outcome(work, matches.Outcome.SHOWN, _pairings(sent))
        cancel(work, Notification.id.in_(lapsed))
    return len(due)


def _pairings(sent: Sequence[Notification]) -> Iterator[tuple[UUID, UUID]]:
    """The pairings that messages tell of."""
    for one in sent:
        if one.kind == MATCH_FOUND and one.listing_id and one.counterpart_id:
            yield one.listing_id, one.counterpart_id


def _lapsed(work: Work, due: Sequence[Notification], now: datetime) -> set[UUID]:
    """Which messages about a pairing may not be sent any more.

    Who stands is asked of all in one statement; whether the pairing holds, of those that waited, together
    for each listing that they tell of.
    """
    found = {one.id: one for one in due if one.kind == MATCH_FOUND}
    mine, theirs = aliased(Listing), aliased(Listing)
    receiver, sender = aliased(Enterprise), aliased(Enterprise)
    standing = (
        select(Notification.id, mine, theirs)
        .join(mine, mine.id == Notification.listing_id)
        .join(theirs, theirs.id == Notification.counterpart_id)
        .join(receiver, receiver.id == mine.enterprise_id)
        .join(sender, sender.id == theirs.enterprise_id)
        .where(
            Notification.id.in_(found),
            mine.status == ListingStatus.OPEN,
            theirs.status == ListingStatus.OPEN,
            receiver.may_trade,
            sender.may_trade,
            (mine.kind == Kind.SUPPLY) | receiver.may_receive,
        )
        .execution_options(populate_existing=True)
    )
    hold: set[UUID] = set()
    waited: dict[Listing, dict[UUID, Listing]] = defaultdict(dict)
    for message_id, one, other in work.session.execute(standing):
        if now - found[message_id].created_at < JUST_JUDGED:
            hold.add(message_id)
        else:
            waited[other][message_id] = one
    for other, messages in waited.items():
        welcome = _welcome(other, list(messages.values()))
        hold |= {message_id for message_id, one in messages.items() if one.id in welcome}
    return found.keys() - hold


def _welcome(theirs: Listing, ours: Sequence[Listing]) -> set[UUID]:
    """Which of these listings still pair lawfully with `theirs`, and their owners want to hear of it."""
    lawful = matches.lawful_among(theirs, ours) - matches.listings_refusing(
        {one.id for one in ours}, theirs.id
    )
    closed = unwelcome({one.enterprise_id for one in ours}, theirs.enterprise_id)
    return {
        one.id
        for one in ours
        if one.id in lawful and not is_unwelcome(code_of(one, theirs), closed.get(one.enterprise_id))
    }


def _caps(work: Work, receivers: set[UUID], now: datetime) -> _Caps:
    midnight = datetime.combine(now.astimezone(clock.LOCAL).date(), time(), clock.LOCAL)
    had = work.session.execute(
        select(Notification.enterprise_id, func.count())
        .where(
            Notification.enterprise_id.in_(receivers),
            Notification.status == NotificationStatus.RELEASED,
            Notification.delivery == Delivery.IMMEDIATE,
            Notification.kind.in_(CAPPED),
            Notification.released_at >= midnight,
        )
        .group_by(Notification.enterprise_id)
    )
    return _Caps(matches.policy_in_force().body["push_daily_cap"], dict(had.all()))


def _places(work: Work, count: int) -> Sequence[int]:
    """The next numbers of the order of release."""
    return work.session.scalars(
        select(RELEASE_ORDER.next_value()).select_from(func.generate_series(1, count))
    ).all()


def _owe_mail(work: Work, one: Notification, now: datetime) -> None:
    due_at = next_mail_time(now)
    work.enqueue("notifications.jobs.send_email", due_at=due_at, notification_id=str(one.id))


def _delivery(
    one: Notification, preferences: Preferences | None, searches: dict[str, str], caps: _Caps
) -> str:
    """How a message goes out: the quietest of what is planned, wished for its kind, and for its search."""
    of_search = SEARCH_PREFERENCES[searches.get(one.data.get("saved_search_id", ""), "immediate")]
    preference = max(preference_for(one.kind, preferences), of_search, key=QUIETER.index)
    if preference == "off":
        return Delivery.INBOX
    if preference == "digest" or one.delivery == Delivery.DIGEST:
        return Delivery.DIGEST
    return Delivery.IMMEDIATE if one.kind not in CAPPED or caps.take(one.enterprise_id) else Delivery.DIGEST
