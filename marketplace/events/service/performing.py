"""The execution of a task: once, with retries, and parked when it fails too often."""

import logging
import random
import time
import traceback
from datetime import timedelta

from sqlalchemy import Select, select

from ... import clock
from ...database_errors import text_without_values
from ..lifecycle import Party
from ..models import LIFE, Task, TaskStatus
from ..registry import TaskType, find_task_type
from ..work import unit_of_work, written_for
from .parking import park
from .task_facts import log_facts, settings

FIRST_BACKOFF_S = 5.0
LONGEST_BACKOFF_S = 3600.0
LONGEST_REASON = 500
"""Characters that are kept of the reason of a failure."""

log = logging.getLogger(__name__)


def perform(task_id: int) -> bool:
    """Do a task, once: its effects and the mark that it is done are one transaction.

    A failure is recorded and the task tried again later; the last failure parks it. One that asks others is
    done in no transaction of ours, and then marked.

    Returns:
        whether it was tried: False when it is done already, parked, or being done elsewhere.
    """
    began = time.perf_counter()
    try:
        task = _do(task_id)
    except Exception as error:
        _record_failure(task_id, error, began)
    else:
        if task is None:
            return False
        log.info("task performed", extra=log_facts(task, began))
    return True


def _do(task_id: int) -> Task | None:
    """Do a task and mark it; None if there is nothing to do."""
    with unit_of_work() as work:
        task = work.session.scalars(_pending(task_id, skip_locked=True)).one_or_none()
        if task is None:
            return None
        task_type = find_task_type(task.subscriber)
        if not task_type.asks_others:
            _call(task_type, task)
            _finish(task)
            return task
    _call(task_type, task)
    with unit_of_work() as work:
        again = work.session.scalars(_pending(task_id).execution_options(populate_existing=True))
        task = again.one_or_none()
        if task is not None:
            _finish(task)
    return task


def _call(task_type: TaskType, task: Task) -> None:
    with written_for(task.owner_id, bulk=task.bulk):
        task_type.function(**task.payload)


def _finish(task: Task) -> None:
    LIFE.move(task, "finish", by=Party.SYSTEM)
    task.ended_at = clock.now()


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
        task.reason = text_without_values(error)[:LONGEST_REASON]
        # its text may hold personal data: that is kept with the task, and the log says where it was raised
        frames = "".join(traceback.format_tb(error.__traceback__))
        about = {**log_facts(task, began), "error": type(error).__name__, "frames": frames}
        log.warning("task failed", extra=about)
        if task.attempts >= settings().task_attempts:
            park(task, task.reason)
        else:
            task.due_at = clock.now() + backoff(task.attempts)


def backoff(attempts: int) -> timedelta:
    """Wait before try number `attempts` + 1: doubling from 5 s to an hour, with up to half of it jitter."""
    wait = min(FIRST_BACKOFF_S * 2 ** min(attempts - 1, 20), LONGEST_BACKOFF_S)
    return timedelta(seconds=wait * random.uniform(1.0, 1.5))  # noqa: S311 - jitter
