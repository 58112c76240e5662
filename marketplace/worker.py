"""`python -m marketplace.worker QUEUE`: one RQ worker on one queue.

One queue a process, because a worker on several pops with BLPOP and loses the job if it dies then. The
application is imported before the fork, so that no job pays for imports.
"""

import os
import sys

from redis import Redis
from rq import Queue, Worker
from rq.serializers import JSONSerializer

from . import create_app


def main(queue: str) -> None:
    """Serve `queue` until told to stop."""
    app = create_app()
    connection = Redis.from_url(app.config["SETTINGS"].redis_url)
    app.app_context().push()
    Worker(
        [Queue(queue, connection=connection, serializer=JSONSerializer)],
        name=f"{queue}-{os.uname().nodename}-{os.getpid()}",
        connection=connection,
        serializer=JSONSerializer,
        worker_ttl=60,
        maintenance_interval=30,
        log_job_description=False,
    ).work(logging_level="WARNING", with_scheduler=False)


if __name__ == "__main__":
    main(sys.argv[1])
