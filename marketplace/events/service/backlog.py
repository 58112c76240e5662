"""How much is still to be done, and the deletion of what was done long ago."""

from datetime import timedelta

from sqlalchemy import delete, func, select

from ... import clock
from ...database import db
from ..models import Event, Task, TaskStatus
from ..work import unit_of_work

DONE_RETENTION = timedelta(days=7)


def delete_done() -> None:
    """Delete tasks done a week ago, and events that have no task left."""
    before = clock.now() - DONE_RETENTION
    with unit_of_work() as work:
        work.session.execute(delete(Task).where(Task.status == TaskStatus.DONE, Task.ended_at < before))
        left = select(Task.id).where(Task.event_id == Event.id).exists()
        work.session.execute(delete(Event).where(Event.at < before, ~left))


def backlog() -> dict[str, int]:
    """How many tasks wait or are parked, by status."""
    rows = db.session.execute(
        select(Task.status, func.count()).where(Task.status != TaskStatus.DONE).group_by(Task.status)
    )
    return dict(iter(rows))
