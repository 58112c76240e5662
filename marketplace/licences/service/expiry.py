"""The end of permits: noted once, the day after their last one."""

import logging
from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import lazyload

from ... import clock
from ...database import db
from ...events.work import Work, unit_of_work
from ..models import RECORDED, Channel, Licence, LicenceLine, PermitKind, TransferApproval
from .balances import PermitRef, permit_on_day
from .lookup import HOLDERS

BATCH = 200
COUNTED: tuple[type[Any], ...] = (Licence, Channel, TransferApproval)

log = logging.getLogger(__name__)


def note_expired(today: date) -> int:
    """Note which permits have ended, with an event for each that no renewal follows.

    Returns:
        how many have ended.
    """
    with unit_of_work() as work:
        ended = [permit for model in COUNTED for permit in _newly_ended(work, model, today)]
        for permit in ended:
            permit.expired_at = clock.now()
            if not _is_renewed(permit, today):
                emit_ended(work, "permit.expired", permit)
    if ended:
        log.info("permits expired", extra={"permits": len(ended)})
    return len(ended)


def _newly_ended(work: Work, model: type[Any], today: date) -> Sequence[Any]:
    """Rows that another process notes at this moment are left to it."""
    query = select(model).where(
        model.valid_until < today, model.expired_at.is_(None), model.revoked_at.is_(None)
    )
    if model is Licence:
        query = query.where(Licence.status.in_(RECORDED)).options(lazyload(Licence.files))
    locked = query.order_by(model.id).limit(BATCH).with_for_update(key_share=True, skip_locked=True)
    return work.session.scalars(locked).all()


def _is_renewed(permit: Any, today: date) -> bool:
    """Whether another validity of the same document goes on."""
    model = type(permit)
    columns = [*HOLDERS[model], model.number_key]
    same = select(model.id).where(
        *(column == getattr(permit, column.key) for column in columns),
        model.number_key != "",
        model.revoked_at.is_(None),
        model.valid_from <= today,
        model.valid_until >= today,
    )
    return db.session.scalar(same.limit(1)) is not None


def emit_ended(work: Work, event: str, permit: Any, reason: str = "") -> None:
    """Write that a permit has ended."""
    number = permit.approval_number if isinstance(permit, Channel) else permit.number
    work.emit(event, kind=permit.__tablename__, id=str(permit.id), number=number, reason=reason)


def permits_beside(table: str, permit_id: UUID) -> list[PermitRef]:
    """What deals may rest on of a permit and of all other entries of its document."""
    if table == Licence.__tablename__:
        one = select(Licence.enterprise_id, Licence.number_key).where(Licence.id == permit_id).subquery()
        lines = (
            select(LicenceLine.id)
            .join(Licence, Licence.id == LicenceLine.licence_id)
            .join(
                one,
                (one.c.enterprise_id == Licence.enterprise_id)
                & or_(Licence.id == permit_id, one.c.number_key == Licence.number_key),
            )
        )
        return [PermitRef(PermitKind.LINE, line_id) for line_id in db.session.scalars(lines)]
    kind = PermitKind.CHANNEL if table == Channel.__tablename__ else PermitKind.APPROVAL
    return [PermitRef(kind, permit_id)]


def holders_of(table: str, permit_id: UUID) -> set[UUID]:
    """The enterprises that a permit belongs to."""
    (model,) = (model for model in COUNTED if model.__tablename__ == table)
    row = db.session.execute(select(*HOLDERS[model]).where(model.id == permit_id)).one()
    return set(row)


def counts_on(permit: PermitRef, day: date) -> bool:
    """Whether a permit or a renewal of it counts on a day."""
    held = permit_on_day(db.session(), permit, None, day)
    return held.halt is None and held.reaches_day(day)
