"""What many enterprises were told last: read for a batch of plans, changed in memory, written back at once.

The plans of a batch see each other's changes as if each had been written before the next was made.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Self
from uuid import UUID

from .... import clock
from ....events.work import Work
from ....listings.models import Listing
from ...models import Notification, NotificationKind
from ..subjects import main_code_id
from . import told_statements as statements
from .deduplication import (
    MOST_REPEATS,
    PREVIOUS_TERMS,
    About,
    Key,
    Last,
    is_past,
    key_of,
    may_repeat,
    previous_terms,
    restored_terms,
    update_terms,
    with_previous_terms_of,
)
from .new_message import NewMessage

Pair = tuple[UUID, UUID]
Message = Notification | NewMessage


class Told:
    """The last messages of some keys, the planned ones among them, and what plans change of both.

    Its rows belong to no session: only `write` writes. `last` is by key, `planned` by id.
    """

    def __init__(
        self,
        work: Work,
        last: Mapping[Key, Last],
        planned: Mapping[UUID, Message],
        unmatched: Iterable[Notification],
    ) -> None:
        """Use `lock`."""
        self._work, self._last, self._planned = work, dict(last), dict(planned)
        self._unmatched = list(unmatched)
        self._stored = frozenset(last)
        self._touched: set[Key] = set()
        self._new: dict[UUID, Message] = {}
        self._changed: dict[UUID, Message] = {}
        self._cancelled: set[UUID] = set()
        self._repeats: dict[Pair, dict[date, UUID]] | None = None
        self._new_repeats: dict[UUID, tuple[Pair, date]] = {}

    @classmethod
    def lock(cls, work: Work, keys: Collection[Key], unmatched: Sequence[Notification] = ()) -> Self:
        """Read and lock what a batch of plans may change.

        Args:
            keys: those under which it may plan messages.
            unmatched: locked planned messages that no longer hold.
        """
        last = statements.lock_last(work, keys, [message.id for message in unmatched])
        planned = statements.lock_planned(work, {row.notification_id for row in last.values()})
        return cls(work, last, planned | {message.id: message for message in unmatched}, unmatched)

    # ------------------------------------------------------------ plans

    @property
    def unmatched(self) -> set[UUID]:
        """The listings of which something is planned that no longer holds."""
        return {message.counterpart_id for message in self._unmatched if message.counterpart_id}

    def cancel_unmatched(self, listing: Listing) -> int:
        """Cancel what is planned about `listing` and no longer holds. Returns how many."""
        about_it = [
            message
            for message in self._unmatched
            if message.counterpart_id == listing.id and message.id not in self._cancelled
        ]
        keys = {row.notification_id: key for key, row in self._last.items()} if about_it else {}
        for message in about_it:
            self._cancelled.add(message.id)
            if message.id in keys:
                self._take_back(keys[message.id], message)
        return len(about_it)

    def plan(self, about: About) -> None:
        """Plan a message, unless one not released yet stands for it, or it may not follow the last."""
        key, message = about.key, about.message
        last = self._last.get(key)
        if last is not None:
            planned = self._planned_of(last)
            if planned is not None:
                self._retarget(planned, about, last)
                return
            if not self._may_follow(last, about):
                return
            message.data = {**message.data, PREVIOUS_TERMS: previous_terms(last)}
        self._planned[message.id] = self._new[message.id] = message
        self._last[key] = statements.record(key, message.id, about.theirs)
        self._touched.add(key)

    def _planned_of(self, last: Last) -> Message | None:
        return None if last.notification_id in self._cancelled else self._planned.get(last.notification_id)

    def _retarget(self, planned: Message, about: About, last: Last) -> None:
        """Let a message that is not released yet speak of the better of the pairings that it stands for."""
        better = about.message
        if planned.counterpart_id != about.theirs.id and better.score <= planned.score:
            return
        planned.listing_id, planned.counterpart_id = better.listing_id, better.counterpart_id
        planned.data, planned.score = with_previous_terms_of(planned, better.data), better.score
        update_terms(last, about.theirs)
        self._changed[planned.id] = planned
        self._touched.add(about.key)

    def _may_follow(self, last: Last, about: About) -> bool:
        """As `deduplication.may_follow`: if better terms are why, it is counted."""
        if not may_repeat(last, about.theirs):
            return False
        if is_past(last):
            return True
        if self._repeats is None:
            pairs = {key[:2] for key in self._stored}
            self._repeats = statements.repeats_of(self._work, pairs, clock.today())
        pair, today = about.key[:2], clock.today()
        days = {day: told for day, told in self._repeats.get(pair, {}).items() if told not in self._cancelled}
        if today in days or len(days) >= MOST_REPEATS:
            return False
        self._repeats[pair] = {**days, today: about.message.id}
        self._new_repeats[about.message.id] = (pair, today)
        return True

    def _take_back(self, key: Key, message: Message) -> None:
        """Restore the record that a message replaced, or delete it if there was none."""
        kept = message.data.get(PREVIOUS_TERMS)
        if kept is None:
            del self._last[key]
        else:
            for name, value in restored_terms(kept).items():
                setattr(self._last[key], name, value)
        self._touched.add(key)

    # ------------------------------------------------------------ all at once

    def write(self) -> int:
        """Write what the plans changed. Returns how many messages are new.

        Where another transaction was quicker to plan the first message of a key, or told the same better
        terms today, its message stays and ours is deleted.
        """
        statements.drop(self._work, self._cancelled)
        self._give_up(statements.insert_repeats(self._work, self._new_repeats))
        statements.copy_messages(self._work, self._new.values())
        changed = [message for message in self._changed.values() if message.id not in self._new]
        statements.update_messages(self._work, [row for row in changed if row.id not in self._cancelled])
        rows = [self._last[key] for key in sorted(self._touched & self._last.keys())]
        statements.delete_last(self._work, self._touched & self._stored - self._last.keys())
        statements.update_last(self._work, [row for row in rows if key_of(row) in self._stored])
        doubled = statements.insert_last(self._work, [row for row in rows if key_of(row) not in self._stored])
        statements.delete_messages(self._work, doubled)
        return len(self._new) - len(doubled)

    def _give_up(self, message_ids: Iterable[UUID]) -> None:
        keys = {row.notification_id: key for key, row in self._last.items()}
        for message_id in message_ids:
            self._take_back(keys[message_id], self._new.pop(message_id))


def push_key(receiver_id: UUID, sender_id: UUID, code_id: int) -> Key:
    """The key of messages that a listing of the sender matches one of the receiver."""
    return (receiver_id, sender_id, code_id, NotificationKind.MATCH_FOUND)


def hit_key(reader_id: UUID, listing: Listing) -> Key:
    """The key of messages that a saved search of the reader finds the listing."""
    return (reader_id, listing.enterprise_id, main_code_id(listing), NotificationKind.SEARCH_HIT)
