"""What a process keeps for a page of matches: it takes few statements, and nothing kept is old."""

import json

from sqlalchemy import select, text

from marketplace.catalogue import service as catalogue
from marketplace.database import db
from marketplace.events.work import unit_of_work
from marketplace.matches import service
from marketplace.matches.schemas.listing_summaries import CounterpartSchema
from marketplace.matches.schemas.ranking import MatchSchema
from tests.counting import count_statements
from tests.marketplace import as_owner

NEXT_POLICY = text("""
INSERT INTO matching_policy (version, body, created_by, created_at)
SELECT version + 1, jsonb_set(body, '{weights}', CAST(:weights AS jsonb)), created_by, now()
FROM matching_policy ORDER BY version DESC LIMIT 1
""")


def test_a_policy_put_in_force_by_another_process_ranks_the_next_page(marketplace):
    generator, recycler = marketplace.enterprise(), marketplace.recycler()
    supply, demand = marketplace.supply(generator), marketplace.demand(recycler)
    path = f"/listings/{supply['id']}/matches"
    generator.get(path)
    with count_statements() as sent:
        before = generator.get(path).json
    assert len(sent) == 5
    (match,) = before["items"]
    assert match["listing"]["id"] == demand["id"]
    assert list(match) == [name for name in MatchSchema().fields if name in match]
    assert list(match["listing"]) == list(CounterpartSchema().fields)
    weights = {"code": 1, "distance": 0, "credit": 0, "price": 0, "quantity": 0, "time": 0}
    with as_owner(marketplace.app) as connection:
        connection.execute(NEXT_POLICY, {"weights": json.dumps(weights)})
    after = generator.get(path).json
    assert after["policy_version"] == before["policy_version"] + 1
    assert [part["weight"] for part in after["items"][0]["components"]] == [1, 0, 0, 0, 0, 0]


def test_a_unit_of_work_reads_the_policy_that_is_in_force_once_it_has_its_locks(marketplace):
    app = marketplace.app
    with app.test_request_context():
        catalogue.see_version(db.session.scalar(select(catalogue.VERSION)))
        before = service.policy_in_force().version
        with as_owner(app) as connection:
            connection.execute(NEXT_POLICY, {"weights": "{}"})
        assert service.policy_in_force().version == before
        with unit_of_work():
            assert service.policy_in_force().version == before + 1
        with as_owner(app) as connection:
            connection.execute(text("DELETE FROM matching_policy WHERE version > :kept"), {"kept": before})


def test_near_misses_are_those_of_the_market_as_it_is(marketplace):
    generator, recycler = marketplace.enterprise(), marketplace.recycler()
    demand = marketplace.demand(recycler, price_cny_per_t=-200)
    supply = marketplace.supply(generator, price_cny_per_t=-100)
    path = f"/listings/{supply['id']}/matches"

    def values():
        return [miss["value"] for miss in generator.get(path).json["near_misses"]]

    assert (values(), values()) == ([-200], [-200])
    marketplace.change(recycler, demand, price_cny_per_t=-150)
    assert values() == [-150]
    marketplace.change(generator, supply, price_cny_per_t=-150)
    assert values() == []
