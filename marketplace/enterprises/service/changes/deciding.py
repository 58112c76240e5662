"""Admins confirm or refuse what an enterprise proposes to change; the enterprise may withdraw it."""

import logging
from uuid import UUID

from sqlalchemy.orm.attributes import set_committed_value

from ....errors import Conflict
from ....events.actor import Actor
from ....events.lifecycle import Party, wrong_state
from ....events.work import Work, unit_of_work
from ...models import CHANGE_LIFE, Enterprise, EnterpriseChange, EnterpriseStatus
from ..lookup import lock
from ..profile import apply, require_version
from .proposing import vouched_for

log = logging.getLogger(__name__)


def confirm_change(
    actor: Actor, change_id: UUID, reason: str | None, expected: int | None = None
) -> EnterpriseChange:
    """Put a proposed change into force.

    Raises:
        NotFound: no such proposal.
        PreconditionFailed: it is at another version than `expected`.
        Conflict: it is decided or withdrawn already, or its enterprise is not approved (`wrong_state`); or
            what it replaces has changed since (`change_outdated`).
        Invalid: the place is not in the new region any more (`place_not_in_region`, `unknown_region`).
    """
    with unit_of_work() as work:
        change, enterprise = _lock(work, change_id, expected)
        CHANGE_LIFE.move(change, "confirm", by=Party.ADMIN)
        if enterprise.status != EnterpriseStatus.APPROVED:
            allowed = [EnterpriseStatus.APPROVED]
            raise wrong_state("enterprise", EnterpriseStatus(enterprise.status), "change", allowed)
        present = vouched_for(enterprise)
        if any(present[name] != value for name, value in change.before.items()):
            raise Conflict("change_outdated")
        change.reason = reason
        apply(work, actor, enterprise, change.proposed, "confirm_change", reason=reason)
        work.audit(actor, "confirm", change, reason=reason)
        _emit(work, change, "enterprise.change_confirmed")
    return change


def refuse_change(
    actor: Actor, change_id: UUID, reason: str, expected: int | None = None
) -> EnterpriseChange:
    """Refuse a proposed change with a reason, which the enterprise reads.

    Raises:
        NotFound, PreconditionFailed, Conflict (`wrong_state`): as `confirm_change`.
    """
    with unit_of_work() as work:
        change, _ = _lock(work, change_id, expected)
        CHANGE_LIFE.move(change, "refuse", by=Party.ADMIN)
        change.reason = reason
        work.audit(actor, "refuse", change, reason=reason)
        _emit(work, change, "enterprise.change_refused", reason=reason)
    return change


def withdraw_change(actor: Actor, change_id: UUID, expected: int | None = None) -> EnterpriseChange:
    """Take back a proposal that nobody has decided on, also while the enterprise is suspended.

    Raises:
        NotFound, PreconditionFailed, Conflict (`wrong_state`): as `confirm_change`.
    """
    with unit_of_work() as work:
        change, _ = _lock(work, change_id, expected)
        CHANGE_LIFE.move(change, "withdraw", by=Party.OWNER)
        work.audit(actor, "withdraw", change)
    return change


def _lock(work: Work, change_id: UUID, expected: int | None) -> tuple[EnterpriseChange, Enterprise]:
    """The proposal and its enterprise, both locked, the enterprise first, as everywhere."""
    change = work.session.get_one(EnterpriseChange, change_id)
    enterprise = lock(work, change.enterprise_id)
    change = work.lock(EnterpriseChange, EnterpriseChange.id == change_id)
    set_committed_value(change, "enterprise", enterprise)
    require_version(change, expected)
    return change, enterprise


def _emit(work: Work, change: EnterpriseChange, event: str, **facts: str) -> None:
    work.emit(event, enterprise_id=str(change.enterprise_id), change_id=str(change.id), **facts)
    log.info("change %s", change.status, extra={"change_id": str(change.id)})
