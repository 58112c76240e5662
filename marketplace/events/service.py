"""The relay that dispatches due tasks to the queues, their one execution, and the parking of failures."""

import logging
import random
import secrets
import time
import traceback
from datetime import timedelta
from typing import Any

from flask import current_app
from redis import RedisError
from rq import Queue
from rq.queue import EnqueueData
from rq.serializers import JSONSerializer
from sqlalchemy import Select, delete, func, select, update

from .. import clock
from ..database import db
from ..settings import Settings
from ..valkey import redis
from .lifecycle import Party
from .models import LIFE, Event, Task, TaskStatus
from .registry import find_task_type, queues
from .work import unit_of_work

QUEUE_DEPTH = 500
"""Jobs a queue may hold: the rest wait in the database, where waiting is safe."""
JOB_TIMEOUT_S = 300
FAILED_JOB_TTL_S = 3600
DONE_RETENTION = timedelta(days=7)
FIRST_BACKOFF_S = 5.0
LONGEST_BACKOFF_S = 3600.0
LONGEST_REASON = 500
"""Characters that are kept of the reason of a failure."""

log = logging.getLogger(__name__)


def relay() -> int:
    """Dispatch every due task to its queue, as far as the queue has space. Returns how many.

    The same statement is the sweeper: a task that was dispatched but not done within the visibility time is
    due again, unless it still waits in its queue. While Valkey is away, all tasks stay due.
    """
    try:
        return sum(_dispatch(queue) for queue in sorted(queues()))
    except RedisError as error:
        log.warning("the queue is away: %s", error)
        return 0


def _dispatch(name: str) -> int:
    queue = Queue(name, connection=redis(), serializer=JSONSerializer)
    job_ids = queue.get_job_ids()
    space = QUEUE_DEPTH - len(job_ids)
    claimed = _claim(name, space, _task_ids_in(job_ids)) if space > 0 else []
    if not claimed:
        return 0
    try:
        queue.enqueue_many([_rq_job(task_id) for task_id in claimed])
    except RedisError:
        _undo_claim(claimed)
        raise
    return len(claimed)


def _claim(queue: str, space: int, waiting: set[int]) -> list[int]:
    """Choose due tasks for a queue, and put off when they and those `waiting` in it are due again."""
    now, settings = clock.now(), _settings()
    due = (
        select(Task)
        .where(Task.status == TaskStatus.PENDING, Task.queue == queue, Task.due_at <= now)
        .order_by(Task.due_at, Task.id)
        .limit(space + len(waiting))
        .with_for_update(skip_locked=True)
    )
    with unit_of_work() as work:
        tasks = work.session.scalars(due).all()
        absent = [task for task in tasks if task.id not in waiting][:space]
        deadly = [task for task in absent if task.dispatches >= settings.task_attempts]
        for task in deadly:
            _park(task, f"dispatched {task.dispatches} times and never ended: it may kill its worker")
        claimed = [task.id for task in absent if task not in deadly]
        put_off = [*claimed, *waiting.intersection(task.id for task in tasks)]
        due_again = now + timedelta(seconds=settings.task_visibility_s)
        work.session.execute(update(Task).where(Task.id.in_(put_off)).values(due_at=due_again))
        dispatched = update(Task).where(Task.id.in_(claimed))
        work.session.execute(dispatched.values({Task.dispatches: Task.dispatches + 1}))
    return claimed


def _undo_claim(task_ids: list[int]) -> None:
    """Make tasks due at once that could not be dispatched; it counts for no try."""
    with unit_of_work() as work:
        before = {Task.due_at: clock.now(), Task.dispatches: Task.dispatches - 1}
        work.session.execute(update(Task).where(Task.id.in_(task_ids)).values(before))


def _rq_job(task_id: int) -> EnqueueData:
    return Queue.prepare_data(
        "marketplace.events.jobs.run",
        (task_id,),
        job_id=f"task-{task_id}-{secrets.token_hex(4)}",
        result_ttl=0,
        failure_ttl=FAILED_JOB_TTL_S,
        timeout=JOB_TIMEOUT_S,
        ttl=None,
    )


def _task_ids_in(job_ids: list[str]) -> set[int]:
    """The tasks that these jobs carry."""
    return {int(job_id.split("-")[1]) for job_id in job_ids if job_id.startswith("task-")}


def perform(task_id: int) -> bool:
    """Do a task, once: its effects and the mark that it is done are one transaction.

    A failure is recorded and the task tried again later; the last failure parks it.

    Returns:
        whether it was tried: False when it is done already, parked, or being done elsewhere.
    """
    began = time.perf_counter()
    try:
        with unit_of_work() as work:
            task = work.session.scalars(_pending(task_id, skip_locked=True)).one_or_none()
            if task is None:
                return False
            find_task_type(task.subscriber).function(**task.payload)
            LIFE.move(task, "finish", by=Party.SYSTEM)
            task.ended_at = clock.now()
    except Exception as error:
        _record_failure(task_id, error, began)
    else:
        log.info("task performed", extra=_facts(task, began))
    return True


def _pending(task_id: int, *, skip_locked: bool = False) -> Select[Task]:
    """The task, locked, while it is still to be done."""
    query = select(Task).where(Task.id == task_id, Task.status == TaskStatus.PENDING)
    return query.with_for_update(skip_locked=skip_locked)


def _record_failure(task_id: int, error: Exception, began: float) -> None:
    """Count a failure of a task that is still pending, and put the task off or park it."""
    with unit_of_work() as work:
        task = work.session.scalars(_pending(task_id).execution_options(populate_existing=True)).one_or_none()
        if task is None:
            return
        task.attempts += 1
        task.dispatches = 0
        task.reason = f"{type(error).__name__}: {error}"[:LONGEST_REASON]
        # its text may hold personal data: that is kept with the task, and the log says where it was raised
        frames = "".join(traceback.format_tb(error.__traceback__))
        about = {**_facts(task, began), "error": type(error).__name__, "frames": frames}
        log.warning("task failed", extra=about)
        if task.attempts >= _settings().task_attempts:
            _park(task, task.reason)
        else:
            task.due_at = clock.now() + backoff(task.attempts)


def _park(task: Task, reason: str) -> None:
    LIFE.move(task, "park", by=Party.SYSTEM)
    task.reason, task.ended_at = reason, clock.now()
    log.error("task parked", extra=_facts(task))


def _facts(task: Task, began: float | None = None) -> dict[str, Any]:
    """What a log line says of a task; never its payload, which may hold personal data."""
    ms = None if began is None else round((time.perf_counter() - began) * 1000, 1)
    return {
        "task": task.id, "task_name": task.subscriber, "queue": task.queue,
        "attempts": task.attempts, "dispatches": task.dispatches, "ms": ms,
    }  # fmt: skip


def _settings() -> Settings:
    settings: Settings = current_app.config["SETTINGS"]
    return settings


def backoff(attempts: int) -> timedelta:
    """Wait before try number `attempts` + 1: doubling from 5 s to an hour, with up to half of it jitter."""
    wait = min(FIRST_BACKOFF_S * 2 ** min(attempts - 1, 20), LONGEST_BACKOFF_S)
    return timedelta(seconds=wait * random.uniform(1.0, 1.5))  # noqa: S311 - jitter


def parked_tasks() -> list[Task]:
    """Tasks that failed too often, oldest first."""
    return list(db.session.scalars(select(Task).where(Task.status == TaskStatus.PARKED).order_by(Task.id)))


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
