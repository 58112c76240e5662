"""An approved enterprise proposes to change what its approval vouches for."""

import logging
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm.attributes import set_committed_value

from ....errors import Conflict
from ....events.actor import Actor
from ....events.work import Work
from ...models import ChangeStatus, Enterprise, EnterpriseChange, EnterpriseStatus

VOUCHED_FOR = ("name", "region", "roles")
"""What an official has checked against the licence of the enterprise's USCC."""

log = logging.getLogger(__name__)


def split_change(
    actor: Actor, enterprise: Enterprise, data: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What of a change of the profile takes effect at once, and what has to be proposed.

    A place that is sent with another region belongs to that region, and waits with it. Admins are the ones
    who confirm; what they change takes effect at once.
    """
    if actor.is_admin or enterprise.status != EnterpriseStatus.APPROVED:
        return data, {}
    present = vouched_for(enterprise)
    proposed = {
        name: data[name] for name in VOUCHED_FOR if name in data and _ordered(data[name]) != present[name]
    }
    if "region" in proposed and "location" in data:
        proposed["location"] = data["location"]
    return {name: value for name, value in data.items() if name not in (*VOUCHED_FOR, *proposed)}, proposed


def vouched_for(enterprise: Enterprise) -> dict[str, Any]:
    """The present values of VOUCHED_FOR."""
    return {"name": enterprise.name, "region": enterprise.region, "roles": sorted(enterprise.roles)}


def _ordered(value: Any) -> Any:
    """Roles in whatever order are the same."""
    return sorted(value) if isinstance(value, list) else value


def _all_ordered(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _ordered(value) for name, value in values.items()}


def propose(work: Work, actor: Actor, enterprise: Enterprise, proposed: dict[str, Any]) -> EnterpriseChange:
    """Write the proposal of a locked enterprise; the same one again is the one that waits already.

    Args:
        proposed: the new values, by the names of ProfileChangeSchema.
    Raises:
        Conflict: another proposal of the enterprise waits (`change_waits`).
    """
    waiting = work.session.scalars(
        select(EnterpriseChange).where(
            EnterpriseChange.enterprise_id == enterprise.id, EnterpriseChange.status == ChangeStatus.OPEN
        )
    ).one_or_none()
    if waiting is not None:
        if _all_ordered(waiting.proposed) == _all_ordered(proposed):
            set_committed_value(waiting, "enterprise", enterprise)
            return waiting
        raise Conflict("change_waits", entry_id=str(waiting.id))
    present = vouched_for(enterprise)
    before = {name: present[name] for name in VOUCHED_FOR if name in proposed}
    change = work.add(EnterpriseChange(enterprise=enterprise, before=before, proposed=proposed))
    work.audit(actor, "propose_change", enterprise, change_id=str(change.id))
    work.audit(actor, "propose", change)
    log.info("change proposed", extra={"enterprise_id": str(enterprise.id), "fields": sorted(proposed)})
    return change
