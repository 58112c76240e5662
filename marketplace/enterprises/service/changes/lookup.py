"""Proposed changes, as those find them who may know of them."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import joinedload

from ....catalogue import service as catalogue
from ....database import db
from ....errors import NotFound
from ....events.actor import REGULATOR, Actor
from ...models import Enterprise, EnterpriseChange


def find_change(actor: Actor, change_id: UUID) -> EnterpriseChange:
    """A proposal of the actor, or of an enterprise that it oversees or would oversee. Raises: NotFound."""
    query = _visible(actor).where(EnterpriseChange.id == change_id)
    change: EnterpriseChange | None = db.session.scalars(query).one_or_none()
    if change is None:
        raise NotFound()
    return change


def list_changes(
    actor: Actor, filters: dict[str, Any], after: UUID | None, limit: int
) -> list[EnterpriseChange]:
    """Proposals that the actor may see, oldest first, at most `limit` younger than `after`.

    Args:
        filters: values of `status` and `enterprise_id`, None for any.
    """
    query = _visible(actor)
    for name in ("status", "enterprise_id"):
        if filters[name] is not None:
            query = query.where(getattr(EnterpriseChange, name) == filters[name])
    if after is not None:
        query = query.where(EnterpriseChange.id > after)
    return list(db.session.scalars(query.order_by(EnterpriseChange.id).limit(limit)))


def _visible(actor: Actor) -> Any:
    joined = select(EnterpriseChange).join(EnterpriseChange.enterprise)
    return joined.options(joinedload(EnterpriseChange.enterprise)).where(_may_see(actor))


def _may_see(actor: Actor) -> ColumnElement[bool]:
    """A regulator sees what leaves its region, and what would come into it."""
    if actor.is_admin:
        return true()
    if actor.kind == REGULATOR:
        region = actor.region or 0
        return or_(
            catalogue.within(Enterprise.region, region),
            catalogue.within(EnterpriseChange.region_proposed, region),
        )
    return EnterpriseChange.enterprise_id == actor.enterprise_id
