"""An official suspends a licence and resumes it; while it is suspended nothing rests on it anew.

The gate `licence` is shut at once. A suspension is one of the licence, not of an entry: all validities of its
number are suspended and resumed together. Deals that rest on it live on and keep their tonnes; their parties
are told, and no load is issued or picked up (`require_permit_on`).
"""

import logging
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from ...events.actor import Actor
from ...events.lifecycle import Party
from ...events.work import Work, unit_of_work
from ..models import LIFE, Licence

log = logging.getLogger(__name__)


def suspend(actor: Actor, licence_id: UUID, reason: str) -> Licence:
    """Let a licence count no more for now.

    Raises:
        NotFound: no such licence.
        Conflict: it is not confirmed (`wrong_state`).
    """
    return _move(actor, licence_id, "suspend", reason)


def resume(actor: Actor, licence_id: UUID, reason: str) -> Licence:
    """Let a suspended licence count again.

    Raises:
        NotFound: no such licence.
        Conflict: it is not suspended (`wrong_state`).
    """
    return _move(actor, licence_id, "resume", reason)


def _move(actor: Actor, licence_id: UUID, name: str, reason: str) -> Licence:
    with unit_of_work() as work:
        licence = work.lock(Licence, Licence.id == licence_id)
        before = licence.status
        event = LIFE.move(licence, name, by=Party.ADMIN).event or name
        others = [other for other in _others_of_number(work, licence) if other.status == before]
        for other in others:
            LIFE.move(other, name, by=Party.ADMIN)
        for row in (licence, *others):
            row.reason = reason
            work.audit(actor, name, row, number=row.number, reason=reason)
        work.emit(event, kind=Licence.__tablename__, id=str(licence.id), number=licence.number, reason=reason)
    log.info("licence %s", licence.status, extra={"permit_id": str(licence.id)})
    return licence


def _others_of_number(work: Work, licence: Licence) -> Sequence[Licence]:
    """The other entries of this holder and number, locked."""
    query = (
        select(Licence)
        .where(
            Licence.enterprise_id == licence.enterprise_id,
            Licence.number_key == licence.number_key,
            Licence.number_key != "",
            Licence.id != licence.id,
            Licence.revoked_at.is_(None),
        )
        .order_by(Licence.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return work.session.scalars(query).all()
