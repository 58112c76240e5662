"""Deliveries are planned: an event, an endpoint that wants it, one row and the task that delivers it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from uuid_utils.compat import uuid7

from ... import clock
from ...database import is_among
from ...events.work import Work, written_for
from ...http.fields import moment_text
from ...notifications.models import RELEASE_NUMBERS, Notification, NotificationStatus
from ..models import LIFE, FeedEvent, WebhookDelivery, WebhookEndpoint
from .kinds import NOTIFICATION, NOTIFICATION_KIND

DELIVER = "webhooks.jobs.deliver"
TEST_KIND = "webhook.test"
LAST_RELEASE = text(f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {RELEASE_NUMBERS.name}")  # noqa: S608
AT_ONCE = 500
"""Messages of inboxes for which one transaction plans deliveries."""
UNTOLD = (
    select(WebhookEndpoint, Notification)
    .join(Notification, Notification.enterprise_id == WebhookEndpoint.enterprise_id)
    .where(
        Notification.status == NotificationStatus.RELEASED,
        Notification.release_no > WebhookEndpoint.notified_no,
        WebhookEndpoint.stopped_at.is_(None),
    )
)
"""Endpoints in use, with the messages of their inboxes whose delivery is not planned yet."""


def message_of(event: FeedEvent) -> tuple[str, dict[str, Any]]:
    """The `webhook-id` of an event and the body in which it is delivered, as `GET /events` shows it."""
    body = {
        "type": event.kind,
        "timestamp": moment_text(event.at),
        "id": event.no,
        "subject": event.subject,
        "data": event.data,
    }
    return f"evt_{event.no}", body


def wants(endpoint: WebhookEndpoint, kind: str) -> bool:
    """Whether events of a kind are delivered to an endpoint."""
    return not endpoint.kinds or kind in endpoint.kinds or kind.partition(".")[0] in endpoint.kinds


def plan_deliveries(work: Work, rows: Sequence[tuple[FeedEvent, frozenset[UUID]]]) -> None:
    """Plan the delivery of new events to the endpoints of their readers."""
    readers = frozenset().union(*(names for _, names in rows))
    if not readers:
        return
    in_use = select(WebhookEndpoint).where(
        is_among(WebhookEndpoint.enterprise_id, readers), WebhookEndpoint.stopped_at.is_(None)
    )
    for endpoint in work.session.scalars(in_use.order_by(WebhookEndpoint.id)):
        own = [row for row, names in rows if endpoint.enterprise_id in names and wants(endpoint, row.kind)]
        plan(work, endpoint, [(row.kind, *message_of(row)) for row in own])


def plan_notifications(work: Work) -> bool:
    """Plan the delivery of messages that inboxes have got since; returns whether there may be more.

    Messages are numbered as they are released, by one writer: of each endpoint it is known up to which.
    """
    found = work.session.execute(UNTOLD.order_by(Notification.release_no).limit(AT_ONCE)).all()
    for endpoint, message in found:
        if wants(endpoint, NOTIFICATION_KIND):
            plan(work, endpoint, [(NOTIFICATION_KIND, *message_of_inbox(message))])
        endpoint.notified_no = message.release_no or endpoint.notified_no
    return len(found) == AT_ONCE


def message_of_inbox(message: Notification) -> tuple[str, dict[str, Any]]:
    """The `webhook-id` and body of a message of the inbox: which it is, and the listings of a pairing."""
    named = {
        "notification_id": message.id,
        "listing_id": message.listing_id,
        "counterpart_id": message.counterpart_id,
    }
    body = {
        "type": NOTIFICATION_KIND,
        "timestamp": moment_text(message.released_at or message.created_at),
        "id": None,
        "subject": {"kind": NOTIFICATION, "id": str(message.id)},
        "data": {"kind": message.kind, **{name: str(each) for name, each in named.items() if each}},
    }
    return f"ntf_{message.id.hex}", body


def last_release(work: Work) -> int:
    """The number of the latest message that any inbox has got."""
    return work.session.scalar(LAST_RELEASE) or 0


def plan(work: Work, endpoint: WebhookEndpoint, messages: Iterable[tuple[str, str, dict[str, Any]]]) -> int:
    """Plan deliveries of messages (kind, `webhook-id`, body) to an endpoint; returns how many are new.

    Each is planned once, and once more only one that has ended.
    """
    now, count = clock.now(), 0
    for kind, message_id, body in messages:
        new = insert(WebhookDelivery).values(
            id=uuid7(), endpoint_id=endpoint.id, message_id=message_id, kind=kind, body=body,
            tries=0, due_at=now, created_at=now,
        )  # fmt: skip
        again = new.on_conflict_do_update(
            index_elements=("endpoint_id", "message_id"),
            set_={**LIFE.values("redeliver"), "tries": 0, "due_at": now, "ended_at": None},
            where=WebhookDelivery.status.in_(LIFE.sources("redeliver")),
        )
        delivery_id = work.session.scalar(again.returning(WebhookDelivery.id))
        if delivery_id is not None:
            enqueue(work, endpoint, delivery_id, now)
            count += 1
    return count


def enqueue(work: Work, endpoint: WebhookEndpoint, delivery_id: UUID, due_at: datetime) -> None:
    """Write the task of a delivery, on behalf of the endpoint's enterprise: thus each has its turn."""
    with written_for(endpoint.enterprise_id, bulk=False):
        work.enqueue(DELIVER, due_at=due_at, delivery_id=str(delivery_id))
