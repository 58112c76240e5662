"""The phone at a gate in a real browser: no network, a lost answer, pictures, a signature, a camera."""

import pytest

pytest.importorskip("tests.browser.chromium")

from tests.browser.phone import Phone
from tests.browser.tab import Tab
from tests.console.trading import PHONES, Trading
from tests.manifests.trade import TRUCK
from tests.persons.people import member

SEND = "form[data-gate] > button.btn"
SECOND_DRIVER = "13800138007"
IS_KEPT = """async () => {
    const done = asked => new Promise(resolve => { asked.onsuccess = () => resolve(asked.result); });
    const store = await done(indexedDB.open("huanliu"));
    while (!(await done(store.transaction("gate").objectStore("gate").getAll())).some(row => %s)) {
        await new Promise(resolve => setTimeout(resolve, 50));
    }
    store.close();
}"""
"""Waits until the browser has kept a row of which this holds."""
DRAWN, FILLED_IN, TYPED_BY_ANOTHER = (
    IS_KEPT % part
    for part in (
        "row.drawn && row.photos.length",
        "row.drawn && row.typed?.weight_t === '4.9'",
        "row.typed?.escort === '王五'",
    )
)
LARGE = """async () => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [4000, 3000];
    canvas.getContext('2d').fillRect(0, 0, 2000, 3000);
    const blob = await new Promise(resolve => canvas.toBlob(resolve, 'image/png'));
    return Array.from(new Uint8Array(await blob.arrayBuffer()));
}"""


@pytest.fixture
def town(kept):
    with kept(Trading) as town:
        yield town


@pytest.fixture
def phone(browser, origin, town):
    """The driver's phone at a load of its own that waits, filled in."""
    phone = Phone(browser, origin, storage_state=log_in_once(browser, origin, town))
    phone.load = town.trade.issued(5.0, planned_on="2026-12-01")
    phone.sent = []
    phone.context.on("response", lambda response: note_sent(phone, response))
    be_at_the_gate(phone, phone.load)
    phone.fill(weight_t="4.9", **TRUCK)
    yield phone
    phone.context.close()


def log_in_once(browser, origin, town):
    """What a browser keeps of the driver's log-in."""
    if not hasattr(town, "state"):
        phone = Phone(browser, origin).log_in(PHONES["driver"])
        town.state = phone.context.storage_state()
        phone.close()
    return town.state


def note_sent(phone, response):
    if response.request.method == "POST" and "/pickup" in response.url:
        phone.sent.append(response.status)


def be_at_the_gate(tab, load):
    tab.open(f"/loads/{load['id']}/pickup")
    tab.page.wait_for_selector("canvas.pad")


def is_signed_once(town, phone):
    """The driver has signed for the load, which is on its way; it is not sent again."""
    phone.page.wait_for_url(f"**/loads/{phone.load['id']}")
    known = town.trade.show(phone.load)
    assert (known["status"], known["picked_up_t"], len(known["legs"])) == ("moving", 4.9, 1)
    assert [file["shows"] for file in known["files"]] == ["signature"]
    return True


def waits(page):
    page.wait_for_selector("[data-line]:has-text('等待网络')")


def is_in_sight(page, selector):
    """Whether all of it is on the screen, where whoever pressed the button looks."""
    box, height = page.locator(selector).bounding_box(), page.viewport_size["height"]
    return box["y"] >= 0 and box["y"] + box["height"] <= height


def test_what_was_typed_photographed_and_drawn_outlives_the_page(phone):
    page = phone.page
    large = bytes(page.evaluate(LARGE))
    page.set_input_files("[name=photo]", {"name": "IMG 1.png", "mimeType": "image/png", "buffer": large})
    page.wait_for_selector("[data-photos] li")
    heic = b"\0\0\0\x18ftypheic" + b"x" * 99
    page.set_input_files("[name=photo]", {"name": "IMG.HEIC", "mimeType": "image/heic", "buffer": heic})
    page.wait_for_selector("[data-line].bad:has-text('HEIC')")
    phone.draw()
    page.evaluate(DRAWN)
    page.reload()
    page.wait_for_selector("[data-photos] li")
    assert page.input_value("[name=weight_t]") == "4.9"


