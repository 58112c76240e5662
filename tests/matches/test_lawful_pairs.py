"""One rule, however it is asked: many pairings, or one listing among some, are judged as elsewhere."""

import pytest

from marketplace.listings import service as listings
from marketplace.matches import service as matches
from tests.matches.test_served_ranking import RELAXED, RULES, put, written
from tests.matching import reference as ref

CASES = pytest.mark.parametrize(("seed", "rules"), [(9, RULES), (3, RELAXED)], ids=["default", "relaxed"])


@CASES
def test_pairings_judged_together_are_those_of_the_reference_over_the_threshold(marketplace, seed, rules):
    world = written(marketplace, seed).world
    put(marketplace, rules)
    asked = {(supply.id, demand.id) for supply in world.supplies for demand in world.demands}
    with marketplace.app.app_context():
        threshold = matches.policy_in_force().body["push_threshold"]
        lawful = matches.lawful_pairs(asked)

    expected = {
        (supply.id, demand.id)
        for supply in world.supplies
        for demand, _ in ref.rank(world, rules, supply, "score", threshold)
    }
    assert lawful & asked == expected
    assert lawful == expected | {(demand, supply) for supply, demand in expected}
    assert len(expected) > 10


@CASES
def test_a_listing_is_judged_among_others_as_the_reference_judges_it(marketplace, seed, rules):
    world = written(marketplace, seed).world
    put(marketplace, rules)
    found = 0
    for seekers, others in ((world.supplies, world.demands), (world.demands, world.supplies)):
        for seeker in seekers[:8]:
            expected = {other.id for other, _ in ref.rank(world, rules, seeker)}
            with marketplace.app.app_context():
                rows = listings.by_id({seeker.id} | {other.id for other in others})
                listing = rows.pop(seeker.id)
                assert matches.lawful_among(listing, list(rows.values())) == expected
                if listing.status == "open":
                    failing = matches.failing_gates(listing, list(rows))
                    assert {other_id for other_id, gates in failing.items() if not gates} == expected
            found += len(expected)
    assert found > 10
