"""Who may post, change and publish listings: judged by role and standing before any field is read."""

from collections.abc import Iterable
from typing import Any

from ...enterprises import service as enterprises
from ...enterprises.models import Role
from ...errors import Forbidden
from ...events.actor import Actor
from ...messages.names import name_of
from ..models import Kind

ROLES = {Kind.SUPPLY: (Role.GENERATOR, Role.COLLECTOR), Kind.DEMAND: (Role.RECYCLER, Role.COLLECTOR)}
POSTING_ROLES = (Role.GENERATOR, Role.RECYCLER, Role.COLLECTOR)


def check_posting(actor: Actor, raw: dict[str, Any]) -> None:
    """Refuse who may not post such a listing at all, before its fields are looked at.

    Args:
        raw: the body as sent, of whatever shape.

    Raises:
        Forbidden: `role_missing`, `enterprise_suspended`, `enterprise_rejected`, `enterprise_lapsed`, or for
            one to be published `enterprise_pending`.
    """
    require_role(actor.roles, raw.get("kind"))
    enterprises.require_unfrozen(actor)
    if raw.get("publish") is True:
        enterprises.require_approved(actor)


def kind_by_role(roles: Iterable[str]) -> Kind | None:
    """The only kind of listing that an enterprise of these roles may post; None where it may post both."""
    kinds = [kind for kind in Kind if may_post(roles, kind)]
    return kinds[0] if len(kinds) == 1 else None


def may_post(roles: Iterable[str], kind: Kind) -> bool:
    """Whether an enterprise of these roles may post listings of that kind."""
    return bool(set(roles) & set(ROLES[kind]))


def check_change(actor: Actor, raw: dict[str, Any]) -> None:
    """Raises: Forbidden: the enterprise is frozen; it may only withdraw listings."""
    enterprises.require_unfrozen(actor)


def check_publishing(actor: Actor, raw: dict[str, Any]) -> None:
    """Raises: Forbidden: the enterprise is not approved."""
    enterprises.require_approved(actor)


def require_role(roles: Iterable[str], kind: Any) -> None:
    """Raises: Forbidden: none of these roles may post such a listing, or for an unknown kind any at all."""
    wanted = next((by for posted, by in ROLES.items() if posted == kind), POSTING_ROLES)
    if not set(roles) & set(wanted):
        raise Forbidden("role_missing", roles=tuple(name_of(role) for role in wanted))
