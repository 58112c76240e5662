"""The inbox and saved searches by pages: not for me and taking it back, a search changed and paused."""

import pytest

from tests.console.hand import Hand
from tests.console.people import browser_of
from tests.manifests.trade import ok


@pytest.fixture
def firm(marketplace):
    """A supplier with a match and a search hit in its inbox."""
    with marketplace.at_its_time():
        firm = marketplace.enterprise("generator", name="甲厂")
        firm.save_search({"code": "900-349-34"}, name="酸的搜索")
        marketplace.supply(firm)
        marketplace.demand(marketplace.recycler(name="乙厂"))
        marketplace.settle()
        marketplace.wait(hours=1)
    with marketplace.at_its_time():
        yield firm


@pytest.fixture
def browser(firm):
    return browser_of(firm, "13800138000")


def refused(firm):
    """Whether the supplier says "not suitable" of the first message's pairing."""
    data = next(item["data"] for item in firm.get("/notifications").json["items"] if "score" in item["data"])
    return firm.get(f"/listings/{data['listing_id']}/matches/{data['counterpart_id']}").json["feedback"]


def test_not_for_me_is_said_of_a_message_and_taken_back(firm, browser):
    hand = Hand(browser, "/today")
    hand.press("不合适")
    assert refused(firm) == "not_suitable"
    assert hand.at.startswith("/inbox")
    assert "已选择不再接收" in hand.page.text
    hand.press("撤销表态")
    assert refused(firm) is None
    assert "已选择不再接收" not in hand.page.text


def test_a_code_is_muted_from_a_message_and_one_is_marked_as_read(firm, browser):
    message = next(item for item in firm.get("/notifications").json["items"] if "score" in item["data"])
    path = f"/inbox/{message['id']}"
    assert browser.post(f"{path}/read").location.startswith("/inbox")
    assert "标为已读" not in browser.get("/inbox?unread=true").page.text.replace("全部标为已读", "")
    assert browser.post(f"{path}/not-for-me", of="everything").status == 422
    browser.post(f"{path}/not-for-me", of="code")
    assert len(firm.get("/notification-preferences").json["muted_codes"]) == 1


def test_a_message_about_no_listing_cannot_be_silenced_and_offers_no_button(firm, browser):
    """Its route answers in words on the page."""
    for message in firm.get("/notifications").json["items"]:
        if message["data"].get("counterpart_id") is None:
            shown = browser.post(f"/inbox/{message['id']}/not-for-me")
            assert shown.status == 409


def test_a_search_is_changed_and_what_the_page_does_not_show_stays(firm, browser):
    (search,) = firm.get("/saved-searches").json["items"]
    path = f"/saved-searches/{search['id']}"
    query = {**search["query"], "grade": "A", "price_max": -100}
    ok(firm.patch(path, {"query": query}))
    hand = Hand(browser, "/hall").click("修改")
    assert "grade" in hand.page.text
    hand.fill(name="新名称", q="废酸", notify="daily", paused="true").press("保存")
    changed = firm.get(path).json
    assert (changed["name"], changed["notify"], changed["paused"]) == ("新名称", "daily", True)
    assert changed["query"] == {**{name: str(value) for name, value in query.items()}, "q": "废酸"}
    again = browser.post(f"/hall/searches/{search['id']}", name="旧", notify="daily", version="1")
    assert again.status == 412
    wrong = browser.post(
        f"/hall/searches/{search['id']}", name="", notify="daily", code="不是代码", price_max="x"
    )
    assert wrong.status == 422
    assert {"name-error", "price_max-error"} <= {part.get("id") for part in wrong.page.all("p")}


def test_a_search_that_the_service_refuses_is_said_in_words(firm, browser):
    refused = browser.post("/hall/searches", name="反", price_min="5", price_max="1")
    assert refused.status == 422
    assert "price" not in " ".join(refused.page.words)
