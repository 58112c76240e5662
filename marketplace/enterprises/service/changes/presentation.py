"""A proposed change as the API shows it."""

from collections.abc import Sequence
from typing import Any

from ....events.actor import ENTERPRISE, Actor
from ....http.languages import render_warnings
from ...models import ChangeStatus, EnterpriseChange
from ..review import name_notices

SHOWN = ("id", "enterprise_id", "status", "reason", "created_at", "updated_at", "before", "proposed")


def present_change(actor: Actor, change: EnterpriseChange) -> dict[str, Any]:
    """A proposal as this actor may see it; staff also see what its new name equals or resembles."""
    return present_changes(actor, [change])[0]


def present_changes(actor: Actor, changes: Sequence[EnterpriseChange]) -> list[dict[str, Any]]:
    """Proposals as this actor may see them."""
    names = {}
    if actor.kind != ENTERPRISE:
        waiting = [change for change in changes if change.status == ChangeStatus.OPEN]
        names = {
            change.id: (change.proposed["name"], change.enterprise_id)
            for change in waiting
            if "name" in change.proposed
        }
    notices = name_notices(names)
    return [
        {
            **{name: getattr(change, name) for name in SHOWN},
            "name": change.enterprise.name,
            "warnings": render_warnings(notices.get(change.id, ())),
        }
        for change in changes
    ]
