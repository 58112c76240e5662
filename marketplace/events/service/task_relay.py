"""The relay: it dispatches due tasks to the queues of RQ, and again what was not done in time."""

import logging
import secrets
from datetime import timedelta

from redis import RedisError
from rq import Queue
from rq.queue import EnqueueData
from rq.serializers import JSONSerializer
from sqlalchemy import select, update

from ... import clock
from ...valkey import redis
from ..models import Task, TaskStatus
from ..registry import queues
from ..work import unit_of_work
from .parking import park
from .task_facts import settings

FUNCTION = "marketplace.events.jobs.run"
"""What every job runs, with the number of a task; a worker refuses any other (`events/task_job.py`)."""
QUEUE_DEPTH = 500
"""Jobs a queue may hold: the rest wait in the database, where waiting is safe."""
JOB_TIMEOUT_S = 300
FAILED_JOB_TTL_S = 3600

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
    now, limits = clock.now(), settings()
    due = (
        select(Task)
        .where(Task.status == TaskStatus.PENDING, Task.queue == queue, Task.due_at <= now)
        .order_by(Task.due_at, Task.id)
        .limit(space + len(waiting))
        .with_for_update(skip_locked=True)
    )
    with unit_of_work() as work:
        tasks = work.session.scalars(due).all()
        if not tasks:
            return []
        absent = [task for task in tasks if task.id not in waiting][:space]
        deadly = [task for task in absent if task.dispatches >= limits.task_attempts]
        for task in deadly:
            park(task, f"dispatched {task.dispatches} times and never ended: it may kill its worker")
        claimed = [task.id for task in absent if task not in deadly]
        put_off = [*claimed, *waiting.intersection(task.id for task in tasks)]
        due_again = now + timedelta(seconds=limits.task_visibility_s)
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
        FUNCTION,
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
