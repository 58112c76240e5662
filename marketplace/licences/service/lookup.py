"""Permits that an actor may see; what a licence covers."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased, joinedload, lazyload

from ... import clock
from ...database import db
from ...enterprises import service as enterprises
from ...errors import NotFound
from ...events.actor import REGULATOR, Actor
from ..models import (
    Channel,
    Licence,
    LicenceLine,
    LicenceStatus,
    TransferApproval,
    VerifiedExemption,
    WhiteListEntry,
)

HOLDERS: dict[type, tuple[InstrumentedAttribute[UUID], ...]] = {
    Licence: (Licence.enterprise_id,),
    Channel: (Channel.receiver_id, Channel.generator_id),
    TransferApproval: (TransferApproval.receiver_id, TransferApproval.generator_id),
    WhiteListEntry: (WhiteListEntry.receiver_id,),
    VerifiedExemption: (VerifiedExemption.enterprise_id,),
}
"""The columns of each kind of permit that name the enterprises it belongs to; they may see it."""
PERMIT_TABLES = {str(model.__tablename__): columns for model, columns in HOLDERS.items()}  # type: ignore[attr-defined]
"""The same by table, as events name a kind."""


def find(actor: Actor, model: type[Any], permit_id: UUID) -> Any:
    """A permit that the actor may see. Raises: NotFound."""
    query = select(model).where(model.id == permit_id, *visible_to(actor, model))
    permit = db.session.scalars(query).one_or_none()
    if permit is None:
        raise NotFound()
    return permit


def search(
    actor: Actor,
    model: type[Any],
    enterprise_id: UUID | None,
    status: LicenceStatus | None,
    after: UUID | None,
    limit: int,
) -> Sequence[Any]:
    """Permits that the actor may see, newest first, at most `limit` that are older than `after`.

    Args:
        status: of licences only.
    """
    query = select(model).where(*visible_to(actor, model))
    if model is Licence:
        query = query.options(joinedload(Licence.files))  # few, where a statement of their own costs more
    if status is not None:
        query = query.where(model.status == status)
    if enterprise_id is not None:
        query = query.where(or_(*(column == enterprise_id for column in HOLDERS[model])))
    if after is not None:
        query = query.where(model.id < after)
    return db.session.scalars(query.order_by(model.id.desc()).limit(limit)).unique().all()


def visible_to(actor: Actor, model: type[Any]) -> list[ColumnElement[bool]]:
    """The conditions of the permits of a kind that the actor may see."""
    if actor.is_admin:
        return []
    columns = HOLDERS[model]
    if actor.kind == REGULATOR:
        inside = enterprises.ids_within(actor.region or 0)
        return [or_(*(column.in_(inside) for column in columns))]
    return [or_(*(column == actor.id for column in columns))]


def licensed_codes(enterprise_id: UUID, code_ids: Iterable[int]) -> set[int]:
    """Those of these codes on which the enterprise holds a licence line, valid now or later."""
    lines = (
        select(LicenceLine.code_id)
        .join(Licence, Licence.id == LicenceLine.licence_id)
        .where(
            Licence.enterprise_id == enterprise_id,
            Licence.revoked_at.is_(None),
            Licence.status == LicenceStatus.CONFIRMED,
            Licence.valid_until >= clock.today(),
            LicenceLine.code_id.in_(set(code_ids)),
        )
    )
    return set(db.session.scalars(lines))


def tests_due(first: date, last: date, wanted: Callable[[Any, Any], Any], most: int) -> Sequence[Channel]:
    """At most `most` running channels whose monthly test is due on a day from `first` to `last`.

    Args:
        wanted: makes a further condition of the columns of id and due day.
    """
    query = select(Channel).where(
        Channel.test_due_on.between(first, last), wanted(Channel.id, Channel.test_due_on)
    )
    return db.session.scalars(query.limit(most)).all()


def ending(first: date, last: date, wanted: Callable[[Any, Any], Any], most: int) -> Sequence[Licence]:
    """At most `most` confirmed licences whose last day is from `first` to `last` and that no later validity
    renews.

    Args:
        wanted: makes a further condition of the columns of id and last day.
    """
    later = aliased(Licence)
    renewed = select(later.id).where(
        later.enterprise_id == Licence.enterprise_id,
        later.number_key == Licence.number_key,
        later.status == LicenceStatus.CONFIRMED,
        later.revoked_at.is_(None),
        later.valid_until > Licence.valid_until,
    )
    query = select(Licence).where(
        Licence.status == LicenceStatus.CONFIRMED,
        Licence.revoked_at.is_(None),
        Licence.is_double.is_(False),
        Licence.valid_until.between(first, last),
        ~renewed.exists(),
        wanted(Licence.id, Licence.valid_until),
    )
    return db.session.scalars(
        query.options(lazyload(Licence.lines), lazyload(Licence.files)).limit(most)
    ).all()
