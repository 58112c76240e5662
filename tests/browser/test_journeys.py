"""The days of six people on their phones, in a real Chromium: each clicks, types, draws and gets done."""

import pytest

from tests.browser.people import ADMIN, REGULATOR, admin_of, hire, log_in_wholly
from tests.browser.phone import Phone
from tests.console.trading import PHONES, Trading
from tests.manifests.trade import TRUCK, ok
from tests.marketplace import new_uscc
from tests.persons.people import PASSWORD

MANAGER = "13800138060"
ACCUSED = "失信厂"


def make_people(marketplace):
    """A town that trades, a load of today, one at the receiver's gate: no journey touches another's."""
    town = Trading(marketplace)
    trade = town.trade
    town.waiting = trade.issued(5.0, planned_on="2026-12-01")
    town.arrived = trade.by(trade.carrier, trade.moving(6.0), "deliver", lon=120.58, lat=30.03)
    hire(marketplace, REGULATOR, marketplace.regulator("330600").id)
    marketplace.settle()
    return town


@pytest.fixture
def town(kept):
    with kept(make_people) as town:
        yield town


@pytest.fixture
def phone(browser, origin):
    phone = Phone(browser, origin)
    yield phone
    phone.close()


def test_a_plant_manager_registers_posts_and_gets_a_signed_contract(phone, town):
    uscc = new_uscc()
    phone.open("/").click("企业注册")
    phone.fill(uscc=uscc, name="新酸厂", region="柯桥区", password=PASSWORD)
    phone.fill(**{"contact.name": "王厂长", "contact.phone": MANAGER, "contact.email": "wang@example.com"})
    phone.tick("产废单位").press("提交注册")
    assert phone.says("正在等待审核")
    approve(town.marketplace, uscc)

    phone.click("发布").fill(title="废酸 900-349-34").press("下一步")
    phone.fill(quantity="40").press("下一步")
    phone.fill(price_cny_per_t="120").press("下一步").press("发布")
    phone.press("有意向").click("报价").press("提交报价")
    assert phone.says("等待对方答复")
    (offer,) = town.trade.receiver.get("/offers", my_turn=True).json["items"]
    ok(town.trade.receiver.post(f"/offers/{offer['id']}/accept", {}))
    phone.click("交易").click("查看")
    assert phone.says("双方已签订")
    with phone.page.expect_download() as contract:
        phone.page.get_by_role("link", name="下载合同").tap()
    assert contract.value.path().read_bytes().startswith(b"%PDF")


def approve(marketplace, uscc):
    """By the staff, through the service."""
    (firm,) = marketplace.admin.get("/enterprises", q=uscc).json["items"]
    ok(marketplace.admin.post(f"/enterprises/{firm['id']}/approve", {}))


def test_a_recycler_finds_a_supply_in_the_hall_and_closes_the_deal(phone, town):
    supplier = town.marketplace.enterprise("generator", name="二号酸厂")
    supply = town.marketplace.supply(supplier, title="酸洗废液", quantity_t=30.0, min_lot_t=1.0)
    phone.log_in(PHONES["receiver"]).click("市场")
    phone.fill(q="酸洗废液").press("查询").click("酸洗废液").click("对比").click("报价")
    phone.fill(price_cny_per_t="-150").press("提交报价")
    (offer,) = supplier.get("/offers", my_turn=True).json["items"]
    terms = {name: offer[name] for name in ("quantity_t", "valid_until")}
    ok(supplier.post(f"/offers/{offer['id']}/counter", {**terms, "price_cny_per_t": -130.0}))
    phone.click("今天").click_exactly("答复").press("接受并签订")
    assert phone.says("双方已签订")
    assert supplier.get(f"/listings/{supply['id']}").json["remaining_t"] == 0


def test_a_driver_weighs_and_signs_for_the_load_of_the_day(phone, town):
    load = town.waiting
    phone.log_in(PHONES["driver"]).click(f"装运 {load['number']}")
    phone.fill(weight_t="4.9", signed_name="张三", **TRUCK).draw()
    phone.press("签署并装运")
    assert phone.path == f"/loads/{load['id']}"
    known = town.trade.show(load)
    assert (known["status"], known["picked_up_t"]) == ("moving", 4.9)
    assert [file["shows"] for file in known["files"]] == ["signature"]


def test_a_receiver_weighs_and_signs_at_the_gate(phone, town):
    load = town.arrived
    phone.log_in(PHONES["gate"]).click("交易").click("联单").click(f"签收 {load['number']}")
    phone.fill(weight_t="5.95", signed_name="赵门卫").draw()
    phone.press("签收")
    assert phone.path == f"/loads/{load['id']}"
    phone.press("办结联单")
    known = town.trade.show(load)
    assert (known["status"], known["received_t"]) == ("closed", 5.95)


def test_a_regulator_looks_at_the_cockpit_and_inspects_a_plant(phone, town):
    log_in_wholly(phone, REGULATOR, town.marketplace)
    phone.open("/cockpit")
    phone.click("企业").fill(q="酸厂").press("查询").click("酸厂").press("开始")
    for met in phone.page.get_by_label("符合", exact=True).all():
        met.check()
    phone.press("完成检查")
    assert phone.says("检查报告")


def test_an_admin_goes_from_a_review_to_the_board(phone, marketplace):
    """In a town of its own, where forty days pass."""
    marketplace.enterprise("generator", approved=False, name=ACCUSED)
    hire(marketplace, ADMIN, admin_of(marketplace))
    log_in_wholly(phone, ADMIN, marketplace)
    phone.open("/desk").click_in(ACCUSED, "企业注册").press("批准")
    phone.click("企业").fill(q=ACCUSED).press("查询").click(ACCUSED)
    for number in (1, 2):
        phone.click("录入信用记录")
        phone.page.select_option("[name=rule]", "law.penalty_major")
        days = {"effective_on": "2026-08-20", "decided_on": "2026-08-01", "served_on": "2026-08-20"}
        phone.fill(
            note="超标排放", document=f"绍环罚决〔2026〕手{number}号", authority="绍兴市生态环境局", **days
        )
        phone.press("录入")
    marketplace.wait(days=40)
    phone.open("/board")
    assert phone.says(ACCUSED)
