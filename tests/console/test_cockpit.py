"""The cockpit as its readers meet it: whole, in both languages, on a wall and on paper, and theirs alone."""

import re

import pytest

from marketplace.messages import HERE as MESSAGES
from tests.boards.test_cockpit import make_trade
from tests.console.people import Browser, browser_of, browser_of_staff, staff_browser
from tests.console.private import STAFF_PAGES
from tests.counting import count_statements

MOST_BYTES = 60_000


def make_rooms(marketplace):
    """An admin, a regulator of the city and one of another, before the same trade."""
    trade = make_trade(marketplace)
    trade.admin_browser = browser_of_staff(marketplace)
    trade.official = staff_browser(marketplace, marketplace.regulator("330600").id, "13900139001")
    trade.stranger = staff_browser(marketplace, marketplace.regulator("310000").id, "13900139002")
    trade.plant = browser_of(trade.supplier, "13800138000")
    return trade


@pytest.fixture
def rooms(kept):
    with kept(make_rooms) as made:
        yield made


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", STAFF_PAGES)
def test_each_page_of_staff_is_sound_small_and_kept_by_nobody(rooms, path, lang):
    joined = "&" if "?" in path else "?"
    rooms.admin_browser.get(path)
    with count_statements() as sent:
        shown = rooms.admin_browser.get(f"{path}{joined}lang={lang}")
    assert (shown.status, shown.page.faults) == (200, [])
    assert len(shown.response.get_data()) < MOST_BYTES
    assert len(sent) <= STAFF_PAGES[path], sent
    assert shown.response.headers["Cache-Control"] == "no-store"


def test_the_map_the_flows_and_the_trade_are_drawn_each_with_its_table(rooms):
    page = rooms.official.get("/cockpit?lang=zh").page
    assert "驾驶舱 · 绍兴市" in page.text
    assert "示意图" in page.text
    assert len([found for found in page.all("svg") if found.get("class") in ("map", "flows", "lines")]) == 3
    assert len(page.all("table")) >= 5
    assert "越城区 → 越城区" in page.text
    outlines = [found for found in page.all("path") if found.get("class", "").startswith("s")]
    assert len(outlines) == 2, "both districts have their outlines"
    assert page.all("caption")


def test_each_measure_of_the_map_is_a_link_that_marks_itself(rooms):
    page = rooms.official.get("/cockpit?by=rate&lang=zh").page
    current = [link for link in page.all("a") if link.get("aria-current") == "true"]
    assert [link["href"] for link in current] == ["?by=rate"]
    assert "50%" in page.text


def test_a_district_is_one_click_away_and_back(rooms):
    page = rooms.official.get("/cockpit?region=330602&lang=zh").page
    assert "驾驶舱 · 越城区" in page.text
    assert "上虞区" not in page.text
    assert "返回全部辖区" in page.text
    assert any(link.get("href") == "/api/v1/cockpit?region=330602" for link in page.all("a"))


def test_a_wall_shows_no_navigation(rooms):
    page = rooms.official.get("/cockpit?full=1&lang=zh").page
    assert not [found for found in page.all("nav") if found["class"] == "tabs"]
    assert "full" in page.all("main")[0]["class"]
    assert "退出大屏" in page.text


def test_a_stranger_sees_nothing_of_it_and_is_told_what_comes_first(rooms):
    shown = rooms.stranger.get("/cockpit?lang=zh")
    assert "本地区还没有数据" in shown.page.text
    assert "越城区" not in shown.page.text
    refused = rooms.stranger.get("/cockpit?region=330602")
    assert (refused.status, refused.page.faults) == (404, [])
    assert rooms.plant.get("/cockpit").status == 403
    assert Browser(rooms.marketplace).get("/cockpit").location == "/login?next=/cockpit"


@pytest.mark.parametrize("query", ["by=<script>", "region=12", "full=2", "by=none&region=x"])
def test_what_it_cannot_read_is_said_and_the_page_is_shown_without_it(rooms, query):
    shown = rooms.official.get(f"/cockpit?{query}")
    assert (shown.status, shown.page.faults) == (200, [])
    assert [found for found in shown.page.all("p") if found.get("role") == "alert"]
    assert "<script" not in shown.response.get_data(as_text=True)


def test_every_sentence_of_the_cockpit_is_shown_somewhere(rooms):
    """What a measure or an indicator is called is put together of its name."""
    source = (MESSAGES / "console_cockpit.toml").read_text(encoding="utf-8")
    sentences = re.findall(r'^zh = "([^"{]+)"$', source, re.MULTILINE)
    shown = " ".join(
        browser.get(path).page.text
        for browser in (rooms.official, rooms.stranger)
        for path in ("/cockpit?lang=zh", "/cockpit?region=330602&lang=zh", "/cockpit?full=1&lang=zh")
        if browser is rooms.official or "region" not in path
    )
    unseen = {"全部地区", "驾驶舱", "达标", "还没有办结的联单", "接收单位办结联单后，这里显示废物流向。"}
    labels = " ".join(
        link.get("aria-label", "") for link in rooms.official.get("/cockpit?lang=zh").page.all("nav")
    )
    assert [each for each in sentences if each not in shown + labels and each not in unseen] == []
