"""A delivery is tried, put off, or ended; an endpoint that fails for days gets nothing more."""

import logging
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select

from ... import clock
from ...errors import NotFound
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
from .sending import Letter

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
CLAIMED_FOR = timedelta(seconds=30)
"""As long as a claim holds: a call ends after five seconds, and looking up a name may take as long again a
few times over. Longer than that, and what a killed worker left would wait for no reason."""
FINAL = frozenset({AttemptOutcome.REFUSED, AttemptOutcome.REDIRECTED, AttemptOutcome.GONE})
"""Outcomes that no further try changes."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Claim:
    """A try that this process alone makes, until a moment; `tries` counts it already."""

    endpoint_id: UUID
    delivery_id: UUID
    tries: int
    until: datetime
    letter: Letter


def deliver(delivery_id: UUID) -> None:
    """Try a delivery that is due: claim it, send it with no transaction open, record what came of it.

    Whoever is killed in between leaves the claim: once that is over the delivery is sent once more, with the
    same `webhook-id`. An endpoint is asked by one at a time, and not while it is left alone.
    """
    claim = _claim(delivery_id)
    if claim is not None:
        _record(claim, sending.send(claim.letter))


def _claim(delivery_id: UUID) -> _Claim | None:
    """Claim a delivery with its endpoint; None if it is not to be tried now, which is recorded."""
    with unit_of_work() as work:
        found = _lock(work, delivery_id)
        if found is None:
            return None
        (endpoint, delivery), now = found, clock.now()
        if delivery.status != DeliveryStatus.WAITING or delivery.due_at > now:
            return None
        if endpoint.stopped_at is not None:
            _end(delivery, "fail")
            return None
        free_at = _free_at(endpoint, now)
        if free_at > now:
            _put_off(work, endpoint, delivery, free_at)
            return None
        endpoint.asked_until, delivery.tries = now + CLAIMED_FOR, delivery.tries + 1
        letter = sending.letter_of(endpoint, delivery)
        return _Claim(endpoint.id, delivery.id, delivery.tries, endpoint.asked_until, letter)


def _lock(work: Work, delivery_id: UUID) -> tuple[WebhookEndpoint, WebhookDelivery] | None:
    """A delivery and its endpoint, locked, the endpoint first as everywhere; None if they were deleted."""
    query = select(WebhookDelivery.endpoint_id).where(WebhookDelivery.id == delivery_id)
    endpoint_id = work.session.scalar(query)
    try:
        endpoint = work.lock(WebhookEndpoint, WebhookEndpoint.id == endpoint_id)
        return endpoint, work.lock(WebhookDelivery, WebhookDelivery.id == delivery_id)
    except NotFound:
        return None


def _free_at(endpoint: WebhookEndpoint, now: datetime) -> datetime:
    """When an endpoint may be asked; one whom somebody else asks is looked at again in a few seconds."""
    asked_until = min(endpoint.asked_until or now, now + BUSY_ELSEWHERE)
    return max(now, asked_until, endpoint.paused_until or now)


def _record(claim: _Claim, tried: sending.Try) -> None:
    """Record a try and what follows from it; of one whose claim was over, and taken by another, the try
    alone."""
    with unit_of_work() as work:
        found = _lock(work, claim.delivery_id)
        if found is None:
            return
        endpoint, delivery = found
        outcome, http_status, took_ms = tried.outcome, tried.http_status, tried.took_ms
        work.session.add(
            WebhookAttempt(delivery_id=delivery.id, outcome=outcome, http_status=http_status, took_ms=took_ms)
        )
        if endpoint.asked_until == claim.until:
            endpoint.asked_until = None
        if delivery.status == DeliveryStatus.WAITING and delivery.tries == claim.tries:
            _follow(work, endpoint, delivery, tried)
    about = {"delivery_id": str(claim.delivery_id), "outcome": str(tried.outcome), "ms": tried.took_ms}
    log.info("webhook tried", extra=about)


def _follow(work: Work, endpoint: WebhookEndpoint, delivery: WebhookDelivery, tried: sending.Try) -> None:
    """End the delivery, or put it off."""
    _note(work, endpoint, tried)
    if tried.outcome == AttemptOutcome.TAKEN:
        _end(delivery, "deliver")
    elif tried.outcome in FINAL or delivery.tries >= MOST_TRIES or endpoint.stopped_at is not None:
        _end(delivery, "fail")
    else:
        _put_off(work, endpoint, delivery, max(_next_try(delivery.tries), tried.retry_after or clock.now()))


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
