"""The release of due messages into the inboxes: by release time, then credit, then score."""

import logging
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from .... import clock
from ....events.lifecycle import Party
from ....events.work import Work, unit_of_work
from ....matches import service as matches
from ...models import (
    LIFE,
    RELEASE_NUMBERS,
    Delivery,
    EmailPreference,
    Notification,
    NotificationStatus,
    Preferences,
)
from ..kinds import KINDS
from ..planning.cancellation import cancel
from ..preferences.delivery_preferences import preferences_by_receiver
from .mail_hours import is_mail_configured, next_mail_time
from .push_caps import lock_releases, read_push_caps

RELEASE_BATCH = 100
MOST_PROMPT_FIRST = list(EmailPreference)
log = logging.getLogger(__name__)


def release_due() -> int:
    """Put a batch of due messages into the inboxes, those planned for digests only after all others.

    A message that no longer holds is cancelled. Returns how many were due.
    """
    now, began = clock.now(), time.perf_counter()
    with unit_of_work() as work:
        lock_releases(work)
        due = _lock_due(work, now)
        if not due:
            return 0
        lapsed = _lapsed(work, due, now)
        released = [message for message in due if message.id not in lapsed]
        _release(work, released, now)
        work.session.flush()
        matches.record_outcome(work, matches.Outcome.SHOWN, _shown_pairings(released))
        cancel(work, Notification.id.in_(lapsed))
    milliseconds = round((time.perf_counter() - began) * 1000)
    log.info(
        "notifications released",
        extra={"released": len(released), "lapsed": len(lapsed), "ms": milliseconds},
    )
    return len(due)


def _lock_due(work: Work, now: datetime) -> Sequence[Notification]:
    return work.session.scalars(
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


def _lapsed(work: Work, due: Sequence[Notification], now: datetime) -> set[UUID]:
    """Which of the due messages no longer hold, each judged by its kind."""
    lapsed: set[UUID] = set()
    for kind, row in KINDS.items():
        of_kind = [message for message in due if message.kind == kind]
        if of_kind:
            lapsed |= row.lapsed_at_release(work, of_kind, now)
    return lapsed


def _release(work: Work, messages: Sequence[Notification], now: datetime) -> None:
    receivers = {message.enterprise_id for message in messages}
    preferences, caps = preferences_by_receiver(receivers), read_push_caps(work, messages)
    limits = {
        message_id: preference
        for kind, row in KINDS.items()
        for message_id, preference in row.own_preferences(
            [message for message in messages if message.kind == kind]
        ).items()
    }
    for message, number in zip(messages, _next_numbers(work, len(messages)), strict=True):
        LIFE.move(message, "release", by=Party.CLOCK)
        message.released_at, message.release_no = now, number
        wanted = preference_for(message.kind, preferences.get(message.enterprise_id))
        allowed = limits.get(message.id, EmailPreference.IMMEDIATE)
        most_prompt = _most_prompt(message, max(wanted, allowed, key=MOST_PROMPT_FIRST.index))
        message.delivery, message.is_summed = caps.delivery(message, most_prompt)
        if message.delivery == Delivery.IMMEDIATE and is_mail_configured():
            work.enqueue(
                "notifications.jobs.send_email",
                due_at=next_mail_time(now),
                notification_id=str(message.id),
            )


def preference_for(kind: str, preferences: Preferences | None) -> EmailPreference:
    """Which e-mail of this kind an enterprise wants; the kind's default if it has no preferences."""
    if preferences is None:
        return KINDS[kind].default_delivery
    return EmailPreference(preferences.kinds.get(kind, preferences.email))


def _most_prompt(message: Notification, preference: EmailPreference) -> Delivery:
    """How a message goes out at best: no more promptly than it was planned and preferred."""
    if preference == EmailPreference.OFF:
        return Delivery.INBOX
    if preference == EmailPreference.DIGEST or message.delivery == Delivery.DIGEST:
        return Delivery.DIGEST
    return Delivery.IMMEDIATE


def _next_numbers(work: Work, count: int) -> Sequence[int]:
    """The next release numbers."""
    series = func.generate_series(1, count)
    return work.session.scalars(select(RELEASE_NUMBERS.next_value()).select_from(series)).all()


def _shown_pairings(released: Sequence[Notification]) -> Iterator[tuple[UUID, UUID]]:
    """The pairings that the released messages show for the first time."""
    for message in released:
        if KINDS[message.kind].is_shown_pairing and message.listing_id and message.counterpart_id:
            yield message.listing_id, message.counterpart_id
