"""Endpoints of an enterprise: registered, tested, given a new secret, deleted."""

import logging
from base64 import b64encode
from collections.abc import Sequence
from datetime import timedelta
from secrets import token_bytes
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import delete, func, select, update
from uuid_utils.compat import uuid7

from ... import clock, outgoing, sealing
from ...database import db
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise
from ...errors import Conflict, Invalid, NotFound
from ...events.actor import Actor
from ...events.lifecycle import Party
from ...events.work import Work, unit_of_work
from ...http.fields import moment_text
from ..models import (
    LIFE,
    DeliveryStatus,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)
from .planning import TEST_KIND, enqueue, last_release, plan
from .sending import PURPOSE, loopback_allowed

OLD_SECRET_KEPT = timedelta(hours=24)
SECRET_BYTES = 32

log = logging.getLogger(__name__)


def create_endpoint(actor: Actor, data: dict[str, Any]) -> tuple[WebhookEndpoint, str]:
    """Register an address; returns the endpoint and its secret, which is shown this once.

    Raises:
        Invalid: the address is no HTTPS, or does not lead to the public internet (`webhook_address`).
        Conflict: there are as many as an enterprise may have (`too_many_endpoints`).
        Unavailable: nothing can be sealed (`secret_keys_missing`).
    """
    _require_usable(data["url"])
    row, secret = WebhookEndpoint(id=uuid7(), enterprise_id=actor.id, **data), _new_secret()
    row.secret = sealing.seal(PURPOSE, str(row.id), secret)
    most: int = current_app.config["SETTINGS"].quota_webhook_endpoints
    with unit_of_work() as work:
        enterprises.lock(work, enterprises.own(actor).id)
        own = select(func.count()).where(WebhookEndpoint.enterprise_id == actor.id)
        if (work.session.scalar(own) or 0) >= most:
            raise Conflict("too_many_endpoints", most=most)
        row.notified_no = last_release(work)
        work.add(row)
        work.audit(actor, "create", row)
    log.info("webhook endpoint created", extra={"endpoint_id": str(row.id)})
    return row, secret


def _require_usable(url: str) -> None:
    try:
        outgoing.check_url(url, loopback=loopback_allowed())
    except (ValueError, outgoing.AddressRefused) as error:
        raise Invalid("webhook_address", at="url") from error


def _new_secret() -> str:
    return f"whsec_{b64encode(token_bytes(SECRET_BYTES)).decode()}"


def list_endpoints(actor: Actor, after: UUID | None, limit: int) -> Sequence[WebhookEndpoint]:
    """Endpoints of the acting enterprise, newest first."""
    query = select(WebhookEndpoint).where(WebhookEndpoint.enterprise_id == actor.id)
    if after is not None:
        query = query.where(WebhookEndpoint.id < after)
    return db.session.scalars(query.order_by(WebhookEndpoint.id.desc()).limit(limit)).all()


def find_endpoint(actor: Actor, endpoint_id: UUID) -> WebhookEndpoint:
    """An endpoint of the acting enterprise. Raises: NotFound."""
    row = db.session.get(WebhookEndpoint, endpoint_id)
    if row is None or row.enterprise_id != actor.id:
        raise NotFound()
    return row


def delete_endpoint(actor: Actor, endpoint_id: UUID) -> None:
    """Delete an endpoint with its deliveries; what is under way ends there."""
    with unit_of_work() as work:
        row = lock_endpoint(work, actor, endpoint_id)
        work.audit(actor, "delete", row)
        work.session.delete(row)
    log.info("webhook endpoint deleted", extra={"endpoint_id": str(endpoint_id)})


def rotate_secret(actor: Actor, endpoint_id: UUID) -> tuple[WebhookEndpoint, str]:
    """Give an endpoint a new secret, shown this once; for a day messages are signed with the old one too."""
    secret = _new_secret()
    with unit_of_work() as work:
        row = lock_endpoint(work, actor, endpoint_id)
        row.old_secret, row.old_secret_until = row.secret, clock.now() + OLD_SECRET_KEPT
        row.secret = sealing.seal(PURPOSE, str(row.id), secret)
        work.audit(actor, "rotate_secret", row)
    return row, secret


def send_test(actor: Actor, endpoint_id: UUID) -> WebhookDelivery:
    """Send an endpoint a test message; one that gets nothing any more is begun with again.

    Raises:
        Invalid: its address does not lead to the public internet any more (`webhook_address`).
    """
    with unit_of_work() as work:
        row = resume(work, actor, endpoint_id)
        message_id = f"test_{uuid7().hex}"
        body: dict[str, Any] = {
            "type": TEST_KIND,
            "timestamp": moment_text(clock.now()),
            "id": None,
            "subject": {},
            "data": {},
        }
        plan(work, row, [(TEST_KIND, message_id, body)])
        work.audit(actor, "send_test", row)
        query = select(WebhookDelivery).where(
            WebhookDelivery.endpoint_id == row.id, WebhookDelivery.message_id == message_id
        )
        return work.session.scalars(query).one()


