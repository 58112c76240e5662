"""An admin confirms, refuses and ends registrations; only a confirmed one counts."""

import logging
from uuid import UUID

from ... import clock
from ...events.actor import Actor
from ...events.lifecycle import Move, Party
from ...events.work import Work, unit_of_work
from ..models import LIFE, Registration
from .handing_in import require_new

log = logging.getLogger(__name__)


def confirm(actor: Actor, registration_id: UUID) -> Registration:
    """Confirm a registration that its holder handed in: it counts from now on.

    Raises:
        NotFound: no such registration.
        Conflict: it is not submitted (`wrong_state`), or its number is another holder's (`already_entered`).
    """
    with unit_of_work() as work:
        registration = work.lock(Registration, Registration.id == registration_id)
        move = LIFE.move(registration, "confirm", by=Party.ADMIN)
        require_new(work, registration)
        _record(work, actor, registration, move, None)
    return registration


def refuse(actor: Actor, registration_id: UUID, reason: str) -> Registration:
    """Refuse a registration that its holder handed in, with a reason that the holder reads.

    Raises:
        NotFound: no such registration.
        Conflict: it is not submitted (`wrong_state`).
    """
    with unit_of_work() as work:
        registration = work.lock(Registration, Registration.id == registration_id)
        move = LIFE.move(registration, "refuse", by=Party.ADMIN)
        _record(work, actor, registration, move, reason)
    return registration


def revoke(actor: Actor, registration_id: UUID) -> None:
    """End a registration now; a second time changes nothing. Raises: NotFound."""
    with unit_of_work() as work:
        registration = work.lock(Registration, Registration.id == registration_id)
        if registration.revoked_at is not None:
            return
        registration.revoked_at = clock.now()
        work.audit(actor, "revoke", registration)
        work.emit("registration.changed", registration_id=str(registration.id))


def _record(work: Work, actor: Actor, registration: Registration, move: Move, reason: str | None) -> None:
    registration.decided_at, registration.reason = clock.now(), reason
    work.audit(actor, move.name, registration, number=registration.number, reason=reason)
    work.emit(
        move.event or move.name,
        enterprise_id=str(registration.enterprise_id),
        registration_id=str(registration.id),
        number=registration.number,
        reason=reason or "",
    )
    log.info("registration %s", registration.status, extra={"registration_id": str(registration.id)})
