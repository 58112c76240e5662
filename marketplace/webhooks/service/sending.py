"""One try: the message is signed and sent, and what comes back is put into one word."""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
from flask import current_app
from standardwebhooks import Webhook

from ... import clock, outgoing, sealing
from ...settings import VERSION
from ..models import AttemptOutcome, WebhookDelivery, WebhookEndpoint

PURPOSE = "webhook secret"
LONGEST_RETRY_AFTER = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Try:
    """How a try ended; `retry_after` is when the receiver wants to be asked again."""

    outcome: AttemptOutcome
    http_status: int | None
    retry_after: datetime | None
    took_ms: int


@dataclass(frozen=True, slots=True)
class Letter:
    """A message on its way: all that is needed to send it, so that nothing is read of the database then."""

    url: str
    content: bytes
    headers: dict[str, str]


def letter_of(endpoint: WebhookEndpoint, delivery: WebhookDelivery) -> Letter:
    """A delivery, signed with the secret, and for a day after a change with the earlier one too."""
    text = json.dumps(delivery.body, ensure_ascii=False, separators=(",", ":"))
    return Letter(endpoint.url, text.encode(), _headers(endpoint, delivery.message_id, text))


def send(letter: Letter) -> Try:
    """Send a message once."""
    began = time.perf_counter()
    outcome, status, retry_after = _outcome(letter)
    return Try(outcome, status, retry_after, round((time.perf_counter() - began) * 1000))


def _outcome(letter: Letter) -> tuple[AttemptOutcome, int | None, datetime | None]:
    try:
        answer = outgoing.post(letter.url, letter.content, letter.headers, loopback=loopback_allowed())
    except outgoing.AddressRefused:
        return AttemptOutcome.NOT_PUBLIC, None, None
    except httpx.TimeoutException:
        return AttemptOutcome.TIMED_OUT, None, None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return AttemptOutcome.UNREACHABLE, None, None
    return outcome_of(answer.status), answer.status, _moment(answer.retry_after)


def outcome_of(status: int) -> AttemptOutcome:
    """What a status says."""
    if 200 <= status < 300:
        return AttemptOutcome.TAKEN
    if status == 410:
        return AttemptOutcome.GONE
    if 300 <= status < 400:
        return AttemptOutcome.REDIRECTED
    return AttemptOutcome.BUSY if status == 429 or status >= 500 else AttemptOutcome.REFUSED


def _headers(endpoint: WebhookEndpoint, message_id: str, text: str) -> dict[str, str]:
    now = clock.now()
    signatures = [Webhook(secret).sign(message_id, now, text) for secret in _secrets(endpoint, now)]
    return {
        "content-type": "application/json",
        "user-agent": f"Huanliu-Webhooks/{VERSION}",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _secrets(endpoint: WebhookEndpoint, now: datetime) -> list[str]:
    kept = [endpoint.secret]
    if endpoint.old_secret and endpoint.old_secret_until and now < endpoint.old_secret_until:
        kept.append(endpoint.old_secret)
    return [sealing.unseal(PURPOSE, str(endpoint.id), each) for each in kept]


def loopback_allowed() -> bool:
    """Whether addresses of this machine may be delivered to, as in trials."""
    allowed: bool = current_app.config["SETTINGS"].webhooks_to_loopback
    return allowed


def _moment(retry_after: str | None) -> datetime | None:
    """The moment that Retry-After names by seconds or date, within a day; None if it says nothing."""
    now = clock.now()
    try:
        if retry_after is None:
            return None
        if retry_after.isascii() and retry_after.isdigit():
            named = now + timedelta(seconds=min(int(retry_after[:9]), LONGEST_RETRY_AFTER.total_seconds()))
        else:
            named = parsedate_to_datetime(retry_after)
            named = named if named.tzinfo else named.replace(tzinfo=UTC)
    except ValueError:
        return None
    return min(max(named, now), now + LONGEST_RETRY_AFTER)
