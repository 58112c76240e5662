"""A fork never speaks on its parent's connection: nobody gets another's rows."""

import redis
from rq import Queue
from rq.serializers import JSONSerializer

from tests.faults import killable
from tests.faults.running import until

JOBS = 12


def test_parent_and_children_asking_at_once_get_their_own_rows(running):
    crowd = running.run(killable.run_crowd, running.env, running.folder / "crowd.log", 4, 60)
    crowd.process.join(60)

    assert crowd.process.exitcode == 0, (running.folder / "crowd.log").read_text()


def test_a_work_horse_opens_a_connection_of_its_own(running):
    parents = running.folder / "parents"
    running.run(
        killable.run_worker_with_open_connection,
        "matching",
        {**running.env, "PARENTS": str(parents)},
        running.folder / "worker.log",
    )
    queue = Queue("matching", connection=redis.Redis.from_url(running.redis_url), serializer=JSONSerializer)
    jobs = [queue.enqueue("tests.faults.killable.ask", number, 20) for number in range(JOBS)]
    until(
        lambda: all(job.get_status(refresh=True) in ("finished", "failed") for job in jobs), "all asked", 60
    )

    backends = [job.return_value() for job in jobs]
    assert None not in backends
    assert int(parents.read_text()) not in backends
    assert len(set(backends)) == JOBS
