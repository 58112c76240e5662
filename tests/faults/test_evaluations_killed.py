"""`kill -9` of the worker amid a region's evaluations: each enterprise has one preview at the end."""

from marketplace.evaluations import service as evaluations
from marketplace.events.actor import PLATFORM
from tests.faults.running import until

ENDED = "SELECT status = 'done', done, total FROM evaluation_job WHERE id = %s"
PREVIEWS = "SELECT enterprise_id FROM credit_evaluation WHERE job_id = %s ORDER BY enterprise_id"
AUDITED = "SELECT count(*)::int FROM audit WHERE action = 'preview' AND detail ->> 'job_id' = %s"


def test_a_job_goes_on_where_a_killed_worker_left_it(running):
    firms = sorted(party.id for party in [*running.generators, *running.recyclers])
    with running.app.app_context():
        job = evaluations.start(PLATFORM, {"region": 330600, "note": "年度评价"}).id
    running.worker("bulk", point="second previews written, before the commit", whom="both")
    running.scheduler()
    until(running.mark.exists, "killed")
    assert running.ask(ENDED, job) == [(False, 2, 5)]
    assert len(running.ask(PREVIEWS, job)) == 2, "the batch that was under way left nothing"

    ended = [(True, 5, 5)]
    until(lambda: running.restart_ended() and running.ask(ENDED, job) == ended, "the job's end")
    assert [str(firm) for (firm,) in running.ask(PREVIEWS, job)] == firms
    assert running.ask(AUDITED, str(job)) == [(5,)]
