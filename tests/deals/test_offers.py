"""Offers: made, countered, answered, lapsed, and what they come to."""

import pytest

from tests.deals.trade import TERMS, at_once
from tests.http.responses import refused
from tests.marketplace import Party


def test_a_thread_of_rounds_ends_in_a_deal_with_the_tonnes_reserved(trade):
    offer = trade.offer()
    assert (offer["status"], offer["whose_turn"], offer["from"]) == ("open", "receiver", "2026-12-01")
    assert offer["until"] == "2027-05-31", "the shared window of both listings"

    countered = trade.receiver.post(f"/offers/{offer['id']}/counter", {**TERMS, "price_cny_per_t": -100.0})
    assert (countered.json["status"], countered.json["whose_turn"]) == ("countered", "supplier")
    assert [row["price_cny_per_t"] for row in countered.json["rounds"]] == [-120.0, -100.0]

    deal = trade.supplier.post(f"/offers/{offer['id']}/accept", {}).json["deal"]
    assert (deal["status"], deal["left_t"], deal["price_cny_per_t"]) == ("agreed", 60.0, -100.0)
    assert deal["number"] == "D33060220261201000001"
    assert deal["legal_basis"]["kind"] == "licence"
    assert deal["contacts"]["receiver"]["name"] == "王厂长", "shown to both from the moment of acceptance"
    assert (trade.remaining(trade.supply), trade.remaining(trade.demand)) == (40.0, 440.0)
    accepted = trade.receiver.get(f"/offers/{offer['id']}").json
    assert (accepted["deal_id"], accepted["whose_turn"]) == (deal["id"], None)


def test_a_step_out_of_turn_says_who_is_next(trade):
    offer = trade.offer()
    for step, body in (("accept", {}), ("counter", TERMS), ("reject", {})):
        answer = trade.supplier.post(f"/offers/{offer['id']}/{step}", body)
        problem = refused(answer, 409, "not_your_turn")
        assert "the receiver accepts" in problem["detail"]
    refused(trade.receiver.post(f"/offers/{offer['id']}/withdraw", {}), 409, "not_your_turn")
    assert trade.supplier.post(f"/offers/{offer['id']}/withdraw", {}).json["status"] == "withdrawn"
    for step, body in (("accept", {}), ("counter", TERMS), ("reject", {}), ("withdraw", {})):
        refused(trade.receiver.post(f"/offers/{offer['id']}/{step}", body), 409, "wrong_state")


def test_admins_take_the_step_of_whose_turn_it_is_and_say_why(trade):
    offer = trade.offer()
    refused(trade.admin.post(f"/offers/{offer['id']}/accept", {}), 422, "field_required", "reason")
    accepted = trade.admin.post(f"/offers/{offer['id']}/accept", {"reason": "电话确认"})
    assert accepted.json["deal"]["status"] == "agreed"


@pytest.mark.parametrize(
    ("terms", "field", "code"),
    [
        ({"quantity_t": 5.0}, "quantity_t", "below_smallest_lot"),
        ({"quantity_t": 60_000.0}, "quantity_t", "kilograms_meant"),
        ({"valid_until": "2026-12-01T03:59:59Z"}, "valid_until", "offer_over"),
        ({"valid_until": "2027-02-01T00:00:00Z"}, "valid_until", "offer_too_long"),
        ({"from": "2027-02-01", "until": "2027-01-01"}, "until", "ends_before_start"),
        ({"from": "2026-10-01", "until": "2026-11-30"}, "until", "window_over"),
    ],
)
def test_terms_are_bounded(trade, terms, field, code):
    refused(trade.ask(**terms), 422, code, field)
    offer = trade.offer()
    refused(trade.receiver.post(f"/offers/{offer['id']}/counter", {**TERMS, **terms}), 422, code, field)


def test_days_beyond_the_shared_window_are_warned_of(trade):
    offer = trade.offer(until="2027-06-30")
    assert [warning["code"] for warning in offer["warnings"]] == ["outside_window"]
    assert offer["until"] == "2027-06-30"


def test_more_than_is_left_is_refused_with_what_is_left(trade):
    problem = refused(trade.ask(quantity_t=101.0), 409, "not_enough_left", "quantity_t")
    assert problem["left_t"] == 100.0


