"""The daily cap of notifications: how many messages a day go out at once, before the digest."""

from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID

from sqlalchemy import func, select

from .... import clock
from ....events.work import Work
from ....matches import service as matches
from ...models import Delivery, Notification, NotificationStatus
from ..kinds import KINDS

CAPPED = tuple(kind for kind, row in KINDS.items() if row.is_capped)


@dataclass(slots=True)
class DailyCap:
    """How many capped messages each enterprise has had at once today, and how many it may have."""

    limit: int
    counts: dict[UUID, int]

    def count(self, enterprise_id: UUID) -> bool:
        """Count one more. Returns whether it is within the cap."""
        before = self.counts.get(enterprise_id, 0)
        self.counts[enterprise_id] = before + 1
        return before < self.limit


def read_daily_cap(work: Work, receivers: set[UUID], now: datetime) -> DailyCap:
    """The policy's cap, with what these enterprises have had since midnight in Asia/Shanghai."""
    midnight = datetime.combine(now.astimezone(clock.LOCAL).date(), time(), clock.LOCAL)
    counts = work.session.execute(
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
    return DailyCap(matches.policy_in_force().body["push_daily_cap"], dict(counts.all()))
