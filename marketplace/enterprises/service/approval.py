"""Admins approve and suspend enterprises; only the approved may trade."""

import logging
from uuid import UUID

from ...errors import Conflict
from ...events.actor import PLATFORM, Actor
from ...events.lifecycle import Party
from ...events.work import Work, unit_of_work
from ..models import LIFE, Enterprise
from .profile import require_version

log = logging.getLogger(__name__)


def approve(actor: Actor, enterprise_id: UUID, reason: str | None, expected: int | None = None) -> Enterprise:
    """Approve an enterprise, so that it can publish listings.

    Raises:
        NotFound: no such enterprise.
        PreconditionFailed: it is at another version than `expected`.
        Conflict: it is approved already (`wrong_state`), or its contact was erased (`contact_erased`).
    """
    return _move(actor, enterprise_id, "approve", reason, expected)


def reject(actor: Actor, enterprise_id: UUID, reason: str, expected: int | None = None) -> Enterprise:
    """Turn a registration away; its USCC may be registered again.

    Raises:
        NotFound: no such enterprise.
        PreconditionFailed: it is at another version than `expected`.
        Conflict: it is not pending (`wrong_state`).
    """
    return _move(actor, enterprise_id, "reject", reason, expected)


def suspend(actor: Actor, enterprise_id: UUID, reason: str | None, expected: int | None = None) -> Enterprise:
    """Stop an enterprise from trading.

    Raises:
        NotFound: no such enterprise.
        PreconditionFailed: it is at another version than `expected`.
        Conflict: it is suspended already (`wrong_state`).
    """
    return _move(actor, enterprise_id, "suspend", reason, expected)


def lapse(work: Work, enterprise: Enterprise) -> None:
    """End a locked registration that nobody approved in time; its USCC may be registered again."""
    LIFE.move(enterprise, "lapse", by=Party.CLOCK)
    work.audit(PLATFORM, "lapse", enterprise)
    work.emit("enterprise.lapsed", enterprise_id=str(enterprise.id))


def _move(
    actor: Actor, enterprise_id: UUID, name: str, reason: str | None, expected: int | None
) -> Enterprise:
    with unit_of_work() as work:
        enterprise = work.lock(Enterprise, Enterprise.id == enterprise_id)
        require_version(enterprise, expected)
        before = enterprise.status
        if name == "approve" and enterprise.contact_erased_at is not None:
            raise Conflict("contact_erased")
        move = LIFE.move(enterprise, name, by=Party.ADMIN)
        work.audit(actor, name, enterprise, reason=reason)
        enterprise.status_reason = reason
        event = {"enterprise_id": str(enterprise.id), "reason": reason or ""}
        work.emit(move.event or name, **event)
    log.info(
        "enterprise %s",
        enterprise.status,
        extra={"enterprise_id": str(enterprise_id), "status_before": str(before)},
    )
    return enterprise
