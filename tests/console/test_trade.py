"""The pages of the trade, from a match to a settled load, by the hands of those who make it."""

import pytest

from tests.console.hand import Hand
from tests.console.people import browser_of, browser_of_staff
from tests.console.trading import PHONES, Trading, photo
from tests.manifests.trade import TRUCK, official_number, ok

MOST_INTERACTIONS = 8
"""From a new match to a signed contract, on each side: clicks, presses and fields that are filled in."""


@pytest.fixture
def town(marketplace):
    with marketplace.at_its_time():
        yield Trading(marketplace)


def test_a_deal_is_offered_signed_loaded_received_and_settled_on_pages(town):
    supplier = Hand(town.supplier, town.first_offer)
    supplier.fill(quantity_t="40", price_cny_per_t="-120").press("提交报价")
    assert "等待对方答复" in supplier.page.text
    made = supplier.at
    assert supplier.again().at == made
    assert len(town.trade.supplier.get("/offers").json["items"]) == 1

    receiver = Hand(town.receiver, "/offers").click("答复").press("接受并签订")
    deal = receiver.at
    assert "双方已签订" in receiver.page.text
    assert receiver.again().at == deal
    contract = town.receiver.client.get(f"/api/v1{deal}/contract.pdf")
    assert contract.data.startswith(b"%PDF")
    assert contract.headers["Content-Disposition"].startswith("attachment")

    supplier.go(deal).click("新建联单").fill(quantity_t="20").press("生成草稿")
    load = supplier.at
    assert supplier.again().at == load
    supplier.fill(official_number=official_number()).press("保存").press("签发联单")
    assert supplier.again().at == load

    driver = Hand(town.driver, "/today").click("装运")
    driver.fill(weight_t="19.8", **TRUCK).press("签署并装运", photo=photo(), signature=photo(name="李工.png"))
    assert driver.at == load
    assert driver.again().at == load
    driver.press("确认送达")

    gate = Hand(town.gate, "/loads").click("签收")
    gate.fill(weight_t="19.8", signed_name="赵门卫").press("签收", photo=photo())
    assert gate.at == load
    assert "赵门卫" in gate.page.text
    gate.press("办结联单")
    known = ok(town.trade.supplier.get(f"/manifests/{load.rsplit('/', 1)[-1]}"))
    assert (known["status"], known["received_t"], len(known["files"])) == ("closed", 19.8, 2)
    # the driver drew the same picture that was photographed, which is kept once

    assert "2,376" in receiver.go(deal).page.text
    receiver.press("完成交易").press("确认已开票")
    supplier.go(deal).press("确认已付款").press("提交评价")
    settled = ok(town.trade.supplier.get(deal))
    assert (settled["status"], settled["invoice_status"], len(settled["ratings"])) == ("completed", "paid", 1)


def test_from_a_match_to_a_signed_contract_takes_few_interactions_on_each_side(town):
    supplier = Hand(town.supplier, town.first_offer)
    supplier.count += 1  # the button of the match, which leads here
    supplier.fill(price_cny_per_t="-120").press("提交报价")
    receiver = Hand(town.receiver, "/today").click("答复").press("接受并签订")
    supplier.click("交易").click("查看")
    for hand in (supplier, receiver):
        assert hand.offers("下载合同")
        hand.count += 1
        assert hand.count <= MOST_INTERACTIONS


def test_terms_that_were_changed_meanwhile_are_neither_accepted_nor_lost(town):
    offer = town.offered().at
    old = Hand(town.receiver, offer)
    colleague = Hand(town.gate, offer).fill(quantity_t="30", note="分两车").press("提交还价")
    assert "分两车" in colleague.page.text
    refused = old.fill(quantity_t="25", note="先运两车").press("提交还价")
    assert refused.browser.status == 412
    assert "内容已有更改" in refused.page.text
    assert "未提交" in refused.page.text
    assert "先运两车" in refused.page.text
    assert old.go(offer).page.text.count("还价") < 3
    supplier = Hand(town.supplier, offer)
    assert "30 吨" in supplier.page.text
    late = Hand(town.gate, offer).fill(reason="撤回重报")
    supplier.fill(quantity_t="28").press("提交还价")
    late.press("撤回报价")
    assert (late.browser.status, "撤回重报" in late.page.text) == (412, True), (
        "it is no longer theirs to withdraw"
    )
    supplier = Hand(town.supplier, offer)
    Hand(town.receiver, offer).fill(quantity_t="29").press("提交还价")
    supplier = Hand(town.supplier, offer)
    supplier.press("拒绝报价")
    assert "已拒绝" in supplier.page.text


