"""Offers: made, countered, answered, lapsed, and what they come to."""

import pytest

TERMS = {"quantity_t": 60.0, "price_cny_per_t": -120.0, "valid_until": "2026-12-20T10:00:00Z"}


class Trade:
    """A supplier of 100 t and a receiver who may take 500."""

    def __init__(self, marketplace):
        self.marketplace = marketplace
        self.supplier = marketplace.enterprise("generator", name="酸厂")
        self.receiver = marketplace.recycler(name="染厂")
        self.supply = marketplace.supply(self.supplier, quantity_t=100.0, min_lot_t=10.0)
        self.demand = marketplace.demand(self.receiver, quantity_t=500.0, min_lot_t=10.0)

    def ask(self, by=None, **terms):
        pair = {"supply_id": self.supply["id"], "demand_id": self.demand["id"]}
        return (by or self.supplier).post("/offers", {**pair, **TERMS, **terms})

    def offer(self, by=None, **terms):
        response = self.ask(by, **terms)
        assert response.status_code == 201, response.json
        return response.json

    def deal(self, **terms):
        response = self.receiver.post(f"/offers/{self.offer(**terms)['id']}/accept", {})
        assert response.status_code == 200, response.json
        return response.json["deal"]

    def remaining(self, listing):
        return self.marketplace.admin.get(f"/listings/{listing['id']}").json["remaining_t"]


@pytest.fixture
def trade(marketplace):
    return Trade(marketplace)


def test_a_thread_of_rounds_ends_in_a_deal_with_the_tonnes_reserved(trade):
    offer = trade.offer()
    assert (offer["status"], offer["whose_turn"], offer["from"]) == ("open", "receiver", "2026-12-01")

    countered = trade.receiver.post(f"/offers/{offer['id']}/counter", {**TERMS, "price_cny_per_t": -100.0})
    assert (countered.json["status"], countered.json["whose_turn"]) == ("countered", "supplier")
    assert [row["price_cny_per_t"] for row in countered.json["rounds"]] == [-120.0, -100.0]

    deal = trade.supplier.post(f"/offers/{offer['id']}/accept", {}).json["deal"]
    assert (deal["status"], deal["left_t"], deal["price_cny_per_t"]) == ("agreed", 60.0, -100.0)
    assert deal["number"] == "D33060220261201000001"
    assert deal["legal_basis"]["kind"] == "licence"
    assert deal["contacts"]["receiver"]["name"] == "王厂长"
    assert (trade.remaining(trade.supply), trade.remaining(trade.demand)) == (40.0, 440.0)
