"""Tasks that were given up: parked with the reason, listed, and replayed by an operator."""

import logging
from collections.abc import Sequence

from sqlalchemy import select, update

from ... import clock
from ...database import db
from ..lifecycle import Party
from ..models import LIFE, Task, TaskStatus
from ..work import Work, unit_of_work
from .task_facts import log_facts

log = logging.getLogger(__name__)


def park(task: Task, reason: str) -> None:
    LIFE.move(task, "park", by=Party.SYSTEM)
    task.reason, task.ended_at = reason, clock.now()
    log.error("task parked", extra=log_facts(task))


def parked_tasks(most: int | None = None) -> list[Task]:
    """Tasks that failed too often, oldest first: all, or `most` of them."""
    parked = select(Task).where(Task.status == TaskStatus.PARKED).order_by(Task.id)
    return list(db.session.scalars(parked.limit(most)))


def lock_parked(work: Work, task_ids: Sequence[int]) -> Sequence[Task]:
    """Those among the named tasks that are parked, locked."""
    parked = select(Task).where(Task.status == TaskStatus.PARKED, Task.id.in_(task_ids)).order_by(Task.id)
    return work.session.scalars(parked.with_for_update()).all()


def replay(task_ids: list[int] | None = None) -> int:
    """Make parked tasks due again with a clean count: all, or those named. Returns how many."""
    conditions = [Task.status.in_(LIFE.sources("replay"))]
    if task_ids is not None:
        conditions.append(Task.id.in_(task_ids))
    fresh = {"attempts": 0, "dispatches": 0, "due_at": clock.now(), "ended_at": None}
    with unit_of_work() as work:
        replayed = work.session.execute(
            update(Task).where(*conditions).values({**LIFE.values("replay"), **fresh}).returning(Task.id)
        ).all()
    log.info("tasks replayed", extra={"count": len(replayed)})
    return len(replayed)