def test_what_is_odd_about_terms_is_said_once_on_the_page_of_the_offer(town):
    hand = Hand(town.supplier, town.first_offer).fill(price_cny_per_t="-120000").press("提交报价")
    assert "不合常理" in hand.page.text
    assert "不合常理" not in hand.go(hand.at).page.text


def test_what_cannot_be_read_is_said_beside_its_field_and_stays_as_typed(town):
    hand = (
        Hand(town.supplier, town.first_offer)
        .fill(quantity_t="很多", price_cny_per_t="-120", valid_until="明天")
        .press("提交报价")
    )
    assert hand.browser.status == 422
    fields = {given.get("name"): given for given in hand.page.all("input")}
    assert fields["quantity_t"]["value"] == "很多"
    assert fields["quantity_t"]["aria-invalid"] == fields["valid_until"]["aria-invalid"] == "true"
    assert hand.page.faults == []
    assert "请填写日期和时间（北京时间），如 2026-12-01 18:00。" in hand.page.text
    hand.fill(quantity_t="６０", valid_until="2026/12/10 18:00").press("提交报价")
    assert "60 吨" in hand.page.text


def test_pictures_that_cannot_be_kept_are_named_and_nothing_else_is_lost(town):
    load = town.trade.issued(planned_on="2026-12-01")
    hand = Hand(town.driver, f"/loads/{load['id']}/pickup").fill(weight_t="20", **TRUCK)
    heic = photo(b"\x00\x00\x00\x18ftypheic" + b"x" * 40, "IMG_1.HEIC", "image/heic")
    for sent, said in (
        (heic, "HEIC"),
        (photo(b"x" * (10 * 2**20 + 1)), "10 MB"),
        (photo(b"hello, this is text"), "不是 JPEG 或 PNG"),
    ):
        hand.typed = {"weight_t": "20", **TRUCK}
        hand.press("签署并装运", photo=sent)
        assert hand.browser.status == 422
        assert said in hand.page.text
        values = {given.get("name"): given.get("value") for given in hand.page.all("input")}
        assert (values["weight_t"], values["vehicle"]) == ("20", TRUCK["vehicle"])
    assert town.trade.show(load)["status"] == "issued"
    hand.press("签署并装运", photo=photo())
    assert town.trade.show(load)["status"] == "moving"


def test_a_session_that_ends_at_the_gate_loses_nothing(town):
    load = town.trade.issued(planned_on="2026-12-01")
    hand = Hand(town.driver, f"/loads/{load['id']}/pickup").fill(weight_t="20", **TRUCK)
    town.marketplace.wait(hours=13)
    hand.press("签署并装运", photo=photo())
    assert hand.browser.status == 401
    kept = {f["name"]: f["value"] for f in hand.page.all("input") if f.get("name", "").startswith("kept.")}
    assert kept["kept.weight_t"] == "20"
    shown = town.driver.log_in(PHONES["driver"], next=f"/loads/{load['id']}/pickup", **kept)
    fields = {f["name"]: f["value"] for f in shown.page.all("input")}
    assert town.driver.post(f"/loads/{load['id']}/pickup", **fields).location == f"/loads/{load['id']}"
    assert town.trade.show(load)["status"] == "moving"


