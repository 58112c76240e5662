"""The messages whose time has come, as columns: no object of the session is made for a message."""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, and_, bindparam, cast, select

from ....statements import Statement
from ...models import Notification, NotificationStatus


class DueMessage(NamedTuple):
    """What its release must know of a message.

    Attributes:
        delivery: as planned, the value of a `Delivery`.
        saved_search_id: of a search hit.
    """

    id: UUID
    enterprise_id: UUID
    kind: str
    listing_id: UUID | None
    counterpart_id: UUID | None
    delivery: str | None
    created_at: datetime
    saved_search_id: UUID | None


COLUMNS = [
    *(getattr(Notification, name) for name in DueMessage._fields[:-1]),
    cast(Notification.data["saved_search_id"].astext, Uuid).label("saved_search_id"),
]


def _first_due(kind: ColumnElement[bool]) -> Statement:
    """The first `most` messages of a kind that are due at `now`, locked."""
    return Statement(
        select(*COLUMNS)
        .where(
            Notification.status == NotificationStatus.PLANNED,
            kind,
            Notification.release_at <= bindparam("now"),
        )
        .order_by(
            Notification.release_at,
            Notification.credit_milli.desc(),
            Notification.score.desc(),
            Notification.id,
        )
        .limit(bindparam("most"))
        .with_for_update(skip_locked=True)
    )


AT_ONCE = Notification.delivery.is_(None)
SMALL = _first_due(and_(AT_ONCE, ~Notification.bulk))
BULK = _first_due(and_(AT_ONCE, Notification.bulk))
FOR_DIGESTS = _first_due(Notification.delivery.is_not(None))
AGED_AFTER = timedelta(seconds=60)
"""Bulk that is due for longer has been passed over for long enough, as it has among tasks."""


def lock_due(now: datetime, most: int) -> list[DueMessage]:
    """The next messages to be released, locked: small before bulk, those planned for digests after all
    others; among each by release time, then credit, then score.

    Half of them may be bulk that has aged, so that its time comes however much else there is. Each is read in
    the order of its index: of 200,000 due messages hardly more than those returned.
    """
    small = _next_of(SMALL, now, most)
    left, half = most - len(small), most // 2
    bulk = _next_of(BULK, now - AGED_AFTER, half) if left < half else []
    if len(bulk) < left:
        bulk = _next_of(BULK, now, left)
    found = small[: most - len(bulk)] + bulk
    if len(found) < most:
        found += _next_of(FOR_DIGESTS, now, most - len(found))
    return found


def _next_of(kind: Statement, now: datetime, most: int) -> list[DueMessage]:
    return [DueMessage(*row) for row in kind.all(now=now, most=most)]
