"""Deals: loaded, ended, disputed, settled, rated and invoiced."""

from datetime import date
from uuid import uuid4

import pytest

from marketplace.deals import service as deals
from marketplace.errors import Conflict
from tests.http.responses import refused

LOAD_DAY = date(2026, 12, 2)
POINTS = {"punctual": 5, "as_described": 4, "cooperation": 5, "safety": 3}


def close_a_load(trade, deal, planned, accepted, refused_kg=0):
    """One load from its plan to its end, in kilograms, as manifests make it."""
    manifest = uuid4()
    with trade.loading(deal) as (work, row):
        deals.plan_load(work, row, planned)
        deals.issue_load(work, row, planned, LOAD_DAY, manifest)
    with trade.loading(deal) as (work, row):
        moving = accepted + refused_kg
        deals.start_load(work, row, planned, moving)
        deals.close_load(work, row, moving, accepted, refused_kg, LOAD_DAY, manifest)


def test_a_listing_with_nothing_left_is_fulfilled_and_opens_again(trade):
    deal = trade.deal(quantity_t=100.0)
    assert trade.supplier.get(f"/listings/{trade.supply['id']}").json["status"] == "fulfilled"
    cancelled = trade.receiver.post(f"/deals/{deal['id']}/cancel", {"reason": "检修", "fault": "receiver"})
    assert (cancelled.json["status"], cancelled.json["left_t"]) == ("cancelled", 0.0)
    again = trade.supplier.get(f"/listings/{trade.supply['id']}").json
    assert (again["status"], again["remaining_t"]) == ("open", 100.0)


def test_tonnes_pass_from_left_to_accepted_and_refused_ones_come_back(trade):
    deal = trade.deal()
    close_a_load(trade, deal, 20_000, 15_000, 5_000)
    shown = trade.look(deal)
    assert (shown["status"], shown["accepted_t"], shown["refused_t"]) == ("moving", 15.0, 5.0)
    assert (shown["left_t"], shown["shipped_t"]) == (40.0, 20.0)

    done = trade.supplier.post(f"/deals/{deal['id']}/complete", {}).json
    assert (done["status"], done["left_t"]) == ("completed", 0.0)
    assert trade.remaining(trade.supply) == 80.0, "the refused tonnes are on their way back"
    with trade.loading(deal) as (work, row):
        deals.return_load(work, row, 5_000)
    assert trade.remaining(trade.supply) == 85.0


def test_more_than_is_left_is_not_loaded(trade):
    deal = trade.deal()
    with pytest.raises(Conflict, match="not_enough_left"), trade.loading(deal) as (work, row):
        deals.plan_load(work, row, 60_001)
    with trade.loading(deal) as (work, row):
        deals.plan_load(work, row, 60_000)
        deals.replan_load(work, row, 60_000, 50_000)
    assert trade.look(deal)["left_t"] == 10.0


def test_a_deal_does_not_end_with_a_load_in_flight(trade):
    deal, manifest = trade.deal(), uuid4()
    with trade.loading(deal) as (work, row):
        deals.plan_load(work, row, 20_000)
        deals.issue_load(work, row, 20_000, LOAD_DAY, manifest)
    for step, body in (("complete", {}), ("cancel", {"reason": "x", "fault": "none"})):
        refused(trade.supplier.post(f"/deals/{deal['id']}/{step}", body), 409, "loads_in_flight")
    with trade.loading(deal) as (work, row):
        deals.unissue_load(work, row, manifest)
        deals.unplan_load(work, row, 20_000)
    assert trade.supplier.post(f"/deals/{deal['id']}/complete", {}).status_code == 200
    with pytest.raises(Conflict, match="wrong_state"), trade.loading(deal) as (work, row):
        deals.plan_load(work, row, 1_000)


def test_the_side_that_did_not_end_a_deal_may_dispute_it_for_a_week(trade):
    deal = trade.deal()
    path = f"/deals/{deal['id']}"
    trade.supplier.post(f"{path}/cancel", {"reason": "对方未到", "fault": "receiver"})
    refused(trade.supplier.post(f"{path}/dispute", {"reason": "x"}), 409, "dispute_over")
    disputed = trade.receiver.post(f"{path}/dispute", {"reason": "车已到厂"}).json
    assert (disputed["status"], disputed["disputed_by"], disputed["fault"]) == (
        "disputed", "receiver", "receiver"
    )  # fmt: skip
    settled = trade.admin.post(f"{path}/settle", {"outcome": "moving", "reason": "双方同意继续"}).json
    assert (settled["status"], settled["left_t"]) == ("moving", 60.0)
    assert trade.remaining(trade.supply) == 40.0, "reserved again"

    trade.supplier.post(f"{path}/complete", {})
    trade.marketplace.wait(days=8)
    refused(trade.receiver.post(f"{path}/dispute", {"reason": "x"}), 409, "dispute_over")