def test_an_unlawful_pairing_gets_no_offer_and_is_told_why(trade):
    other = trade.marketplace.enterprise("recycler")
    demand = trade.marketplace.demand(other, quantity_t=500.0)
    problem = refused(trade.ask(demand_id=demand["id"]), 409, "pairing_not_lawful")
    assert [gate["gate"] for gate in problem["failed_gates"]] == ["licence"]


def test_an_offer_is_for_ones_own_open_listing(trade):
    stranger = trade.marketplace.enterprise("generator", "recycler")
    refused(trade.ask(by=stranger), 404, "not_found")
    refused(trade.ask(supply_id=trade.demand["id"], demand_id=trade.supply["id"]), 404, "not_found")
    trade.marketplace.withdraw(trade.receiver, trade.demand)
    refused(trade.ask(), 404, "not_found")
    refused(trade.ask(by=trade.receiver), 409, "wrong_state")


def test_each_side_has_one_live_offer_for_a_pairing(trade):
    trade.offer()
    refused(trade.ask(), 409, "offer_open_already")
    assert trade.offer(by=trade.receiver)["whose_turn"] == "supplier"


def test_a_listing_has_so_many_live_offers_at_most(trade, monkeypatch):
    monkeypatch.setattr("marketplace.deals.service.making.MOST_LIVE_OFFERS", 2)
    trade.offer()
    trade.offer(by=trade.receiver)
    other = trade.marketplace.supply(trade.supplier)
    refused(trade.ask(supply_id=other["id"]), 409, "too_many_offers")


def test_everything_is_judged_again_when_an_offer_is_accepted(trade):
    offer = trade.offer()
    assert trade.admin.delete(f"/licences/{trade.licence['id']}").status_code == 204

    problem = refused(trade.receiver.post(f"/offers/{offer['id']}/accept", {}), 409, "no_longer_lawful")
    assert [gate["gate"] for gate in problem["failed_gates"]] == ["licence"]
    assert "licence" in problem["detail"]
    assert trade.remaining(trade.supply) == 100.0
    assert trade.receiver.get(f"/offers/{offer['id']}").json["status"] == "open", "nothing has changed"


def test_the_permit_must_last_until_the_last_day(trade):
    refused(trade.ask(until="2029-03-01"), 409, "pairing_not_lawful")


def test_tonnes_are_needed_in_the_year_of_the_last_day(marketplace):
    from tests.deals.trade import Trade

    trade = Trade(marketplace, licensed_t=100)
    first = trade.offer(until="2026-12-31")
    other = trade.more_supply()
    second = trade.offer(supply_id=other["id"], until="2026-12-31")
    assert trade.receiver.post(f"/offers/{first['id']}/accept", {}).status_code == 200

    problem = refused(trade.receiver.post(f"/offers/{second['id']}/accept", {}), 409, "not_enough_left")
    assert (problem["left_t"], problem["year"]) == (40.0, 2026)
    countered = trade.receiver.post(f"/offers/{second['id']}/counter", {**TERMS, "until": "2027-01-31"})
    assert countered.status_code == 200
    assert trade.supplier.post(f"/offers/{second['id']}/accept", {}).status_code == 200


def test_two_buyers_cannot_both_have_the_last_tonnes(trade):
    other = trade.marketplace.recycler(name="另一染厂")
    theirs = trade.marketplace.demand(other, quantity_t=500.0, min_lot_t=10.0)
    first, second = trade.offer(), trade.offer(demand_id=theirs["id"], quantity_t=70.0)

    outcomes = at_once(
        trade.marketplace,
        (trade.receiver, f"/offers/{first['id']}/accept", {}),
        (other, f"/offers/{second['id']}/accept", {}),
    )
    assert outcomes == [(200, None), (409, "not_enough_left")]
    assert trade.remaining(trade.supply) in (30.0, 40.0)


def test_an_offer_is_accepted_once(trade):
    offer = trade.offer()
    call = (trade.receiver, f"/offers/{offer['id']}/accept", {})
    assert at_once(trade.marketplace, call, call) == [(200, None), (409, "wrong_state")]
    assert trade.remaining(trade.supply) == 40.0


