"""`kill -9` of the worker in the midst of a ranking of all supplies: nothing is lost, nothing doubled."""

from marketplace.matches.service.ranking import rerank
from tests.faults.town import CODES, supply, until

RESULT = "SELECT supply, cardinality(demands) FROM ranked_supply_{slot} ORDER BY supply"


def test_a_ranking_goes_on_where_a_killed_worker_left_it(town, monkeypatch):
    monkeypatch.setattr(rerank, "PART_SUPPLIES", 2)
    town.open_demands()
    for code in CODES[:3] * 2:
        town.post(town.generators[0], supply(code))
    with town.app.app_context():
        run = rerank.start_rerank("command")
    town.worker("rerank", point="part written, before the commit", whom="both")
    town.clock()
    until(town.mark.exists, "killed")

    ended = "SELECT state = 'done' FROM rerank_run WHERE id = %s"
    until(lambda: town.tend() and town.ask(ended, run) == [(True,)], "the run's end")
    [(slot,)] = town.ask("SELECT slot FROM rerank_run WHERE id = %s", run)
    numbers = town.ask("SELECT no FROM listing WHERE kind = 'supply' ORDER BY no")
    assert town.ask(RESULT.format(slot=slot)) == [(no, len(town.recyclers)) for (no,) in numbers]
    assert town.ask("SELECT count(*), sum(supplies)::int FROM rerank_part WHERE run_id = %s", run) == [(3, 6)]
    assert town.ask(
        "SELECT count(*) FROM event WHERE name = 'matches.reranked' AND payload @> %s", f'{{"run_id": {run}}}'
    ) == [(1,)]
