"""`kill -9` at every step of the way from a published listing to the inbox: each pairing is told once."""

import itertools
import os
import signal
from datetime import UTC, datetime, timedelta

import pytest
import redis

from marketplace import clock
from marketplace.events import service as events
from tests.faults.town import CODES, Told, until

WORKER = ("job popped", "job registered", "horse forked", "horse ended")
HORSE = (
    "before the task",
    "half of the messages planned",
    "all planned, before the commit",
    "planned and committed",
    "task done, job not acknowledged",
)
CLOCK = (
    "tasks claimed",
    "tasks enqueued",
    "half of the messages released",
    "all released, before the commit",
    "released and committed",
)


@pytest.mark.parametrize(
    ("point", "whom"),
    [(point, "itself") for point in WORKER + HORSE] + [(point, "both") for point in HORSE[1:4]],
)
def test_a_worker_killed_at_any_step_loses_and_doubles_nothing(town, point, whom):
    town.publish_everything()
    worker = town.worker(point=point, whom=whom)
    town.clock()
    until(town.mark.exists, f"killed at: {point}")
    if point in WORKER or whom == "both":
        until(lambda: not worker.alive, "the worker's end")

    town.come_to_rest()

    assert town.told() == town.everyone_once()


def test_a_worker_killed_while_it_plans_what_searches_find_loses_and_doubles_nothing(town):
    for one in town.generators:
        one.save_search({"kind": "supply"})
    town.publish_everything()
    town.worker(point="finds planned, before the commit", whom="itself")
    town.clock()
    until(town.mark.exists, "killed")

    town.come_to_rest()

    pairs = itertools.permutations([one.id for one in town.generators], 2)
    assert town.finds() == Told([(*pair, CODES[0]) for pair in pairs])
    assert town.told() == town.everyone_once()


@pytest.mark.parametrize("point", CLOCK)
def test_a_clock_killed_at_any_step_is_relieved_by_the_one_that_waits(town, point):
    first = town.clock(point=point, whom="itself")
    until(town.clock_holders, "the first clock holds the lock")
    town.clock()
    town.publish_everything()
    town.worker()
    until(town.mark.exists, f"killed at: {point}")
    until(lambda: not first.alive, "the first clock's end")
    town.programs.remove(first)

    town.come_to_rest()

    assert town.told() == town.everyone_once()


def test_a_frozen_horse_that_comes_back_late_doubles_nothing(town):
    town.publish_everything()
    town.worker(point="half of the messages planned", whom="itself", signal="SIGSTOP")
    town.clock()
    until(town.mark.exists, "frozen")
    town.worker()
    until(lambda: [status for status, *_ in town.owed()] == ["done", "pending"], "the others done")
    os.kill(int(town.mark.read_text()), signal.SIGCONT)

    town.come_to_rest()

    assert town.told() == town.everyone_once()


def test_a_task_is_handed_out_again_only_when_the_queue_no_longer_holds_it(town):
    town.publish_everything()
    queue = redis.Redis.from_url(town.redis_url)
    moment = datetime.now(UTC)
    with town.app.app_context(), clock.at(lambda: moment):
        everything = events.relay()
        assert everything == queue.llen("rq:queue:matching") > 0

        moment += timedelta(minutes=10)
        assert events.relay() == 0

        queue.lpop("rq:queue:matching")
        moment += timedelta(minutes=10)
        assert events.relay() == 1

        queue.flushdb()
        moment += timedelta(minutes=10)
        assert events.relay() == everything
