"""How much is still to be done, and the deletion of what was done long ago."""

from dataclasses import dataclass
from datetime import datetime, timedelta

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
    """What a queue has still to do: tasks pending and parked, and seconds that its oldest due task waits.

    Of these `oldest_small_s` counts tasks that were written alone, `oldest_bulk_s` those of many.
    """

    queue: str
    pending: int = 0
    parked: int = 0
    oldest_small_s: float = 0.0
    oldest_bulk_s: float = 0.0

    @property
    def oldest_due_s(self) -> float:
        return max(self.oldest_small_s, self.oldest_bulk_s)


def backlogs() -> list[Backlog]:
    """The backlog of each queue, by name."""
    is_pending, is_parked = Task.status == TaskStatus.PENDING, Task.status == TaskStatus.PARKED
    counts = func.count().filter(is_pending), func.count().filter(is_parked)
    oldest = [func.min(Task.due_at).filter(is_pending, is_class) for is_class in (~Task.bulk, Task.bulk)]
    rows = db.session.execute(
        select(Task.queue, *counts, *oldest).where(Task.status != TaskStatus.DONE).group_by(Task.queue)
    )
    now = clock.now()
    found = {
        queue: Backlog(queue, pending, parked, *(_seconds_since(due_at, now) for due_at in due_ats))
        for queue, pending, parked, *due_ats in rows
    }
    return [found.get(queue, Backlog(queue)) for queue in sorted(queues() | set(found))]


def _seconds_since(due_at: datetime | None, now: datetime) -> float:
    return max(0.0, (now - due_at).total_seconds()) if due_at else 0.0
