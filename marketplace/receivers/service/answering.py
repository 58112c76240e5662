"""The receiver accepts or declines a request; the asker may withdraw it; it lapses in the end."""

import logging
from uuid import UUID

from ... import clock
from ...enterprises import service as enterprises
from ...events.actor import PLATFORM, Actor
from ...events.lifecycle import Party
from ...events.work import Work, unit_of_work
from ..models import LIFE, ReceiverRequest

log = logging.getLogger(__name__)


def accept(actor: Actor, request_id: UUID, reason: str | None) -> ReceiverRequest:
    """Accept a request: both sides see each other's contact from now on.

    Raises:
        NotFound: no such request.
        Forbidden: the actor is not approved, or it is the other side's to answer (`role_forbids`).
        Conflict: it is answered (`wrong_state`).
        Invalid: an admin gives no reason.
    """
    return _answer(actor, request_id, "accept", reason)


def decline(actor: Actor, request_id: UUID, reason: str | None) -> ReceiverRequest:
    """Decline a request; the asker reads the reason. Raises: as `accept`."""
    return _answer(actor, request_id, "decline", reason)


def withdraw(actor: Actor, request_id: UUID, reason: str | None) -> ReceiverRequest:
    """Take a request of one's own back. Raises: as `accept`."""
    return _answer(actor, request_id, "withdraw", reason)


def lapse(work: Work, request: ReceiverRequest) -> None:
    """End a request that nobody answered in time."""
    move = LIFE.move(request, "lapse", by=Party.CLOCK)
    work.audit(PLATFORM, move.name, request)
    work.emit(move.event or "", request_id=str(request.id))


def _answer(actor: Actor, request_id: UUID, name: str, reason: str | None) -> ReceiverRequest:
    if actor.enterprise_id is not None:
        enterprises.require_approved(actor)
    with unit_of_work() as work:
        request = work.lock(ReceiverRequest, ReceiverRequest.id == request_id)
        move = LIFE.move(request, name, by=_party(actor, request), reason=reason)
        request.reason, request.answered_at = reason, clock.now()
        work.audit(actor, move.name, request, reason=reason)
        work.emit(move.event or "", request_id=str(request.id))
    log.info("request %s", request.status, extra={"request_id": str(request.id)})
    return request


def _party(actor: Actor, request: ReceiverRequest) -> Party:
    """As whom the actor moves a request."""
    if actor.is_admin:
        return Party.ADMIN
    return Party.RECEIVER if actor.id == request.receiver_id else Party.SUPPLIER
