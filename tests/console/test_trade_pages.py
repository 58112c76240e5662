"""The pages of the trade as they are: well formed, small, cheap, and closed to whom they do not concern."""

import re

import pytest

from tests.console.hand import Hand
from tests.console.people import Browser, browser_of
from tests.console.trading import HOSTILE, Trading
from tests.counting import count_statements
from tests.manifests.trade import TRUCK
from tests.uploaded_files.made import PNG

MOST_BYTES, MOST_STATEMENTS = 60_000, 8
FORMS = {
    "offers/{offer}": ("accept", "counter", "reject", "withdraw"),
    "deals/{deal}": ("complete", "cancel", "dispute", "rate", "invoice", "loads/new", "due-diligence"),
    "loads/{issued}": (
        "request", "schedule", "change", "decline", "issue", "cancel", "copy", "deliver", "hand-over",
        "refuse", "explain", "close", "outcome", "follow", "corrections", "pickup", "receipt",
    ),
}  # fmt: skip
"""Every form, by the page that it belongs to."""


def make_town(marketplace):
    """An offer that waits, a deal with a load to pick up, one on its way and one received, all with names
    and words that attack."""
    town = Trading(marketplace, HOSTILE)
    trade = town.trade
    with marketplace.at_its_time():
        town.neighbour = browser_of(marketplace.enterprise("recycler"), "13800138009")
        town.viewer = browser_of(trade.supplier, "13800138008", "viewer")
        town.sender_driver = browser_of(trade.supplier, "13800138010", "driver")
        town.new = {"listing": trade.supply["id"], "with": trade.demand["id"]}
        offer = (
            Hand(town.supplier, town.first_offer)
            .fill(quantity_t="10", price_cny_per_t="-120")
            .press("提交报价")
        )
        town.ids = {
            "offer": offer.id,
            "deal": trade.agree(
                marketplace.supply(trade.supplier, quantity_t=60.0, min_lot_t=1.0),
                trade.demand,
                trade.receiver,
            )["id"],
        }
        trade.deal = {"id": town.ids["deal"]}
        town.ids["issued"] = trade.issued(5.0, planned_on="2026-12-01")["id"]
        moving = trade.moving(5.0)
        trade.carrier.call(
            "POST", f"/manifests/{moving['id']}/files", data=PNG, content_type="image/png",
            query_string={"name": f"a{HOSTILE}.png"},
        )  # fmt: skip
        received = trade.by(
            trade.receiver, moving, "receive", weight_t=4.0, refused_t=1.0, reason=HOSTILE, note=HOSTILE,
            signed_name=HOSTILE[:50],
        )  # fmt: skip
        town.ids |= {"received": received["id"], "later": trade.issued(5.0, planned_on="2027-01-10")["id"]}
        town.ids["file"] = trade.show(received)["files"][0]["id"]
    marketplace.town = town
    return marketplace


@pytest.fixture
def town(kept):
    with kept(make_town) as marketplace, marketplace.at_its_time():
        yield marketplace.town


PAGES = {
    "/offers": 5,
    "/offers/new?listing_id={listing}&with={with}": 8,
    "/offers/{offer}": 8,
    "/deals": 4,
    "/deals/{deal}": 6,
    "/deals/{deal}/loads/new": 4,
    "/deals/{deal}/due-diligence": 6,
    "/loads": 5,
    "/loads/new": 8,
    "/loads/new?deal_id={deal}": 8,
    "/loads/find": 1,
    "/loads/find?number=1": 2,
    "/loads/{issued}": 5,
    "/loads/{received}": 6,
}
"""Each page with its most SQL statements."""


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_well_formed_small_and_cheap_whatever_names_say(town, path, lang):
    address = path.format(**town.ids, **town.new)
    town.supplier.get(address)
    with count_statements() as sent:
        town.supplier.get(address, **{"Accept-Language": lang})
    shown = town.supplier
    assert shown.status == (404 if "=1" in path else 200)
    assert shown.page.faults == []
    assert "<script>alert" not in shown.response.get_data(as_text=True)
    assert "<img src=x" not in shown.response.get_data(as_text=True)
    assert len(shown.response.data) < MOST_BYTES
    assert len(sent) <= PAGES[path] <= MOST_STATEMENTS
    assert shown.response.headers["Cache-Control"] == "no-store"
    if lang == "en":
        words = re.sub(r"酸厂|染厂|稀硫酸|运输一号|简体中文|浙\S+|张三|李四", "", " ".join(shown.page.words))
        assert "page_" not in words


@pytest.mark.parametrize("page", ["pickup", "receipt", "qr"])
def test_the_phone_pages_are_well_formed_and_their_script_is_ours(town, page):
    browser, load = (town.gate, "received") if page == "receipt" else (town.driver, "issued")
    if page == "receipt":
        load = "issued"  # a receiver signs once it moves: before, the page leads to the load
        assert browser.get(f"/loads/{town.ids[load]}/receipt").location == f"/loads/{town.ids[load]}"
        return
    browser.get(f"/loads/{town.ids[load]}/{page}")
    assert (browser.status, browser.page.faults) == (200, [])
    scripts = browser.page.all("script")
    assert [script["src"].split("?")[0] for script in scripts] == (
        ["/static/gate.js"] if page == "pickup" else []
    )
    policy = browser.response.headers["Content-Security-Policy"]
    assert ("script-src 'self'" in policy) == bool(scripts)
    assert "unsafe" not in policy


