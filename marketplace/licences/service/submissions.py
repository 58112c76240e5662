"""An admin confirms or refuses the licences that holders hand in; only a confirmed one counts."""

import logging
from uuid import UUID

from ... import clock
from ...events.actor import Actor
from ...events.lifecycle import Move, Party
from ...events.work import Work, unit_of_work
from ..models import LIFE, Licence
from .capacities import share_capacity_of_licence
from .double_entries import require_new

log = logging.getLogger(__name__)


def confirm(actor: Actor, licence_id: UUID) -> Licence:
    """Confirm a submitted licence: it counts from now on.

    Raises:
        NotFound: no such licence.
        Conflict: it is not submitted (`wrong_state`), or its document is entered already (`already_entered`).
    """
    with unit_of_work() as work:
        licence = work.lock(Licence, Licence.id == licence_id)
        move = LIFE.move(licence, "confirm", by=Party.ADMIN)
        require_new(work, actor, licence)
        _record(work, actor, licence, move, None)
        share_capacity_of_licence(work, licence)
        work.emit("permit.changed", kind=licence.__tablename__, id=str(licence.id))
    return licence


def refuse(actor: Actor, licence_id: UUID, reason: str) -> Licence:
    """Refuse a submitted licence with a reason, which its holder reads.

    Raises:
        NotFound: no such licence.
        Conflict: it is not submitted (`wrong_state`).
    """
    with unit_of_work() as work:
        licence = work.lock(Licence, Licence.id == licence_id)
        move = LIFE.move(licence, "refuse", by=Party.ADMIN)
        _record(work, actor, licence, move, reason)
    return licence


def _record(work: Work, actor: Actor, licence: Licence, move: Move, reason: str | None) -> None:
    licence.decided_at, licence.reason = clock.now(), reason
    work.audit(actor, move.name, licence, number=licence.number, reason=reason)
    work.emit(
        move.event or move.name,
        enterprise_id=str(licence.enterprise_id),
        licence_id=str(licence.id),
        number=licence.number,
        reason=reason or "",
    )
    log.info("licence %s", licence.status, extra={"permit_id": str(licence.id)})
