"""The tasks that one job carries: done together where their kind allows it, else one after the other."""

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TypeVar

from flask import current_app
from sqlalchemy import select, update

from ... import clock
from ...database import db
from ..models import LIFE, NOBODY, Task, TaskStatus
from ..registry import does_many, find_task_type
from ..work import unit_of_work, written_for
from . import performing
from .task_relay import give_back

LONGEST_BATCH_S = 5.0
"""After as long no further task of a job is begun: a worker that is to stop has ten seconds, and what waits
behind a slow task is better dispatched again than hidden in a job."""

Answer = TypeVar("Answer")
log = logging.getLogger(__name__)


def perform_many(task_ids: Sequence[int]) -> None:
    """Do the tasks that a job carries, each once, and give back those for which no time is left.

    Each has a transaction and an application context to itself, as if it had come alone; those of a kind that
    is done many at once share theirs. If they fail so, each is done alone, and no failure is counted before.
    """
    began = time.monotonic()
    done, failed = set[int](), set[int]()
    for (name, bulk), alike in _alike(task_ids).items():
        done_together = _in_own_context(_perform_together, name, bulk, alike)
        (done if done_together else failed).update(alike)
    left = [task_id for task_id in task_ids if task_id not in done]
    while left and time.monotonic() - began < LONGEST_BATCH_S:
        _in_own_context(performing.perform, left.pop(0))
    give_back([task_id for task_id in left if task_id not in failed])


def _in_own_context(function: Callable[..., Answer], *args: object) -> Answer:
    """Call a function with a session and a `flask.g` of its own, so that it reads nothing that is old."""
    with current_app.app_context():
        return function(*args)


def _alike(task_ids: Sequence[int]) -> dict[tuple[str, bool], list[int]]:
    """By kind, small and bulk apart: the tasks that can be done together."""
    found = defaultdict[tuple[str, bool], list[int]](list)
    if len(task_ids) > 1:
        pending = (Task.id.in_(task_ids), Task.status == TaskStatus.PENDING)
        kinds = select(Task.id, Task.subscriber, Task.bulk).where(*pending)
        for task_id, name, bulk in db.session.execute(kinds):
            found[name, bulk].append(task_id)
        db.session.rollback()
    return {kind: alike for kind, alike in found.items() if len(alike) > 1 and does_many(kind[0])}


def _perform_together(name: str, bulk: bool, task_ids: list[int]) -> bool:
    """Do tasks of one kind in one transaction that marks them; False if it failed and did nothing."""
    began, many = time.perf_counter(), find_task_type(name).many
    assert many is not None
    locked = (
        select(Task.id, Task.payload, Task.owner_id)
        .where(Task.id.in_(task_ids), Task.status == TaskStatus.PENDING)
        .order_by(Task.id)
        .with_for_update(skip_locked=True)
    )
    try:
        with unit_of_work() as work:
            tasks = work.session.execute(locked).all()
            owners = {task.owner_id for task in tasks}
            with written_for(owners.pop() if len(owners) == 1 else NOBODY, bulk=bulk):
                if tasks:
                    many([task.payload for task in tasks])
            ended = {**LIFE.values("finish"), "ended_at": clock.now()}
            work.session.execute(update(Task).where(Task.id.in_([task.id for task in tasks])).values(ended))
    except Exception as error:
        about = {"task_name": name, "count": len(task_ids), "error": type(error).__name__}
        log.warning("tasks failed together, and are done alone", extra=about)
        return False
    ms = round((time.perf_counter() - began) * 1000, 1)
    log.info("tasks performed", extra={"task_name": name, "count": len(tasks), "ms": ms})
    return True
