"""Registrations of receivers of general waste: who enters them, who decides, what they change."""

from tests.registrations.entries import PLANT, terms

STEEL = {"scheme": "cn-sw", "code": "SW17"}


def hand_in(holder, number="绍环固备〔2026〕1号", **about):
    return holder.post("/receiver-registrations", terms(number, **about))


def verification(generator, supply):
    """The sentence of the warning `verify_receiver` of the only match."""
    (match,) = generator.get(f"/listings/{supply['id']}/matches").json["items"]
    (warning,) = [warning for warning in match["warnings"] if warning["code"] == "verify_receiver"]
    return warning["detail"]


def test_a_registration_counts_once_it_is_confirmed_and_general_waste_stays_lawful_without(marketplace):
    generator, receiver = marketplace.enterprise("generator"), marketplace.enterprise("recycler")
    supply = marketplace.supply(generator, title="废钢", waste=STEEL)
    marketplace.demand(receiver, title="收废钢", accepts=[STEEL])
    assert "No registration" in verification(generator, supply)

    registration = hand_in(receiver).json
    assert registration["status"] == "submitted"
    assert "No registration" in verification(generator, supply)

    confirmed = marketplace.admin.post(f"/receiver-registrations/{registration['id']}/confirm")
    assert confirmed.json["status"] == "confirmed"
    assert "is on file" in verification(generator, supply)

    assert marketplace.admin.delete(f"/receiver-registrations/{registration['id']}").status_code == 204
    assert "No registration" in verification(generator, supply)


def test_a_document_is_entered_once_and_belongs_to_one_holder(marketplace):
    receiver, other = marketplace.enterprise("recycler"), marketplace.enterprise("recycler")
    first = hand_in(receiver)
    again = hand_in(receiver, "绍环固备 (2026) 1 号")
    assert (again.status_code, again.json["entry_id"]) == (409, first.json["id"])
    marketplace.admin.post(f"/receiver-registrations/{first.json['id']}/confirm")
    taken = hand_in(other)
    assert (taken.status_code, taken.json["code"]) == (409, "already_entered")
    assert "entry_id" not in taken.json
    assert hand_in(receiver, valid_until="2029-12-31").status_code == 201


def test_what_a_registration_cannot_say_is_refused(marketplace):
    receiver, other = marketplace.enterprise("recycler"), marketplace.enterprise("recycler")

    def refusal(**about):
        response = hand_in(receiver, **about)
        return response.status_code, response.json["code"]

    hazardous = [{**PLANT, "codes": [{"scheme": "cn-hw", "code": "HW34"}]}]
    assert refusal(sites=hazardous) == (422, "registration_is_general")
    assert refusal(sites=[{**PLANT, "modes": ["store"]}]) == (422, "site_mode")
    assert refusal(sites=[{**PLANT, "capacity_t": 0}]) == (422, "invalid_input")
    assert refusal(valid_until="2025-12-31") == (422, "invalid_input")
    assert refusal(enterprise_id=other.id) == (403, "own_registration_only")
    elsewhere = {**PLANT, "location": {"lon": 121.47, "lat": 31.23}}
    assert refusal(sites=[elsewhere]) == (422, "place_not_in_region")