def test_an_answer_that_is_lost_and_a_line_that_is_gone_lose_nothing_and_sign_once(phone, town):
    page = phone.page
    phone.draw()
    lost = []

    def lose_first(route):
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch().status)  # the platform has taken it; the phone does not learn of it
            return route.abort()
        return route.continue_()

    page.route("**/pickup", lose_first)
    page.click(SEND)
    waits(page)
    phone.context.set_offline(True)
    page.click("[data-line] button")
    waits(page)
    phone.context.set_offline(False)
    assert is_signed_once(town, phone)


def test_what_was_signed_without_a_line_outlives_the_page_and_is_sent_when_it_is_back(phone, town):
    phone.draw()
    phone.context.set_offline(True)
    phone.page.click(SEND)
    waits(phone.page)
    with pytest.raises(Exception, match="ERR_INTERNET_DISCONNECTED"):
        phone.page.reload()
    phone.context.set_offline(False)
    phone.page.goto(f"{phone.origin}/loads/{phone.load['id']}/pickup")
    assert is_signed_once(town, phone)
    assert len(phone.sent) <= 1, "Chromium may have opened the page itself, and sent, before it was told to"


def test_what_the_gate_says_is_in_sight_of_the_button_that_was_pressed(phone):
    phone.context.set_offline(True)
    phone.page.tap(SEND)
    waits(phone.page)
    assert is_in_sight(phone.page, SEND)
    assert is_in_sight(phone.page, "[data-line]")


def test_a_double_press_signs_once(phone, town):
    phone.draw()
    phone.page.dblclick(SEND, no_wait_after=True)
    assert is_signed_once(town, phone)
    assert len(phone.sent) == 1


def test_two_tabs_sign_once_and_both_learn_of_it(phone, town):
    other = Tab(phone.context, phone.origin)
    phone.draw()
    phone.page.evaluate(FILLED_IN)
    be_at_the_gate(other, phone.load)
    phone.context.set_offline(True)
    for tab in (phone, other):
        tab.page.bring_to_front()
        tab.page.fill("[name=weight_t]", "4.9")
        tab.page.click(SEND)
        waits(tab.page)
    phone.context.set_offline(False)
    other.page.wait_for_url(f"**/loads/{phone.load['id']}")
    assert is_signed_once(town, phone)
    assert phone.sent == [303]


def test_another_person_on_the_same_phone_neither_sees_nor_sends_what_was_signed(phone, town):
    phone.draw()
    phone.context.set_offline(True)
    phone.page.click(SEND)
    waits(phone.page)
    phone.page.goto("about:blank")
    phone.context.set_offline(False)
    phone.context.clear_cookies()
    member(town.trade.carrier, SECOND_DRIVER, "driver")
    be_at_the_gate(phone.log_in(SECOND_DRIVER), phone.load)
    phone.fill(escort="王五").page.evaluate(TYPED_BY_ANOTHER)
    assert phone.page.input_value("[name=weight_t]") == ""
    assert phone.page.is_hidden("[data-line]")
    assert (phone.sent, town.trade.show(phone.load)["status"]) == ([], "issued")


# ---------------------------------------------------------------- the camera


def find(phone):
    return phone.open("/loads/find")


READER = """window.BarcodeDetector = class {
    static async getSupportedFormats() { return ["qr_code"]; }
    async detect(video) { return video.videoWidth && video.currentTime ? [{rawValue: "%s"}] : []; }
};"""
"""What this build of Chromium lacks: a reader of QR codes, which reads a number once the camera shows it
something."""
REFUSED = (
    "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotAllowedError'); };"
)


def test_where_the_browser_reads_no_codes_the_page_says_so_and_the_number_is_typed(phone):
    find(phone)
    assert phone.says("当前浏览器不支持扫码")
    phone.fill(number=phone.load["number"]).press("查找")
    assert phone.path == f"/loads/{phone.load['id']}"
    assert phone.faults == []


def test_a_code_before_the_camera_leads_to_its_load(phone):
    phone.page.add_init_script(READER % phone.load["number"])
    find(phone).press("扫描二维码")
    assert phone.path == f"/loads/{phone.load['id']}"
    assert phone.faults == []


def test_a_camera_that_is_refused_leaves_the_number_to_be_typed(phone):
    phone.page.add_init_script(READER % "" + REFUSED)
    find(phone).page.get_by_role("button", name="扫描二维码").tap()
    phone.page.wait_for_selector("[role=status]:has-text('无法使用摄像头')")
    assert phone.faults == []
