"""What became of deals flows back: into credit by the rule table, and into what the ranking learns from."""

import pytest
from sqlalchemy import text

from marketplace.credit import jobs as credit_jobs
from marketplace.database import db

TERMS = {"quantity_t": 20.0, "price_cny_per_t": -120.0, "valid_until": "2026-12-20T10:00:00Z"}


@pytest.fixture
def world(marketplace):
    generator = marketplace.enterprise("generator")
    receiver = marketplace.recycler()
    supply, demand = marketplace.supply(generator), marketplace.demand(receiver)
    return marketplace, generator, receiver, supply, demand


def agreed(generator, receiver, supply, demand):
    offer = generator.post("/offers", {"supply_id": supply["id"], "demand_id": demand["id"]} | TERMS).json
    response = receiver.post(f"/offers/{offer['id']}/accept", {})
    assert response.status_code == 200, response.json
    return response.json["deal"]


def events(party):
    items = party.get(f"/enterprises/{party.id}/credit/events").json["items"]
    return [(item["rule"], item["document"]) for item in items]


def outcomes(marketplace):
    with marketplace.app.app_context():
        return set(db.session.scalars(text("SELECT outcome FROM pairing_outcome")))


def test_a_completed_deal_counts_once_for_both_sides(world):
    marketplace, generator, receiver, supply, demand = world
    deal = agreed(generator, receiver, supply, demand)
    assert generator.post(f"/deals/{deal['id']}/complete", {}).status_code == 200
    marketplace.settle()

    expected = [("fulfilment.completed", deal["number"])]
    assert events(generator) == events(receiver) == expected
    assert marketplace.standing_of(generator)[0] == 80_500
    assert {"offered", "dealt"} <= outcomes(marketplace)

    with marketplace.app.app_context():
        credit_jobs.record_fulfilled(deal["id"], deal["number"], generator.id, receiver.id)
    assert events(generator) == expected


def test_a_fault_of_ones_own_counts_at_once_and_one_of_the_other_when_it_is_not_disputed(world):
    marketplace, generator, receiver, supply, demand = world
    own = agreed(generator, receiver, supply, demand)
    generator.post(f"/deals/{own['id']}/cancel", {"reason": "停产", "fault": "supplier"})
    marketplace.settle()
    assert events(generator) == [("fulfilment.cancelled_by_fault", own["number"])]

    blamed = agreed(generator, receiver, supply, demand)
    generator.post(f"/deals/{blamed['id']}/cancel", {"reason": "拒收", "fault": "receiver"})
    marketplace.wait(days=6)
    assert events(receiver) == []
    marketplace.wait(days=2)
    assert events(receiver) == [("fulfilment.cancelled_by_fault", blamed["number"])]


def test_a_disputed_fault_waits_for_the_admin(world):
    marketplace, generator, receiver, supply, demand = world
    deal = agreed(generator, receiver, supply, demand)
    generator.post(f"/deals/{deal['id']}/cancel", {"reason": "拒收", "fault": "receiver"})
    assert receiver.post(f"/deals/{deal['id']}/dispute", {"reason": "车未到"}).status_code == 200
    marketplace.wait(days=8)
    assert events(receiver) == []
    body = {"outcome": "cancelled", "fault": "supplier", "reason": "查实"}
    settled = marketplace.admin.post(f"/deals/{deal['id']}/settle", body)
    assert settled.status_code == 200, settled.json
    marketplace.settle()
    assert (events(receiver), len(events(generator))) == ([], 1)


def test_a_late_manifest_counts_once_by_the_rule_table_in_force(world):
    marketplace, generator, receiver, _, _ = world
    about = {
        "happened": "late", "manifest_id": "m", "number": "33060220261201000001", "status": "moving",
        "is_known": True, "reason": "", "sender_id": generator.id, "receiver_id": receiver.id,
        "transporter_id": generator.id, "deal_ids": [], "enterprise_id": receiver.id,
    }  # fmt: skip
    with marketplace.app.app_context():
        for step in ("receive", "close", "explain", "pickup"):
            credit_jobs.record_late(step=step, **about)
    assert events(receiver) == [
        ("fulfilment.no_show", "33060220261201000001"),
        ("manifest.weight_unexplained", "33060220261201000001"),
        ("manifest.late_close", "33060220261201000001"),
    ]
