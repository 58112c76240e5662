"""Whoever can write to Valkey gets nothing run: a worker performs tasks by number, and no other job."""

import json
import pickle
import zlib

import pytest
from redis import Redis
from rq.exceptions import NoSuchJobError
from rq.job import JobStatus
from rq.serializers import JSONSerializer
from rq.worker import BaseWorker, SimpleWorker

from marketplace import events, worker
from marketplace.events.job_text import FUNCTION, MOST_TASKS
from marketplace.events.task_job import TaskJob, task_queue

SENTINEL = f"{__name__}.ran"
NOW = b"2026-11-26T00:00:00.000000Z"
ran_with: list[object] = []


def ran(*args, **kwargs):
    """What an attacker would have run."""
    ran_with.append((args, kwargs))


class Evil:
    """What runs something as soon as it is unpickled."""

    def __reduce__(self):
        return ran, ("unpickled",)


@pytest.fixture
def connection(marketplace):
    """An empty Valkey; `ran_with` and `performed` say what ran."""
    ran_with.clear()
    client = Redis.from_url(marketplace.app.config["SETTINGS"].redis_url)
    with marketplace.app.app_context():
        client.flushdb()
        yield client
        client.flushdb()


@pytest.fixture
def performed(monkeypatch):
    """The numbers of the tasks that were performed."""
    numbers: list[int] = []
    monkeypatch.setattr(events.service, "perform_many", numbers.extend)
    return numbers


def text(function=FUNCTION, instance=None, args=([7],), kwargs=None):
    return json.dumps([function, instance, list(args), kwargs or {}]).encode()


def write(connection: Redis, data: bytes = b"", job_id: str = "forged", **fields: object) -> None:
    """What a stranger writes into Valkey: a job's hash, and its name in the queue."""
    hash_ = {"data": data or text(), "origin": "matching", "status": "queued", "created_at": NOW, **fields}
    connection.hset(f"rq:job:{job_id}", mapping=hash_)
    connection.rpush("rq:queue:matching", job_id)


def work(connection: Redis) -> BaseWorker:
    serving = worker.InProcessWorker(
        [task_queue("matching", connection)], connection=connection, serializer=JSONSerializer
    )
    serving.work(burst=True, logging_level="CRITICAL")
    return serving


OTHER_JOBS = {
    "a program": text("os.system", args=["true"]),
    "the sentinel": text(SENTINEL),
    "the task by another way": text("marketplace.events.service.perform"),
    "another job of ours": text("marketplace.events.jobs.relay", args=[]),
    "a method": text("run", instance={"py/object": SENTINEL}),
    "no number": text(args=[]),
    "a number in no list": text(args=[7]),
    "two lists": text(args=[[7], [8]]),
    "an empty list": text(args=[[]]),
    "a list in a list": text(args=[[[7]]]),
    "more numbers than a job carries": text(args=[[7] * (MOST_TASKS + 1)]),
    "a text": text(args=[["7"]]),
    "a yes": text(args=[[7, True]]),
    "a fraction": text(args=[[7.0]]),
    "a negative number": text(args=[[-7]]),
    "a number no row can have": text(args=[[7, 2**63]]),
    "keyword arguments": text(args=[], kwargs={"task_ids": [7]}),
    "a number and keyword arguments": text(kwargs={"then": SENTINEL}),
    "arguments in an object": json.dumps([FUNCTION, None, {"7": 1}, {}]).encode(),
    "numbers in an object": text(args=[{"7": 8}]),
    "more parts": json.dumps([FUNCTION, None, [[7]], {}, {}]).encode(),
    "an object": json.dumps({FUNCTION: [[7]]}).encode(),
    "nested without end": b"[" * 150_000,
    "a pickle": pickle.dumps((FUNCTION, None, (Evil(),), {})),
    "a pickle, compressed": zlib.compress(pickle.dumps(Evil())),
    "a bomb": zlib.compress(b" " * 50_000_000 + text()),
    "bytes that are no text": b"\xff\xfe",
    "nothing": b" ",
}


@pytest.mark.parametrize("data", OTHER_JOBS.values(), ids=OTHER_JOBS)
def test_a_job_that_is_not_a_task_by_number_is_refused_and_the_next_one_is_done(connection, performed, data):
    write(connection, data, "forged")
    write(connection, text(args=[[8, 9]]), "tasks-8-real")

    work(connection)

    assert (performed, ran_with) == ([8, 9], [])
    with pytest.raises(NoSuchJobError):
        TaskJob.fetch("forged", connection, JSONSerializer)


