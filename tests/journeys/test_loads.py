"""From an offer to a completed deal over two loads, as the people around it live it."""

import pytest

from tests.manifests.trade import Trade, ok, refused


@pytest.fixture
def trade(marketplace):
    return Trade(marketplace, tonnes=40.0)


def test_two_loads_one_of_them_partly_refused_and_returned_complete_a_deal(trade):
    marketplace, deal = trade.marketplace, trade.deal
    regulator, stranger = marketplace.regulator("330600"), marketplace.enterprise("generator")

    first = trade.received(20.0)
    trade.by(trade.receiver, first, "close")
    done = {"operation": "R5", "on": "2026-12-01", "quantity_t": 20.0, "product": "石膏"}
    assert trade.by(trade.receiver, first, "outcome", **done)["status"] == "treated"

    second = trade.received(20.0, refused_t=4.0, reason="太浑")
    refused(trade.supplier.post(f"/deals/{deal['id']}/complete", {}), "loads_in_flight")
    trade.by(trade.receiver, second, "close")
    assert (trade.deal_now()["accepted_t"], trade.deal_now()["left_t"]) == (36.0, 0.0)
    back = trade.by(trade.supplier, second, "follow", kind="return")
    trade.come_back(back, 4.0)
    assert trade.deal_now()["left_t"] == 4.0

    marketplace.settle()
    assert trade.supplier.inbox("manifest.treated")
    assert trade.supplier.inbox("manifest.refused")
    assert trade.receiver.inbox("manifest.issued")
    assert trade.carrier.inbox("manifest.issued")

    assert ok(trade.receiver.post(f"/deals/{deal['id']}/complete", {}))["status"] == "completed"
    refused(trade.receiver.post(f"/manifests/{first['id']}/close", {}), "wrong_state")
    assert ok(trade.supplier.get(f"/listings/{trade.supply['id']}"))["remaining_t"] == 4.0

    seen = ok(regulator.get("/manifests"))["items"]
    assert [(item["kind"], item["status"]) for item in seen] == [
        ("return", "closed"), ("first", "closed"), ("first", "treated"),
    ]  # fmt: skip
    assert [item["number"][-6:] for item in seen] == ["000003", "000002", "000001"]
    rate = ok(regulator.get("/manifests/closing-rate", region="330600"))
    assert (rate["issued"], rate["closed"], rate["rate"]) == (3, 3, 1.0)
    assert regulator.post(f"/manifests/{first['id']}/copy").status_code == 403
    for path in (f"/manifests/{first['id']}", f"/manifests/{first['id']}/versions", f"/deals/{deal['id']}"):
        assert stranger.get(path).status_code == 404