def test_a_dispute_is_not_settled_with_tonnes_that_others_have(trade):
    deal = trade.deal()
    trade.supplier.post(f"/deals/{deal['id']}/cancel", {"reason": "x", "fault": "receiver"})
    trade.deal(quantity_t=90.0)
    trade.receiver.post(f"/deals/{deal['id']}/dispute", {"reason": "x"})
    settle = f"/deals/{deal['id']}/settle"
    refused(trade.admin.post(settle, {"outcome": "moving", "reason": "x"}), 409, "not_enough_left")
    assert trade.admin.post(settle, {"outcome": "cancelled", "reason": "x"}).json["status"] == "cancelled"
    refused(trade.receiver.post(f"/deals/{deal['id']}/dispute", {"reason": "x"}), 409, "dispute_over")


def test_a_deal_lapses_thirty_days_after_its_last_day_with_nothing_in_flight(trade):
    idle = trade.deal(until="2026-12-31", quantity_t=50.0)
    loaded = trade.deal(until="2026-12-31", quantity_t=50.0)
    with trade.loading(loaded) as (work, row):
        deals.plan_load(work, row, 20_000)
        deals.issue_load(work, row, 20_000, LOAD_DAY, uuid4())
    trade.marketplace.wait(days=60)
    assert trade.look(idle)["status"] == "agreed"
    trade.marketplace.wait(days=1)
    assert (trade.look(idle)["status"], trade.look(loaded)["status"]) == ("lapsed", "moving")
    assert trade.remaining(trade.supply) == 50.0


def test_a_load_of_another_year_takes_the_tonnes_of_its_year(trade):
    deal = trade.deal(until="2027-03-31")

    def reserved(year):
        line = trade.admin.get(f"/licences/{trade.licence['id']}").json["lines"][0]
        found = [row for row in line["years"] if row["year"] == year]
        return found[0]["reserved_t"] if found else 0.0

    assert (reserved(2026), reserved(2027)) == (0.0, 60.0)
    manifest = uuid4()
    with trade.loading(deal) as (work, row):
        deals.plan_load(work, row, 20_000)
        deals.issue_load(work, row, 20_000, LOAD_DAY, manifest)
    assert (reserved(2026), reserved(2027)) == (20.0, 40.0)
    with trade.loading(deal) as (work, row):
        deals.unissue_load(work, row, manifest)
        deals.issue_load(work, row, 20_000, date(2027, 2, 1), manifest)
    assert (reserved(2026), reserved(2027)) == (20.0, 40.0), "2027 had enough without it"


def test_each_side_rates_once_and_reads_the_others_rating_when_both_have(trade):
    deal = trade.deal()
    path = f"/deals/{deal['id']}"
    refused(trade.supplier.post(f"{path}/rate", POINTS), 409, "wrong_state")
    trade.supplier.post(f"{path}/complete", {})
    assert len(trade.supplier.post(f"{path}/rate", POINTS).json["ratings"]) == 1
    refused(trade.supplier.post(f"{path}/rate", POINTS), 409, "rated_already")
    assert trade.receiver.get(path).json["ratings"] == []
    rated = trade.receiver.post(f"{path}/rate", {**POINTS, "safety": 1}).json["ratings"]
    assert [(row["by"], row["safety"]) for row in rated] == [("receiver", 1), ("supplier", 3)]


def test_a_rating_is_shown_after_a_week_though_the_other_side_gives_none(trade):
    deal = trade.deal()
    path = f"/deals/{deal['id']}"
    trade.supplier.post(f"{path}/complete", {})
    trade.supplier.post(f"{path}/rate", POINTS)
    trade.marketplace.wait(days=7)
    assert len(trade.receiver.get(path).json["ratings"]) == 1


def test_the_settlement_goes_by_accepted_weight(trade):
    deal = trade.deal(minimum_charge_cny=3000.0)
    path = f"/deals/{deal['id']}/settlement"
    assert trade.supplier.get(path).json["total_cny"] == 0.0
    close_a_load(trade, deal, 20_000, 15_000, 5_000)
    owed = trade.supplier.get(path).json
    assert (owed["accepted_t"], owed["amount_cny"], owed["total_cny"]) == (15.0, -1800.0, 3000.0)
    assert (owed["payer"], owed["payee"], owed["tax_rate"]) == ("supplier", "receiver", 0.06)
    assert (owed["net_cny"], owed["tax_cny"]) == (2830.19, 169.81)
    close_a_load(trade, deal, 20_000, 20_000)
    assert trade.receiver.get(path).json["total_cny"] == 4200.0


