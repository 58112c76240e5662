"""The only job that the queues carry: perform tasks. What else Valkey holds is not read, let alone run.

RQ takes the function, its callbacks and its webhooks from Valkey by name and address. Whoever can write there
could have a worker run anything; so a worker reads a job's text, compares it, and keeps integers.
"""

import json
import logging
from collections.abc import Callable
from typing import Any, Self

from redis import Redis, ResponseError
from rq import Queue
from rq.exceptions import NoSuchJobError
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

from . import jobs, registry
from .job_text import FUNCTION, task_ids_in
from .service.task_relay import FAILED_JOB_TTL_S, JOB_TIMEOUT_S

log = logging.getLogger(__name__)


class TaskJob(Job):
    """A job that performs tasks, whatever else is written beside it.

    A job of another kind does not exist: RQ passes over it. Callbacks, webhooks, repeats, retries,
    dependencies, groups, time-outs and the time to live are not taken from Valkey.
    """

    @classmethod
    def fetch(cls, id: str, connection: Redis | None = None, serializer: Any = None) -> Self:
        """The job of this id.

        Raises:
            NoSuchJobError: there is none, or it does something else than perform tasks.
        """
        try:
            return super().fetch(id, connection, serializer)  # type: ignore[return-value]
        except (ValueError, ResponseError) as error:  # no job's name, or what has it is no job
            log.error("refused what is no job", extra={"job": id})
            raise NoSuchJobError(id) from error

    def restore(self, raw_data: dict[bytes, bytes]) -> None:
        """Take the tasks' numbers, the queue and whether the job has started; all else is the same for all.

        Raises:
            NoSuchJobError: it is another function, or has other arguments.
        """
        task_ids = task_ids_in(raw_data.get(b"data", b""))
        origin = raw_data.get(b"origin", b"").decode(errors="replace")
        if task_ids is None or origin not in registry.queues():
            log.error("refused a job that performs no tasks", extra={"job": self.id})
            raise NoSuchJobError(self.id)
        self.data = json.dumps([FUNCTION, None, [task_ids], {}]).encode()
        self.origin = origin
        self._status = JobStatus.STARTED if raw_data.get(b"status") == b"started" else JobStatus.QUEUED
        self.timeout, self.result_ttl, self.failure_ttl = JOB_TIMEOUT_S, 0, FAILED_JOB_TTL_S

    @property
    def func(self) -> Callable[[list[int]], None]:
        """What is run; RQ itself would import what the job names."""
        return jobs.run


class TaskQueue(Queue):
    """A queue of task jobs."""

    job_class = TaskJob


def task_queue(name: str, connection: Redis) -> TaskQueue:
    """The queue of that name."""
    return TaskQueue(name, connection=connection, serializer=JSONSerializer)
