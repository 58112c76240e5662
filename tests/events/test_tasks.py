"""Tasks: handed over when due, done once, tried again, parked, replayed, forgotten."""

import threading
import time
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from uuid import UUID

import pytest
from flask import g
from redis import RedisError
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from sqlalchemy import select, text

from marketplace import clock, lives, scheduler, valkey, worker
from marketplace.database import db
from marketplace.events import registry, service, task_job, timeouts
from marketplace.events.models import Event, Task, TaskStatus
from marketplace.events.registry import TaskType
from marketplace.events.service import carrying, performing, turns
from marketplace.events.timeouts import Overdue, TimeOut
from marketplace.events.work import unit_of_work, written_for
from marketplace.listings.models import Listing
from marketplace.scheduler import PeriodicJob
from tests.counting import count_statements


class Ledger:
    """What the tasks of a test did, and what they do on the way."""

    def __init__(self):
        self.done = []
        self.error = None
        self.act = self.record

    def note(self, number: int) -> None:
        """The function of the task NOTE."""
        self.act(number)

    def send(self, number: int) -> None:
        """The function of the task SEND."""
        self.act(number)

    def record(self, number):
        if self.error:
            raise self.error
        with unit_of_work() as work:
            work.emit("noted", number=number)
        self.done.append(number)


NOTE, SEND = f"{__name__}.note", f"{__name__}.send"


@pytest.fixture
def ledger(marketplace, monkeypatch):
    """The tasks NOTE (queue `matching`) and SEND (`delivery`), a pushed context, an empty Valkey."""
    ledger = Ledger()
    monkeypatch.setitem(registry._types, NOTE, TaskType(ledger.note, "matching"))
    monkeypatch.setitem(registry._types, SEND, TaskType(ledger.send, "delivery"))
    with marketplace.app.app_context():
        valkey.redis().flushdb()
        yield ledger
        valkey.redis().flushdb()


def enqueue(count=1, task=NOTE, **about):
    with unit_of_work() as work:
        for number in range(count):
            work.enqueue(task, number=number, **about)
    newest = db.session.scalars(select(Task.id).order_by(Task.id.desc()).limit(count))
    return list(newest)[::-1]


def task(task_id):
    db.session.rollback()
    return db.session.get(Task, task_id, populate_existing=True)


def queued(name="matching"):
    queue = Queue(name, connection=valkey.redis(), serializer=JSONSerializer)
    return [task_id for job in queue.jobs for task_id in job.args[0]]


def events_noted():
    db.session.rollback()
    return db.session.scalars(select(Event.payload["number"]).where(Event.name == "noted")).all()


# ---------------------------------------------------------------- doing


def test_a_task_is_done_once(ledger):
    (task_id,) = enqueue()
    assert service.perform(task_id) is True
    assert service.perform(task_id) is False
    assert ledger.done == [0]
    assert events_noted() == [0]
    assert (task(task_id).status, task(task_id).ended_at) == (TaskStatus.DONE, clock.now())


def test_two_at_the_same_time_do_it_once(marketplace, ledger, monkeypatch):
    (task_id,) = enqueue()
    inside, go_on, answers = threading.Event(), threading.Event(), []

    def slowly(number):
        inside.set()
        go_on.wait(10)
        ledger.record(number)

    ledger.act = slowly

    def perform():
        with marketplace.app.app_context():
            answers.append(service.perform(task_id))

    first = threading.Thread(target=perform)
    first.start()
    assert inside.wait(10)
    second = threading.Thread(target=perform)
    second.start()
    second.join(10)
    assert answers == [False], "the second neither waits nor works"
    go_on.set()
    first.join(10)
    assert answers == [False, True]
    assert ledger.done == [0]
    assert events_noted() == [0]


def test_a_failed_task_leaves_nothing_but_the_reason_and_a_later_date(ledger):
    (task_id,) = enqueue()
    ledger.error = RuntimeError("the lab is closed")
    service.perform(task_id)
    row = task(task_id)
    assert (row.status, row.attempts, row.reason) == ("pending", 1, "RuntimeError: the lab is closed")
    assert timedelta(seconds=5) <= row.due_at - clock.now() <= timedelta(seconds=7.5)
    assert events_noted() == []


