"""Ranking all supplies anew: the result is what asking one by one gives, whole at any time."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from marketplace.database import db
from marketplace.matches import service as matches
from marketplace.matches.service.ranking import rerank
from tests.city import SHAOXING
from tests.matches.test_served_ranking import RULES, WEIGHTS, written
from tests.matching import reference as ref

RESULT = """
SELECT s.id::text, array(SELECT d.id::text FROM unnest(r.demands) WITH ORDINALITY AS one (no, place)
                         JOIN listing d USING (no) ORDER BY place), r.scores
FROM ranked_supply_{slot} r JOIN listing s ON s.no = r.supply
"""
RUNS = "SELECT reason, state FROM rerank_run ORDER BY id"


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    """So that a small market has slices of one code, and parts of several codes, ranked as large ones are."""
    monkeypatch.setattr(rerank, "PART_SUPPLIES", 4)
    monkeypatch.setattr(rerank, "WORTH_LOADING", 0)


def start(city) -> int:
    with city.app.app_context():
        return matches.start_rerank("command")


def ask(city, query: str) -> list:
    with city.app.app_context():
        return [tuple(row) for row in db.session.execute(text(query))]


def result(city) -> dict[str, tuple]:
    """The last complete result: demands and scores by supply."""
    with city.app.app_context():
        slot = rerank.last_complete().slot
    return {supply: (demands, scores) for supply, demands, scores in ask(city, RESULT.format(slot=slot))}


def expected(market, rules) -> dict[str, tuple]:
    return {
        str(supply.id): (
            [str(other.id) for other, _ in ref.rank(market.world, rules, supply)[: rerank.TOP]],
            [pytest.approx(verdict.score / 1e15, abs=1e-7)
             for _, verdict in ref.rank(market.world, rules, supply)[: rerank.TOP]],
        )
        for supply in market.world.supplies
    }  # fmt: skip


def paired(pages: dict[str, tuple]) -> dict[str, tuple]:
    """Without the supplies that have no demand."""
    return {supply: page for supply, page in pages.items() if page[0]}


def test_a_run_gives_each_supply_what_asking_for_it_alone_gives(city):
    market = written(city, 1)
    start(city)
    city.settle()
    [(parts, slices)] = ask(
        city, "SELECT count(*), count(last_no) FROM rerank_part WHERE ended_at IS NOT NULL"
    )
    assert parts > 5
    assert slices > 0
    found = result(city)
    assert paired(found) == paired(expected(market, RULES))
    assert sum(len(demands) for demands, _ in found.values()) > 50


def test_a_newer_policy_supersedes_the_run_and_its_parts_do_nothing(city):
    supply = city.supply(city.enterprise("generator"))
    honest = city.demand(city.recycler("A", location={**SHAOXING, "lat": 29.2}))
    near = city.demand(city.recycler("D"))
    city.settle()
    start(city)
    city.policy(weights={**dict.fromkeys(WEIGHTS, 0), "distance": 1})
    start(city)
    city.settle()
    assert ask(city, RUNS) == [("command", "superseded"), ("command", "done")]
    assert ask(city, "SELECT count(*) FROM rerank_part WHERE run_id = 1 AND ended_at IS NOT NULL") == [(0,)]
    assert result(city)[supply["id"]][0] == [near["id"], honest["id"]]

    city.policy(weights={**dict.fromkeys(WEIGHTS, 0), "credit": 1})
    city.settle()
    assert ask(city, RUNS)[2:] == [("policy", "done")]
    assert result(city)[supply["id"]][0] == [honest["id"], near["id"]]


def test_a_run_is_joined_and_the_one_before_stands_until_it_ends(city):
    supply = city.supply(city.enterprise("generator"))
    demand = city.demand(city.recycler())
    first = start(city)
    city.settle()
    city.demand(city.recycler())

    second = start(city)
    assert start(city) == second != first
    assert result(city)[supply["id"]][0] == [demand["id"]]
    city.settle()
    assert len(result(city)[supply["id"]][0]) == 2


def test_a_supply_whose_code_changes_while_a_run_goes_on_is_ranked_once(city):
    generator = city.enterprise("generator")
    supply = city.supply(generator)
    start(city)
    city.settle()
    with city.app.app_context():
        run = matches.start_rerank("command")
        matches.rank_part(run, 0)
        db.session.execute(text("UPDATE rerank_part SET ended_at = NULL"))
        db.session.commit()
        matches.rank_part(run, 0)
    assert list(result(city)) == [supply["id"]]


def test_every_night_has_one_run(city):
    city.wait(hours=13, minutes=59)
    assert ask(city, RUNS) == []
    city.wait(minutes=1)
    city.wait(hours=1)
    assert ask(city, RUNS) == [("nightly", "done")]
    city.wait(hours=23)
    assert ask(city, RUNS) == [("nightly", "done")] * 2


def test_a_run_left_over_from_yesterday_does_not_hinder_todays(city):
    city.supply(city.enterprise("generator"))
    city.settle()
    start(city)
    city.now += timedelta(days=1)
    start(city)
    assert [state for _, state in ask(city, RUNS)] == ["superseded", "running"]


def test_the_command_says_how_far_the_run_is(city):
    run = city.app.test_cli_runner().invoke(args=["match", "rerank", "--progress"])
    assert run.exit_code == 0, run.output
    assert "done: 0 of 0 parts, 0 of 0 supplies" in run.output

    city.supply(city.enterprise("generator"))
    run = city.app.test_cli_runner().invoke(args=["match", "rerank"])
    assert "running: 0 of 1 parts, 0 of 1 supplies" in run.output
