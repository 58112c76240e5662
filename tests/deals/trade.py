"""A supplier and a receiver who trade: what the tests of offers and deals begin with."""

import threading
from contextlib import contextmanager
from uuid import UUID

from marketplace.deals import service as deals
from marketplace.events.work import unit_of_work

TERMS = {"quantity_t": 60.0, "price_cny_per_t": -120.0, "valid_until": "2026-12-20T10:00:00Z"}


class Trade:
    """A supplier of 100 t and a receiver who wants 500 and may take 1,000 a year."""

    def __init__(self, marketplace, licensed_t=1000):
        self.marketplace, self.admin = marketplace, marketplace.admin
        self.supplier = marketplace.enterprise("generator", name="酸厂")
        self.receiver = marketplace.enterprise("recycler", name="染厂")
        self.licence = marketplace.licence(self.receiver, tonnes=licensed_t)
        self.supply = self.more_supply()
        self.demand = marketplace.demand(self.receiver, quantity_t=500.0, min_lot_t=10.0)

    def more_supply(self):
        return self.marketplace.supply(self.supplier, quantity_t=100.0, min_lot_t=10.0)

    def ask(self, by=None, **terms):
        """POST an offer; returns the response."""
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

    def look(self, deal):
        """The deal as it is now, to the admin."""
        return self.admin.get(f"/deals/{deal['id']}").json

    def remaining(self, listing):
        return self.admin.get(f"/listings/{listing['id']}").json["remaining_t"]

    @contextmanager
    def loading(self, deal):
        """The work and the locked deal, as manifests have them."""
        with self.marketplace.app.app_context(), unit_of_work() as work:
            yield work, deals.lock_deal(work, UUID(deal["id"]))


def at_once(marketplace, *calls):
    """The statuses and codes of calls (party, path, body) that all begin at the same moment."""
    start, answers = threading.Barrier(len(calls)), []

    def run(party, path, body):
        client = marketplace.app.test_client()
        start.wait()
        answer = client.post(f"/api/v1{path}", json=body, headers=party.headers)
        answers.append((answer.status_code, answer.json.get("code")))

    threads = [threading.Thread(target=run, args=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(answers, key=str)
