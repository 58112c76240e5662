"""The phone at a gate in a real browser: no network, a lost answer, pictures, a signature; sent once."""

import pytest

pytest.importorskip("tests.browser.chromium")

from tests.console.trading import PHONES, Trading
from tests.manifests.trade import TRUCK
from tests.persons.people import PASSWORD

SEND = "form[data-gate] > button.btn"
LARGE = """async () => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [4000, 3000];
    canvas.getContext('2d').fillRect(0, 0, 2000, 3000);
    const blob = await new Promise(resolve => canvas.toBlob(resolve, 'image/png'));
    return Array.from(new Uint8Array(await blob.arrayBuffer()));
}"""


@pytest.fixture
def town(marketplace):
    with marketplace.at_its_time():
        yield Trading(marketplace)


@pytest.fixture
def phone(browser, origin, town):
    """The driver's phone at a load that waits, and the load."""
    load = town.trade.issued(5.0, planned_on="2026-12-01")
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{origin}/login")
    page.fill("[name=login]", PHONES["driver"])
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    page.wait_for_url("**/loads")
    page.goto(f"{origin}/loads/{load['id']}/pickup")
    page.wait_for_selector("canvas.pad")
    for name, value in {"weight_t": "4.9", **TRUCK}.items():
        page.fill(f"[name={name}]", value)
    yield page, load
    context.close()


def draw(page):
    pad = page.locator("canvas.pad")
    pad.evaluate("pad => pad.scrollIntoView({block: 'center'})")
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 60)
    page.mouse.up()


def waits(page):
    page.wait_for_selector("[data-line]:has-text('等待网络')")


def test_what_was_typed_photographed_and_drawn_outlives_the_page(phone):
    page, _ = phone
    large = bytes(page.evaluate(LARGE))
    page.set_input_files("[name=photo]", {"name": "IMG 1.png", "mimeType": "image/png", "buffer": large})
    page.wait_for_selector("[data-photos] li")
    heic = b"\0\0\0\x18ftypheic" + b"x" * 99
    page.set_input_files("[name=photo]", {"name": "IMG.HEIC", "mimeType": "image/heic", "buffer": heic})
    page.wait_for_selector("[data-line].bad:has-text('HEIC')")
    draw(page)
    page.wait_for_timeout(600)
    page.reload()
    page.wait_for_selector("[data-photos] li")
    assert page.input_value("[name=weight_t]") == "4.9"


def test_an_answer_that_is_lost_and_a_line_that_is_gone_lose_nothing_and_sign_once(phone, town):
    page, load = phone
    draw(page)
    lost = []

    def lose_first(route):
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch().status)  # the platform has taken it; the phone does not learn of it
            return route.abort()
        return route.continue_()

    page.route("**/pickup", lose_first)
    page.click(SEND)
    waits(page)
    page.context.set_offline(True)
    page.click("[data-line] button")
    waits(page)
    page.context.set_offline(False)
    page.wait_for_url(f"**/loads/{load['id']}")
    known = town.trade.show(load)
    assert (known["status"], known["picked_up_t"], len(known["legs"])) == ("moving", 4.9, 1)
    assert [file["shows"] for file in known["files"]] == ["signature"]
