"""Requests for contact that an actor may see: its own, those made to it, those under its oversight."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, true

from ...database import db
from ...enterprises import service as enterprises
from ...errors import NotFound
from ...events.actor import REGULATOR, Actor
from ..models import ReceiverRequest


def find(actor: Actor, request_id: UUID) -> ReceiverRequest:
    """A request that the actor may see. Raises: NotFound."""
    query = select(ReceiverRequest).where(ReceiverRequest.id == request_id, visible_to(actor))
    request = db.session.scalars(query).one_or_none()
    if request is None:
        raise NotFound()
    return request


def search(actor: Actor, query: dict[str, Any], after: UUID | None, limit: int) -> Sequence[ReceiverRequest]:
    """Requests that the actor may see, newest first, at most `limit` that are older than `after`.

    Args:
        query: `status`, and `mine`: only those that the actor made.
    """
    conditions = [visible_to(actor)]
    if query["status"] is not None:
        conditions.append(ReceiverRequest.status == query["status"])
    if query["mine"]:
        conditions.append(ReceiverRequest.supplier_id == actor.enterprise_id)
    if after is not None:
        conditions.append(ReceiverRequest.id < after)
    rows = select(ReceiverRequest).where(*conditions).order_by(ReceiverRequest.id.desc()).limit(limit)
    return db.session.scalars(rows).all()


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The condition of the requests that the actor may see."""
    if actor.is_admin:
        return true()
    sides = (ReceiverRequest.supplier_id, ReceiverRequest.receiver_id)
    if actor.kind == REGULATOR:
        inside = enterprises.ids_within(actor.region or 0)
        return or_(*(side.in_(inside) for side in sides))
    return or_(*(side == actor.id for side in sides))
