"""Workers and schedulers that kill themselves, once, at a named point; and gunicorn.

Each runs in a fork of a server that has imported the application already, in the place of
`python -m marketplace.worker QUEUE`, `flask scheduler` and `gunicorn`. The production code knows nothing of
it.
"""

import ctypes
import functools
import gc
import os
import signal
import sys
import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import has_request_context, request
from gunicorn.app import wsgiapp
from rq import Queue
from rq.worker import BaseWorker
from sqlalchemy import event, text
from sqlalchemy.orm import Session, configure_mappers

import marketplace.application  # noqa: F401 (before the fork)
from marketplace import create_app, scheduler, worker
from marketplace.database import db
from marketplace.evaluations.service import making
from marketplace.events import service as events
from marketplace.events.service import task_relay
from marketplace.matches.service.rerank import parts
from marketplace.notifications.service.delivery import email, mail_hours, release
from marketplace.notifications.service.planning import saved_search_push, told, told_statements
from marketplace.webhooks.service import delivering, sending

PR_SET_PDEATHSIG = 1
configure_mappers()
gc.collect()
gc.freeze()  # or the collector of each fork would look through all that the server has imported


class Kill:
    """What happens at the point: a signal to the worker, to its horse, or to both; and only the first time.

    The file `mark` says that it has happened, and to whom.
    """

    def __init__(self, mark: Path, number: int, *whom: Callable[[], int]) -> None:
        self._mark = mark
        self._number = number
        self._whom = whom

    def send(self) -> None:
        if self._mark.exists():
            return
        pids = [pid() for pid in self._whom]
        new = self._mark.with_suffix(".new")
        new.write_text(" ".join(map(str, pids)))
        new.rename(self._mark)
        for pid in pids:
            os.kill(pid, self._number)


def before(owner: Any, name: str) -> Callable[[Kill], None]:
    """The point before a function runs."""
    return lambda kill: _wrap(owner, name, first=kill.send)


def after(owner: Any, name: str) -> Callable[[Kill], None]:
    """The point after a function ran."""
    return lambda kill: _wrap(owner, name, last=kill.send)


def _wrap(
    owner: Any, name: str, first: Callable[[], None] = lambda: None, last: Callable[[], None] = lambda: None
) -> None:
    real = getattr(owner, name)

    @functools.wraps(real)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        first()
        answer = real(*args, **kwargs)
        last()
        return answer

    setattr(owner, name, wrapped)


def third_letter(of: Callable[[Any, str], Callable[[Kill], None]]) -> Callable[[Kill], None]:
    """The point before or after the relay takes the third letter; its mark is written and not committed."""

    def arm(kill: Kill) -> None:
        of(email, "hand_over")(Nth(3, kill))  # type: ignore[arg-type]

    return arm


