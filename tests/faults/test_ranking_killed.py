"""`kill -9` of the worker in the midst of a ranking of all supplies: nothing is lost, nothing doubled."""

from marketplace.matches.service.rerank import runs
from tests.faults.running import CODES, supply, until

RESULT = "SELECT supply, cardinality(demands) FROM ranked_supply_{slot} ORDER BY supply"


def test_a_ranking_goes_on_where_a_killed_worker_left_it(running, monkeypatch):
    monkeypatch.setattr(runs, "PART_SUPPLIES", 2)
    running.open_demands()
    for code in CODES[:3] * 2:
        running.post(running.generators[0], supply(code))
    with running.app.app_context():
        run = runs.start_rerank("command")
    running.worker("rerank", point="part written, before the commit", whom="both")
    running.scheduler()
    until(running.mark.exists, "killed")

    ended = "SELECT state = 'done' FROM rerank_run WHERE id = %s"
    until(lambda: running.restart_ended() and running.ask(ended, run) == [(True,)], "the run's end")
    [(slot,)] = running.ask("SELECT slot FROM rerank_run WHERE id = %s", run)
    numbers = running.ask("SELECT no FROM listing WHERE kind = 'supply' ORDER BY no")
    assert running.ask(RESULT.format(slot=slot)) == [(no, len(running.recyclers)) for (no,) in numbers]
    assert running.ask("SELECT count(*), sum(supplies)::int FROM rerank_part WHERE run_id = %s", run) == [
        (3, 6)
    ]
    assert running.ask(
        "SELECT count(*) FROM event WHERE name = 'matches.reranked' AND payload @> %s", f'{{"run_id": {run}}}'
    ) == [(1,)]
