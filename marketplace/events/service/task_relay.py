"""The relay: it dispatches due tasks to the queues of RQ, and again what was not done in time."""

import logging
import secrets
from collections.abc import Sequence
from datetime import timedelta

from redis import RedisError
from rq import Queue
from rq.job import Job
from rq.queue import EnqueueData
from rq.serializers import JSONSerializer
from sqlalchemy import select, update

from ... import clock
from ...valkey import redis
from ..job_text import FUNCTION, task_ids_in
from ..models import Task, TaskStatus
from ..registry import queues, tasks_per_job
from ..work import unit_of_work
from .parking import park
from .task_facts import settings
from .turns import tasks_in_turn

QUEUE_DEPTH = 500
"""Tasks a queue may hold: the rest wait in the database, where waiting is safe."""
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
    carried = _carried_by_jobs(queue)
    waiting = {task_id for task_ids in carried for task_id in task_ids}
    space = QUEUE_DEPTH - max(len(carried), len(waiting))
    jobs = _claim(name, space, waiting) if space > 0 else []
    claimed = [task_id for task_ids in jobs for task_id in task_ids]
    if not claimed:
        return 0
    try:
        queue.enqueue_many([_rq_job(task_ids) for task_ids in jobs])
    except RedisError:
        give_back(claimed)
        raise
    return len(claimed)


def _carried_by_jobs(queue: Queue) -> list[list[int]]:
    """The tasks of each job that waits in a queue; none for what is no job of ours."""
    with redis().pipeline(transaction=False) as pipeline:
        for job_id in queue.get_job_ids(0, QUEUE_DEPTH):
            pipeline.hget(Job.key_for(job_id), "data")
        texts = pipeline.execute(raise_on_error=False)
    return [task_ids_in(text) or [] if isinstance(text, bytes) else [] for text in texts]


def _claim(queue: str, space: int, waiting: set[int]) -> list[list[int]]:
    """Choose due tasks for a queue in turn, and put off when they and those `waiting` in it are due again.

    Returns:
        the tasks for each job.
    """
    now, limits = clock.now(), settings()
    due_again = {"due_at": now + timedelta(seconds=limits.task_visibility_s)}
    due = (Task.status == TaskStatus.PENDING, Task.due_at <= now)
    with unit_of_work() as work:
        if waiting:
            work.session.execute(update(Task).where(*due, Task.id.in_(waiting)).values(due_again))
        turns = tasks_in_turn(work.session, queue, now, space, waiting)
        if not turns:
            return []
        found = select(Task).where(*due, Task.id.in_(turns)).with_for_update(skip_locked=True)
        tasks = sorted(work.session.scalars(found), key=lambda task: turns.index(task.id))
        deadly = [task for task in tasks if task.dispatches >= limits.task_attempts]
        for task in deadly:
            park(task, f"dispatched {task.dispatches} times and never ended: it may kill its worker")
        jobs = _shared_out([task for task in tasks if task not in deadly], tasks_per_job(queue))
        claimed = update(Task).where(Task.id.in_([task_id for task_ids in jobs for task_id in task_ids]))
        work.session.execute(claimed.values({**due_again, "dispatches": Task.dispatches + 1}))
    return jobs


def _shared_out(tasks: Sequence[Task], most: int) -> list[list[int]]:
    """The tasks of each job, up to `most`: small ones first, and none in one job with bulk.

    One that was dispatched before and did not end has a job to itself: it may have killed its worker, and is
    not to take others along again.
    """
    jobs = []
    for bulk in (False, True):
        alike = [task for task in tasks if task.bulk == bulk]
        fresh = [task.id for task in alike if not task.dispatches]
        jobs += [fresh[start : start + most] for start in range(0, len(fresh), most)]
        jobs += [[task.id] for task in alike if task.dispatches]
    return jobs


def give_back(task_ids: Sequence[int]) -> None:
    """Make tasks due at once that could not be dispatched or begun; it counts for no try."""
    if not task_ids:
        return
    dispatched = (Task.id.in_(task_ids), Task.status == TaskStatus.PENDING, Task.dispatches > 0)
    with unit_of_work() as work:
        before = {Task.due_at: clock.now(), Task.dispatches: Task.dispatches - 1}
        work.session.execute(update(Task).where(*dispatched).values(before))


def _rq_job(task_ids: list[int]) -> EnqueueData:
    return Queue.prepare_data(
        FUNCTION,
        (task_ids,),
        job_id=f"tasks-{task_ids[0]}-{secrets.token_hex(4)}",
        description=f"{len(task_ids)} tasks",
        result_ttl=0,
        failure_ttl=FAILED_JOB_TTL_S,
        timeout=JOB_TIMEOUT_S,
        ttl=None,
    )