def test_what_was_done_before_the_failure_is_undone(ledger, monkeypatch):
    def half(number):
        ledger.record(number)
        raise RuntimeError("then it broke")

    ledger.act = half
    (task_id,) = enqueue()
    service.perform(task_id)
    assert ledger.done == [0]
    assert events_noted() == []


def test_a_failure_noted_late_does_not_undo_what_another_did(ledger):
    (task_id,) = enqueue()
    service.perform(task_id)
    for _ in range(9):
        performing._record_failure(task_id, RuntimeError("I was slower"), 0.0)
    assert (task(task_id).status, task(task_id).attempts) == (TaskStatus.DONE, 0)


def test_the_backoff_grows_has_jitter_and_is_bounded():
    waits = {tries: [service.backoff(tries).total_seconds() for _ in range(200)] for tries in range(1, 40)}
    for tries, some in waits.items():
        least = min(5 * 2 ** (tries - 1), 3600)
        assert least <= min(some)
        assert max(some) <= 1.5 * least
        assert max(some) - min(some) > least / 10, "jitter"
    assert max(waits[1]) < min(waits[2]) < min(waits[5]) < min(waits[10])
    assert max(waits[39]) <= 5400
    assert service.backoff(5000) <= timedelta(seconds=5400)


def test_the_last_failure_parks_it_and_replay_gives_it_a_clean_start(marketplace, ledger):
    (task_id,) = enqueue()
    ledger.error = ValueError("no such waste" + "!" * 1000)
    for _ in range(marketplace.app.config["SETTINGS"].task_attempts):
        service.perform(task_id)
    row = task(task_id)
    assert (row.status, row.attempts, row.ended_at) == (TaskStatus.PARKED, 12, clock.now())
    assert row.reason.startswith("ValueError: no such waste")
    assert len(row.reason) <= 500
    assert service.perform(task_id) is False, "a parked task stays parked"
    assert service.relay() == 0
    assert sum(backlog.parked for backlog in service.backlogs()) == 1

    ledger.error = None
    assert [parked.id for parked in service.parked_tasks()] == [task_id]
    assert service.replay([task_id + 1]) == 0
    assert service.replay([task_id]) == 1
    assert service.replay() == 0
    assert (task(task_id).status, task(task_id).attempts, task(task_id).ended_at) == ("pending", 0, None)
    assert service.relay() == 1
    assert service.perform(task_id)
    assert ledger.done == [0]


def test_a_task_whose_function_is_gone_is_parked_by_name(marketplace, ledger):
    with unit_of_work() as work:
        gone = Task(subscriber="rooms.that_was", queue="matching", payload={}, due_at=clock.now())
        task_id = work.add(gone).id
    for _ in range(marketplace.app.config["SETTINGS"].task_attempts):
        service.perform(task_id)
    assert task(task_id).status == TaskStatus.PARKED
    assert "rooms.that_was" in task(task_id).reason


def test_a_task_that_kills_every_worker_is_parked_and_not_tried_for_ever(marketplace, ledger):
    (task_id,) = enqueue()
    tries = marketplace.app.config["SETTINGS"].task_attempts
    for _ in range(tries):
        assert service.relay() == 1
        valkey.redis().flushdb()  # popped, and the worker died
        marketplace.now += timedelta(seconds=31)
    assert service.relay() == 0
    row = task(task_id)
    assert (row.status, row.attempts) == (TaskStatus.PARKED, 0)
    assert f"{tries} times" in row.reason

    assert service.replay([task_id]) == 1
    assert service.relay() == 1
    assert service.perform(task_id)
    assert ledger.done == [0]


def test_a_queue_that_is_away_counts_for_no_try(marketplace, ledger, monkeypatch):
    (task_id,) = enqueue()
    with monkeypatch.context() as patch:
        patch.setattr(Queue, "enqueue_many", refusing)
        for _ in range(20):
            assert service.relay() == 0
    assert (task(task_id).dispatches, task(task_id).status) == (0, TaskStatus.PENDING)
    assert service.relay() == 1


