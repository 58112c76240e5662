"""The figures of the town, counted by hand, and what nobody but members sees of listings."""

from tests.boards.world import anybody
from tests.manifests.trade import Trade
from tests.marketplace import SHAOXING

TITLE = "秘密车间的酸"
NAMELESS = {"kind", "codes", "quantity_t", "region", "region_name", "published_on"}


def figures(marketplace):
    answer = anybody(marketplace, "/figures")
    assert answer.status_code == 200, answer.json
    return answer.json


def test_open_tonnes_deals_loads_and_the_closing_rate_are_counted(marketplace):
    trade = Trade(marketplace)
    trade.by(trade.receiver, trade.received(20.0), "close")
    trade.issued(10.0)
    acid = trade.supply["id"]
    oil = {"scheme": "cn-hw", "code": "900-249-08"}
    marketplace.supply(trade.supplier, title=TITLE, waste=oil, quantity_t=1000.0)
    found = figures(marketplace)
    left = trade.supplier.get(f"/listings/{acid}").json["remaining_t"]
    rows = found["classes"]
    assert [(row["code"], row["listings"], row["quantity_t"], row["hazardous"]) for row in rows] == [
        ("HW08", 1, 1000.0, True), *([("HW34", 1, left, True)] if left else []),
    ]  # fmt: skip
    assert (found["deals"], found["issued"], found["closed"], found["rate"]) == (1, 2, 1, 0.5)
    assert (found["moved_t"], found["since"]) == (20.0, "2025-12-02")
    assert (found["supplies"], found["demands"]) == (1 + bool(left), 1)


def test_without_anything_the_figures_are_zero_and_no_rate_is_made_up(marketplace):
    found = figures(marketplace)
    assert found["rate"] is None
    assert {found[name] for name in ("supplies", "supply_t", "demands", "deals", "issued", "moved_t")} == {0}
    assert (found["classes"], found["latest"]) == ([], [])


def test_the_latest_listings_have_no_title_owner_price_or_id_and_drafts_are_not_among_them(marketplace):
    owner = marketplace.enterprise("generator", name="无名一厂")
    marketplace.supply(owner, title=TITLE, price_cny_per_t=-777)
    draft = owner.post("/listings", {"kind": "supply", "title": "草稿", "quantity_t": 4321})
    assert draft.status_code in (201, 422)
    marketplace.demand(marketplace.recycler(name="无名二厂"), title=TITLE)
    answer = anybody(marketplace, "/figures")
    demand, supply = answer.json["latest"]
    assert {*demand, *supply} == NAMELESS
    assert ([code["code"] for code in demand["codes"]], supply["codes"][0]["code"]) == (
        ["HW34"],
        "900-349-34",
    )
    assert supply["region_name"] == "越城区"
    shown = answer.get_data(as_text=True)
    for hidden in (TITLE, "草稿", "4321", "777", "无名", owner.id, owner.number):
        assert hidden not in shown


def test_listings_of_who_may_not_trade_and_withdrawn_ones_are_not_counted(marketplace):
    owner, other = marketplace.enterprise("generator"), marketplace.enterprise("generator")
    listing = marketplace.supply(owner)
    marketplace.supply(other)
    assert figures(marketplace)["supplies"] == 2
    marketplace.withdraw(owner, listing)
    assert marketplace.admin.post(f"/enterprises/{other.id}/suspend", {"reason": "x"}).status_code == 200
    assert figures(marketplace)["supplies"] == 2
    marketplace.wait(seconds=61)
    found = figures(marketplace)
    assert (found["supplies"], found["latest"], found["classes"]) == (0, [], [])


def test_the_district_is_the_one_that_members_see_not_that_of_the_exact_place(marketplace):
    marketplace.supply(marketplace.enterprise("generator"), region="330600", location=SHAOXING)
    (seen,) = marketplace.enterprise("recycler").get("/listings").json["items"]
    (latest,) = figures(marketplace)["latest"]
    assert seen["region"] == latest["region"] == "330600"
