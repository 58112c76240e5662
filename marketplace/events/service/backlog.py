"""How much is still to be done, and the deletion of what was done long ago."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select

from ... import clock
from ...database import db
from ..models import Event, Task, TaskStatus
from ..registry import queues
from ..work import unit_of_work

DONE_RETENTION = timedelta(days=7)


def delete_done() -> None:
    """Delete tasks done a week ago, and events that have no task left."""
    before = clock.now() - DONE_RETENTION
    with unit_of_work() as work:
        work.session.execute(delete(Task).where(Task.status == TaskStatus.DONE, Task.ended_at < before))
        left = select(Task.id).where(Task.event_id == Event.id).exists()
        work.session.execute(delete(Event).where(Event.at < before, ~left))


@dataclass(frozen=True, slots=True)
class Backlog:
    """What a queue has still to do: tasks pending and parked, and seconds that its oldest due task waits."""

    queue: str
    pending: int = 0
    parked: int = 0
    oldest_due_s: float = 0.0


def backlogs() -> list[Backlog]:
    """The backlog of each queue, by name."""
    is_pending, is_parked = Task.status == TaskStatus.PENDING, Task.status == TaskStatus.PARKED
    oldest_due_at = func.min(Task.due_at).filter(is_pending)
    rows = db.session.execute(
        select(Task.queue, func.count().filter(is_pending), func.count().filter(is_parked), oldest_due_at)
        .where(Task.status != TaskStatus.DONE)
        .group_by(Task.queue)
    )
    now = clock.now()
    found = {
        queue: Backlog(queue, pending, parked, max(0.0, (now - due_at).total_seconds()) if due_at else 0.0)
        for queue, pending, parked, due_at in rows
    }
    return [found.get(queue, Backlog(queue)) for queue in sorted(queues() | set(found))]
