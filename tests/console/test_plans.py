"""Management plans, plans for a region and places of a load, by pages."""

from datetime import timedelta

import pytest
from marshmallow import ValidationError

from marketplace.console.pages.allocations import ALLOCATION
from tests.console.hand import Hand
from tests.console.people import browser_of, browser_of_staff
from tests.console.trading import Trading
from tests.counting import count_statements
from tests.manifests.trade import ok

MOST_STATEMENTS, MOST_BYTES = 8, 60_000


@pytest.fixture
def firm(marketplace):
    with marketplace.at_its_time():
        firm = marketplace.enterprise("generator", name="甲厂")
        yield firm


@pytest.fixture
def browser(firm):
    return browser_of(firm, "13800138000")


def test_a_plan_is_submitted_and_amended_with_what_it_said(firm, browser):
    hand = Hand(browser, "/declarations").click("管理计划").click("填写2026年计划")
    typed = {
        "generation.0.code": "900-349-34", "generation.0.planned_t": "12.5",
        "transfers.0.code": "900-349-34", "transfers.0.planned_t": "12", "transfers.0.treatment": "R5",
        "transfers.0.receiver": "乙厂",
    }  # fmt: skip
    hand.fill(**typed, facilities="自有暂存间", reduction="改进清洗").press("提交计划")
    assert hand.at == "/plans"
    (plan,) = firm.get("/plans").json["items"]
    assert [row["planned_t"] for row in plan["generation"]] == [12.5]
    assert plan["storage"] == []
    assert "乙厂" in hand.page.text

    hand.click("填写2026年计划")
    refused = hand.fill(**{"generation.0.planned_t": "13"}).press("提交计划")
    assert refused.at == "/plans/new?year=2026"
    assert browser.status == 422
    assert "13" in browser.response.get_data(as_text=True)
    hand.fill(reason="产量增加").press("提交计划")
    (plan,) = firm.get("/plans").json["items"]
    assert (plan["version_no"], plan["generation"][0]["planned_t"]) == (2, 13.0)
    assert plan["transfers"][0]["receiver"] == "乙厂"
    for path in ("/plans", "/plans/new"):
        with count_statements() as sent:
            shown = browser.get(path)
        assert (shown.page.faults, len(sent) <= MOST_STATEMENTS) == ([], True), sent
        assert len(shown.response.data) < MOST_BYTES
    assert browser.post("/plans/new", year="2026", **{"generation.0.code": "x"}).status == 422


def test_a_row_without_its_code_is_said_and_not_dropped(firm, browser):
    for path, sent in (
        ("/plans/new", {"year": "2026", "storage.0.code": "", "storage.0.planned_t": "7.5"}),
        ("/plans/new", {"year": "2026", "transfers.0.code": "", "transfers.0.receiver": "乙厂"}),
    ):
        refused = browser.post(path, **sent)
        assert refused.status == 422
        (name,) = (name for name in sent if name.endswith("code"))
        assert any(part.get("id") == f"{name}-error" for part in refused.page.all("p")), path
        assert {"7.5", "乙厂"} & {each.get("value") for each in refused.page.all("input")}
    assert firm.get("/plans").json["items"] == []


def test_a_plan_of_more_rows_than_usual_is_amended_without_losing_any(firm, browser):
    rows = [{"code": "900-349-34", "planned_t": 1.0} for _ in range(60)]
    ok(
        firm.post(
            "/plans", {"year": 2026, "generation": rows, "storage": [], "own_treatment": [], "transfers": []}
        ),
        201,
    )
    hand = Hand(browser, "/plans/new?year=2026").fill(reason="复核").press("提交计划")
    assert hand.at == "/plans"
    assert len(firm.get("/plans").json["items"][0]["generation"]) == 60


def test_codes_of_a_plan_for_a_region_are_read_as_everywhere():
    period = {"region": "330600", "from": "2026-12-01", "until": "2026-12-31"}
    codes = "16 05 06*，HW08 900-249-08\n\nHW34; HW34"
    assert ALLOCATION.load({**period, "codes": codes})["codes"] == ["16 05 06*", "HW08 900-249-08", "HW34"]
    for none in ({}, {"codes": "，"}):
        assert ALLOCATION.load({**period, **none})["codes"] == []
    with pytest.raises(ValidationError, match="length"):
        ALLOCATION.load({**period, "codes": ",".join(map(str, range(51)))})


