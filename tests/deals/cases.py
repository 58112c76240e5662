"""Cases of the routes of offers and deals."""

from functools import cached_property

from tests.cases import FORBIDDEN, HIDDEN, Cases
from tests.listings.cases import ListingSamples

TERMS = {"quantity_t": 20.0, "price_cny_per_t": -120.0, "valid_until": "2026-12-20T10:00:00Z"}
RATING = {"punctual": 5, "as_described": 4, "cooperation": 5, "safety": 5}


class DealSamples(ListingSamples):
    def offer_of(self, supply):
        """A new offer of the owner to the partner."""
        about = {"supply_id": supply["id"], "demand_id": self.demand["id"]}
        response = self.owner.post("/offers", about | TERMS)
        assert response.status_code == 201, response.json
        return response.json

    def deal_of(self, supply):
        """A new deal of the owner and the partner."""
        response = self.partner.post(f"/offers/{self.offer_of(supply)['id']}/accept", {})
        assert response.status_code == 200, response.json
        return response.json["deal"]

    @cached_property
    def offer(self):
        """Open, of the owner to the partner."""
        return self.offer_of(self.supply)

    @cached_property
    def deal(self):
        return self.deal_of(self.marketplace.supply(self.owner))

    @cached_property
    def completed_deal(self):
        deal = self.deal_of(self.marketplace.supply(self.owner))
        assert self.owner.post(f"/deals/{deal['id']}/complete", {}).status_code == 200
        return deal

    @cached_property
    def disputed_deal(self):
        deal = self.deal_of(self.marketplace.supply(self.owner))
        assert self.owner.post(f"/deals/{deal['id']}/dispute", {"reason": "未到场"}).status_code == 200
        return deal


def neighbours(samples):
    offer, deal = f"/offers/{samples.offer['id']}", f"/deals/{samples.deal['id']}"
    of_offer = ("counter", "accept", "reject", "withdraw")
    of_deal = ("complete", "cancel", "dispute", "rate", "invoice")
    return {
        ("GET", "/offers/<uuid:offer_id>"): (offer, HIDDEN, HIDDEN),
        ("GET", "/offers/<uuid:offer_id>/history"): (f"{offer}/history", HIDDEN, HIDDEN),
        ("GET", "/deals/<uuid:deal_id>/history"): (f"{deal}/history", HIDDEN, HIDDEN),
        **{("POST", f"/offers/<uuid:offer_id>/{move}"): (f"{offer}/{move}", HIDDEN, FORBIDDEN)
           for move in of_offer},
        ("GET", "/deals/<uuid:deal_id>"): (deal, HIDDEN, HIDDEN),
        ("GET", "/deals/<uuid:deal_id>/settlement"): (f"{deal}/settlement", HIDDEN, HIDDEN),
        **{("GET", f"/deals/<uuid:deal_id>/{name}.pdf"): (f"{deal}/{name}.pdf", HIDDEN, HIDDEN)
           for name in ("contract", "settlement")},
        **{("POST", f"/deals/<uuid:deal_id>/{move}"): (f"{deal}/{move}", HIDDEN, FORBIDDEN)
           for move in of_deal},
        ("POST", "/deals/<uuid:deal_id>/settle"): (f"{deal}/settle", FORBIDDEN, FORBIDDEN),
    }  # fmt: skip


def writes(samples):
    owner, partner, admin = samples.owner, samples.partner, samples.admin
    new = [samples.marketplace.supply(owner) for _ in range(9)]
    pair = {"supply_id": new[0]["id"], "demand_id": samples.demand["id"]}
    offers = [f"/offers/{samples.offer_of(supply)['id']}" for supply in new[1:5]]
    deals = [f"/deals/{samples.deal_of(supply)['id']}" for supply in new[5:8]]
    answer = {"id": samples.offer_of(new[8])["id"], "answer": "reject", "reason": "运距过长"}
    return {
        ("POST", "/offers"): (owner, "/offers", pair | TERMS),
        ("POST", "/offers/<uuid:offer_id>/counter"): (partner, f"{offers[0]}/counter", TERMS),
        ("POST", "/offers/<uuid:offer_id>/accept"): (partner, f"{offers[1]}/accept", {}),
        ("POST", "/offers/<uuid:offer_id>/reject"): (partner, f"{offers[2]}/reject", {}),
        ("POST", "/offers/<uuid:offer_id>/withdraw"): (owner, f"{offers[3]}/withdraw", {}),
        ("POST", "/offers/answers"): (partner, "/offers/answers", {"items": [answer]}),
        ("POST", "/deals/<uuid:deal_id>/complete"): (owner, f"{deals[0]}/complete", {}),
        ("POST", "/deals/<uuid:deal_id>/cancel"): (
            owner, f"{deals[1]}/cancel", {"reason": "停产", "fault": "supplier"}),
        ("POST", "/deals/<uuid:deal_id>/dispute"): (owner, f"{deals[2]}/dispute", {"reason": "未到场"}),
        ("POST", "/deals/<uuid:deal_id>/settle"): (
            admin, f"/deals/{samples.disputed_deal['id']}/settle", {"outcome": "cancelled", "reason": "x"}),
        ("POST", "/deals/<uuid:deal_id>/rate"): (
            owner, f"/deals/{samples.completed_deal['id']}/rate", RATING),
        ("POST", "/deals/<uuid:deal_id>/invoice"): (
            partner, f"/deals/{samples.deal['id']}/invoice", {"status": "issued"}),
    }  # fmt: skip


def grow(samples):
    """An offer and a deal of the owner and the partner."""
    samples.offer_of(samples.marketplace.supply(samples.owner))
    samples.deal_of(samples.marketplace.supply(samples.owner))


CASES = Cases(
    samples=DealSamples,
    neighbours=neighbours,
    writes=writes,
    grow=grow,
    statements={
        "/offers": 3,
        "/offers/<uuid:offer_id>": 4,
        "/offers/<uuid:offer_id>/history": 4,
        "/deals": 4,
        "/deals/<uuid:deal_id>/history": 3,
        "/deals/<uuid:deal_id>": 4,
        "/deals/<uuid:deal_id>/settlement": 2,
        "/deals/<uuid:deal_id>/contract.pdf": 3,
        "/deals/<uuid:deal_id>/settlement.pdf": 3,
    },
)