def test_an_offer_lapses_at_its_moment_and_when_a_listing_closes(trade):
    offer, other = trade.offer(), trade.more_supply()
    trade.marketplace.now = trade.marketplace.now.replace(day=20, hour=10)
    refused(trade.receiver.post(f"/offers/{offer['id']}/accept", {}), 409, "wrong_state")
    trade.marketplace.wait(seconds=1)
    assert trade.receiver.get(f"/offers/{offer['id']}").json["status"] == "lapsed"

    later = {"valid_until": "2027-01-20T10:00:00Z"}
    second = trade.offer(supply_id=other["id"], **later)
    trade.marketplace.withdraw(trade.supplier, other)
    trade.marketplace.settle()
    assert trade.receiver.get(f"/offers/{second['id']}").json["status"] == "lapsed"
    assert len(trade.receiver.inbox("offer.lapsed")) == len(trade.supplier.inbox("offer.lapsed")) == 2


def test_many_offers_are_answered_at_once_each_for_itself(trade):
    first, second = trade.offer(), trade.offer(supply_id=trade.more_supply()["id"])
    answers = trade.receiver.post("/offers/answers", {"items": [
        {"id": first["id"], "answer": "accept"},
        {"id": second["id"], "answer": "reject", "reason": "运距过长"},
        {"id": trade.supplier.id, "answer": "reject"},
        {"id": first["id"], "answer": "reject"},
    ]}).json["items"]  # fmt: skip
    assert [answer["status"] for answer in answers] == [200, 200, 404, 409]
    assert answers[0]["deal_id"]
    assert "cannot be rejected" in answers[3]["detail"]


def test_a_refused_answer_leaves_nothing_behind_where_all_are_kept_together(trade):
    more = trade.marketplace.demand(trade.receiver, quantity_t=500.0, min_lot_t=10.0)
    offers = trade.offer(), trade.offer(demand_id=more["id"])
    items = [{"id": offer["id"], "answer": "accept"} for offer in offers]
    sent = trade.receiver.post("/offers/answers", {"items": items}, Idempotency_Key="once").json["items"]
    assert [answer["code"] for answer in sent] == [None, "not_enough_left"]
    assert [trade.receiver.get(f"/offers/{offer['id']}").json["status"] for offer in offers] == [
        "accepted", "open",
    ]  # fmt: skip
    assert trade.receiver.get(f"/offers/{offers[1]['id']}").json["whose_turn"] == "receiver"
    assert len(trade.receiver.get("/deals").json["items"]) == 1


def test_lists_show_what_is_ones_own_and_what_waits(trade):
    offer, deal = trade.offer(), trade.deal(supply_id=trade.more_supply()["id"])
    waiting = trade.receiver.get("/offers", my_turn="true").json["items"]
    assert [row["id"] for row in waiting] == [offer["id"]]
    assert trade.supplier.get("/offers", my_turn="true").json["items"] == []
    assert len(trade.supplier.get("/offers", status="open,accepted").json["items"]) == 2
    about = {"listing_id": trade.supply["id"], "from": "2026-12-01", "until": "2026-12-01"}
    assert [row["id"] for row in trade.admin.get("/offers", **about).json["items"]] == [offer["id"]]
    stranger = trade.marketplace.enterprise("generator", "recycler")
    assert stranger.get("/offers").json["items"] == stranger.get("/deals").json["items"] == []

    here, elsewhere = trade.marketplace.regulator("330600"), trade.marketplace.regulator("310000")
    assert [row["id"] for row in here.get("/deals").json["items"]] == [deal["id"]]
    assert elsewhere.get("/deals").json["items"] == elsewhere.get("/offers").json["items"] == []
    contacts = here.get(f"/deals/{deal['id']}").json["contacts"]
    assert contacts["supplier"], "its own region"


def test_who_is_not_approved_makes_and_accepts_nothing(trade):
    offer = trade.offer()
    trade.admin.post(f"/enterprises/{trade.receiver.id}/suspend", {"reason": "停业整顿"})
    refused(trade.receiver.post(f"/offers/{offer['id']}/accept", {}), 403, "enterprise_suspended")
    refused(trade.admin.post(f"/offers/{offer['id']}/accept", {"reason": "x"}), 409, "party_may_not_trade")
    assert trade.receiver.post(f"/offers/{offer['id']}/reject", {}).status_code == 200


