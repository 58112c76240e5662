"""`kill -9` at every step of the way from a published listing to the inbox: each side is notified once."""

import itertools
import os
import signal
from datetime import UTC, datetime, timedelta

import pytest
import redis

from marketplace import clock
from marketplace.events import service as events
from tests.effort import some
from tests.faults.running import CODES, Messages, until

POINTS = (
    "job popped",
    "job registered",
    "before the first task",
    "in the middle of the batch",
    "half of the messages planned",
    "all planned, before the commit",
    "planned and committed",
    "tasks done, job not acknowledged",
)
SCHEDULER = (
    "tasks claimed",
    "tasks enqueued",
    "half of the messages released",
    "all released, before the commit",
    "released and committed",
)


@pytest.mark.parametrize("point", some(POINTS, 4))
def test_a_worker_killed_at_any_step_loses_and_doubles_nothing(running, point):
    running.publish_everything()
    worker = running.worker(point=point, whom="itself")
    running.scheduler()
    until(running.mark.exists, f"killed at: {point}")
    until(lambda: not worker.alive, "the worker's end")

    running.wait_until_done()

    assert running.messages() == running.expected_messages()


def test_a_worker_killed_while_it_plans_what_searches_find_loses_and_doubles_nothing(running):
    for generator in running.generators:
        generator.save_search({"kind": "supply"})
    running.publish_everything()
    running.worker(point="finds planned, before the commit", whom="itself")
    running.scheduler()
    until(running.mark.exists, "killed")

    running.wait_until_done()

    pairs = itertools.permutations([generator.id for generator in running.generators], 2)
    assert running.search_hits() == Messages([(*pair, CODES[0]) for pair in pairs])
    assert running.messages() == running.expected_messages()


@pytest.mark.parametrize("point", some(SCHEDULER, 2))
def test_a_scheduler_killed_at_any_step_is_relieved_by_the_one_that_waits(running, point):
    first = running.scheduler(point=point, whom="itself")
    until(running.scheduler_lock_holders, "the first scheduler holds the lock")
    running.scheduler()
    running.publish_everything()
    running.worker()
    until(running.mark.exists, f"killed at: {point}")
    until(lambda: not first.alive, "the first scheduler's end")
    running.programs.remove(first)

    running.wait_until_done()

    assert running.messages() == running.expected_messages()


def test_a_frozen_worker_that_comes_back_late_doubles_nothing(running):
    running.publish_everything()
    running.worker(point="half of the messages planned", whom="itself", signal="SIGSTOP")
    running.scheduler()
    until(running.mark.exists, "frozen")
    running.worker()
    until(lambda: [status for status, *_ in running.task_counts()] == ["done", "pending"], "the others done")
    os.kill(int(running.mark.read_text()), signal.SIGCONT)

    running.wait_until_done()

    assert running.messages() == running.expected_messages()


def test_a_task_is_handed_out_again_only_when_the_queue_no_longer_holds_it(running):
    running.publish_everything()
    queue = redis.Redis.from_url(running.redis_url)
    moment = datetime.now(UTC)
    with running.app.app_context(), clock.at(lambda: moment):
        everything = events.relay()
        assert everything > queue.llen("rq:queue:matching") == 1

        moment += timedelta(minutes=10)
        assert events.relay() == 0

        queue.lpop("rq:queue:matching")
        moment += timedelta(minutes=10)
        assert events.relay() == everything == queue.llen("rq:queue:matching"), "each alone now"

        queue.lpop("rq:queue:matching")
        moment += timedelta(minutes=10)
        assert events.relay() == 1

        queue.flushdb()
        moment += timedelta(minutes=10)
        assert events.relay() == everything
