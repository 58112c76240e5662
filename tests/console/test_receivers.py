"""Receivers by pages: asking one and each answer, registrations with their sites, and who may do what."""

import pytest

from tests.console.hand import Hand
from tests.console.people import browser_of, browser_of_staff
from tests.console.trading import HOSTILE
from tests.counting import count_statements

SITE = {"kind": "plant", "name": f"一号车间{HOSTILE}", "capacity_t": "5,000", "codes": "SW17"}
STORE = {"kind": "store", "name": "原料棚", "capacity_t": "300", "codes": "SW17、SW59"}
PERIOD = {"valid_from": "2026-01-01", "valid_until": "2027-12-31"}


def site(number, fields):
    return {f"sites.{number}.{name}": value for name, value in fields.items()}


def sound(hand, lang=None):
    if lang:
        hand.go(f"{hand.at}?lang={lang}")
    assert hand.page.faults == []
    assert "<script>alert" not in hand.page.html
    return hand


@pytest.fixture
def town(marketplace):
    """A generator and a licensed recycler, each at a browser."""
    marketplace.asker = marketplace.enterprise("generator", name=f"酸厂{HOSTILE}")
    marketplace.taker = marketplace.recycler(name="处置厂")
    with marketplace.at_its_time():
        marketplace.owner = browser_of(marketplace.asker, "13800138001")
        marketplace.other = browser_of(marketplace.taker, "13800138002")
        yield marketplace


def asked(town, note="每周一车"):
    """The hand of the asker at a request that it has just sent."""
    hand = Hand(town.owner, "/receivers?code=900-349-34&tonnes=20").click("请求对接")
    return hand.fill(note=note).press("发送请求")


def test_a_receiver_is_asked_once_answers_from_today_and_both_see_contacts(town):
    hand = sound(asked(town, f"每周一车{HOSTILE}"))
    assert 'id="requests-note-error"' in hand.page.html
    sound(hand.fill(note="每周一车").press("发送请求"))
    hand.again()
    (made,) = town.asker.get("/receiver-requests").json["items"]
    assert made["tonnes"] == 20
    assert "0575-85000000" not in hand.page.text
    town.settle()
    with count_statements() as sent:
        today = Hand(town.other, "/today")
    assert len(sent) <= 8
    assert f'href="/receivers/requests/{made["id"]}"' in sound(today).page.html
    answer = sound(today.click("答复"))
    assert "酸厂" in answer.page.text
    sound(answer.fill(reason="下周可收").press("接受请求"))
    assert not Hand(town.other, "/today").offers("答复")
    sound(answer, "en")
    assert "0575-85000000" in answer.page.text
    assert "下周可收" in sound(hand.go(hand.at)).page.text
    assert "0575-85000000" in hand.page.text
    assert "已接受" in sound(Hand(town.owner, "/receivers/requests")).page.text


def test_a_request_is_declined_or_taken_back_by_whose_it_is_and_a_late_answer_is_kept(town):
    hand = asked(town)
    late = Hand(town.other, hand.at)
    assert town.owner.post(f"{hand.at}/accept").status == 403
    hand.press("撤回请求")
    late.fill(reason="可收两车").press("接受请求")
    assert town.other.status == 412
    assert "可收两车" in sound(late).page.text
    declined = Hand(town.other, asked(town).at).fill(reason="满了").press("婉拒请求")
    assert "已婉拒" in sound(declined).page.text
    wrong = Hand(town.owner, f"/receivers/{town.asker.id}/requests?code=900-349-34&tonnes=x")
    wrong.press("发送请求")
    assert 'id="requests-tonnes-error"' in sound(wrong).page.html
    assert "本企业" in wrong.fill(tonnes="2").press("发送请求").page.text or town.owner.status == 422


def test_a_registration_is_handed_in_with_its_sites_decided_on_the_desk_and_ended(town):
    hand = Hand(town.other, "/settings").click("接收备案")
    hand.fill(number="备1", **PERIOD, **site(0, SITE), more="sites").press("再加一项")
    assert hand.parts.forms[-1].fields["sites.0.name"] == SITE["name"]
    hand.fill(**site(1, {**STORE, "codes": "900-349-34"})).press("提交备案")
    assert 'id="sites.1.codes-error"' in sound(hand).page.html
    hand.fill(**site(1, {**STORE, "lon": "120.5"})).press("提交备案")
    assert 'id="sites.1.lat-error"' in sound(hand).page.html
    sound(hand.fill(**{"sites.1.lat": "30.04"}).press("提交备案")).again()
    (made,) = town.taker.get("/receiver-registrations").json["items"]
    assert [each["capacity_t"] for each in made["sites"]] == [5000, 300]
    assert [code["code"] for code in made["sites"][1]["codes"]] == ["SW17", "SW59"]

    assert "备1" not in Hand(town.owner, "/receivers/registrations").page.text
    officer = Hand(browser_of_staff(town), "/receivers/registrations?status=submitted")
    assert "处置厂" in sound(officer).page.text
    sound(officer.click("去核验").fill(decision="confirm")).press("确认")
    assert town.other.post(f"/receivers/registrations/{made['id']}/end").status == 403
    sound(officer.go("/receivers/registrations")).press("终止 备1")
    (made,) = town.taker.get("/receiver-registrations").json["items"]
    assert made["revoked_at"]
    officer.go(f"/enterprises/{town.taker.id}").click("接收备案")
    sound(officer.fill(number="备2", **PERIOD, **site(0, SITE)).press("登记备案"), "en")
    assert {each["status"] for each in town.taker.get("/receiver-registrations").json["items"]} == {
        "confirmed"
    }
    assert (
        town.owner.post("/receivers/registrations", enterprise_id=town.taker.id, number="备3").status == 403
    )
