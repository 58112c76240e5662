"""Ranking all supplies again: the result is that of single rankings, complete at any time."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from marketplace.database import db
from marketplace.matches import service as matches
from marketplace.matches.service.rerank import parts, runs
from tests.marketplace import SHAOXING
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
    monkeypatch.setattr(runs, "PART_SUPPLIES", 4)
    monkeypatch.setattr(parts, "WORTH_COMPILING", 0)


def start(marketplace) -> int:
    with marketplace.app.app_context():
        return matches.start_rerank("command")


def ask(marketplace, query: str) -> list:
    with marketplace.app.app_context():
        return [tuple(row) for row in db.session.execute(text(query))]


def result(marketplace) -> dict[str, tuple]:
    """The last complete result: demands and scores by supply."""
    with marketplace.app.app_context():
        slot = runs.last_complete().slot
    return {
        supply: (demands, scores) for supply, demands, scores in ask(marketplace, RESULT.format(slot=slot))
    }


def expected(market, rules) -> dict[str, tuple]:
    return {
        str(supply.id): (
            [str(other.id) for other, _ in ref.rank(market.world, rules, supply)[: parts.TOP]],
            [pytest.approx(verdict.score / 1e15, abs=1e-7)
             for _, verdict in ref.rank(market.world, rules, supply)[: parts.TOP]],
        )
        for supply in market.world.supplies
    }  # fmt: skip


def paired(pages: dict[str, tuple]) -> dict[str, tuple]:
    """Without the supplies that have no demand."""
    return {supply: page for supply, page in pages.items() if page[0]}


def test_a_run_gives_each_supply_what_asking_for_it_alone_gives(marketplace):
    market = written(marketplace, 9)
    start(marketplace)
    marketplace.settle()
    [(part_count, slices)] = ask(
        marketplace, "SELECT count(*), count(last_no) FROM rerank_part WHERE ended_at IS NOT NULL"
    )
    assert part_count > 5
    assert slices > 0
    found = result(marketplace)
    assert paired(found) == paired(expected(market, RULES))
    assert sum(len(demands) for demands, _ in found.values()) > 20


def test_a_newer_policy_supersedes_the_run_and_its_parts_do_nothing(marketplace):
    supply = marketplace.supply(marketplace.enterprise("generator"))
    honest = marketplace.demand(marketplace.recycler("A", location={**SHAOXING, "lat": 29.2}))
    near = marketplace.demand(marketplace.recycler("D"))
    marketplace.settle()
    start(marketplace)
    marketplace.policy(weights={**dict.fromkeys(WEIGHTS, 0), "distance": 1})
    start(marketplace)
    marketplace.settle()
    assert ask(marketplace, RUNS) == [("command", "superseded"), ("command", "done")]
    assert ask(marketplace, "SELECT count(*) FROM rerank_part WHERE run_id = 1 AND ended_at IS NOT NULL") == [
        (0,)
    ]
    assert result(marketplace)[supply["id"]][0] == [near["id"], honest["id"]]

    marketplace.policy(weights={**dict.fromkeys(WEIGHTS, 0), "credit": 1})
    marketplace.settle()
    assert ask(marketplace, RUNS)[2:] == [("policy", "done")]
    assert result(marketplace)[supply["id"]][0] == [honest["id"], near["id"]]


def test_a_run_is_joined_and_the_one_before_stands_until_it_ends(marketplace):
    supply = marketplace.supply(marketplace.enterprise("generator"))
    demand = marketplace.demand(marketplace.recycler())
    first = start(marketplace)
    marketplace.settle()
    marketplace.demand(marketplace.recycler())

    second = start(marketplace)
    assert start(marketplace) == second != first
    assert result(marketplace)[supply["id"]][0] == [demand["id"]]
    marketplace.settle()
    assert len(result(marketplace)[supply["id"]][0]) == 2


def test_a_supply_whose_code_changes_while_a_run_goes_on_is_ranked_once(marketplace):
    generator = marketplace.enterprise("generator")
    supply = marketplace.supply(generator)
    start(marketplace)
    marketplace.settle()
    with marketplace.app.app_context():
        run = matches.start_rerank("command")
        matches.rank_part(run, 0)
        db.session.execute(text("UPDATE rerank_part SET ended_at = NULL"))
        db.session.commit()
        matches.rank_part(run, 0)
    assert list(result(marketplace)) == [supply["id"]]


def test_every_night_has_one_run(marketplace):
    marketplace.wait(hours=13, minutes=59)
    assert ask(marketplace, RUNS) == []
    marketplace.wait(minutes=1)
    marketplace.wait(hours=1)
    assert ask(marketplace, RUNS) == [("nightly", "done")]
    marketplace.wait(hours=23)
    assert ask(marketplace, RUNS) == [("nightly", "done")] * 2


def test_a_run_left_over_from_yesterday_does_not_hinder_todays(marketplace):
    marketplace.supply(marketplace.enterprise("generator"))
    marketplace.settle()
    start(marketplace)
    marketplace.now += timedelta(days=1)
    start(marketplace)
    assert [state for _, state in ask(marketplace, RUNS)] == ["superseded", "running"]


def test_the_command_says_how_far_the_run_is(marketplace):
    run = marketplace.app.test_cli_runner().invoke(args=["match", "rerank", "--progress"])
    assert run.exit_code == 0, run.output
    assert "done: 0 of 0 parts, 0 of 0 supplies" in run.output

    marketplace.supply(marketplace.enterprise("generator"))
    run = marketplace.app.test_cli_runner().invoke(args=["match", "rerank"])
    assert "running: 0 of 1 parts, 0 of 1 supplies" in run.output
