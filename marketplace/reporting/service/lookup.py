"""Declarations found by id, by who asks, and for lists."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from ...database import db
from ...enterprises import service as enterprises
from ...errors import NotFound
from ...events.actor import Actor
from ..models import UNCONFIRMED, Declaration, DeclarationVersion


def find(actor: Actor, declaration_id: UUID) -> Declaration:
    """A declaration that the actor may see. Raises: NotFound."""
    query = select(Declaration).where(
        Declaration.id == declaration_id, *enterprises.visible_to(actor, Declaration.enterprise_id)
    )
    row = db.session.scalars(query).one_or_none()
    if row is None:
        raise NotFound()
    return row


def search(actor: Actor, query: dict[str, Any], after: UUID | None, limit: int) -> Sequence[Declaration]:
    """Declarations that the actor may see, newest first, at most `limit` that are older than `after`."""
    rows = select(Declaration).where(*enterprises.visible_to(actor, Declaration.enterprise_id))
    if query["due"] is not None:
        rows = rows.where(Declaration.status.in_(UNCONFIRMED), Declaration.due_on <= query["due"])
    for name in ("status", "kind", "enterprise_id"):
        if query[name] is not None:
            rows = rows.where(getattr(Declaration, name) == query[name])
    if after is not None:
        rows = rows.where(Declaration.id < after)
    return db.session.scalars(rows.order_by(Declaration.id.desc()).limit(limit)).all()


def versions(row: Declaration) -> Sequence[DeclarationVersion]:
    """Every version of a declaration, the first first."""
    rows = select(DeclarationVersion).where(DeclarationVersion.declaration_id == row.id)
    return db.session.scalars(rows.order_by(DeclarationVersion.no)).all()
