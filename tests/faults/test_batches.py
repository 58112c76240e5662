"""What is carried by the batch, in bad times: letters, a task that kills its worker, an emptied Valkey.

`make faults` asks for a hundred times the tasks (FAULT_TASKS).
"""

import os
from collections import Counter

import pytest
import redis

from tests.faults.running import CODES, supply, until
from tests.mail import listener, relay_of_programs

__all__ = ["listener"]
TASKS = int(os.environ.get("FAULT_TASKS", 2_000))
"""Tasks that are due when Valkey is emptied."""
POISON = "剧毒"


@pytest.mark.parametrize(
    ("point", "twice"),
    [("third letter marked, not handed over", 0), ("third letter handed over, not committed", 1)],
)
def test_a_worker_killed_in_the_midst_of_its_letters_loses_none_and_doubles_but_the_one_in_its_hands(
    running, listener, point, twice
):
    """What the relay took cannot be taken back: so each letter has a transaction to itself, and a second try
    has the same Message-ID."""
    running.more = relay_of_programs(listener)
    running.publish_everything()
    running.worker()
    scheduler = running.scheduler()
    until(lambda: running.is_idle() and running.open_tasks("delivery"), "all released")
    letters = running.open_tasks("delivery")
    assert letters >= 6
    running.worker("delivery", point=point, whom="itself")
    until(running.mark.exists, f"killed at: {point}")
    until(lambda: running.restart_ended() and not running.open_tasks("delivery"), "all mailed")

    assert scheduler.alive
    sent = Counter(letter["Message-ID"] for letter in listener.take())
    assert (len(sent), sum(sent.values()) - len(sent)) == (letters, twice)


def test_a_task_that_kills_its_worker_is_parked_and_those_of_its_batch_are_done(running):
    running.more = {"POISON": POISON, "TASK_ATTEMPTS": "3"}
    running.open_demands()
    for generator in running.generators:
        running.post(generator, supply(CODES[0]))
    running.post(running.generators[0], supply(CODES[1], POISON))
    running.worker()
    running.scheduler()
    until(lambda: running.restart_ended() and running.open_tasks("matching") == 0, "all done or parked", 60)

    parked = running.ask("SELECT subscriber, reason, attempts FROM task WHERE status = 'parked'")
    assert [(name, "never ended" in reason, tried) for name, reason, tried in parked] == [
        ("notifications.jobs.plan_listing_push", True, 0)
    ]
    until(lambda: running.restart_ended() and running.is_released(), "all released")
    readers = {recycler.id for recycler in running.recyclers}
    told = {message: many for message, many in running.messages().items() if message[0] in readers}
    assert told == {
        (recycler.id, generator.id, CODES[0]): 1
        for recycler in running.recyclers
        for generator in running.generators
    }


def test_valkey_emptied_again_and_again_with_many_tasks_due_loses_and_doubles_nothing(running):
    running.more = {"QUEUE_DEPTH": str(max(100, TASKS // 400))}
    running.publish_everything()
    running.ask(
        "INSERT INTO task (subscriber, queue, payload, status, due_at, attempts, created_at, owner_id, bulk)"
        " SELECT 'notifications.jobs.plan_listing_push', 'matching',"
        " jsonb_build_object('listing_id', gen_random_uuid()), 'pending', now(), 0, now(),"
        " gen_random_uuid(), TRUE FROM generate_series(1, %s) RETURNING NULL",
        TASKS,
    )
    running.worker()
    running.scheduler()
    due = running.open_tasks("matching")
    assert due > TASKS
    valkey = redis.Redis.from_url(running.redis_url)
    for part in (0.8, 0.4):
        until(
            lambda part=part: running.restart_ended() and running.open_tasks("matching") <= due * part,
            f"{part} left",
            60 + TASKS / 300,
        )
        valkey.flushdb()

    running.wait_until_done(60 + TASKS / 300)

    assert running.messages() == running.expected_messages()
    assert {(status, attempts) for status, attempts, *_ in running.task_counts()} == {("done", 0)}
