"""`python -m marketplace.worker QUEUE...`: one RQ worker on each queue.

One queue a process, because a worker on several pops with BLPOP and loses the job if it dies then. The
workers of several queues are forked from one process that has imported the application, so that together
they need a third of the memory; it starts those again that end.
"""

import contextlib
import faulthandler
import gc
import logging
import os
import secrets
import signal
import sys
import threading
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import rq
from flask import Flask
from redis import Redis
from rq.job import Job
from rq.queue import Queue
from rq.serializers import JSONSerializer
from rq.worker import BaseWorker
from sqlalchemy.orm import configure_mappers

from matching.index import loaded

from . import create_app
from .child import Child, Forked, stop_all
from .events.service.task_relay import JOB_TIMEOUT_S
from .events.task_job import TaskJob, TaskQueue, task_queue
from .subscriptions import DELIVERY, MATCHING, RERANK, WEBHOOKS

IN_PROCESS = frozenset({MATCHING, DELIVERY, WEBHOOKS})
"""Queues whose jobs take milliseconds, or wait for others, which a fork for each would multiply."""
LONG_JOB_S = 10.0
DEAF_S = 60
"""How long after its time-out a job that still runs is ended with its process; as RQ does with a fork."""
SHORTEST_LIFE_S, LONGEST_LIFE_S = 300.0, 3600.0
"""A start takes two seconds: no more often than every five minutes, and else after an hour."""
LARGEST_MB = 1200
"""With a million listings its index takes 750 to 890 MB: what is larger has grown for another reason."""
STOP_TIMEOUT_S = 8
"""Seconds in which workers end; the supervisor gives this process two more."""

log = logging.getLogger(__name__)


class _TaskWorker(BaseWorker):
    """RQ's worker for task jobs only, back soon after Valkey is: RQ itself would wait up to a minute more."""

    job_class = TaskJob
    queue_class = TaskQueue
    max_connection_wait_time = 5.0

    def subscribe(self) -> None:
        """Take no commands from Valkey: they would let whoever can publish there kill jobs and workers."""


class ForkingWorker(_TaskWorker, rq.Worker):
    """A worker whose every job has a process to itself: a long one leaves nothing behind.

    It keeps the compiled search in memory for the queue `rerank`, once a job took long. In a small market
    it is not worth its 90 MB: there a job takes well under a second, loading included, and even on a busy
    machine nowhere near ten.
    """

    def execute_job(self, job: Job, queue: Queue) -> None:
        began = time.monotonic()
        super().execute_job(job, queue)
        if job.origin == RERANK and time.monotonic() - began > LONG_JOB_S:
            loaded()


class InProcessWorker(_TaskWorker, rq.SimpleWorker):
    """A worker that runs its jobs itself, and ends in between when it is old, large or was interrupted.

    Whoever started it starts it again. A job that does not even hear the alarm of its time-out, as in a
    library in C, is ended with the process.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._began = time.monotonic()

    def execute_job(self, job: Job, queue: Queue) -> None:
        began = time.monotonic()
        faulthandler.dump_traceback_later(JOB_TIMEOUT_S + DEAF_S, exit=True)
        try:
            super().execute_job(job, queue)
        finally:
            faulthandler.cancel_dump_traceback_later()
        was_interrupted = time.monotonic() - began >= JOB_TIMEOUT_S  # perhaps in the midst of an answer
        if was_interrupted or self._is_worn():
            self._stop_requested = True

    def _is_worn(self) -> bool:
        age_s = time.monotonic() - self._began
        if age_s < SHORTEST_LIFE_S:
            return False
        return age_s > LONGEST_LIFE_S or psutil.Process().memory_info().rss > LARGEST_MB * 2**20


def _new_name(queue: str) -> str:
    """A name that no killed worker has left: in a container the same host and process id come again."""
    return f"{queue}-{os.uname().nodename}-{os.getpid()}-{secrets.token_hex(4)}"


def main(queues: Sequence[str]) -> None:
    """Serve these queues until a signal stops it, or one alone is worn."""
    app = create_app(serves=False)
    configure_mappers()  # else at the first query, which is in every job
    if len(queues) == 1:
        _serve(app, queues[0])
    else:
        _serve_apart(app, queues)


def _serve_apart(app: Flask, queues: Sequence[str]) -> None:
    """Serve each queue by a process of its own."""
    gc.collect()
    gc.freeze()  # or the collector would write to all pages that the workers share
    stopped = threading.Event()
    workers = [Child(queue, partial(Forked, partial(_serve, app, queue))) for queue in queues]
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    try:
        while not stopped.is_set():
            for worker in workers:
                worker.restart_if_ended(log.warning)
            stopped.wait(0.2)
    finally:
        stop_all(workers, STOP_TIMEOUT_S)


def _serve(app: Flask, queue: str) -> None:
    with contextlib.suppress(OSError):  # what `ps` and `top` show; Linux only
        Path("/proc/self/comm").write_text(f"worker {queue}")
    connection = Redis.from_url(app.config["SETTINGS"].redis_url)
    app.app_context().push()
    worker_class = InProcessWorker if queue in IN_PROCESS else ForkingWorker
    worker_class(
        [task_queue(queue, connection)],
        name=_new_name(queue),
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=60,
        maintenance_interval=30,
        log_job_description=False,
    ).work(logging_level="WARNING", with_scheduler=False)


if __name__ == "__main__":
    main(sys.argv[1:])
