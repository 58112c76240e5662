"""A delivery is tried, put off, or ended; an endpoint that fails for days gets nothing more."""

import logging
import random
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import Select, select, text

from ... import clock
from ...events.actor import PLATFORM
from ...events.lifecycle import Party
from ...events.work import Work, unit_of_work
from ...notifications import service as notifications
from ...notifications.models import NotificationKind
from ..models import (
    LIFE,
    AttemptOutcome,
    DeliveryStatus,
    StopReason,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from . import sending
from .planning import enqueue

WAITS = tuple(timedelta(seconds=seconds) for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 36_000))
"""Before the second try, the third and so on; with those there are eight, over some 28 hours."""
JITTER = 0.2
MOST_TRIES = len(WAITS) + 1
LONGEST_PAUSE = timedelta(minutes=5)
"""How long an endpoint that failed is left alone at most, with all its deliveries: it costs the others five
seconds then."""
STOPPED_AFTER = timedelta(days=5)
"""An endpoint that has failed for so long gets nothing more."""
BUSY_ELSEWHERE = timedelta(seconds=5)
FINAL = frozenset({AttemptOutcome.REFUSED, AttemptOutcome.REDIRECTED, AttemptOutcome.GONE})
"""Outcomes that no further try changes."""

log = logging.getLogger(__name__)


def deliver(delivery_id: UUID) -> None:
    """Try a delivery that is due; the try, what follows from it and the mark of the task are one transaction.

    Whoever is killed before its commit leaves the delivery as it was: it is sent once more, with the same
    `webhook-id`. An endpoint is asked by one at a time, and not while it is left alone.
    """
    with unit_of_work() as work:
        delivery = work.session.scalars(_waiting(delivery_id)).one_or_none()
        now = clock.now()
        if delivery is None or delivery.due_at > now:
            return
        endpoint = work.session.get_one(WebhookEndpoint, delivery.endpoint_id)
        if endpoint.stopped_at is not None:
            _end(delivery, "fail")
        elif endpoint.paused_until is not None and endpoint.paused_until > now:
            _put_off(work, endpoint, delivery, endpoint.paused_until)
        elif not _is_free(work, endpoint):
            _put_off(work, endpoint, delivery, now + BUSY_ELSEWHERE)
        else:
            _try(work, endpoint, delivery)


def _waiting(delivery_id: UUID) -> Select[WebhookDelivery]:
    query = select(WebhookDelivery).where(
        WebhookDelivery.id == delivery_id, WebhookDelivery.status == DeliveryStatus.WAITING
    )
    return query.with_for_update(skip_locked=True)


def _is_free(work: Work, endpoint: WebhookEndpoint) -> bool:
    """Whether nobody else asks the endpoint now; nobody else does until the end of this transaction."""
    lock = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:name, 0))")
    return bool(work.session.scalar(lock, {"name": f"webhook:{endpoint.id}"}))


def _try(work: Work, endpoint: WebhookEndpoint, delivery: WebhookDelivery) -> None:
    tried = sending.send(endpoint, delivery)
    delivery.tries += 1
    work.session.add(
        WebhookAttempt(
            delivery_id=delivery.id,
            outcome=tried.outcome,
            http_status=tried.http_status,
            took_ms=tried.took_ms,
        )
    )
    endpoint = work.lock(WebhookEndpoint, WebhookEndpoint.id == endpoint.id)
    _note(work, endpoint, tried)
    if tried.outcome == AttemptOutcome.TAKEN:
        _end(delivery, "deliver")
    elif tried.outcome in FINAL or delivery.tries >= MOST_TRIES or endpoint.stopped_at is not None:
        _end(delivery, "fail")
    else:
        _put_off(work, endpoint, delivery, max(_next_try(delivery.tries), tried.retry_after or clock.now()))
    about = {"delivery_id": str(delivery.id), "outcome": str(tried.outcome), "ms": tried.took_ms}
    log.info("webhook tried", extra=about)


def _note(work: Work, endpoint: WebhookEndpoint, tried: sending.Try) -> None:
    """Note of an endpoint how it did: for how long it has failed, and until when it is left alone."""
    now = clock.now()
    if tried.outcome == AttemptOutcome.TAKEN:
        endpoint.failures, endpoint.failing_since, endpoint.paused_until = 0, None, None
        return
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    if tried.outcome not in FINAL:
        pause = min(timedelta(seconds=2.0 ** min(endpoint.failures, 10)), LONGEST_PAUSE)
        endpoint.paused_until = max(now + pause, tried.retry_after or now)
    if tried.outcome == AttemptOutcome.GONE:
        _stop(work, endpoint, StopReason.GONE)
    elif now - endpoint.failing_since >= STOPPED_AFTER:
        _stop(work, endpoint, StopReason.FAILING)


def _stop(work: Work, endpoint: WebhookEndpoint, reason: StopReason) -> None:
    """Deliver nothing more to an endpoint, and tell its enterprise."""
    endpoint.stopped_at, endpoint.stopped_for = clock.now(), reason
    work.audit(PLATFORM, "stop", endpoint, reason=str(reason))
    data = {"webhook_endpoint_id": str(endpoint.id), "name": urlsplit(endpoint.url).hostname or ""}
    notifications.plan_message(endpoint.enterprise_id, NotificationKind.WEBHOOK_STOPPED, data)


def _end(delivery: WebhookDelivery, move: str) -> None:
    LIFE.move(delivery, move, by=Party.SYSTEM)
    delivery.ended_at = clock.now()


def _put_off(work: Work, endpoint: WebhookEndpoint, delivery: WebhookDelivery, until: datetime) -> None:
    delivery.due_at = until
    enqueue(work, endpoint, delivery.id, until)


def _next_try(tries: int) -> datetime:
    wait = WAITS[tries - 1].total_seconds() * random.uniform(1, 1 + JITTER)  # noqa: S311 - jitter
    return clock.now() + timedelta(seconds=wait)
