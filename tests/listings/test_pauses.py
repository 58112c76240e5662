"""A paused listing: nobody finds or matches it, what was agreed stays, and resumed it is as before."""

import pytest

from tests.console.hand import Hand
from tests.console.people import browser_of
from tests.http.responses import refused
from tests.manifests.trade import Trade

PHONE = "13800138000"
TERMS = {"quantity_t": 20.0, "price_cny_per_t": -120.0, "valid_until": "2026-12-20T10:00:00Z"}


@pytest.fixture
def trade(marketplace):
    return Trade(marketplace)


def seen(party, kind):
    return {item["id"] for item in party.get("/listings", kind=kind, status="open").json["items"]}


def matched(party, listing):
    return {item["listing"]["id"] for item in party.get(f"/listings/{listing['id']}/matches").json["items"]}


def test_a_paused_listing_is_neither_found_nor_matched_and_its_offer_waits(trade):
    marketplace, supply, demand = trade.marketplace, trade.supply, trade.demand
    offer = {
        "supply_id": supply["id"], "demand_id": demand["id"], **TERMS,
    }  # fmt: skip
    made = trade.supplier.post("/offers", offer)
    assert made.status_code == 201, made.json
    assert matched(trade.receiver, demand) == {supply["id"]}
    paused = trade.supplier.post(f"/listings/{supply['id']}/pause")
    assert (paused.status_code, paused.json["status"]) == (200, "paused")
    marketplace.settle()
    assert supply["id"] not in seen(trade.receiver, "supply")
    assert matched(trade.receiver, demand) == set()
    assert trade.supplier.get(f"/listings/{supply['id']}/matches").json["items"] == []
    refused(trade.receiver.get(f"/listings/{supply['id']}"), 404, "not_found")
    refused(trade.supplier.post(f"/listings/{supply['id']}/pause"), 409, "wrong_state")
    path = f"/offers/{made.json['id']}"
    assert trade.receiver.get(path).json["status"] == "open"
    refused(trade.receiver.post(f"{path}/accept"), 409, "wrong_state")
    resumed = trade.supplier.post(f"/listings/{supply['id']}/resume")
    assert (resumed.status_code, resumed.json["status"]) == (200, "open")
    marketplace.settle()
    assert supply["id"] in seen(trade.receiver, "supply")
    assert matched(trade.receiver, demand) == {supply["id"]}
    assert trade.receiver.post(f"{path}/accept").status_code in (200, 201)


def test_resuming_is_held_to_the_rules_of_publishing(trade):
    marketplace, owner = trade.marketplace, trade.supplier
    supply = marketplace.supply(owner)
    owner.post(f"/listings/{supply['id']}/pause")
    unlisted = {"waste": {"scheme": "cn-hw", "code": "900-999-99"}}
    assert owner.patch(f"/listings/{supply['id']}", unlisted).status_code == 422
    assert owner.patch(f"/listings/{supply['id']}", {"title": "新名称"}).json["status"] == "paused"
    marketplace.admin.post(f"/enterprises/{owner.id}/suspend", {"reason": "核查"})
    assert owner.post(f"/listings/{supply['id']}/resume").status_code == 403
    marketplace.admin.post(f"/enterprises/{owner.id}/approve")
    assert owner.post(f"/listings/{supply['id']}/resume").json["status"] == "open"


def test_on_pages_a_listing_is_paused_and_resumed_alone_and_with_others(trade):
    with trade.marketplace.at_its_time():
        owner = browser_of(trade.supplier, PHONE)
        listing = f"/listings/{trade.supply['id']}"
        hand = Hand(owner, listing).press("暂停")
        assert "该信息已暂停" in hand.page.text
        hand.again()
        assert owner.status == 200
        hand.press("恢复发布")
        assert not hand.offers("恢复发布")
        ids = {"ids": trade.supply["id"]}
        assert "已暂停" in owner.post("/listings/bulk", action="pause", **ids).page.text
        again = owner.post("/listings/bulk", action="pause", **ids).page.text
        assert "不能暂停" in again
        owner.post("/listings/bulk", action="resume", **ids)
        assert hand.go(listing).offers("暂停")