def refusing(*_):
    raise RedisError("away")


# ---------------------------------------------------------------- many in a job


def statuses(ids):
    return [task(task_id).status for task_id in ids]


@pytest.fixture
def together(ledger, monkeypatch):
    """The numbers of each batch, as NOTE is done many at once."""
    batches = []

    def note_many(payloads):
        batches.append([payload["number"] for payload in payloads])
        for number in batches[-1]:
            ledger.act(number)

    monkeypatch.setitem(registry._types, NOTE, TaskType(ledger.note, "matching", note_many))
    return batches


def test_a_job_carries_tasks_up_to_its_queues_limit(ledger, monkeypatch):
    monkeypatch.setitem(registry._tasks_per_job, "matching", 2)
    ids = enqueue(5)
    assert service.relay() == 5
    queue = Queue("matching", connection=valkey.redis(), serializer=JSONSerializer)
    assert [job.args[0] for job in queue.jobs] == [ids[:2], ids[2:4], ids[4:]]


def test_one_of_many_fails_and_the_rest_are_done(ledger):
    ids = enqueue(4)

    def act(number):
        ledger.record(number if number != 1 else 1 / 0)

    ledger.act = act
    service.perform_many([*ids, ids[0]])

    assert ledger.done == [0, 2, 3]
    assert statuses(ids) == ["done", "pending", "done", "done"]
    assert [task(task_id).attempts for task_id in ids] == [0, 1, 0, 0]


def test_tasks_of_a_kind_that_is_done_at_once_share_a_transaction_and_a_mark(ledger, together):
    ids, others = enqueue(50), enqueue(2, SEND)
    service.relay()
    with count_statements() as few:
        service.perform_many(ids[:2])
    with count_statements() as many:
        service.perform_many(ids[2:])
    assert len(many) == len(few)
    service.perform_many([ids[0], *others])
    assert [len(batch) for batch in together] == [2, 48]
    assert set(statuses([*ids, *others])) == {"done"}
    assert len(ledger.done) == 52


def test_a_batch_that_fails_counts_for_none_but_the_one_at_fault(ledger, together):
    ids = enqueue(4)

    def act(number):
        ledger.record(number if number != 2 else 1 / 0)

    ledger.act = act
    service.perform_many(ids)

    assert [together, sorted(events_noted())] == [[[0, 1, 2, 3]], [0, 1, 3]]
    assert [task(task_id).attempts for task_id in ids] == [0, 0, 1, 0]


def test_tasks_that_were_taken_along_by_a_dead_worker_go_alone_from_then_on(marketplace, ledger):
    ids = enqueue(3)
    service.relay()
    valkey.redis().flushdb()  # popped, and the worker died
    marketplace.now += timedelta(seconds=31)
    fresh = enqueue(2)
    service.relay()
    queue = Queue("matching", connection=valkey.redis(), serializer=JSONSerializer)
    assert sorted(job.args[0] for job in queue.jobs) == sorted([[ids[0]], [ids[1]], [ids[2]], fresh])


def test_what_a_job_has_no_time_for_is_given_back_uncounted(marketplace, ledger, monkeypatch):
    monkeypatch.setattr(carrying, "LONGEST_BATCH_S", -1)
    ids = enqueue(2)
    service.relay()
    service.perform_many(ids)
    assert ledger.done == []
    assert [(row.dispatches, row.due_at) for row in map(task, ids)] == [(0, marketplace.now)] * 2


def test_each_task_of_a_job_reads_what_the_one_before_it_cannot_have_kept(ledger):
    contexts = []

    def act(number):
        contexts.append("seen" in g)
        g.seen = True

    ledger.act = act
    service.perform_many(enqueue(2))
    assert contexts == [False, False]