def test_the_payee_issues_the_invoice_and_the_payer_pays_it(trade):
    deal = trade.deal()
    path = f"/deals/{deal['id']}/invoice"
    refused(trade.supplier.post(path, {"status": "issued"}), 409, "not_your_turn")
    refused(trade.supplier.post(path, {"status": "paid"}), 409, "wrong_state")
    assert trade.receiver.post(path, {"status": "issued"}).json["invoice_status"] == "issued"
    assert trade.supplier.post(path, {"status": "paid"}).json["invoice_status"] == "paid"
    free = trade.deal(quantity_t=20.0, price_cny_per_t=0.0)
    refused(trade.receiver.post(f"/deals/{free['id']}/invoice", {"status": "issued"}), 409, "nothing_owed")


def test_general_waste_needs_no_permit(marketplace):
    from tests.deals.trade import Trade

    trade = Trade(marketplace)
    slag = {"scheme": "cn-sw", "code": "SW03"}
    trade.supply = marketplace.supply(trade.supplier, title="炉渣", waste=slag, quantity_t=100.0)
    trade.demand = marketplace.demand(trade.receiver, title="收炉渣", accepts=[slag], quantity_t=500.0)
    deal = trade.deal()
    assert deal["legal_basis"]["kind"] == "general"
    close_a_load(trade, deal, 60_000, 60_000)
    assert trade.look(deal)["accepted_t"] == 60.0


def test_each_side_hears_how_a_deal_ends(trade):
    deal = trade.deal()
    trade.supplier.post(f"/deals/{deal['id']}/cancel", {"reason": "停产", "fault": "supplier"})
    trade.marketplace.settle()
    trade.receiver.post(f"/deals/{deal['id']}/dispute", {"reason": "损失未赔"})
    trade.admin.post(f"/deals/{deal['id']}/settle", {"outcome": "cancelled", "reason": "已核实"})
    trade.marketplace.settle()
    (told,) = trade.receiver.inbox("deal.cancelled")
    assert "停产" in told["detail"]
    assert len(trade.supplier.inbox("deal.disputed")) == 1
    assert len(trade.supplier.inbox("deal.settled")) == len(trade.receiver.inbox("deal.settled")) == 1


def test_a_listing_cut_down_to_what_deals_hold_is_fulfilled(trade):
    deal = trade.deal()
    cut = trade.marketplace.change(trade.supplier, trade.supply, quantity_t=60.0)
    assert (cut["status"], cut["remaining_t"]) == ("fulfilled", 0.0)
    less = trade.marketplace.change(trade.receiver, trade.demand, quantity_t=60.0)
    assert less["status"] == "fulfilled"
    trade.supplier.post(f"/deals/{deal['id']}/cancel", {"reason": "停产", "fault": "none"})
    again = trade.supplier.get(f"/listings/{trade.supply['id']}").json
    assert (again["status"], again["remaining_t"]) == ("open", 60.0)


def test_nothing_is_invoiced_for_a_deal_that_ended_without_a_load(trade):
    done, gone = trade.deal(quantity_t=20.0), trade.deal(quantity_t=20.0)
    trade.supplier.post(f"/deals/{done['id']}/complete", {})
    trade.supplier.post(f"/deals/{gone['id']}/cancel", {"reason": "停产", "fault": "none"})
    for deal in (done, gone):
        path = f"/deals/{deal['id']}/invoice"
        refused(trade.receiver.post(path, {"status": "issued"}), 409, "nothing_owed")


@pytest.mark.parametrize("side", ["supplier", "receiver"])
def test_a_fault_that_an_admin_names_is_open_to_dispute_whoever_has_it(trade, side):
    deal, accused = trade.deal(), getattr(trade, side)
    path = f"/deals/{deal['id']}"
    trade.admin.post(f"{path}/cancel", {"reason": "电话告知", "fault": side})
    trade.marketplace.settle()
    assert accused.standing()["score"] == 80, "it may still be disputed"
    assert accused.post(f"{path}/dispute", {"reason": "不属实"}).json["disputed_by"] == side


def test_the_time_to_dispute_counts_from_the_latest_end(trade):
    deal = trade.deal()
    path = f"/deals/{deal['id']}"
    cancel = f"{path}/cancel", {"reason": "对方未到", "fault": "receiver"}
    trade.supplier.post(*cancel)
    trade.marketplace.wait(days=5)
    trade.receiver.post(f"{path}/dispute", {"reason": "已到厂"})
    trade.admin.post(f"{path}/settle", {"outcome": "moving", "reason": "继续"})
    trade.supplier.post(*cancel)
    trade.marketplace.wait(days=5)
    assert trade.receiver.standing()["score"] == 80, "ten days after the first end, five after the second"
    trade.marketplace.wait(days=2)
    assert trade.receiver.standing()["score"] < 80
