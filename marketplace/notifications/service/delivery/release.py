"""The release of due messages into the inboxes: by release time, then credit, then score.

Messages are released by the batch, in one transaction whose statements do not grow with it. A process that
dies in a batch has released nothing of it.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Boolean, String, Uuid, column, func, literal, select, update
from sqlalchemy.types import TypeEngine

from .... import clock
from ....database import is_among
from ....events.work import Work, unit_of_work
from ....matches import service as matches
from ...models import LIFE, RELEASE_NUMBERS, Delivery, EmailPreference, Notification, Preferences
from ..kinds import KINDS
from ..planning.cancellation import cancel
from ..preferences.delivery_preferences import preference_of_kind, preferences_by_receiver
from .due import DueMessage, lock_due
from .mail_hours import is_mail_configured, next_mail_time
from .push_caps import lock_releases, read_push_caps

RELEASE_BATCH = 1000
"""Messages of one transaction: enough that its statements cost little each, few enough that it takes about a
second, for which whoever withdraws a listing waits at most."""
RELEASE_S = 0.5
"""How long one tick of the scheduler releases, so that tasks, deadlines and heartbeats wait no longer: a
stranger's task is not to be dispatched late because an import's messages go out."""
MOST_PROMPT_FIRST = list(EmailPreference)
Way = tuple[Delivery, bool]
"""How a message goes out, and whether it is summed up with others."""
log = logging.getLogger(__name__)


def release_due() -> int:
    """Put due messages into the inboxes, batch by batch, until none is due or `RELEASE_S` have passed.

    Those planned for digests come after all others; a message that no longer holds is cancelled. Returns how
    many were due.
    """
    began, released = time.monotonic(), 0
    while True:
        count = _release_batch()
        released += count
        if count < RELEASE_BATCH or time.monotonic() - began >= RELEASE_S:
            return released


def _release_batch() -> int:
    """Release the next messages. Returns how many were due."""
    now, began = clock.now(), time.perf_counter()
    with unit_of_work() as work:
        lock_releases(work)
        due = lock_due(now, RELEASE_BATCH)
        if not due:
            return 0
        lapsed = _lapsed(work, due, now)
        released = [message for message in due if message.id not in lapsed]
        if released:
            _release(work, released, now)
        if lapsed:
            cancel(work, is_among(Notification.id, lapsed))
    milliseconds = round((time.perf_counter() - began) * 1000)
    log.info(
        "notifications released",
        extra={"released": len(released), "lapsed": len(lapsed), "ms": milliseconds},
    )
    return len(due)


def _lapsed(work: Work, due: Sequence[DueMessage], now: datetime) -> set[UUID]:
    """Which of the due messages no longer hold, each judged by its kind."""
    lapsed: set[UUID] = set()
    for kind, row in KINDS.items():
        of_kind = [message for message in due if message.kind == kind]
        if of_kind:
            lapsed |= row.lapsed_at_release(work, of_kind, now)
    return lapsed


def _release(work: Work, messages: Sequence[DueMessage], now: datetime) -> None:
    ways = _ways(work, messages)
    _move(work, messages, ways, now)
    matches.record_outcome(work, matches.Outcome.SHOWN, _shown_pairings(messages))
    if not is_mail_configured():
        return
    due_at = next_mail_time(now)
    for message, (delivery, _) in zip(messages, ways, strict=True):
        if delivery == Delivery.IMMEDIATE:
            work.enqueue("notifications.jobs.send_email", due_at=due_at, notification_id=str(message.id))


def _ways(work: Work, messages: Sequence[DueMessage]) -> list[Way]:
    """How each message goes out; what goes out first counts first towards the caps."""
    receivers = {message.enterprise_id for message in messages}
    preferences, caps = preferences_by_receiver(receivers), read_push_caps(work, messages)
    limits = _own_preferences(messages)
    ways = []
    for message in messages:
        wanted = preference_for(message.kind, preferences.get(message.enterprise_id))
        allowed = limits.get(message.id, EmailPreference.IMMEDIATE)
        most_prompt = _most_prompt(message, max(wanted, allowed, key=MOST_PROMPT_FIRST.index))
        ways.append(caps.delivery(message, most_prompt))
    return ways


def _own_preferences(messages: Sequence[DueMessage]) -> dict[UUID, EmailPreference]:
    return {
        message_id: preference
        for kind, row in KINDS.items()
        for message_id, preference in row.own_preferences(
            [message for message in messages if message.kind == kind]
        ).items()
    }


def _move(work: Work, messages: Sequence[DueMessage], ways: Sequence[Way], now: datetime) -> None:
    """Write all messages as released, in one statement."""
    columns: dict[str, tuple[TypeEngine[Any], Sequence[Any]]] = {
        "id": (Uuid(), [message.id for message in messages]),
        "number": (BigInteger(), _next_numbers(work, len(messages))),
        "delivery": (String(), [delivery.value for delivery, _ in ways]),
        "is_summed": (Boolean(), [is_summed for _, is_summed in ways]),
    }
    arrays = [literal(values, ARRAY(kind)) for kind, values in columns.values()]
    names = [column(name, kind) for name, (kind, _) in columns.items()]
    way = func.unnest(*arrays).table_valued(*names, name="way").render_derived()
    work.session.execute(
        update(Notification)
        .where(Notification.id == way.c.id, Notification.status.in_(LIFE.sources("release")))
        .values(
            LIFE.values("release")
            | {
                "released_at": now,
                "release_no": way.c.number,
                "delivery": way.c.delivery,
                "is_summed": way.c.is_summed,
            }
        ),
        execution_options={"synchronize_session": False},
    )


def preference_for(kind: str, preferences: Preferences | None) -> EmailPreference:
    """Which e-mail of this kind an enterprise wants; the kind's default if it has no preferences."""
    if preferences is None:
        return KINDS[kind].default_delivery
    return preference_of_kind(preferences, kind)


def _most_prompt(message: DueMessage, preference: EmailPreference) -> Delivery:
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


def _shown_pairings(released: Sequence[DueMessage]) -> Iterator[tuple[UUID, UUID]]:
    """The pairings that the released messages show for the first time."""
    for message in released:
        if KINDS[message.kind].is_shown_pairing and message.listing_id and message.counterpart_id:
            yield message.listing_id, message.counterpart_id
