"""What the platform records by itself: each by one rule, of one cause once, unless that is switched off."""

import pytest

from marketplace.credit import jobs as credit_jobs
from marketplace.credit import service as credit
from tests.deals.test_flow_back import agreed
from tests.manifests.trade import TRUCK, Trade, ok

POINTS = {"punctual": 2, "as_described": 2, "cooperation": 3, "safety": 2}
SCHEDULE = {**TRUCK, "planned_at": "2026-12-02T02:00:00Z"}


@pytest.fixture
def trade(marketplace):
    return Trade(marketplace)


def rules(party):
    """By what an enterprise was recorded, newest first."""
    party.marketplace.settle()
    return [item["rule"] for item in party.get(f"/enterprises/{party.id}/credit/events").json["items"]]


def scheduled(trade):
    draft = trade.draft()
    trade.by(trade.supplier, draft, "request")
    return trade.by(trade.carrier, draft, "schedule", **SCHEDULE)


# ---------------------------------------------------------------- loads


def test_a_carrier_that_gives_back_a_load_that_it_had_scheduled_withdraws_after_accepting(trade):
    load = scheduled(trade)
    trade.by(trade.carrier, load, "decline", reason="车辆检修")
    assert rules(trade.carrier) == ["fulfilment.withdrawn_after_accept"]
    assert trade.marketplace.standing_of(trade.carrier)[0] == 77_000
    trade.by(trade.supplier, load, "request")
    trade.by(trade.carrier, load, "decline", reason="没有车")
    assert rules(trade.carrier) == ["fulfilment.withdrawn_after_accept"], "a request may be declined"


def test_what_an_admin_declines_for_a_carrier_is_not_the_carriers_withdrawal(trade):
    trade.by(trade.marketplace.admin, scheduled(trade), "decline", reason="企业来电")
    assert rules(trade.carrier) == []


def test_a_carrier_that_does_not_come_for_an_issued_load_is_no_show(trade):
    trade.issued()
    trade.marketplace.wait(days=14)
    assert rules(trade.carrier) == []
    trade.marketplace.wait(days=2)
    assert rules(trade.carrier) == ["fulfilment.no_show"]


def test_a_load_that_is_closed_late_and_a_difference_not_explained_count(trade):
    trade.received(weight=15.0)
    trade.marketplace.wait(days=3)
    assert rules(trade.supplier) == [] == rules(trade.receiver)
    trade.marketplace.wait(days=4)
    assert rules(trade.supplier) == ["manifest.weight_unexplained"]
    trade.marketplace.wait(days=2)
    assert rules(trade.receiver) == ["manifest.late_close"]


def test_a_receiver_that_tells_no_outcome_counts_after_ninety_days(trade):
    trade.by(trade.receiver, trade.received(), "close")
    trade.marketplace.wait(days=89)
    assert rules(trade.receiver) == []
    trade.marketplace.wait(days=2)
    assert rules(trade.receiver) == ["manifest.outcome_not_told"]


def test_a_load_of_hazardous_waste_closed_without_a_point_of_its_way_lacks_its_track(trade):
    trade.by(trade.receiver, trade.received(), "close")
    assert rules(trade.carrier) == ["manifest.track_missing"]
    tracked = trade.moving()
    point = {"at": "2026-12-01T04:00:00Z", "lon": 120.58, "lat": 30.03}
    ok(trade.carrier.post(f"/manifests/{tracked['id']}/track", [point]))
    trade.by(trade.receiver, tracked, "receive", weight_t=20.0)
    trade.by(trade.receiver, tracked, "close")
    assert rules(trade.carrier) == ["manifest.track_missing"]


def test_light_events_of_one_part_of_a_manifest_count_once(marketplace):
    firm = marketplace.enterprise("recycler")
    about = {
        "happened": "late", "manifest_id": "m", "number": "33060220261201000001", "status": "received",
        "is_known": True, "reason": "", "sender_id": firm.id, "receiver_id": firm.id,
        "transporter_id": firm.id, "deal_ids": [], "enterprise_id": firm.id,
    }  # fmt: skip
    with marketplace.app.app_context():
        for step in ("close", "explain", "outcome"):
            credit_jobs.record_late(step=step, **about)
    why = firm.get(f"/enterprises/{firm.id}/credit/explanation").json
    assert {line["rule"]: line["points"] for line in why["lines"]} == {
        "manifest.weight_unexplained": -4,
        "manifest.outcome_not_told": -1,
    }
    assert firm.standing()["score"] == 75


# ---------------------------------------------------------------- ratings


def test_five_low_ratings_count_once_they_are_shown_and_say_nothing_before(marketplace):
    generator, receiver = marketplace.enterprise("generator"), marketplace.recycler()
    supply, demand = marketplace.supply(generator), marketplace.demand(receiver)
    for number in range(1, 6):
        deal = agreed(generator, receiver, supply, demand)
        ok(generator.post(f"/deals/{deal['id']}/complete", {}))
        ok(generator.post(f"/deals/{deal['id']}/rate", POINTS))
        if number < 5:
            ok(receiver.post(f"/deals/{deal['id']}/rate", {**POINTS, "safety": 5}))
    assert "fulfilment.rated_low" not in rules(receiver), "the fifth is not shown yet"
    marketplace.wait(days=8)
    assert rules(receiver).count("fulfilment.rated_low") == 1
    assert rules(generator).count("fulfilment.rated_low") == 0, "four, and 3 on average"


# ---------------------------------------------------------------- switched off


@pytest.mark.parametrize("how", [{"enabled": False}, {"valid_until": "2026-11-30"}, None])
@pytest.mark.parametrize("code", ["manifest.track_missing", "fulfilment.completed"])
def test_a_rule_that_is_off_over_or_gone_records_nothing_by_itself(marketplace, code, how):
    firm = marketplace.enterprise("transporter")
    items = [
        rule if rule["code"] != code else {**rule, **(how or {})}
        for rule in marketplace.admin.get("/credit/rules").json["items"]
        if rule["code"] != code or how is not None
    ]
    assert marketplace.admin.put("/credit/rules", {"items": items}).status_code == 200
    with marketplace.app.app_context():
        assert credit.record_automatic(firm.id, code, "manifest:1", "1") is None
        assert credit.record_automatic(firm.id, "fulfilment.no_show", "manifest:1", "1") is not None
    assert rules(firm) == ["fulfilment.no_show"]