def test_a_task_over_its_time_is_a_failure_the_rest_go_on_and_the_worker_ends(ledger, monkeypatch):
    for module in (task_job, worker):
        monkeypatch.setattr(module, "JOB_TIMEOUT_S", 1)
    ids = enqueue(3)

    def act(number):
        if number == 1:
            threading.Event().wait(30)
        ledger.record(number)

    ledger.act = act
    service.relay()
    queue = task_job.task_queue("matching", valkey.redis())
    serving = worker.InProcessWorker([queue], connection=valkey.redis(), serializer=JSONSerializer)
    serving.work(burst=True, logging_level="CRITICAL")

    assert statuses(ids) == ["done", "pending", "done"]
    assert (task(ids[1]).attempts, "JobTimeoutException" in task(ids[1]).reason) == (1, True)
    assert serving._stop_requested


def test_a_worker_that_is_old_or_large_ends_between_two_jobs(ledger, monkeypatch):
    monkeypatch.setattr(worker, "SHORTEST_LIFE_S", 0.0)
    for name, value in (("LONGEST_LIFE_S", 0.0), ("LARGEST_MB", 1)):
        with monkeypatch.context() as patch:
            patch.setattr(worker, name, value)
            patch.setitem(registry._tasks_per_job, "matching", 1)
            enqueue(2)
            service.relay()
            queue = task_job.task_queue("matching", valkey.redis())
            serving = worker.InProcessWorker([queue], connection=valkey.redis(), serializer=JSONSerializer)
            serving.work(burst=True, logging_level="CRITICAL")
            assert queue.count == 1
        valkey.redis().flushdb()


# ---------------------------------------------------------------- a stranger beside an import


IMPORTER, STRANGER = UUID(int=1), UUID(int=2)


class FrozenPaces(dict):
    """Paces of bulk that stay as they are, however quick the tasks of a test."""

    def __setitem__(self, key, value):
        """Forget it."""


@pytest.fixture
def shares_of_ten(together, monkeypatch):
    monkeypatch.setattr(carrying, "LEAST_SHARE", 10)
    monkeypatch.setattr(carrying, "_paces", FrozenPaces())


def enqueue_bulk(count):
    with written_for(IMPORTER, bulk=True):
        return enqueue(count)


def job_by_job():
    """Do what is due, job by job, as a worker would, while the relay fills the queue; yield after each."""
    queue = task_job.task_queue("matching", valkey.redis())
    while service.relay() or queue.count:
        job = queue.fetch_job(queue.pop_job_id())
        service.relay()
        job.func(*job.args)
        yield


def test_small_tasks_have_jobs_of_their_own_before_those_of_imports_of_which_few_wait(ledger, monkeypatch):
    monkeypatch.setattr(turns, "BULK_DEPTH", 3)
    monkeypatch.setitem(registry._tasks_per_job, "matching", 2)
    bulk, small = enqueue_bulk(5), enqueue(3)
    assert service.relay() == 6
    assert service.relay() == 0
    queue = Queue("matching", connection=valkey.redis(), serializer=JSONSerializer)
    assert [job.args[0] for job in queue.jobs] == [small[:2], small[2:], bulk[:2], bulk[2:3]]
    (later,) = enqueue()
    assert service.relay() == 1
    assert queued()[-1] == later


def test_a_stranger_waits_for_a_share_of_each_job_of_an_import_that_is_before_him(ledger, shares_of_ten):
    bulk = enqueue_bulk(500)

    def act(number):
        if len(ledger.done) == 4:  # in the midst of the first share
            with written_for(STRANGER, bulk=False):
                enqueue()
        ledger.record(number)

    ledger.act = act
    strangers = select(Task.status).where(Task.owner_id == STRANGER)
    for _ in job_by_job():
        if db.session.scalars(strangers).all() == ["done"]:
            break

    assert len(ledger.done) == 3 * 10 + 1, "a share of the job at work and of the two that waited"
    ledger.act = ledger.record
    for _ in job_by_job():
        pass
    assert set(statuses(bulk)) == {"done"}
    assert len(ledger.done) == 501
    assert {task(task_id).attempts for task_id in bulk} == {0}


def test_strangers_who_always_wait_stop_no_import(ledger, shares_of_ten, monkeypatch):
    monkeypatch.setattr(carrying, "_is_small_waiting", lambda queue: True)
    bulk = enqueue_bulk(100)
    service.perform_many(bulk)
    assert Counter(statuses(bulk)) == {"done": 10, "pending": 90}