def lock_endpoint(work: Work, actor: Actor, endpoint_id: UUID) -> WebhookEndpoint:
    return work.lock(
        WebhookEndpoint, WebhookEndpoint.id == endpoint_id, WebhookEndpoint.enterprise_id == actor.id
    )


def resume(work: Work, actor: Actor, endpoint_id: UUID) -> WebhookEndpoint:
    """A locked endpoint of the actor's, to which is delivered again."""
    row = lock_endpoint(work, actor, endpoint_id)
    _require_usable(row.url)
    row.stopped_at = row.stopped_for = row.failing_since = row.paused_until = None
    row.failures, row.notified_no = 0, last_release(work)
    return row


def list_deliveries(
    actor: Actor, endpoint: WebhookEndpoint, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Deliveries to an endpoint, newest first, each with its tries."""
    query = select(WebhookDelivery).where(WebhookDelivery.endpoint_id == endpoint.id)
    if after is not None:
        query = query.where(WebhookDelivery.id < after)
    return describe(db.session.scalars(query.order_by(WebhookDelivery.id.desc()).limit(limit)).all())


def describe(rows: Sequence[WebhookDelivery]) -> list[dict[str, Any]]:
    """Deliveries as the API shows them."""
    attempts: dict[UUID, list[WebhookAttempt]] = {row.id: [] for row in rows}
    query = select(WebhookAttempt).where(WebhookAttempt.delivery_id.in_(attempts)).order_by(WebhookAttempt.id)
    for attempt in db.session.scalars(query) if attempts else ():
        attempts[attempt.delivery_id].append(attempt)
    names = ("id", "endpoint_id", "message_id", "kind", "status", "body", "due_at", "created_at", "ended_at")
    return [{**{name: getattr(row, name) for name in names}, "attempts": attempts[row.id]} for row in rows]


def find_delivery(actor: Actor, delivery_id: UUID) -> WebhookDelivery:
    """A delivery to an endpoint of the acting enterprise; an admin finds all. Raises: NotFound."""
    query = (
        select(WebhookDelivery)
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .where(WebhookDelivery.id == delivery_id, *_owned_by(actor))
    )
    found = db.session.scalars(query).one_or_none()
    if found is None:
        raise NotFound()
    return found


def _owned_by(actor: Actor) -> list[Any]:
    return [] if actor.is_admin else [WebhookEndpoint.enterprise_id == actor.id]


def redeliver(actor: Actor, delivery_id: UUID) -> WebhookDelivery:
    """Deliver once more what has ended, with the same `webhook-id`.

    Raises:
        Conflict: it is still under way (`wrong_state`), or nothing is delivered there any more
            (`endpoint_stopped`): a test message begins again.
    """
    found = find_delivery(actor, delivery_id)
    with unit_of_work() as work:
        endpoint = work.lock(WebhookEndpoint, WebhookEndpoint.id == found.endpoint_id)
        row = work.lock(WebhookDelivery, WebhookDelivery.id == delivery_id)
        if endpoint.stopped_at is not None:
            raise Conflict("endpoint_stopped")
        LIFE.move(row, "redeliver", by=Party.ADMIN if actor.is_admin else Party.OWNER)
        row.tries, row.due_at, row.ended_at = 0, clock.now(), None
        enqueue(work, endpoint, row.id, row.due_at)
        work.audit(actor, "redeliver", row)
    return row


def failed_deliveries(limit: int) -> tuple[list[dict[str, Any]], int]:
    """The latest deliveries that failed, without what they say, for whoever operates the platform; and how
    many there are."""
    query = (
        select(
            WebhookDelivery.id,
            WebhookDelivery.kind,
            WebhookDelivery.ended_at,
            WebhookEndpoint.enterprise_id,
            WebhookEndpoint.stopped_at,
            Enterprise.name,
            func.count().over().label("total"),
        )
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .join(Enterprise, Enterprise.id == WebhookEndpoint.enterprise_id)
        .where(WebhookDelivery.status == DeliveryStatus.FAILED)
        .order_by(WebhookDelivery.id.desc())
        .limit(limit)
    )
    rows = [dict(row._mapping) for row in db.session.execute(query)]
    total = rows[0]["total"] if rows else 0
    return rows, total


def forget(work: Work, enterprise_id: UUID, *, is_over: bool) -> None:
    """Forget what an enterprise wrote of its endpoints; of one that is over they are deleted."""
    own = WebhookEndpoint.enterprise_id == enterprise_id
    if is_over:
        work.session.execute(delete(WebhookEndpoint).where(own))
    else:
        work.session.execute(update(WebhookEndpoint).where(own).values(description=""))