def test_writing_needs_the_scope_for_deals(trade):
    reading = trade.supplier.post("/api-keys", {"name": "只读", "scopes": ["read"]}).json
    reader = Party(trade.marketplace, reading["api_key"], trade.supplier.id)
    refused(trade.ask(by=reader), 403, "scope_missing")


def test_each_side_hears_of_what_the_other_does(trade):
    offer = trade.offer()
    trade.receiver.post(f"/offers/{offer['id']}/counter", TERMS)
    trade.supplier.post(f"/offers/{offer['id']}/accept", {})
    trade.marketplace.settle()
    (received,) = trade.receiver.inbox("offer.received")
    assert received["data"]["quantity_t"] == 60.0
    assert "酸厂" in received["detail"]
    assert len(trade.supplier.inbox("offer.countered")) == 1
    assert len(trade.receiver.inbox("offer.accepted")) == 1
    assert trade.supplier.inbox("offer.accepted") == []


def test_an_offer_ends_with_the_last_day_of_its_terms(trade):
    """No deal is made for days that are over, nor tonnes of a year that is: however the day got there."""
    short = trade.offer(until="2026-12-03")
    assert short["valid_until"] == "2026-12-03T16:00:00Z", "the end of the day in Shanghai"
    long = trade.offer(supply_id=trade.more_supply()["id"], valid_until="2027-01-20T10:00:00Z")
    last_year = {**TERMS, "valid_until": "2027-01-20T10:00:00Z", "until": "2026-12-31"}
    trade.receiver.post(f"/offers/{long['id']}/counter", last_year)

    trade.marketplace.now = trade.marketplace.now.replace(day=4)
    refused(trade.receiver.post(f"/offers/{short['id']}/accept", {}), 409, "wrong_state")
    trade.marketplace.now = trade.marketplace.now.replace(year=2027, month=1)
    refused(trade.supplier.post(f"/offers/{long['id']}/accept", {}), 409, "wrong_state")


@pytest.mark.parametrize(
    ("owner", "listing", "terms"),
    [
        ("supplier", "supply", {"waste": {"scheme": "cn-hw", "code": "900-300-34"}}),
        ("supplier", "supply", {"form": "solid"}),
        ("receiver", "demand", {"location": {"lon": 120.9, "lat": 30.1, "crs": "wgs84"}}),
    ],
)
def test_what_is_traded_is_not_swapped_under_an_offer(trade, owner, listing, terms):
    party, other = getattr(trade, owner), "receiver" if owner == "supplier" else "supplier"
    offer = trade.offer(by=party)
    changed = trade.marketplace.change(party, getattr(trade, listing), **terms)
    path, answering = f"/offers/{offer['id']}", getattr(trade, other)
    refused(answering.post(f"{path}/accept", {}), 409, "listing_changed")
    assert trade.remaining(changed) == changed["quantity_t"]
    assert answering.post(f"{path}/counter", TERMS).status_code == 200
    assert party.post(f"{path}/accept", {}).status_code == 200


def test_terms_beside_the_waste_may_change_under_an_offer(trade):
    offer = trade.offer()
    trade.marketplace.change(trade.supplier, trade.supply, title="稀硫酸", quantity_t=90.0, min_lot_t=20.0)
    assert trade.receiver.post(f"/offers/{offer['id']}/accept", {}).status_code == 200


def test_a_note_is_text_and_no_html(trade):
    asked = {"scheme": "cn-hw", "code": "900-349-34", "tonnes": 20}
    for note in ("<b>急</b>", "<script src=x>", "x <!-- y", '<IMG src="a">'):
        refused(trade.ask(note=note), 422, "invalid_input", "note")
        contact = trade.supplier.post(f"/receivers/{trade.receiver.id}/requests", {**asked, "note": note})
        refused(contact, 422, "invalid_input", "note")


def test_a_note_may_compare(trade):
    assert trade.offer(note="pH<2, Fe <5% 且 >1%")["note"] == "pH<2, Fe <5% 且 >1%"
