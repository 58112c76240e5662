"""An enterprise asks one that could take its waste for contact."""

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import current_app
from sqlalchemy import func, select

from ... import clock
from ...enterprises import service as enterprises
from ...errors import Conflict, Invalid, TooMany
from ...events.actor import Actor
from ...events.work import Work, unit_of_work
from ..models import ReceiverRequest, RequestStatus
from .asker import asker_of
from .takers import may_take

A_DAY = timedelta(days=1)

log = logging.getLogger(__name__)


def request_contact(actor: Actor, receiver_id: UUID, data: dict[str, Any]) -> ReceiverRequest:
    """Ask an enterprise whether it would take a waste; while a request for the code is open, that one.

    Args:
        data: `scheme`, `code`, `tonnes` (as kilograms), `note`.
    Raises:
        Forbidden: the asker is not approved.
        NotFound: no such enterprise.
        Invalid: the code is unknown or of another scheme; it asks itself (`same_enterprise`).
        Conflict: the enterprise is none that may take the waste (`may_not_take`).
        TooMany: as many requests as a day may have were made (`too_many_requests_today`).
    """
    place = {"lon": None, "lat": None, "crs": "wgs84", "mode": None}
    asker, _ = asker_of(actor, {**data, **place})
    receiver = enterprises.find(actor, receiver_id)
    if receiver.id == actor.enterprise_id:
        raise Invalid("same_enterprise", at="enterprise_id")
    with unit_of_work() as work:
        enterprises.lock(work, actor.enterprise_id)
        waiting = _open_request(work, actor, receiver_id, asker.code.id)
        if waiting is not None:
            return waiting
        if not may_take(asker, receiver):
            raise Conflict("may_not_take", name=receiver.name, code=asker.code.code)
        _require_few(work, actor)
        request = work.add(
            ReceiverRequest(
                supplier_id=actor.enterprise_id,
                receiver_id=receiver.id,
                code_id=asker.code.id,
                kg=asker.kg,
                note=data["note"],
            )
        )
        work.audit(actor, "request", request)
        work.emit("receiver_request.made", request_id=str(request.id))
    log.info("contact requested", extra={"request_id": str(request.id)})
    return request


def _open_request(work: Work, actor: Actor, receiver_id: UUID, code_id: int) -> ReceiverRequest | None:
    query = select(ReceiverRequest).where(
        ReceiverRequest.supplier_id == actor.enterprise_id,
        ReceiverRequest.receiver_id == receiver_id,
        ReceiverRequest.code_id == code_id,
        ReceiverRequest.status == RequestStatus.OPEN,
    )
    return work.session.scalars(query).one_or_none()


def _require_few(work: Work, actor: Actor) -> None:
    most: int = current_app.config["SETTINGS"].quota_receiver_requests
    made = select(func.count()).where(
        ReceiverRequest.supplier_id == actor.enterprise_id,
        ReceiverRequest.created_at > clock.now() - A_DAY,
    )
    if (work.session.scalar(made) or 0) >= most:
        raise TooMany("too_many_requests_today", most=most)