class Nth:
    """A kill at the n-th time that its point is reached."""

    def __init__(self, number: int, kill: Kill) -> None:
        self._left, self._kill = number, kill

    def send(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._kill.send()


def planned_and_committed(kill: Kill) -> None:
    """The point after the commit of what is planned for a batch of listings."""
    seen: list[int] = []
    _wrap(told.Told, "write", last=lambda: seen.append(1))
    event.listen(Session, "after_commit", lambda session: kill.send() if seen else None)


def second_batch(kill: Kill) -> None:
    """The point in the second batch of a release, written but not committed; the first is in the inboxes."""
    release.RELEASE_BATCH = 2
    calls: list[int] = []
    _wrap(release, "_move", last=lambda: kill.send() if len(calls) else calls.append(1))


def released_and_committed(kill: Kill) -> None:
    """The point after the commit of the first batch of a release."""
    seen: list[int] = []
    _wrap(release, "_move", last=lambda: seen.append(1))
    event.listen(Session, "after_commit", lambda session: kill.send() if seen else None)


def second_previews(kill: Kill) -> None:
    """The point in the second batch of an evaluation job, written but not committed; batches are of two."""
    making.BATCH, freeze = 2, making._freeze

    def deadly(work: Any, job: Any, ids: Any) -> None:
        freeze(work, job, ids)
        if job.done:
            kill.send()

    making._freeze = deadly


POINTS: dict[str, Callable[[Kill], None]] = {
    # the worker
    "job popped": after(BaseWorker, "dequeue_job_and_maintain_ttl"),
    "job registered": after(BaseWorker, "prepare_execution"),
    "horse forked": after(worker.ForkingWorker, "fork_work_horse"),
    "horse ended": after(worker.ForkingWorker, "monitor_work_horse"),
    # the worker in its job, or its horse
    "before the first task": before(events, "perform_many"),
    "in the middle of the batch": after(told.Told, "plan"),
    "half of the messages planned": after(told_statements, "copy_messages"),
    "all planned, before the commit": after(told.Told, "write"),
    "planned and committed": planned_and_committed,
    "finds planned, before the commit": after(saved_search_push, "_plan"),
    "third letter marked, not handed over": third_letter(before),
    "third letter handed over, not committed": third_letter(after),
    "webhook claimed, not sent": before(sending, "send"),
    "webhook sent, not recorded": after(sending, "send"),
    "webhook recorded, task not marked": after(delivering, "_record"),
    "tasks done, job not acknowledged": after(events, "perform_many"),
    "part written, before the commit": after(parts, "_write"),
    "second previews written, before the commit": second_previews,
    # the scheduler
    "tasks claimed": before(Queue, "enqueue_many"),
    "tasks enqueued": after(Queue, "enqueue_many"),
    "half of the messages released": second_batch,
    "all released, before the commit": after(release, "_release"),
    "released and committed": released_and_committed,
}
WHOM: dict[str, tuple[Callable[[], int], ...]] = {
    "itself": (os.getpid,),
    "both": (os.getppid, os.getpid),
}


def run_worker(queue: str, env: dict[str, str], log: Path) -> None:
    """`python -m marketplace.worker QUEUE`"""
    _settle(env, log)
    worker.main([queue])


def run_scheduler(env: dict[str, str], log: Path) -> None:
    """`flask scheduler`"""
    _settle(env, log)
    scheduler.run(create_app(serves=False))


def run_gunicorn(config: str, env: dict[str, str], log: Path) -> None:
    """`gunicorn -c CONFIG wsgi:app`, which makes its application itself, in a session of its own."""
    os.setsid()
    _settle(env, log)
    sys.argv = ["gunicorn", "-c", config, "wsgi:app"]
    wsgiapp.run(prog="gunicorn")


def _settle(env: dict[str, str], log: Path) -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    os.environ.update(env)
    with log.open("ab") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    mail_hours.MAIL_HOURS = range(24)
    delivering.CLAIMED_FOR = delivering.BUSY_ELSEWHERE = timedelta(seconds=0.5)
    task_relay.QUEUE_DEPTH = int(env.get("QUEUE_DEPTH", task_relay.QUEUE_DEPTH))
    if "POISON" in env:
        _poison(env["POISON"])
    if "KILL_POINT" in env:
        number = signal.Signals[env.get("KILL_SIGNAL", "SIGKILL")]
        POINTS[env["KILL_POINT"]](Kill(Path(env["KILL_MARK"]), number, *WHOM[env["KILL_WHOM"]]))


def _poison(title: str) -> None:
    """Die whenever somebody is to be told of a listing of this title."""
    plan = told.Told.plan

    def deadly(self: told.Told, about: Any) -> None:
        if about.theirs.title == title:
            os.kill(os.getpid(), signal.SIGKILL)
        plan(self, about)

    told.Told.plan = deadly  # type: ignore[method-assign]


# ---------------------------------------------------------------- requests

REQUEST_POINTS = {"die before the commit": "before_commit", "die after the commit": "after_commit"}
"""Idempotency-Keys whose request kills its gunicorn worker, once, and when."""


def arm_requests(folder: Path) -> None:
    """In a gunicorn worker: die in the midst of the requests that ask for it."""
    for key, moment in REQUEST_POINTS.items():
        kill = Kill(folder / moment, signal.SIGKILL, os.getpid)
        event.listen(Session, moment, functools.partial(_send_if_asked, key, kill))


def _send_if_asked(key: str, kill: Kill, session: Session) -> None:
    if has_request_context() and request.headers.get("Idempotency-Key") == key:
        kill.send()


# ---------------------------------------------------------------- forks


def ask(number: int, times: int) -> int:
    """Ask the database for a number again and again. Returns who in the database answered.

    Raises:
        AssertionError: the answer was to somebody else's question.
    """
    for _ in range(times):
        query = text("SELECT :number FROM pg_sleep(0.001)")
        assert db.session.scalar(query, {"number": number}) == number
    return int(db.session.scalar(text("SELECT pg_backend_pid()")) or 0)


def _answer_tasks(numbers: list[int], answers: Path) -> None:
    """In the place of a job's one task: ask, and write down who answered."""
    who = ask(numbers[0], 20)
    with answers.open("a") as out:
        out.write(f"{who}\n")


def run_worker_with_open_connection(queue: str, env: dict[str, str], log: Path) -> None:
    """A worker that has talked to the database before its first fork, and whose tasks only `ask`."""
    _settle(env, log)
    events.perform_many = functools.partial(_answer_tasks, answers=Path(env["ANSWERS"]))
    create_app_before = worker.create_app

    def opened(**how: Any) -> Any:
        app = create_app_before(**how)
        with app.app_context():
            Path(env["PARENTS"]).write_text(str(ask(0, 1)))
        return app

    worker.create_app = opened
    worker.main([queue])


def run_crowd(env: dict[str, str], log: Path, children: int, times: int) -> None:
    """A process with an open connection, and its children, all asking at the same time."""
    _settle(env, log)
    app = create_app(serves=False)
    with app.app_context():
        ask(0, 1)
        db.session.remove()
        pids = []
        for number in range(1, children + 1):
            pid = os.fork()
            if pid == 0:
                os._exit(_exit_code(number, times))
            pids.append(pid)
        wrong = _exit_code(0, times)
        wrong += sum(os.waitpid(pid, 0)[1] for pid in pids)
    os._exit(1 if wrong else 0)


def _exit_code(number: int, times: int) -> int:
    try:
        ask(number, times)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0