def test_a_plan_for_a_region_is_asked_for_and_read(marketplace):
    with marketplace.at_its_time():
        marketplace.supply(marketplace.enterprise("generator", name="甲厂"))
        marketplace.demand(marketplace.recycler(name="乙厂"))
        browser = browser_of_staff(marketplace)
        hand = Hand(browser, "/cockpit").click("区域调配方案")
        bad = browser.post("/allocations", region="330600", **{"from": "2026-12-02", "until": "2026-12-01"})
        assert bad.status == 422
        assert any(part.get("id") == "until-error" for part in bad.page.all("p"))
        hand.go("/allocations").fill(region="330600", codes="HW34").press("开始测算")
        assert "正在测算" in hand.page.text
        again = hand.at
        assert hand.again().at == again
        marketplace.settle()
        with count_statements() as sent:
            hand.go(again)
        assert len(sent) <= MOST_STATEMENTS, sent
        assert browser.page.faults == []
        assert {"甲厂", "乙厂"} <= set(hand.page.words)


def test_a_long_plan_is_read_page_by_page(marketplace):
    with marketplace.at_its_time():
        demand = marketplace.demand(marketplace.recycler(name="乙厂"))
        firms = [marketplace.enterprise("generator", name=f"甲{number}厂") for number in range(3)]
        for firm in firms:
            marketplace.supply(firm, quantity_t=demand["min_lot_t"])
        hand = Hand(browser_of_staff(marketplace), "/allocations")
        hand.fill(region="330600", codes="HW34").press("开始测算")
        marketplace.settle()
        hand.go(f"{hand.at}?limit=2")
        seen = [name for name in hand.page.words if name.startswith("甲")]
        assert "最大缺口" in hand.page.text
        hand.click("下一页")
        assert "最大缺口" not in hand.page.text
        assert not hand.offers("下一页")
        seen += [name for name in hand.page.words if name.startswith("甲")]
        assert sorted(seen) == ["甲0厂", "甲1厂", "甲2厂"]
        hand.go(hand.at.partition("?")[0] + "?limit=2&cursor=abc")
        assert "游标" not in hand.page.text
        hand.click("从头查看")
        assert "最大缺口" in hand.page.text


def test_a_driver_says_where_the_load_is_and_once(marketplace):
    with marketplace.at_its_time():
        town = Trading(marketplace)
        trade = town.trade
        trade.deal = {"id": trade.agree(trade.supply, trade.demand, trade.receiver)["id"]}
        load = f"/loads/{trade.moving(5.0)['id']}"
        hand = Hand(town.driver, load).click("上报位置")
        assert town.driver.page.faults == []
        assert hand.fill(lon="120.58", lat="95").press("上报").at == f"{load}/track"
        assert town.driver.status == 422
        hand.fill(lon="120.58", lat="30.01").press("上报").again()
        assert "已上报 1 个位置" in hand.page.text
        track = ok(trade.carrier.get(load.replace("/loads/", "/manifests/") + "/track"))
        assert [(point["lon"], point["lat"]) for point in track["points"]] == [(120.58, 30.01)]
        assert town.supplier.get(f"{load}/track").page.all("form") == []
        assert len(town.supplier.page.all("circle")) == 1
        assert town.supplier.post(f"{load}/track", at="2026-12-01T10:00", lon="1", lat="1").status == 409


def test_the_way_of_a_load_is_a_map_with_its_table_and_what_is_to_be_explained(marketplace):
    with marketplace.at_its_time():
        town = Trading(marketplace)
        trade = town.trade
        trade.deal = {"id": trade.agree(trade.supply, trade.demand, trade.receiver)["id"]}
        load = trade.moving(5.0)
        begun = marketplace.now
        marketplace.wait(hours=3)
        points = [
            {
                "at": (begun + timedelta(minutes=2 * number)).isoformat(),
                "lon": 120.5 + number / 500,
                "lat": 30.01 + (number % 2) / 100,
            }
            for number in range(60)
        ]
        ok(trade.carrier.post(f"/manifests/{load['id']}/track", points))
        marketplace.wait(minutes=11)
        path, chinese = f"/manifests/{load['id']}/track", {"Accept-Language": "zh"}
        judged = ok(trade.supplier.call("GET", path, headers=chinese))
        with count_statements() as sent:
            page = town.supplier.get(f"/loads/{load['id']}/track").page
        assert (page.faults, len(sent) <= MOST_STATEMENTS) == ([], True), sent
        assert len(town.supplier.response.data) < MOST_BYTES
        (line,) = page.all("polyline")
        assert len(line["points"].split()) == len(judged["line"]) == 60
        assert "已上报 60 个位置" in page.text
        assert "均匀列出 50 个" in page.text
        assert {"120.50000", "120.61800"} <= set(page.words), "the first and the last"
        assert [place["detail"] for place in judged["findings"]] != []
        assert all(place["detail"] in page.text for place in judged["findings"])
        marks = [judged["line"][0], judged["line"][-1], *judged["findings"]]
        assert len(page.all("circle")) == len({(mark["lon"], mark["lat"]) for mark in marks})
