"""What may change of an enterprise, and by whom."""

from typing import Any
from uuid import UUID

from ....errors import Forbidden, Notice
from ....events.actor import Actor
from ....events.work import unit_of_work
from ....messages.names import Name
from ...models import Enterprise, EnterpriseChange
from ..lookup import lock
from ..profile import apply, move_notices, require_version
from ..standing import require_unfrozen
from .proposing import propose, split_change

ADMIN_ONLY = ("small_generator", "partner_id")


def check_change(actor: Actor, raw: dict[str, Any]) -> None:
    """Refuse a frozen enterprise, and a body that names something only an admin may change.

    Raises:
        Forbidden: `enterprise_suspended`, `enterprise_rejected`, `enterprise_lapsed`, or `admin_only_field`.
    """
    require_unfrozen(actor)
    admin_only = [name for name in ADMIN_ONLY if name in raw]
    if admin_only and not actor.is_admin:
        raise Forbidden("admin_only_field", at=admin_only[0], field=Name("field", admin_only[0]))


def change(
    actor: Actor, enterprise_id: UUID, data: dict[str, Any], expected: int | None
) -> tuple[Enterprise, list[Notice], EnterpriseChange | None]:
    """Change an enterprise's profile; what its approval vouches for is proposed, the rest takes effect.

    Args:
        data: the fields to change, of those in ProfileChangeSchema.
        expected: the version that the caller has read, None to overwrite whichever there is.
    Returns:
        the enterprise, notices, and the proposal if there has to be one.
    Raises:
        NotFound: no such enterprise.
        Forbidden: it is frozen, and changes itself.
        PreconditionFailed: changed in the meantime (`version_changed`).
        Conflict: another proposal waits (`change_waits`).
        Invalid: as `profile.apply`, of what is proposed too.
    """
    with unit_of_work() as work:
        enterprise = lock(work, enterprise_id)
        if not actor.is_admin:
            require_unfrozen(enterprise)
        require_version(enterprise, expected)
        immediate, proposed = split_change(actor, enterprise, data)
        notices = move_notices(work, enterprise, proposed) if "region" in proposed else []
        proposal = propose(work, actor, enterprise, proposed) if proposed else None
        if immediate or not proposed:
            notices += apply(work, actor, enterprise, immediate, "change")
    return enterprise, notices, proposal