def test_every_other_step_of_a_load_is_made_on_its_page(town):
    trade = town.trade
    carrier = browser_of(trade.carrier, "13800138005")
    supplier = Hand(town.supplier, f"/loads/{trade.draft(planned_on='2026-12-01')['id']}")
    load = {"id": supplier.id}
    supplier.press("委托承运")
    hauler = Hand(carrier, supplier.at)
    hauler.fill(planned_at="2026-12-02T09:00", **TRUCK).press("确认排车").fill(reason="车辆检修").press(
        "退回"
    )
    assert trade.show(load)["status"] == "draft"
    supplier.go(supplier.at).fill(official_number=official_number()).press("保存").press("签发联单")
    town.picked_up(load)
    gate = Hand(town.gate, f"/loads/{load['id']}/receipt")
    gate.fill(weight_t="19", refused_t="4", reason="成分不符").press("签收")
    assert trade.show(load)["status"] == "partly_refused"
    supplier.go(supplier.at).fill(reason="途中蒸发").press("提交说明")
    gate.go(f"/loads/{load['id']}").fill(weight_t="19.5", reason="磅单有误").press("申请更正")
    supplier.go(supplier.at).press("同意更正")
    assert trade.show(load)["received_t"] == 19.5
    gate.go(gate.at).press("办结联单")
    assert "R6 酸或碱的再生" in gate.page.text
    (asked,) = [form.fields for form in gate.parts.forms if "登记结果" in form.actions]
    assert (asked["operation"], asked["quantity_t"]) == ("", "15.5"), "nothing is chosen for the receiver"
    gate.fill(on="2026-12-01", quantity_t="15", operation="R5").press("登记结果")
    assert trade.show(load)["outcomes"][0]["operation"] == "R5"
    supplier.go(supplier.at).fill(kind="return").press("新建后续联单")
    assert trade.show({"id": supplier.id})["kind"] == "return"
    supplier.fill(reason="改期").press("取消联单")
    assert trade.show({"id": supplier.id})["status"] == "cancelled"
    whole = trade.moving(5.0)
    Hand(town.gate, f"/loads/{whole['id']}").fill(reason="种类不符").press("整车拒收")
    assert trade.show(whole)["status"] == "refused"
    other = Hand(town.supplier, f"/loads/{whole['id']}").press("再建一份相同联单")
    assert other.id != whole["id"]


def test_a_deal_is_checked_cancelled_disputed_and_settled_on_its_page(town):
    deal = f"/deals/{town.trade.deal['id']}"
    supplier = Hand(town.supplier, deal).click("核验受托单位")
    supplier.typed = dict.fromkeys(("registration", "ability", "contract"), "true")
    supplier.press("确认三项均已核实")
    assert "已确认" in supplier.page.text
    supplier.click("D3306")
    supplier.fill(reason="停产检修", fault="receiver").press("取消交易")
    receiver = Hand(town.receiver, deal).fill(reason="并非我方责任").press("提出争议")
    assert "争议" in receiver.page.text
    staff = browser_of_staff(town.marketplace)
    Hand(staff, deal).fill(outcome="cancelled", fault="none", reason="双方均无过错").press("裁定")
    settled = town.trade.deal_now()
    assert (settled["status"], settled["fault"]) == ("cancelled", "none")


def test_a_step_that_somebody_else_has_made_meanwhile_is_said_and_not_made_again(town):
    load = town.trade.draft(planned_on="2026-12-01")
    supplier = Hand(town.supplier, f"/loads/{load['id']}")
    colleague = browser_of(town.trade.supplier, "13800138006", "trader")
    Hand(colleague, supplier.at).press("签发联单")
    refused = supplier.press("签发联单")
    assert refused.browser.status == 412
    assert "内容已有更改" in refused.page.text
    assert len(town.trade.show(load)["signatures"]) == 1


def test_nobody_signs_what_another_person_filled_in_on_the_same_telephone(town):
    load = town.trade.issued(planned_on="2026-12-01")
    hand = Hand(town.driver, f"/loads/{load['id']}/pickup").fill(weight_t="20", **TRUCK)
    hand.browser = browser_of(town.trade.carrier, "13800138777", "driver")
    hand.press("签署并装运", photo=photo())
    assert hand.browser.status == 409
    assert "由另一人填写" in hand.page.text
    assert town.trade.show(load)["status"] == "issued"
    hand.browser = town.driver
    hand.again()
    assert town.trade.show(load)["status"] == "moving"
