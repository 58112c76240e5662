"""The relay that hands due tasks to the queues, their one execution, and the parking lot."""

import logging
import random
import secrets
from datetime import timedelta

from flask import current_app
from redis import RedisError
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import Select, delete, func, select, update

from .. import clock
from ..database import db
from ..valkey import redis
from .lifecycle import Party
from .models import LIFE, Event, Task, TaskStatus
from .registry import find_task_type, queues
from .work import unit_of_work

QUEUE_DEPTH = 500
"""Jobs a queue may hold: the rest wait in the database, where waiting is safe."""
KEEP_DONE = timedelta(days=7)
BACKOFF_S = 5.0
BACKOFF_MOST_S = 3600.0

log = logging.getLogger(__name__)


def relay() -> int:
    """Hand every due task to its queue, as far as there is room. Returns how many were handed over.

    The same statement is the sweeper: a task that was handed over but not done within the visibility
    time is due again, unless it still waits in its queue. While Valkey is away all stays due.
    """
    try:
        return sum(_relay(name) for name in sorted(queues()))
    except RedisError as error:
        log.warning("the queue is away: %s", error)
        return 0


def _relay(name: str) -> int:
    queue = Queue(name, connection=redis(), serializer=JSONSerializer)
    jobs = queue.get_job_ids()
    room = QUEUE_DEPTH - len(jobs)
    tasks = _claim(name, room, _tasks_of(jobs)) if room > 0 else []
    if not tasks:
        return 0
    try:
        queue.enqueue_many([_job(task_id) for task_id in tasks])
    except RedisError:
        _give_back(tasks)
        raise
    return len(tasks)


def _claim(queue: str, room: int, waiting: set[int]) -> list[int]:
    now = clock.now()
    visible_again = now + timedelta(seconds=current_app.config["SETTINGS"].task_visibility_s)
    due = (
        select(Task)
        .where(Task.status == TaskStatus.PENDING, Task.queue == queue, Task.due_at <= now)
        .order_by(Task.due_at, Task.id)
        .limit(room + len(waiting))
        .with_for_update(skip_locked=True)
    )
    with unit_of_work() as work:
        tasks = work.session.scalars(due).all()
        new = [task for task in tasks if task.id not in waiting][:room]
        lost = [task for task in new if task.handed >= current_app.config["SETTINGS"].task_attempts]
        for task in lost:
            _park(task, f"handed over {task.handed} times and never ended: it may kill its worker")
        taken = [task.id for task in new if task not in lost]
        seen = [*taken, *waiting.intersection(task.id for task in tasks)]
        work.session.execute(update(Task).where(Task.id.in_(seen)).values(due_at=visible_again))
        work.session.execute(update(Task).where(Task.id.in_(taken)).values(handed=Task.handed + 1))
    return taken


def _park(task: Task, reason: str) -> None:
    LIFE.move(task, "park", by=Party.SYSTEM)
    task.reason, task.ended_at = reason, clock.now()


def _give_back(tasks: list[int]) -> None:
    with unit_of_work() as work:
        back = {"due_at": clock.now(), "handed": Task.handed - 1}
        work.session.execute(update(Task).where(Task.id.in_(tasks)).values(back))


def _job(task_id: int):
    return Queue.prepare_data(
        "marketplace.events.jobs.run",
        (task_id,),
        job_id=f"task-{task_id}-{secrets.token_hex(4)}",
        result_ttl=0,
        failure_ttl=3600,
        timeout=300,
        ttl=None,
    )


def _tasks_of(jobs: list[str]) -> set[int]:
    """The tasks that these jobs carry."""
    return {int(job.split("-")[1]) for job in jobs if job.startswith("task-")}


def perform(task_id: int) -> bool:
    """Do a task, once: its effects and the mark that it is done are one transaction.

    Returns False when it is done already, or being done elsewhere. A failure is noted and tried again
    later; the last one parks the task.
    """
    try:
        with unit_of_work() as work:
            task = work.session.scalars(_pending(task_id, skip_locked=True)).one_or_none()
            if task is None:
                return False
            find_task_type(task.subscriber).function(**task.payload)
            LIFE.move(task, "finish", by=Party.SYSTEM)
            task.ended_at = clock.now()
    except Exception as error:
        log.exception("task failed", extra={"task": task_id})
        _note_failure(task_id, error)
    return True


def _pending(task_id: int, *, skip_locked: bool = False) -> Select[Task]:
    """The task, locked, while it is still to be done."""
    query = select(Task).where(Task.id == task_id, Task.status == TaskStatus.PENDING)
    return query.with_for_update(skip_locked=skip_locked)


def _note_failure(task_id: int, error: Exception) -> None:
    with unit_of_work() as work:
        task = work.session.scalars(_pending(task_id).execution_options(populate_existing=True)).one_or_none()
        if task is None:
            return
        task.attempts += 1
        task.handed = 0
        task.reason = f"{type(error).__name__}: {error}"[:500]
        if task.attempts >= current_app.config["SETTINGS"].task_attempts:
            _park(task, task.reason)
        else:
            task.due_at = clock.now() + backoff(task.attempts)


def backoff(attempts: int) -> timedelta:
    """Wait before try number `attempts` + 1: doubling from 5 s to an hour, with up to half of it jitter."""
    wait = min(BACKOFF_S * 2 ** min(attempts - 1, 20), BACKOFF_MOST_S)
    return timedelta(seconds=wait * random.uniform(1.0, 1.5))


def parked() -> list[Task]:
    """Tasks that were given up, oldest first."""
    return list(db.session.scalars(select(Task).where(Task.status == TaskStatus.PARKED).order_by(Task.id)))


def replay(task_ids: list[int] | None = None) -> int:
    """Make parked tasks (all, or those named) due again with a clean count. Returns how many."""
    which = [Task.status == TaskStatus.PARKED]
    if task_ids is not None:
        which.append(Task.id.in_(task_ids))
    with unit_of_work() as work:
        result = work.session.execute(
            update(Task)
            .where(*which)
            .values(
                {**LIFE.values("replay"), "attempts": 0, "handed": 0, "due_at": clock.now(), "ended_at": None}
            )
            .returning(Task.id)
        )
    return len(result.all())


def delete_done() -> None:
    """Delete tasks done a week ago, and events that have no task left."""
    before = clock.now() - KEEP_DONE
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