def test_a_share_is_as_large_as_the_pace_allows(ledger, together, monkeypatch):
    monkeypatch.setattr(carrying, "LEAST_SHARE", 2)
    for pace_s, shares in ((carrying.SHARE_S / 7, [7, 1]), (2 * carrying.SHARE_S, [2, 2, 2, 2])):
        monkeypatch.setattr(carrying, "_paces", FrozenPaces({NOTE: pace_s}))
        together.clear()
        service.perform_many(enqueue_bulk(8))
        assert [len(batch) for batch in together] == shares


# ---------------------------------------------------------------- what the log says


def lines(caplog, message):
    return [record for record in caplog.records if record.message == message]


def test_the_log_says_what_a_task_did_and_nothing_of_its_payload(marketplace, ledger, caplog):
    caplog.set_level("INFO", "marketplace.events.service")
    (done, failing) = enqueue(2)
    service.perform(done)
    ledger.error = ValueError("wang@example.com refused")
    for _ in range(marketplace.app.config["SETTINGS"].task_attempts):
        service.perform(failing)

    (performed,) = lines(caplog, "task performed")
    assert (performed.task, performed.task_name, performed.queue) == (done, NOTE, "matching")
    assert performed.attempts == 0
    assert performed.ms >= 0
    failures = lines(caplog, "task failed")
    assert [failure.attempts for failure in failures] == list(range(1, 13))
    assert failures[0].error == "ValueError"
    assert "in record" in failures[0].frames
    (parked,) = lines(caplog, "task parked")
    assert (parked.task, parked.attempts) == (failing, 12)
    for record in caplog.records:
        assert "example.com" not in str(vars(record)), "the text of an error may hold personal data"


# ---------------------------------------------------------------- dispatching


def test_only_what_is_due_is_handed_over_in_the_order_it_fell_due(marketplace, ledger):
    (later,) = enqueue(due_at=marketplace.now + timedelta(seconds=1))
    (second,) = enqueue(due_at=marketplace.now)
    (first,) = enqueue(due_at=marketplace.now - timedelta(hours=1))
    assert service.relay() == 2
    assert queued() == [first, second]
    assert task(second).due_at == marketplace.now + timedelta(seconds=30)
    assert task(later).due_at == marketplace.now + timedelta(seconds=1)
    assert service.relay() == 0
    marketplace.now += timedelta(seconds=1)
    assert service.relay() == 1
    assert queued() == [first, second, later]


def test_a_task_lost_on_the_way_is_handed_over_again_after_the_visibility_time(marketplace, ledger):
    (task_id,) = enqueue()
    service.relay()
    valkey.redis().flushdb()
    marketplace.now += timedelta(seconds=29)
    assert service.relay() == 0
    marketplace.now += timedelta(seconds=1)
    assert service.relay() == 1
    assert queued() == [task_id]


def test_what_is_done_is_not_handed_over_again(marketplace, ledger):
    (task_id,) = enqueue()
    service.relay()
    service.perform(task_id)
    marketplace.now += timedelta(hours=1)
    assert service.relay() == 0


def test_no_more_is_handed_over_than_the_queue_has_room_for(ledger, monkeypatch):
    monkeypatch.setattr("marketplace.events.service.task_relay.QUEUE_DEPTH", 3)
    ids = enqueue(5)
    assert service.relay() == 3
    assert queued() == ids[:3]
    assert service.relay() == 0
    valkey.redis().flushdb()
    assert service.relay() == 2
    assert queued() == ids[3:]


def test_each_task_goes_to_its_own_queue_and_a_full_one_holds_up_no_other(ledger, monkeypatch):
    monkeypatch.setattr("marketplace.events.service.task_relay.QUEUE_DEPTH", 2)
    matching = enqueue(3)
    delivery = enqueue(2, SEND)
    assert service.relay() == 4
    assert queued() == matching[:2]
    assert queued("delivery") == delivery


