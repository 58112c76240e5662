"""What is answered or loaded several at once, by pages."""

import pytest

from tests.console.hand import Hand
from tests.console.people import browser_of
from tests.console.trading import Trading
from tests.manifests.trade import TERMS, ok


@pytest.fixture
def town(marketplace):
    """A supplier with three kinds of waste for one receiver."""
    with marketplace.at_its_time():
        town = Trading(marketplace)
        firm, about = town.trade.supplier, {"quantity_t": 60.0, "min_lot_t": 1.0}
        more = [marketplace.supply(firm, title=title, **about) for title in ("废酸二", "废酸三")]
        town.supplies = [town.trade.supply, *more]
        yield town


def offers_of(town, supplies, quantity_t=10.0):
    return [
        ok(
            town.trade.supplier.post(
                "/offers",
                {
                    **TERMS,
                    "quantity_t": quantity_t,
                    "supply_id": supply["id"],
                    "demand_id": town.trade.demand["id"],
                },
            ),
            201,
        )
        for supply in supplies
    ]


def deals_of(town, supplies):
    return [
        ok(town.trade.receiver.post(f"/offers/{offer['id']}/accept", {}))["deal"]
        for offer in offers_of(town, supplies)
    ]


def statuses(town, offers):
    return [ok(town.trade.receiver.get(f"/offers/{offer['id']}"))["status"] for offer in offers]


def test_several_offers_are_answered_at_once_and_a_second_press_changes_nothing(town):
    offers = offers_of(town, town.supplies)
    hand = Hand(town.receiver, "/offers")
    assert "勾选" in hand.page.text
    hand.fill(answer="accept").press("接受并签订所选")
    assert town.receiver.status == 422
    assert "请先勾选" in hand.page.text

    ids = [offer["id"] for offer in offers[:2]]
    hand.go("/offers").fill(answer="accept", ids=ids).press("接受并签订所选")
    assert statuses(town, offers) == ["accepted", "accepted", "open"]
    assert hand.page.text.count("合同已签订") == 2
    assert hand.page.faults == []
    for _ in range(2):
        hand.again()
        assert hand.page.text.count("合同已签订") == 2
    assert len(ok(town.trade.receiver.get("/deals"))["items"]) == 2
    assert any("/deals/" in href for _, href in hand.parts.links)


def test_an_answer_that_is_refused_is_said_beside_those_that_are_not(town):
    offers = offers_of(town, town.supplies)
    hand = Hand(town.receiver, "/offers")
    ok(town.trade.supplier.post(f"/offers/{offers[0]['id']}/withdraw", {}))
    ok(town.trade.receiver.post(f"/offers/{offers[1]['id']}/counter", {**TERMS, "quantity_t": 8.0}))
    ok(town.trade.supplier.post(f"/offers/{offers[1]['id']}/counter", {**TERMS, "quantity_t": 9.0}))
    hand.fill(answer="reject", ids=[offer["id"] for offer in offers], reason="运距过长").press("拒绝所选")
    assert statuses(town, offers) == ["withdrawn", "countered", "rejected"]
    assert hand.page.text.count("内容已有更改") == 2
    assert hand.page.text.count("已拒绝，并已通知对方") == 1
    assert ok(town.trade.supplier.get(f"/offers/{offers[2]['id']}"))["reason"] == "运距过长"

    strangers = browser_of(town.marketplace.enterprise("recycler"), "13800138022")
    shown = strangers.post("/offers/answers", answer="reject", ids=offers[1]["id"])
    assert (shown.status, "未找到" in shown.page.text) == (409, True)
    assert "废酸" not in shown.page.text
    viewer = browser_of(town.trade.receiver, "13800138021", "viewer")
    assert viewer.post("/offers/answers", answer="reject", ids=offers[1]["id"]).status == 403
    assert viewer.get("/offers").page.all("form") == []
    assert statuses(town, offers) == ["withdrawn", "countered", "rejected"]


def test_wastes_of_several_deals_are_loaded_on_one_vehicle_once(town):
    deals = deals_of(town, town.supplies)
    hand = Hand(town.supplier, "/loads").click("新建联单")
    numbered = {hand.parts.forms[-1].fields[f"lines.{n}.deal_id"]: n for n in range(3)}
    first, second = (numbered[deal["id"]] for deal in deals[:2])
    hand.press("生成草稿")
    assert town.supplier.status == 422
    assert "至少填写一项" in hand.page.text

    hand.fill(
        **{f"lines.{first}.quantity_t": "４", f"lines.{second}.quantity_t": "11", "vehicle": "浙D12345"}
    )
    hand.press("生成草稿")
    assert town.supplier.status == 409
    refused = next(part for part in hand.page.all("input") if part.get("aria-invalid"))
    assert refused["value"] == "11"
    assert "仅剩 10 吨" in hand.page.text
    assert hand.page.faults == []
    kept = hand.parts.forms[-1].fields
    assert (kept["lines.0.quantity_t"], kept["vehicle"]) == ("４", "浙D12345")

    hand.fill(**{refused["name"]: "10"}).press("生成草稿")
    load = hand.at
    assert hand.again().at == load
    (made,) = ok(town.trade.supplier.get("/manifests"))["items"]
    assert {line["deal_id"]: line["quantity_t"] for line in made["lines"]} == {
        deals[0]["id"]: 4.0, deals[1]["id"]: 10.0,
    }  # fmt: skip
    left = Hand(town.supplier, f"/loads/new?deal_id={deals[2]['id']}").parts.forms[-1].fields
    assert {left["lines.0.deal_id"], left["lines.1.deal_id"]} == {deals[0]["id"], deals[2]["id"]}


def test_a_load_goes_to_one_receiver_who_is_chosen_first(town):
    (ours,) = deals_of(town, town.supplies[:1])
    other = town.marketplace.recycler(name="乙染厂")
    demand = town.marketplace.demand(other, min_lot_t=1.0)
    about = {**TERMS, "quantity_t": 5.0, "supply_id": town.supplies[1]["id"], "demand_id": demand["id"]}
    theirs = ok(other.post(f"/offers/{ok(town.trade.supplier.post('/offers', about), 201)['id']}/accept", {}))
    hand = Hand(town.supplier, "/loads/new")
    assert not hand.offers("生成草稿")
    hand.click("选择 乙染厂")
    assert hand.parts.forms[-1].fields["lines.0.deal_id"] == theirs["deal"]["id"]
    assert "lines.1.deal_id" not in hand.parts.forms[-1].fields
    hand.press("生成草稿")
    assert "至少填写一项" in hand.page.text
    both = {"lines.0.deal_id": ours["id"], "lines.0.quantity_t": "1", "lines.1.deal_id": theirs["deal"]["id"]}
    more = {"lines.1.quantity_t": "1", "transporter_id": town.trade.carrier.id, "planned_on": "2026-12-02"}
    assert town.supplier.post("/loads/new", **both, **more).status == 422
    assert "只能由一个供货单位转移给一个接收单位" in town.supplier.page.text
    assert not Hand(town.receiver, f"/loads/new?deal_id={ours['id']}").offers("生成草稿")
    assert browser_of(other, "13800138023").get(f"/loads/new?deal_id={ours['id']}").status == 404
    assert ok(town.trade.supplier.get("/manifests"))["items"] == []
