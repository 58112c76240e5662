"""The past of the demo city in the database: it balances to the kilogram, and came as far as planned."""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from sqlalchemy import text

from marketplace.database import db
from seed.demo import SEED, demo_city
from seed.history import ENDS, history
from seed.load_demo import load_city
from tests.marketplace import TODAY

UNBALANCED_DEALS = """
SELECT deal.number FROM deal LEFT JOIN manifest_line AS line ON line.deal_id = deal.id
LEFT JOIN manifest ON manifest.id = line.manifest_id AND manifest.kind = 'first'
GROUP BY deal.id HAVING deal.accepted_kg <> coalesce(sum(line.accepted_kg) FILTER (
    WHERE manifest.status IN ('closed', 'treated')), 0)
"""
UNBALANCED_LISTINGS = """
SELECT listing.title FROM listing JOIN deal ON listing.id IN (deal.supply_id, deal.demand_id)
WHERE listing.quantity_kg - listing.remaining_kg <> deal.accepted_kg + CASE
    WHEN deal.status IN ('agreed', 'moving', 'disputed') THEN deal.quantity_kg - deal.accepted_kg
    ELSE deal.refused_kg END
"""
UNBALANCED_PERMITS = """
SELECT deal.number, deal.accepted_kg, sum(entry.kg) FROM deal
LEFT JOIN permit_use AS entry ON entry.deal_id = deal.id AND entry.kind = 'used'
WHERE deal.permit_id IS NOT NULL GROUP BY deal.id
HAVING deal.accepted_kg <> coalesce(sum(entry.kg), 0)
"""


@pytest.fixture
def played(marketplace):
    """A few deals of each end, with all the enterprises that they need."""
    city = demo_city(TODAY)
    past = history(Random(SEED), city)
    chosen = [next(deal for deal in past if deal.end == end) for end in (*ENDS, "completed", "running")]
    refused = [deal for deal in past if any(load.refused_t for load in deal.loads)]
    chosen += [deal for deal in refused[:2] if deal not in chosen]
    chosen.sort(key=lambda deal: deal.offered_day)
    with marketplace.app.app_context():
        counts = load_city(_part_of(city, chosen), tuple(chosen))
        yield chosen, counts


def _part_of(city, deals):
    keys = {listing.enterprise_key for deal in deals for listing in (deal.supply, deal.demand)}
    keys |= {load.carrier_key for deal in deals for load in deal.loads}
    keys |= {one.partner_key for one in city.enterprises if one.key in keys and one.partner_key}
    return replace(
        city,
        enterprises=tuple(replace(one, credit_events=()) for one in city.enterprises if one.key in keys),
        listings=(),
        licences=tuple(one for one in city.licences if one.enterprise_key in keys),
        channels=tuple(one for one in city.channels if {one.generator_key, one.receiver_key} <= keys),
        white_list=(),
        fleets=tuple(_used(one, deals) for one in city.fleets if one.enterprise_key in keys),
    )


def _used(fleet, deals):
    """A fleet without the vehicles and people that carry none of the loads."""
    loads = [load for deal in deals for load in deal.loads]
    used = {name for load in loads for name in (load.vehicle, load.driver, load.escort)}
    return replace(
        fleet,
        vehicles=tuple(one for one in fleet.vehicles if one.plate in used),
        crew=tuple(one for one in fleet.crew if one.name in used),
    )


def test_the_past_balances_and_everything_came_as_far_as_was_planned(marketplace, played):
    deals, counts = played
    agreed = [deal for deal in deals if deal.end not in ("rejected", "withdrawn", "waiting")]
    returned = sum(load.return_day is not None for deal in deals for load in deal.loads)
    loads = sum(len(deal.loads) for deal in deals)
    assert (counts["offers"], counts["deals"], counts["manifests"]) == (
        len(deals),
        len(agreed),
        loads + returned,
    )
    for question in (UNBALANCED_DEALS, UNBALANCED_LISTINGS, UNBALANCED_PERMITS):
        assert db.session.execute(text(question)).all() == []

    states = Counter(db.session.execute(text("SELECT status FROM deal")).scalars())
    wanted = {"completed": "completed", "cancelled": "cancelled", "disputed": "disputed"}
    assert {wanted[end] for end in {deal.end for deal in agreed} & wanted.keys()} <= states.keys()
    rate = marketplace.admin.get("/manifests/closing-rate", by="district").json
    assert 0 < rate["closed"] <= rate["issued"] <= counts["manifests"]
    assert {item["region"][:2] for item in rate["items"]} == {"33"}