@pytest.mark.parametrize("counts", [False, True])
def test_when_valkey_is_away_nothing_is_lost_and_nothing_waits(marketplace, ledger, monkeypatch, counts):
    ids = enqueue(2)
    settings = replace(marketplace.app.config["SETTINGS"], redis_url="redis://127.0.0.1:1/0")
    with monkeypatch.context() as away:
        away.setitem(marketplace.app.config, "SETTINGS", settings)
        if counts:
            away.setattr(Queue, "count", property(lambda self: 0))
        assert service.relay() == 0
    assert {task(task_id).due_at for task_id in ids} == {marketplace.now}, "given back: due at once"
    assert service.relay() == 2
    assert queued() == ids


def test_two_relays_at_once_hand_each_task_over_once(marketplace, ledger):
    ids = enqueue(40)
    handed = []

    def relay():
        with marketplace.app.app_context():
            handed.append(service.relay())

    threads = [threading.Thread(target=relay) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(handed) == 40
    assert sorted(queued()) == ids


def test_a_worker_does_a_relayed_job_once(ledger):
    """A real RQ worker on the real Valkey, with the serializer that production uses."""
    ids = enqueue(3)
    service.relay()
    connection = valkey.redis()
    queue = Queue("matching", connection=connection, serializer=JSONSerializer)
    queue.enqueue("marketplace.events.jobs.run", ids[:1], result_ttl=0)
    worker = SimpleWorker([queue], connection=connection, serializer=JSONSerializer)
    worker.work(burst=True, logging_level="WARNING")
    assert ledger.done == [0, 1, 2]
    assert sorted(events_noted()) == [0, 1, 2]
    assert {task(task_id).status for task_id in ids} == {TaskStatus.DONE}
    assert queued() == []
    assert connection.keys("rq:job:*") == []


# ---------------------------------------------------------------- forgetting


def test_what_was_done_a_week_ago_is_forgotten_and_nothing_else(marketplace, ledger):
    with unit_of_work() as work:
        work.emit("listing.closed", listing_id="0" * 32, status="withdrawn")
        work.emit("weather.changed", degrees=3)
    done, *others = db.session.scalars(select(Task.id)).all()
    for task_id in (done, *others):
        service.perform(task_id)
    waiting, failing = enqueue(2, due_at=marketplace.now + timedelta(days=30))
    marketplace.now += timedelta(days=7)
    service.delete_done()
    assert task(done) is not None
    marketplace.now += timedelta(seconds=1)
    service.delete_done()
    assert task(done) is None
    assert task(waiting) is not None
    assert task(failing) is not None
    assert db.session.scalars(select(Event.name)).all() == []


def test_the_event_behind_a_parked_task_is_kept(marketplace, ledger):
    with unit_of_work() as work:
        work.emit("listing.published", listing_id="not an id")
    (task_id,) = db.session.scalars(select(Task.id)).all()
    for _ in range(marketplace.app.config["SETTINGS"].task_attempts):
        service.perform(task_id)
    marketplace.now += timedelta(days=60)
    service.delete_done()
    assert task(task_id).status == TaskStatus.PARKED
    assert db.session.scalars(select(Event.name)).all() == ["listing.published"]


# ---------------------------------------------------------------- the scheduler


@pytest.fixture
def job(monkeypatch):
    """The only periodic job: it says that it ran."""
    ran = threading.Event()
    monkeypatch.setattr(scheduler, "PERIODIC_JOBS", (PeriodicJob(ran.set, 0),))
    return ran


def run_scheduler(app):
    stop = threading.Event()
    thread = threading.Thread(target=scheduler.run, args=(app, stop))
    thread.start()
    return thread, stop


def test_only_one_scheduler_ticks_and_the_next_takes_over_when_it_ends(marketplace, job):
    first, stop_first = run_scheduler(marketplace.app)
    assert job.wait(10)
    second, stop_second = run_scheduler(marketplace.app)
    try:
        time.sleep(0.1)
        stop_first.set()
        first.join(10)
        job.clear()
        assert job.wait(10), "the lock ended with the first scheduler"
    finally:
        stop_first.set(), stop_second.set()
        second.join(10)


def test_a_scheduler_that_ended_holds_no_lock(marketplace, job):
    thread, stop = run_scheduler(marketplace.app)
    assert job.wait(10)
    stop.set()
    thread.join(10)
    query = text(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = "
        "(SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    with marketplace.app.app_context():
        deadline = time.monotonic() + 5
        while db.session.scalar(query) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert db.session.scalar(query) == 0


def test_a_tick_follows_without_a_pause_where_a_job_has_more_to_do(marketplace, monkeypatch):
    answers, waited = iter([True, None, 5, True, False]), []

    class Stop:
        def is_set(self):
            return len(waited) == 5

        def wait(self, seconds):
            waited.append(seconds)

    monkeypatch.setattr(scheduler, "PERIODIC_JOBS", (PeriodicJob(lambda: next(answers), 0),))
    scheduler.run(marketplace.app, Stop())
    pause = marketplace.app.config["SETTINGS"].scheduler_tick_s
    assert waited == [0, pause, pause, 0, pause]


def test_a_periodic_job_that_fails_delays_no_other(marketplace, job, monkeypatch):
    def broken():
        raise RuntimeError("spring")

    monkeypatch.setattr(scheduler, "PERIODIC_JOBS", (PeriodicJob(broken, 0), *scheduler.PERIODIC_JOBS))
    thread, stop = run_scheduler(marketplace.app)
    try:
        assert job.wait(10)
    finally:
        stop.set()
        thread.join(10)


def test_a_job_runs_in_its_hours_only_and_the_list_shows_them(marketplace, monkeypatch):
    ran = []
    nightly = PeriodicJob(lambda: ran.append(marketplace.now.hour), 60, hours=range(2, 6))
    monkeypatch.setattr(scheduler, "PERIODIC_JOBS", (nightly,))
    for hour in range(24):
        marketplace.now = marketplace.now.replace(hour=hour)
        with marketplace.app.app_context():
            scheduler.tick()
    assert ran == [18, 19, 20, 21], "UTC; 02:00 to 06:00 in Shaoxing"

    shown = marketplace.app.test_cli_runner().invoke(args=["scheduler", "--list"]).output
    assert "every 60 s, 02:00 to 06:00 (Asia/Shanghai)" in shown


def test_the_scheduler_still_runs_by_its_old_name_and_says_the_new_one(marketplace, monkeypatch):
    started = []
    monkeypatch.setattr(scheduler, "run", started.append)
    runner = marketplace.app.test_cli_runner()
    with marketplace.app.app_context():
        shown = [runner.invoke(args=[name]).output for name in ("scheduler", "clock")]
    assert shown[0] == ""
    assert "deprecated" in shown[1]
    assert "use `scheduler`" in shown[1]
    assert started == [marketplace.app] * 2


# ---------------------------------------------------------------- overdue moves


def test_overdue_moves_are_made_in_batches_and_one_failure_delays_no_other(marketplace, monkeypatch):
    supplier = marketplace.enterprise("generator")
    supplies = [marketplace.supply(supplier) for _ in range(5)]
    last = date.fromisoformat(supplies[0]["available_until"])
    marketplace.now = datetime.combine(last, time_of_day(23, 59), clock.LOCAL)
    monkeypatch.setattr(timeouts, "BATCH", 2)
    (expiry,) = [timeout for timeout in lives.TIMEOUTS if timeout.model is Listing]

    def fail(work, row):
        raise RuntimeError("no")

    with marketplace.app.app_context():
        assert expiry.make_overdue() == 0, "the last day is not over"
        marketplace.now += timedelta(minutes=1)
        broken = TimeOut(expiry.model, expiry.life, expiry.name, fail)
        monkeypatch.setattr(lives, "OVERDUE", Overdue((broken, *lives.TIMEOUTS)))
        with pytest.raises(ExceptionGroup, match="overdue moves failed"):
            lives.make_overdue_moves()
        assert expiry.make_overdue() == 0
    assert [supplier.get(f"/listings/{supply['id']}").json["status"] for supply in supplies] == [
        "expired"
    ] * 5
