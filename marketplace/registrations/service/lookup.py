"""Registrations that an actor may see: the holder its own, staff those that it oversees."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import lazyload

from ...database import db
from ...enterprises import service as enterprises
from ...errors import NotFound
from ...events.actor import Actor
from ..models import Registration, RegistrationStatus


def find(actor: Actor, registration_id: UUID) -> Registration:
    """A registration that the actor may see. Raises: NotFound."""
    visible = enterprises.visible_to(actor, Registration.enterprise_id)
    query = select(Registration).where(Registration.id == registration_id, *visible)
    registration = db.session.scalars(query).one_or_none()
    if registration is None:
        raise NotFound()
    return registration


def search(
    actor: Actor,
    enterprise_id: UUID | None,
    status: RegistrationStatus | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Registration]:
    """Registrations that the actor may see, newest first, at most `limit` that are older than `after`."""
    conditions = enterprises.visible_to(actor, Registration.enterprise_id)
    if status is not None:
        conditions.append(Registration.status == status)
    if enterprise_id is not None:
        conditions.append(Registration.enterprise_id == enterprise_id)
    if after is not None:
        conditions.append(Registration.id < after)
    query = select(Registration).where(*conditions).order_by(Registration.id.desc()).limit(limit)
    return db.session.scalars(query).all()


def held_by(enterprise_id: UUID, limit: int) -> Sequence[Registration]:
    """The registrations of a holder without their sites, newest first, at most `limit`."""
    query = select(Registration).where(Registration.enterprise_id == enterprise_id)
    query = query.options(lazyload(Registration.sites)).order_by(Registration.id.desc()).limit(limit)
    return db.session.scalars(query).all()
