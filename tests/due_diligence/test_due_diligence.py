"""Due diligence: pre-filled from what is on file, confirmed by the generator for each deal, kept."""

import pytest

from tests.registrations.entries import terms

STEEL = {"scheme": "cn-sw", "code": "SW17"}
TERMS = {"quantity_t": 20.0, "price_cny_per_t": 100.0, "valid_until": "2026-12-20T10:00:00Z"}
CHECKED = {"registration": True, "ability": True, "contract": True}


class Entrustment:
    """A deal of general waste, and its list."""

    def __init__(self, marketplace):
        self.marketplace = marketplace
        self.generator, self.receiver = (
            marketplace.enterprise("generator"),
            marketplace.enterprise("recycler"),
        )
        supply = marketplace.supply(self.generator, title="废钢", waste=STEEL)
        demand = marketplace.demand(self.receiver, title="收废钢", accepts=[STEEL])
        pair = {"supply_id": supply["id"], "demand_id": demand["id"]}
        offer = self.generator.post("/offers", pair | TERMS)
        assert offer.status_code == 201, offer.json
        self.deal = self.receiver.post(f"/offers/{offer.json['id']}/accept", {}).json["deal"]
        self.path = f"/deals/{self.deal['id']}/due-diligence"

    def read(self, **query):
        response = self.generator.get(self.path, **query)
        assert response.status_code == 200, response.json
        return response.json

    def states(self, **query):
        return {item["contractor"]: item["state"] for item in self.read(**query)["items"]}

    def confirm(self, **about):
        return self.generator.post(self.path, {"contractor": "receiver", **CHECKED, **about})


@pytest.fixture
def entrustment(marketplace):
    return Entrustment(marketplace)


def test_the_list_is_pre_filled_and_current_once_the_generator_confirms_it(entrustment):
    marketplace, receiver = entrustment.marketplace, entrustment.receiver
    body = terms("备1", enterprise_id=receiver.id)
    registration = marketplace.admin.post("/receiver-registrations", body).json
    read = entrustment.read()
    (item,) = read["items"]
    facts = {check["check"]: [fact["reference"] for fact in check["facts"]] for check in item["checks"]}
    assert facts["registration"] == [receiver.number, "备1"]
    assert facts["contract"] == [entrustment.deal["number"]]
    assert (read["current"], read["warnings"][0]["code"]) == (False, "due_diligence_missing")

    confirmed = entrustment.confirm().json
    assert (confirmed["current"], confirmed["warnings"]) == (True, [])
    assert entrustment.receiver.get(entrustment.path).json["items"] == confirmed["items"]

    marketplace.admin.delete(f"/receiver-registrations/{registration['id']}")
    assert entrustment.states() == {"receiver": "outdated"}
    assert entrustment.confirm().json["items"][0]["confirmations"] == 2


def test_a_transporter_is_checked_too_and_confirmations_are_the_generators(entrustment):
    carrier = entrustment.marketplace.enterprise("transporter")
    assert entrustment.states(transporter_id=carrier.id) == {"receiver": "missing", "transporter": "missing"}
    about = {"contractor": "transporter", "transporter_id": carrier.id}
    assert entrustment.confirm(**about).status_code == 200
    assert entrustment.states() == {"receiver": "missing", "transporter": "current"}

    def refusal(response):
        return response.status_code, response.json["code"]

    by_receiver = entrustment.receiver.post(entrustment.path, {"contractor": "receiver", **CHECKED})
    assert refusal(by_receiver) == (403, "role_forbids")
    assert refusal(entrustment.confirm(contract=False)) == (422, "check_not_made")
    assert refusal(entrustment.confirm(contractor="transporter")) == (422, "field_required")
    unknown = {"contractor": "transporter", "transporter_id": entrustment.receiver.id}
    assert refusal(entrustment.confirm(**unknown)) == (422, "unknown_transporter")
    entrustment.generator.post(f"/deals/{entrustment.deal['id']}/complete", {})
    assert refusal(entrustment.confirm()) == (409, "wrong_state")


def test_the_generator_is_reminded_when_a_deal_is_agreed(entrustment):
    entrustment.marketplace.settle()
    (message,) = entrustment.generator.inbox("deal.verify_receiver")
    assert message["data"]["deal_id"] == entrustment.deal["id"]
    assert entrustment.receiver.inbox("deal.verify_receiver") == []