@pytest.mark.parametrize("pack", [bytes, zlib.compress])
def test_tasks_are_performed_whether_their_text_is_compressed_or_not(connection, performed, pack):
    largest = [2**63 - 1] * MOST_TASKS
    write(connection, pack(text(args=[largest])))
    work(connection)
    assert performed == largest


BESIDE = {
    "success_callback_name": SENTINEL,
    "failure_callback_name": SENTINEL,
    "stopped_callback_name": SENTINEL,
    "webhooks": json.dumps([{"url": "http://127.0.0.1:1/", "job_status": "finished", "method": "POST"}]),
    "repeats_left": 5,
    "repeat_intervals": "[0]",
    "retries_left": 5,
    "dependency_ids": '["other"]',
    "group_id": "g",
    "rate_limit_key": "k",
    "rate_limit_concurrency": 1,
    "meta": pickle.dumps(Evil()),
    "result": pickle.dumps(Evil()),
    "timeout": "never",
    "result_ttl": -1,
    "ttl": "x",
    "exc_info": zlib.compress(b" " * 1000),
    "enqueued_at": "not a time",
    "status": "no status",
}


@pytest.mark.parametrize("fails", [False, True], ids=["done", "failed"])
def test_nothing_that_is_written_beside_a_task_is_taken(connection, performed, monkeypatch, fails):
    if fails:
        monkeypatch.setattr(events.service, "perform_many", lambda task_ids: 1 / 0)
    write(connection, job_id="task-7-x", **BESIDE)

    serving = work(connection)

    assert ran_with == []
    assert performed == ([] if fails else [7])
    assert (serving.failed_job_count, connection.llen("rq:queue:matching")) == (0, 0)
    job = TaskJob(id="task-7-x", connection=connection, serializer=JSONSerializer)
    job.restore({name.encode(): str(value).encode() for name, value in BESIDE.items()} | OURS)
    assert (job.success_callback, job.failure_callback, job.stopped_callback) == (None, None, None)
    assert (job.webhooks, job.repeats_left, job.retries_left, job.dependency_ids) == ([], None, None, [])
    assert (job.timeout, job.result_ttl, job.ttl, job.meta) == (300, 0, None, {})


OURS = {b"data": text(), b"origin": b"matching", b"status": b"queued"}


def test_a_job_left_by_a_dead_worker_runs_no_callback_when_it_is_cleaned_up(connection, performed):
    """RQ's own maintenance calls the failure callback of what it finds abandoned."""
    write(connection, job_id="task-7-x", **{**BESIDE, "status": "started"})
    connection.delete("rq:queue:matching")
    connection.zadd("rq:wip:matching", {"task-7-x:execution": 1})
    connection.rpush("rq:queue:matching:intermediate", "task-7-x")

    work(connection)

    assert ran_with == []
    assert connection.hget("rq:job:task-7-x", "status") == JobStatus.FAILED.encode()


@pytest.mark.parametrize("name", ["a b", "a:b", "../x", ""], ids=repr)
def test_an_odd_name_of_a_job_stops_no_worker(connection, performed, name):
    connection.rpush("rq:queue:matching", name)
    write(connection, job_id="task-7-x")
    work(connection)
    assert performed == [7]


def test_what_is_no_hash_in_the_place_of_a_job_stops_no_worker(connection, performed):
    connection.set("rq:job:task-6-x", "text")
    connection.rpush("rq:queue:matching", "task-6-x")
    write(connection, job_id="task-7-x")
    work(connection)
    assert performed == [7]


def test_a_job_that_says_it_is_of_an_unknown_queue_is_refused(connection, performed):
    write(connection, origin="elsewhere")
    work(connection)
    assert performed == []


def test_a_worker_takes_no_commands_from_valkey(connection, monkeypatch):
    heard: list[list[bytes]] = []
    monkeypatch.setattr(
        events.service, "perform_many", lambda task_ids: heard.append(connection.pubsub_channels())
    )
    write(connection)
    work(connection)
    assert heard == [[]]


@pytest.mark.parametrize("attack", ["the sentinel", "a callback", "a job left by a dead worker"])
def test_without_task_jobs_the_same_would_run(connection, performed, attack):
    """RQ's own worker runs it: so the tests above hold something."""
    if attack == "the sentinel":
        write(connection, OTHER_JOBS[attack])
    elif attack == "a callback":
        write(connection, success_callback_name=SENTINEL)
    else:
        write(connection, failure_callback_name=SENTINEL, status="started", job_id="task-7-x")
        connection.delete("rq:queue:matching")
        connection.zadd("rq:wip:matching", {"task-7-x:execution": 1})
    plain = SimpleWorker(["matching"], connection=connection, serializer=JSONSerializer)
    plain.work(burst=True, logging_level="CRITICAL")
    assert len(ran_with) == 1
