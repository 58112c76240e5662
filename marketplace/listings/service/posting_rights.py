"""Who may post, change and publish listings: judged by role and standing before any field is read."""

from collections.abc import Iterable
from typing import Any

from ...enterprises import service as enterprises
from ...errors import Forbidden
from ...events.actor import Actor
from ...messages.names import Name
from ..models import Kind

ROLES = {Kind.SUPPLY: ("generator", "collector"), Kind.DEMAND: ("recycler", "collector")}
POSTING_ROLES = ("generator", "recycler", "collector")


def check_posting(actor: Actor, raw: dict[str, Any]) -> None:
    """Whether the actor may post such a listing at all, before its fields are looked at.

    Raises:
        Forbidden: `role_missing`, `enterprise_suspended`, or `enterprise_pending` for one to be published.
    """
    require_role(actor.roles, raw.get("kind"))
    if raw.get("publish") is True or actor.status == "suspended":
        enterprises.require_approved(actor)


def check_change(actor: Actor, raw: dict[str, Any]) -> None:
    """Raises: Forbidden: the enterprise is suspended; it may withdraw what it has, nothing else."""
    if actor.status == "suspended":
        enterprises.require_approved(actor)


def require_role(held: Iterable[str], kind: Any) -> None:
    """Raises: Forbidden: none of these roles may post such a listing, or for an unknown kind any at all."""
    wanted = next((roles for one, roles in ROLES.items() if one == kind), POSTING_ROLES)
    if not set(held) & set(wanted):
        raise Forbidden("role_missing", roles=tuple(Name("role", role) for role in wanted))
