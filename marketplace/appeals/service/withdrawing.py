"""An enterprise takes back what it asked for, while nobody has decided it."""

import logging

from ... import clock
from ...events.actor import Actor
from ...events.lifecycle import Party
from ...events.work import unit_of_work
from ..models import APPEAL_LIFE, REPAIR_LIFE, Appeal
from .lookup import Row, lock
from .news import emit

log = logging.getLogger(__name__)


def withdraw(actor: Actor, row: Row) -> Row:
    """Take back an appeal, which cannot be made again, or a request for repair, which may.

    Raises:
        Conflict: it is decided or over (`wrong_state`).
    """
    life = APPEAL_LIFE if isinstance(row, Appeal) else REPAIR_LIFE
    with unit_of_work() as work:
        row, _ = lock(work, row)
        move = life.move(row, "withdraw", by=Party.OWNER)
        row.closed_at = clock.now()
        work.audit(actor, "withdraw", row)
        emit(work, move.event or move.name, row)
    log.info("taken back", extra={"table": row.__tablename__, "id": str(row.id)})
    return row
