"""Transfers to another province by pages: an application with papers and course, approvals, rights."""

from io import BytesIO

import pytest

from tests.console.hand import Hand
from tests.console.people import browser_of, browser_of_staff
from tests.console.trading import HOSTILE
from tests.counting import count_statements
from tests.licences.bodies import APPROVAL
from tests.licences.test_transfer_approvals import SHANGHAI
from tests.manifests.trade import Trade
from tests.uploaded_files import made

PERIOD = {"valid_from": "2026-11-01", "valid_until": "2027-10-31"}
TERMS = {"code": "900-349-34", "tonnes": "500", "way": "use", **PERIOD}
FORM = (lambda: BytesIO(made.PDF), "申请表.pdf", "application/pdf")


@pytest.fixture
def town(marketplace):
    """A sender and a receiver in another province, each at a browser, and an admin at another."""
    marketplace.sender = marketplace.enterprise("generator", name=f"酸厂{HOSTILE}")
    marketplace.taker = marketplace.enterprise("recycler", name="沪厂", region="310115", location=SHANGHAI)
    with marketplace.at_its_time():
        marketplace.owner = browser_of(marketplace.sender, "13800138001")
        marketplace.other = browser_of(marketplace.taker, "13800138002")
        marketplace.officer = browser_of_staff(marketplace)
        yield marketplace


def applied(town):
    """The hand of the sender at an application that it has just sent."""
    hand = Hand(town.owner, f"/transfers/new?receiver_id={town.taker.id}&code=900-349-34&tonnes=500")
    return hand.fill(way="use", **PERIOD).press("提交申请")


def sound(hand, lang=None):
    if lang:
        hand.go(f"{hand.at}?lang={lang}")
    assert hand.page.faults == []
    assert "<script>alert" not in hand.page.html
    return hand


def test_an_application_goes_from_the_form_to_the_approval_by_pages_alone(town):
    hand = sound(applied(town))
    assert "材料核对中" in hand.page.text
    sound(hand.fill(kind="form").press("上传扫描件", file=FORM)).again()
    (application,) = town.sender.get("/transfer-applications").json["items"]
    assert [paper["kind"] for paper in application["papers"]] == ["form"]
    officer = Hand(town.officer, "/settings").click("跨省转移").click("查看")
    sound(officer).fill(reason="缺合同").press("要求补正")

    today = Hand(town.owner, "/today")
    assert "酸厂" in today.page.text
    sound(today.click("补正材料")).press("补正完毕，重新提交")
    for button in ("材料齐全，受理", "已商请接受地", "接受地同意"):
        officer.go(officer.at).press(button)
    sound(officer).fill(number="浙环固转1", tonnes="300").press("登记批准")
    assert not officer.offers("登记批准")

    with count_statements() as sent:
        hand.go(hand.at)
    assert len(sent) <= 8
    steps = ("添加文件", "要求补正", "补正", "受理", "转商接受地", "接受地同意", "批准")
    assert all(step in hand.page.text for step in steps)
    assert "缺合同" in hand.page.text
    sound(hand, "en")
    shown = sound(Hand(town.other, "/transfers/approvals"))
    assert "浙环固转1" in shown.page.text
    assert "余 300 吨，共 300 吨" in shown.page.text
    assert not shown.offers("终止")


def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_done_twice_or_unseen(town):
    form = Hand(town.owner, f"/transfers/new?receiver_id={town.taker.id}")
    form.fill(**{**TERMS, "code": "HW34", "valid_until": "2026-10-31"}).press("提交申请")
    assert 'id="new-valid_until-error"' in sound(form).page.html
    form.fill(**{**TERMS, "code": "HW34"}).press("提交申请")
    assert 'id="new-code-error"' in sound(form).page.html
    hand = form.fill(**TERMS).press("提交申请")
    hand.again()
    assert len(town.sender.get("/transfer-applications").json["items"]) == 1
    path = hand.at
    heic = (lambda: BytesIO(b"\0\0\0\x18ftypheic" + b"x" * 40), "x.heic", "image/heic")
    assert "兼容性最佳" in sound(hand.fill(kind="form").press("上传扫描件", file=heic)).page.text

    seen = Hand(town.owner, path)
    assert town.sender.post(f"/transfer-applications{path.removeprefix('/transfers')}/withdraw", {}).json
    seen.fill(reason="改由他厂接收").press("撤回申请")
    assert town.owner.status == 412
    assert "改由他厂接收" in sound(seen).page.text


def test_an_officer_applies_for_a_generator_with_reasons_and_the_receiver_only_reads(town):
    hand = Hand(town.officer, "/transfers/new").fill(generator_id="没有这家", receiver_id="沪厂", **TERMS)
    assert 'id="new-generator_id-error"' in sound(hand.press("提交申请")).page.html
    hand.fill(generator_id="酸厂", receiver_id="沪厂", **TERMS).press("提交申请")
    assert "材料核对中" in sound(hand).page.text
    assert "材料核对中" in sound(Hand(town.other, hand.at)).page.text
    for step in ("withdraw", "forward"):
        assert town.other.post(f"{hand.at}/{step}", reason="x").status == 403
    hand.press("撤回申请")
    assert town.officer.status == 422
    hand.fill(reason="申请单位来函").press("撤回申请")
    assert "已撤回" in sound(hand).page.text
    assert not hand.offers("上传扫描件")


def test_an_approval_is_entered_once_and_ended_by_an_admin_alone(town):
    hand = Hand(town.officer, "/transfers/approvals")
    hand.fill(generator_id="酸厂", receiver_id="沪厂", number="浙环固转2", **TERMS)
    sound(hand.press("登记")).again()
    (approval,) = town.sender.get("/transfer-approvals").json["items"]
    hand.fill(generator_id=town.sender.number, receiver_id="沪厂", number="浙环固转2", **TERMS)
    assert "浙环固转2" in sound(hand.press("登记")).page.text
    assert town.officer.status == 409
    assert town.owner.post(f"/transfers/approvals/{approval['id']}/end").status == 403
    sound(hand.go("/transfers/approvals").press("终止 浙环固转2"))
    (approval,) = town.sender.get("/transfer-approvals").json["items"]
    assert approval["revoked_at"]


def test_a_pairing_and_a_deal_over_a_province_line_lead_to_the_application_and_name_the_approval(town):
    trade = Trade(town)
    trade.supplier, trade.receiver = town.sender, town.taker
    town.licence(town.taker)
    trade.supply = town.supply(town.sender, quantity_t=60.0, min_lot_t=1.0, max_distance_km=None)
    pairing = Hand(town.owner, f"/listings/{trade.supply['id']}/matches/{trade.demand['id']}")
    form = sound(pairing.click("申请跨省转移"))
    assert form.parts.forms[-1].fields["receiver_id"] == town.taker.id
    sides = {"generator_id": town.sender.id, "receiver_id": town.taker.id}
    entered = town.admin.post("/transfer-approvals", {**APPROVAL, **sides, "number": "浙环固转3"})
    assert entered.status_code == 201
    deal = sound(Hand(town.owner, f"/deals/{trade.deal['id']}")).click("浙环固转3")
    assert "浙环固转3" in sound(deal).page.text