def test_a_neighbour_finds_no_page_and_no_form_of_others(town):
    for path, forms in FORMS.items():
        address = "/" + path.format(**town.ids)
        assert town.neighbour.get(address).status == 404
        for form in forms:
            body = {"reason": "x", "quantity_t": "1", "price_cny_per_t": "1", "weight_t": "1", **TRUCK}
            assert town.neighbour.post(f"{address}/{form}", **body).status == 404, form
    received = town.ids["received"]
    for page in ("manifest.pdf", "qr", "pickup", "receipt", f"files/{town.ids['file']}"):
        assert town.neighbour.get(f"/loads/{received}/{page}").status == 404
    first = "/offers/new?listing_id={listing}&with={with}".format(**town.new)
    assert town.neighbour.get(first).status == town.neighbour.post(first).status == 404
    assert not Hand(town.neighbour, "/loads").offers("查看")
    assert town.neighbour.get(f"/loads/find?number={received}").status == 404


def test_who_only_reads_sees_no_button_and_may_press_none(town):
    for path, forms in FORMS.items():
        address = "/" + path.format(**town.ids)
        shown = town.viewer.get(address)
        assert shown.status == 200
        assert shown.page.all("form") == []
        assert {town.viewer.post(f"{address}/{form}", reason="x").status for form in forms} == {403}


def test_a_driver_sees_the_loads_of_the_day_and_signs_no_receipt(town):
    ids, driver = town.ids, town.driver
    text = driver.get("/loads").page.text
    steps = {link["href"] for link in driver.page.all("a") if link.get("class") == "btn"}
    assert f"/loads/{ids['issued']}/pickup" in steps, "each load has its step as a button"
    html = driver.response.get_data(as_text=True)
    assert html.index(f"/loads/{ids['issued']}/pickup") < html.index('role="search"'), "the loads come first"
    assert ids["issued"] in driver.response.get_data(as_text=True)
    assert ids["later"] not in driver.response.get_data(as_text=True)
    assert "元" not in text
    assert driver.get(f"/loads/{ids['issued']}").status == 200
    assert driver.get(f"/loads/{ids['later']}").status == 404
    assert driver.get(f"/loads/{ids['received']}/receipt").status == 403
    assert {
        driver.post(f"/loads/{ids['issued']}/{form}", reason="x").status for form in ("issue", "cancel")
    } == {403}
    assert {driver.get(f"/{page}").status for page in ("deals", "offers", f"deals/{ids['deal']}")} == {403}


def test_a_driver_of_who_does_not_carry_sees_and_signs_nothing(town):
    load, driver = town.ids["issued"], town.sender_driver
    assert load not in driver.get("/loads").response.get_data(as_text=True)
    for page in ("", "/pickup", "/track", "/qr", "/manifest.pdf"):
        assert driver.get(f"/loads/{load}{page}").status == 404, page
    for form in ("pickup", "deliver", "hand-over", "track"):
        sent = {
            "at": "2026-12-01T09:00",
            "lon": "120.5",
            "lat": "30",
            "weight_t": "1",
            "place": "门口",
            **TRUCK,
        }
        assert driver.post(f"/loads/{load}/{form}", **sent).status in (404, 422), form
    assert town.trade.show({"id": load})["status"] == "issued"


def test_a_load_is_found_by_its_number_and_by_the_code_on_its_paper(town):
    load, supplier = town.ids["issued"], town.supplier
    number = town.trade.show({"id": load})["number"]
    assert supplier.get(f"/loads/find?number={number}").location == f"/loads/{load}"
    supplier.get(f"/loads/{load}/qr")
    address = next(link for link in supplier.page.links("http://localhost/") if "/verify/" in link)
    for browser in (supplier, town.driver, town.gate):
        assert browser.get("/loads/find?number=" + address).location == f"/loads/{load}"
    assert town.neighbour.get("/loads/find?number=" + address).status == 404
    anybody = Browser(town.marketplace)
    token = address.rsplit("/", 1)[-1]
    found = anybody.get(f"/verify/{token}")
    assert f"/loads/find?number={token}" in {link["href"] for link in found.page.all("a") if "href" in link}
    assert anybody.get(f"/loads/find?number={token}").location.startswith("/login?next=")


def test_paper_and_pictures_are_files_to_save(town):
    ids = town.ids
    for page, start in (("manifest.pdf", b"%PDF"), (f"files/{ids['file']}", PNG[:8])):
        answer = town.supplier.get(f"/loads/{ids['received']}/{page}").response
        assert answer.data.startswith(start)
        assert answer.headers["Content-Disposition"].startswith("attachment")
    assert town.supplier.get(f"/loads/{ids['issued']}/files/{ids['file']}").status == 404
