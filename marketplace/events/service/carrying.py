"""The tasks that one job carries: done together where their kind allows it, else one after the other."""

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from flask import current_app
from sqlalchemy import or_, select, update

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
SHARE_S = 0.5
"""How long one transaction of bulk takes, about: a job of it is done in shares, each of as many tasks as that
at the pace of the last, so that nobody waits behind the whole of it."""
LEAST_SHARE = 20
"""Tasks of a share while no pace is known, and however slow it is: with fewer, what a transaction costs
whatever it carries would be most of it."""

_paces: dict[str, float] = {}
"""By kind: the seconds that a bulk task took in the share that was done last by this process."""
Answer = TypeVar("Answer")
log = logging.getLogger(__name__)


def perform_many(task_ids: Sequence[int]) -> None:
    """Do the tasks that a job carries, each once, and give back those for which no time is left.

    Each has a transaction and an application context to itself, as if it had come alone; those of a kind that
    is done many at once share theirs. If they fail so, each is done alone, and no failure is counted before.
    """
    ends = time.monotonic() + LONGEST_BATCH_S
    done, failed, put_off = set[int](), set[int](), set[int]()
    for (name, bulk), alike in _alike(task_ids).items():
        if prepare := find_task_type(name).prepare:
            _in_own_context(prepare, len(alike))
        for share in _shares(name, alike, ends) if bulk else [alike]:
            done_together = _in_own_context(_perform_together, name, bulk, share)
            (done if done_together else failed).update(share)
        put_off.update(set(alike) - done - failed)
    left = [task_id for task_id in task_ids if task_id not in done | put_off]
    while left and time.monotonic() < ends:
        _in_own_context(performing.perform, left.pop(0))
    give_back([*put_off, *(task_id for task_id in left if task_id not in failed)])


def _shares(name: str, task_ids: Sequence[int], ends: float) -> Iterator[Sequence[int]]:
    """What is done together of a job of bulk: one share at least, and the next as long as nobody waits."""
    begun = 0
    while begun < len(task_ids):
        share = max(LEAST_SHARE, int(SHARE_S / _paces.get(name, SHARE_S)))
        yield task_ids[begun : begun + share]
        begun += share
        if time.monotonic() >= ends or _in_own_context(_is_small_waiting, find_task_type(name).queue):
            return


def _is_small_waiting(queue: str) -> bool:
    """Whether a task that was not written as one of many is to be done in a queue now."""
    due = or_(Task.due_at <= clock.now(), Task.dispatches > 0)
    pending = (Task.status == TaskStatus.PENDING, Task.queue == queue, ~Task.bulk)
    return bool(db.session.scalar(select(select(Task.id).where(*pending, due).exists())))


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
    took_s = time.perf_counter() - began
    if bulk:
        _paces[name] = took_s / len(task_ids)
    ms = round(took_s * 1000, 1)
    log.info("tasks performed", extra={"task_name": name, "count": len(tasks), "ms": ms})
    return True
