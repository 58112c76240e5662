"""`python -m marketplace.worker QUEUE`: one RQ worker on one queue.

One queue a process, because a worker on several pops with BLPOP and loses the job if it dies then. The
application is imported before the fork, so that no job pays for imports.
"""

import os
import secrets
import sys

import rq
from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy.orm import configure_mappers

from . import create_app


class Worker(rq.Worker):
    """RQ's, back at work soon after Valkey is: RQ would wait up to a minute more."""

    max_connection_wait_time = 5.0


def _new_name(queue: str) -> str:
    """Never one that a killed worker has left: in a container the same host and number come again."""
    return f"{queue}-{os.uname().nodename}-{os.getpid()}-{secrets.token_hex(4)}"


def main(queue: str) -> None:
    """Serve `queue` until told to stop."""
    app = create_app()
    connection = Redis.from_url(app.config["SETTINGS"].redis_url)
    app.app_context().push()
    configure_mappers()  # else at the first query, which is in every job
    Worker(
        [Queue(queue, connection=connection, serializer=JSONSerializer)],
        name=_new_name(queue),
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=60,
        maintenance_interval=30,
        log_job_description=False,
    ).work(logging_level="WARNING", with_scheduler=False)


if __name__ == "__main__":
    main(sys.argv[1])
