"""Once per counterpart and code: whoever withdraws and publishes again notifies nobody twice.

An enterprise gets one message of a kind about another enterprise and a waste code; a second one only after 30
days, or at better terms. The primary key of `last_notification` holds this also when two tasks plan at once.
Better terms of one enterprise are told again to another once a day and three times in 30 days, whatever their
codes and kinds: so nobody calls by turning a price down step by step. `repeated_notification` holds that.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from .... import clock
from ....database import db
from ....events.work import Work
from ....listings.models import Kind, Listing
from ...models import (
    LastNotification,
    Notification,
    NotificationKind,
    RepeatedNotification,
)
from ..subjects import pairing_code_id
from .new_message import NewMessage, NewRecord

REPEAT_AFTER = timedelta(days=30)
BETTER_BY = 0.1
"""A message is repeated when quantity or price improved by more than this part."""
MOST_REPEATS = 3
"""How often within `REPEAT_AFTER` better terms of one enterprise are told again to another."""
PREVIOUS_TERMS = "before"
"""Key in a message's data: the record that it replaced, restored if the message is never sent."""
Key = tuple[UUID, UUID, int, str]
Last = LastNotification | NewRecord
KEY_COLUMNS = ("receiver_id", "counterpart_id", "code_id", "kind")


# ---------------------------------------------------------------- when a message may be repeated


def is_past(last: Last) -> bool:
    """Whether the last message is so long ago that the next one counts as the first."""
    return last.at <= clock.now() - REPEAT_AFTER


def may_repeat(last: Last, listing: Listing) -> bool:
    """Whether 30 days have passed, or the terms improved by more than a tenth in the receiver's favour.

    `MAY_REPEAT_SQL` says the same; tests/notifications/test_deduplication.py compares both.
    """
    if is_past(last):
        return True
    if listing.remaining_kg > last.remaining_kg * (1 + BETTER_BY):
        return True
    if listing.price_fen is None or last.price_fen is None:
        return False
    gain = listing.price_fen - last.price_fen
    if listing.kind == Kind.SUPPLY:
        gain = -gain
    return gain > abs(last.price_fen) * BETTER_BY


MAY_REPEAT_SQL = f"""
(record.at <= CAST(:now AS timestamptz) - INTERVAL '{REPEAT_AFTER.days} days'
 OR theirs.remaining_kg > record.remaining_kg * (1 + {BETTER_BY})
 OR coalesce((theirs.price_fen - record.price_fen)
      * CASE theirs.kind WHEN '{Kind.SUPPLY.value}' THEN -1 ELSE 1 END
    > abs(record.price_fen) * {BETTER_BY}, FALSE))
"""
"""`may_repeat` of the row `record` of `last_notification` and the listing `theirs`, for use in statements."""


def may_follow(work: Work, last: LastNotification, theirs: Listing, message: Notification) -> bool:
    """Whether `message` about `theirs` may follow the last one; if better terms are why, it is counted."""
    if not may_repeat(last, theirs):
        return False
    return is_past(last) or _count_repetition(work, last, message)


def _count_repetition(work: Work, last: LastNotification, message: Notification) -> bool:
    """Count better terms that are told again today. Returns whether they may be."""
    today, of_pair = clock.today(), {"receiver_id": last.receiver_id, "counterpart_id": last.counterpart_id}
    recent = select(func.count()).where(
        RepeatedNotification.receiver_id == last.receiver_id,
        RepeatedNotification.counterpart_id == last.counterpart_id,
        RepeatedNotification.day > today - REPEAT_AFTER,
    )
    if (work.session.scalar(recent) or 0) >= MOST_REPEATS:
        return False
    counted = insert(RepeatedNotification).values(**of_pair, day=today, notification_id=message.id)
    statement = counted.on_conflict_do_nothing().returning(RepeatedNotification.day)
    return work.session.scalar(statement) is not None


