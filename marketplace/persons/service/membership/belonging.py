"""What invitations and memberships belong to: an enterprise, or the staff."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, true

from ....events.actor import Actor


def governed_by(actor: Actor, model: Any) -> ColumnElement[bool]:
    """The condition of the rows that an actor governs: an enterprise its own, an admin all."""
    return true() if actor.is_admin else model.enterprise_id == actor.enterprise_id


def listed_for(actor: Actor, model: Any) -> ColumnElement[bool]:
    """The condition of the rows that a list shows: to an enterprise its own, to an admin those of staff."""
    is_of_staff: ColumnElement[bool] = model.staff_id.is_not(None)
    return is_of_staff if actor.is_admin else model.enterprise_id == actor.enterprise_id


def of_whom(model: Any, whom: dict[str, UUID | None]) -> list[ColumnElement[bool]]:
    """The conditions of the rows of the enterprise, or of the member of staff, that is not None."""
    return [getattr(model, name) == row_id for name, row_id in whom.items() if row_id is not None]
