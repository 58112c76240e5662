"""What staff may see and do with what belongs to enterprises: admins all, regulators their region's."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement

from ...errors import Forbidden
from ...events.actor import REGULATOR, Actor
from ...messages.names import Name
from .lookup import ids_within


def visible_to(actor: Actor, owner_id: Any) -> list[ColumnElement[bool]]:
    """The conditions of the rows that an actor may see: its own, those of its region, or all.

    Args:
        owner_id: the column with the enterprise that a row belongs to.
    """
    if actor.is_admin:
        return []
    if actor.kind == REGULATOR:
        return [owner_id.in_(ids_within(actor.region or 0))]
    return [owner_id == actor.id]


def require_official(actor: Actor, raw: Mapping[str, Any] | None = None) -> None:
    """Raises: Forbidden: an admin's key lacks its scope (`scope_missing`); a regulator needs none."""
    if actor.is_admin and "admin" not in actor.scopes:
        raise Forbidden("scope_missing", scope=Name("scope", "admin"))
