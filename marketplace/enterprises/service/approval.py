"""Admins approve and suspend enterprises; only the approved may trade."""

import logging
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased

from ...database import db
from ...errors import Forbidden
from ...events.actor import Actor
from ...events.lifecycle import Party
from ...events.work import unit_of_work
from ..models import LIFE, Enterprise, EnterpriseStatus
from .profile import require_version

log = logging.getLogger(__name__)


def approve(actor: Actor, enterprise_id: UUID, reason: str | None, expected: int | None = None) -> Enterprise:
    """Approve an enterprise, so that it can publish listings.

    Raises:
        NotFound: no such enterprise.
        PreconditionFailed: it is at another version than `expected`.
        Conflict: it is approved already (`wrong_state`).
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


def _move(
    actor: Actor, enterprise_id: UUID, name: str, reason: str | None, expected: int | None
) -> Enterprise:
    with unit_of_work() as work:
        enterprise = work.lock(Enterprise, Enterprise.id == enterprise_id)
        require_version(enterprise, expected)
        before = enterprise.status
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


def may_trade(*enterprise_ids: UUID) -> bool:
    """Whether all of these enterprises may trade; of one at hand ask `Enterprise.may_trade`."""
    statuses = select(Enterprise.status).where(Enterprise.id.in_(enterprise_ids))
    return all(status == EnterpriseStatus.APPROVED for status in db.session.scalars(statuses))


def may_trade_condition(enterprise_id: Any) -> ColumnElement[bool]:
    """The condition that the enterprise whose id is in a column may trade.

    PostgreSQL looks it up among the few that may not, by a partial index.
    """
    other = aliased(Enterprise)
    return ~select(other.id).where(other.id == enterprise_id, ~other.may_trade).exists()


def require_approved(party: Actor | Enterprise) -> None:
    """Refuse an enterprise that may not trade.

    Raises:
        Forbidden: `enterprise_pending` or `enterprise_suspended`.
    """
    if party.status != EnterpriseStatus.APPROVED:
        raise Forbidden(f"enterprise_{party.status}")
