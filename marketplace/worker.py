"""`python -m marketplace.worker QUEUE`: one RQ worker on one queue.

One queue a process, because a worker on several pops with BLPOP and loses the job if it dies then. The
application is imported before the fork, so that no job pays for imports.
"""

import os
import secrets
import sys
import time

import rq
from redis import Redis
from rq.job import Job
from rq.queue import Queue
from rq.serializers import JSONSerializer
from sqlalchemy.orm import configure_mappers

from matching.index import loaded

from . import create_app
from .events.task_job import TaskJob, TaskQueue, task_queue
from .subscriptions import RERANK

LONG_JOB_S = 10.0


class Worker(rq.Worker):
    """RQ's worker for task jobs only, back soon after Valkey is: RQ itself would wait up to a minute more."""

    job_class = TaskJob
    queue_class = TaskQueue
    max_connection_wait_time = 5.0

    def subscribe(self) -> None:
        """Take no commands from Valkey: they would let whoever can publish there kill jobs and workers."""


class RankingWorker(Worker):
    """A worker that keeps the compiled search in memory for its jobs, once a job took long.

    In a small market it is not worth its 90 MB: there a job takes well under a second, loading included, and
    even on a busy machine nowhere near ten.
    """

    def execute_job(self, job: Job, queue: Queue) -> None:
        began = time.monotonic()
        super().execute_job(job, queue)
        if time.monotonic() - began > LONG_JOB_S:
            loaded()


def _new_name(queue: str) -> str:
    """A name that no killed worker has left: in a container the same host and process id come again."""
    return f"{queue}-{os.uname().nodename}-{os.getpid()}-{secrets.token_hex(4)}"


def main(queue: str) -> None:
    """Serve `queue` until a signal stops it."""
    app = create_app(serves=False)
    connection = Redis.from_url(app.config["SETTINGS"].redis_url)
    app.app_context().push()
    configure_mappers()  # else at the first query, which is in every job
    worker_class = RankingWorker if queue == RERANK else Worker
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
    main(sys.argv[1])
