"""The policy's caps of immediate messages a day: of one receiver, and of one sender to one receiver.

Both are counted from the released rows themselves, under a lock: what is released once counts once, whatever
worker died in between.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, and_, column, func, literal, select

from .... import clock
from ....database import is_among
from ....events.work import Work
from ....listings import service as listings
from ....listings.models import Listing
from ....matches import service as matches
from ...models import Delivery, Notification, NotificationStatus
from ..kinds import KINDS
from .due import DueMessage

CAPPED = tuple(kind for kind, row in KINDS.items() if row.is_capped)
CAPPED_BY_SENDER = tuple(kind for kind, row in KINDS.items() if row.is_capped_by_sender)
Pair = tuple[UUID, UUID]
"""A receiver and a sender."""


@dataclass(slots=True)
class PushCaps:
    """What these receivers have had today, and how much they may have.

    Attributes:
        senders: by message id, the enterprise that caused it, of the kinds that are capped by sender.
        immediate: by receiver, the capped messages that went out at once.
        of_sender: by receiver and sender, what went out at once, and what has a line of its own in a digest.
    """

    most: int
    most_of_sender: int
    senders: dict[UUID, UUID]
    immediate: Counter[UUID]
    of_sender: dict[Delivery, Counter[Pair]]

    def delivery(self, message: DueMessage, wanted: Delivery) -> tuple[Delivery, bool]:
        """How a message goes out that is wanted so, counted; and whether it is summed up with others."""
        if wanted == Delivery.IMMEDIATE:
            if not self._is_within_sender(message, wanted):
                return Delivery.DIGEST, True
            if self._is_within(message):
                self._count(message, wanted)
                return wanted, False
        if wanted == Delivery.INBOX:
            return wanted, False
        has_own_line = self._is_within_sender(message, Delivery.DIGEST)
        if has_own_line:
            self._count(message, Delivery.DIGEST)
        return Delivery.DIGEST, not has_own_line

    def _is_within(self, message: DueMessage) -> bool:
        return message.kind not in CAPPED or self.immediate[message.enterprise_id] < self.most

    def _is_within_sender(self, message: DueMessage, delivery: Delivery) -> bool:
        sender = self.senders.get(message.id)
        if sender is None:
            return True
        return self.of_sender[delivery][message.enterprise_id, sender] < self.most_of_sender

    def _count(self, message: DueMessage, delivery: Delivery) -> None:
        if delivery == Delivery.IMMEDIATE and message.kind in CAPPED:
            self.immediate[message.enterprise_id] += 1
        if message.id in self.senders:
            self.of_sender[delivery][message.enterprise_id, self.senders[message.id]] += 1


def lock_releases(work: Work) -> None:
    """Let one release at a time count, so that two messages do not both take the last place under a cap."""
    work.lock_name("notification_release")


def read_push_caps(work: Work, messages: Sequence[DueMessage]) -> PushCaps:
    """The policy's caps, with what the receivers have had since midnight in Asia/Shanghai."""
    policy, senders = matches.policy_in_force().body, _senders(messages)
    pairs = {(message.enterprise_id, senders[message.id]) for message in messages if message.id in senders}
    immediate, of_sender = _counted(work, {message.enterprise_id for message in messages}, pairs)
    return PushCaps(policy["push_daily_cap"], policy["push_pair_cap"], senders, immediate, of_sender)


def _counted(
    work: Work, receivers: set[UUID], pairs: set[Pair]
) -> tuple[Counter[UUID], dict[Delivery, Counter[Pair]]]:
    """What these receivers have had today, and of it what came of these senders, in one statement; what was
    summed up counts for no sender.

    A row is answered for each of the pairs and one for each receiver's others: a receiver may have heard of
    hundreds of senders today, of whom the batch names one.
    """
    arrays = [literal([pair[side] for pair in pairs], ARRAY(Uuid)) for side in (0, 1)]
    columns = [column("receiver_id", Uuid()), column("sender_id", Uuid())]
    asked = func.unnest(*arrays).table_valued(*columns, name="asked").render_derived()
    of_sender = Notification.kind.in_(CAPPED_BY_SENDER) & ~Notification.is_summed
    rows = (
        select(
            Notification.enterprise_id,
            asked.c.sender_id,
            Notification.delivery,
            func.count().filter(Notification.kind.in_(CAPPED)),
            func.count().filter(of_sender),
        )
        .outerjoin(Listing, Listing.id == Notification.counterpart_id)
        .outerjoin(
            asked,
            and_(
                asked.c.receiver_id == Notification.enterprise_id, asked.c.sender_id == Listing.enterprise_id
            ),
        )
        .where(
            is_among(Notification.enterprise_id, receivers),
            Notification.status == NotificationStatus.RELEASED,
            Notification.released_at >= clock.midnight(),
            Notification.kind.in_({*CAPPED, *CAPPED_BY_SENDER}),
        )
        .group_by(Notification.enterprise_id, asked.c.sender_id, Notification.delivery)
    )
    immediate: Counter[UUID] = Counter()
    by_pair: dict[Delivery, Counter[Pair]] = {way: Counter() for way in Delivery}
    for receiver, sender, delivery, capped, capped_by_sender in work.session.execute(rows):
        if delivery and sender:
            by_pair[delivery][receiver, sender] += capped_by_sender
        if delivery == Delivery.IMMEDIATE:
            immediate[receiver] += capped
    return immediate, by_pair


def _senders(messages: Sequence[DueMessage]) -> dict[UUID, UUID]:
    about = {
        message.id: message.counterpart_id
        for message in messages
        if message.kind in CAPPED_BY_SENDER and message.counterpart_id
    }
    owners = listings.owners_of(set(about.values()))
    return {message_id: owners[listing_id] for message_id, listing_id in about.items()}
