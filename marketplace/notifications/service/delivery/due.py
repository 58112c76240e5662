"""The messages whose time has come, as columns: no object of the session is made for a message."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, and_, cast, select

from ....events.work import Work
from ...models import Delivery, Notification, NotificationStatus


class DueMessage(NamedTuple):
    """What its release must know of a message; `delivery` as planned, `saved_search_id` of a search hit."""

    id: UUID
    enterprise_id: UUID
    kind: str
    listing_id: UUID | None
    counterpart_id: UUID | None
    delivery: Delivery | None
    created_at: datetime
    saved_search_id: UUID | None


COLUMNS = [
    *(getattr(Notification, name) for name in DueMessage._fields[:-1]),
    cast(Notification.data["saved_search_id"].astext, Uuid),
]

AT_ONCE = Notification.delivery.is_(None)
SMALL, BULK = and_(AT_ONCE, ~Notification.bulk), and_(AT_ONCE, Notification.bulk)
FOR_DIGESTS = Notification.delivery.is_not(None)
AGED_AFTER = timedelta(seconds=60)
"""Bulk that is due for longer has been passed over for long enough, as it has among tasks."""


def lock_due(work: Work, now: datetime, most: int) -> list[DueMessage]:
    """The next messages to be released, locked: small before bulk, those planned for digests after all
    others; among each by release time, then credit, then score.

    Half of them may be bulk that has aged, so that its time comes however much else there is. Each is read in
    the order of its index: of 200,000 due messages hardly more than those returned.
    """
    small = _next_of(work, now, most, SMALL)
    left, half = most - len(small), most // 2
    bulk = _next_of(work, now - AGED_AFTER, half, BULK) if left < half else []
    if len(bulk) < left:
        bulk = _next_of(work, now, left, BULK)
    found = small[: most - len(bulk)] + bulk
    if len(found) < most:
        found += _next_of(work, now, most - len(found), FOR_DIGESTS)
    return found


def _next_of(work: Work, now: datetime, most: int, kind: ColumnElement[bool]) -> list[DueMessage]:
    rows = work.session.execute(
        select(*COLUMNS)
        .where(Notification.status == NotificationStatus.PLANNED, kind, Notification.release_at <= now)
        .order_by(
            Notification.release_at,
            Notification.credit_milli.desc(),
            Notification.score.desc(),
            Notification.id,
        )
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return [DueMessage(*row) for row in rows]