def told_again_enough(pairs: Collection[tuple[UUID, UUID]], today: date) -> set[tuple[UUID, UUID]]:
    """Those pairs of receiver and sender to whom better terms of the sender are not told again today."""
    rows = db.session.execute(
        select(RepeatedNotification.receiver_id, RepeatedNotification.counterpart_id)
        .where(
            tuple_(RepeatedNotification.receiver_id, RepeatedNotification.counterpart_id).in_(list(pairs)),
            RepeatedNotification.day > today - REPEAT_AFTER,
        )
        .group_by(RepeatedNotification.receiver_id, RepeatedNotification.counterpart_id)
        .having(or_(func.count() >= MOST_REPEATS, func.max(RepeatedNotification.day) == today))
    )
    return {(receiver_id, sender_id) for receiver_id, sender_id in rows}


# ---------------------------------------------------------------- the records


@dataclass(frozen=True, slots=True)
class About:
    """A message, the listing that it is about, and the code under which it counts."""

    message: Notification | NewMessage
    theirs: Listing
    code_id: int

    @property
    def key(self) -> Key:
        return (self.message.enterprise_id, self.theirs.enterprise_id, self.code_id, self.message.kind)


def key_of(last: Last) -> Key:
    return (last.receiver_id, last.counterpart_id, last.code_id, last.kind)


def lock_last(work: Work, mine: Listing, theirs: Listing, kind: NotificationKind) -> LastNotification | None:
    """The last message to the owner of `mine` about the owner of `theirs` and the pairing's code, locked."""
    key = (mine.enterprise_id, theirs.enterprise_id, pairing_code_id(mine, theirs), kind)
    return work.session.get(LastNotification, key, with_for_update=True, populate_existing=True)


def save_once(work: Work, messages: Sequence[About], last: Mapping[Key, LastNotification]) -> None:
    """Write messages and record at what terms they were planned, one for each key.

    Where another task was quicker to plan the first message of a key, its message stays and ours is deleted.

    Args:
        last: by key, the last message of each, locked.
    """
    work.session.add_all([about.message for about in messages])
    work.session.flush()
    new: list[dict[str, Any]] = []
    for about in messages:
        terms = {"notification_id": about.message.id, **_terms_of(about.theirs), "at": clock.now()}
        if about.key in last:
            for name, value in terms.items():
                setattr(last[about.key], name, value)
        else:
            new.append(dict(zip(KEY_COLUMNS, about.key, strict=True)) | terms)
    if new:
        _insert_or_delete_message(work, new)


def _insert_or_delete_message(work: Work, records: Sequence[dict[str, Any]]) -> None:
    statement = insert(LastNotification).on_conflict_do_nothing().returning(LastNotification.notification_id)
    inserted = set(work.session.scalars(statement, records))
    doubled = [record["notification_id"] for record in records if record["notification_id"] not in inserted]
    if doubled:
        work.session.execute(delete(Notification).where(Notification.id.in_(doubled)))


def _terms_of(listing: Listing) -> dict[str, int | None]:
    return {"price_fen": listing.price_fen, "remaining_kg": listing.remaining_kg}


def update_terms(last: Last, listing: Listing) -> None:
    """Record the present terms for a message that is still planned."""
    last.price_fen, last.remaining_kg = listing.price_fen, listing.remaining_kg


# ---------------------------------------------------------------- messages that are replaced or never sent


def previous_terms(last: Last) -> dict[str, Any]:
    """A record as the message that replaces it keeps it, under `PREVIOUS_TERMS` of its data."""
    return {
        "notification_id": str(last.notification_id),
        "price_fen": last.price_fen,
        "remaining_kg": last.remaining_kg,
        "at": last.at.isoformat(),
    }


def with_previous_terms_of(planned: Notification | NewMessage, data: dict[str, Any]) -> dict[str, Any]:
    """New data for a planned message, with the record that the message replaced when it was planned."""
    return data | {name: planned.data[name] for name in (PREVIOUS_TERMS,) if name in planned.data}


def restored_terms(kept: Mapping[str, Any]) -> dict[str, Any]:
    """What `previous_terms` kept, as values of the record's columns."""
    return {
        **kept,
        "notification_id": UUID(kept["notification_id"]),
        "at": datetime.fromisoformat(kept["at"]),
    }
