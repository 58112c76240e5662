"""What happened since a moment is delivered once more: a part at once, the rest by tasks, one by one."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, false, func, select

from ...events.actor import Actor
from ...events.work import Work, unit_of_work, written_for
from ...http.fields import moment_text
from ...notifications.models import Notification, NotificationStatus
from ..models import FeedEvent, FeedReader, WebhookEndpoint
from .endpoints import resume
from .feed import are_wanted
from .kinds import NOTIFICATION_KIND
from .planning import last_release, message_of, message_of_inbox, plan, wants

REPLAY_ON = "webhooks.jobs.replay_on"
AT_ONCE = 1_000
"""Events, and messages of the inbox, for which one transaction plans deliveries."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is delivered once more: all since a moment, in order, from one number to another.

    `event_no` and `release_no` are the last that were planned, `last_event_no` and `last_release_no` the
    last that there were when it was asked for: what comes later is delivered anyway.
    """

    since: str
    last_event_no: int
    last_release_no: int
    event_no: int = 0
    release_no: int = 0


def replay(actor: Actor, endpoint_id: UUID, since: datetime) -> int:
    """Deliver to an endpoint once more what happened since a moment, in order; returns of how many.

    The first part is due at once, further ones follow by tasks.

    Raises:
        Invalid: its address does not lead to the public internet any more (`webhook_address`).
    """
    with unit_of_work() as work:
        endpoint = resume(work, actor, endpoint_id)
        last_event_no = work.session.scalar(select(func.max(FeedEvent.no))) or 0
        stretch = Stretch(moment_text(since), last_event_no, last_release(work))
        count = sum(_count(work, query) for query in _happened(endpoint, stretch))
        _plan_part(work, endpoint, stretch)
        work.audit(actor, "replay", endpoint, since=since.isoformat(), count=count)
    return count


def replay_on(endpoint_id: UUID, stretch: Stretch) -> None:
    """Go on with a replay; one of an endpoint that was deleted or stopped meanwhile ends."""
    with unit_of_work() as work:
        query = select(WebhookEndpoint).where(
            WebhookEndpoint.id == endpoint_id, WebhookEndpoint.stopped_at.is_(None)
        )
        endpoint = work.session.scalars(query.with_for_update(key_share=True)).one_or_none()
        if endpoint is not None:
            _plan_part(work, endpoint, stretch)


def _plan_part(work: Work, endpoint: WebhookEndpoint, stretch: Stretch) -> None:
    """Plan the next deliveries, and the task that goes on if there are more."""
    events_query, messages_query = _happened(endpoint, stretch)
    events = work.session.scalars(events_query.order_by(FeedEvent.no).limit(AT_ONCE)).all()
    ordered = messages_query.order_by(Notification.release_no).limit(AT_ONCE)
    messages = work.session.scalars(ordered).all()
    again: list[tuple[str, str, dict[str, Any]]] = [(event.kind, *message_of(event)) for event in events]
    again += [(NOTIFICATION_KIND, *message_of_inbox(message)) for message in messages]
    plan(work, endpoint, again)
    if AT_ONCE in (len(events), len(messages)):
        then = replace(
            stretch,
            event_no=events[-1].no if events else stretch.event_no,
            release_no=(messages[-1].release_no or 0) if messages else stretch.release_no,
        )
        with written_for(endpoint.enterprise_id, bulk=True):
            work.enqueue(REPLAY_ON, endpoint_id=str(endpoint.id), **asdict(then))


def _happened(endpoint: WebhookEndpoint, stretch: Stretch) -> tuple[Select[FeedEvent], Select[Notification]]:
    """What is left of a stretch: events of the feed, and messages of the inbox, as far as they are wanted."""
    since = datetime.fromisoformat(stretch.since)
    events = (
        select(FeedEvent)
        .join(FeedReader, FeedReader.no == FeedEvent.no)
        .where(
            FeedReader.enterprise_id == endpoint.enterprise_id,
            FeedReader.no.between(stretch.event_no + 1, stretch.last_event_no),
            FeedEvent.at >= since,
            *are_wanted(endpoint.kinds),
        )
    )
    messages = select(Notification).where(
        Notification.enterprise_id == endpoint.enterprise_id,
        Notification.status == NotificationStatus.RELEASED,
        Notification.release_no.between(stretch.release_no + 1, stretch.last_release_no),
        Notification.released_at >= since,
    )
    return events, messages if wants(endpoint, NOTIFICATION_KIND) else messages.where(false())


def _count(work: Work, query: Select[Any]) -> int:
    return work.session.scalar(select(func.count()).select_from(query.subquery())) or 0
