"""A fork never speaks on its parent's connection: nobody gets another's rows."""

import redis
from rq import Queue
from rq.serializers import JSONSerializer

from marketplace.events.job_text import FUNCTION
from tests.faults import killable
from tests.faults.running import until

JOBS = 12


def test_parent_and_children_asking_at_once_get_their_own_rows(running):
    crowd = running.run(killable.run_crowd, running.env, running.folder / "crowd.log", 4, 60)
    crowd.process.join(60)

    assert crowd.process.exitcode == 0, (running.folder / "crowd.log").read_text()


def test_a_work_horse_opens_a_connection_of_its_own(running):
    parents, answers = running.folder / "parents", running.folder / "answers"
    running.run(
        killable.run_worker_with_open_connection,
        "bulk",
        {**running.env, "PARENTS": str(parents), "ANSWERS": str(answers)},
        running.folder / "worker.log",
    )
    queue = Queue("bulk", connection=redis.Redis.from_url(running.redis_url), serializer=JSONSerializer)
    for number in range(1, JOBS + 1):
        queue.enqueue(FUNCTION, [number])

    until(lambda: answers.exists() and answers.read_text().count("\n") == JOBS, "all asked", 60)

    backends = answers.read_text().split()
    assert parents.read_text() not in backends
    assert len(set(backends)) == JOBS
