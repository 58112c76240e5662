"""Every page in a real Chromium: nothing keeps anybody from using it, nothing fails, nobody else is asked.

`make test` looks at each page once, as a Chinese phone shows it; `make test-pages` at both widths and in both
languages, in dark too, and keeps a picture of each in `var/pictures`.
"""

import re
import unicodedata
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader
from werkzeug.exceptions import HTTPException

import marketplace.console.pages.help as help_pages
from tests.browser.people import ADMIN, NOBODY, OWNER, REGULATOR, Contexts, log_in, make_town
from tests.browser.pictures import ALL, HELP, PHONE, SHOWN_BY_HELP, keep
from tests.browser.tab import Tab
from tests.console.private import PRIVATE_PAGES, STAFF_PAGES
from tests.console.test_pages import PAGES

SHAPES = [(lang, width) for lang in ("zh", "en") for width in (390, 1280)] if ALL else [("zh", 390)]
PICTURES = Path(__file__).parents[2] / "var" / "pictures"
LOGINS = ("/login", "/join", "/forgotten")
ONCE = [path for path in PAGES if not path.startswith("/help/") or ALL or path.endswith(help_pages.ORDER[0])]
VISITS = [
    *((NOBODY, path) for path in (*ONCE, *LOGINS)),
    *((OWNER, path) for path in PRIVATE_PAGES),
    *((ADMIN, path) for path in STAFF_PAGES),
    (REGULATOR, "/cockpit"),
]
NAMES = {NOBODY: "anybody", OWNER: "member", ADMIN: "admin", REGULATOR: "regulator"}
TABS_AT_MOST = 60
A4_INSIDE_PX = 680
"""Of the 210 mm of a sheet, what its margins leave."""
WIDER = """() => [...document.querySelectorAll("main *")]
    .filter(part => part.checkVisibility() && part.getBoundingClientRect().right > innerWidth + 1)
    .map(part => part.outerHTML.slice(0, 100))"""


@pytest.fixture(scope="module")
def contexts(browser, origin):
    return Contexts(browser, origin)


@pytest.fixture
def town(kept):
    with kept(make_town) as marketplace:
        yield marketplace


def look_at(tab, path):
    """Open a page and say what is wrong with it."""
    tab.faults.clear()
    tab.open(path)
    faults = [f"{each['id']} ({each['impact']}): {each['where']}" for each in tab.barriers()]
    if (wider := tab.overflow()) > 0:
        faults.append(f"{wider} px wider than the screen")
    faults += [f"under the bar: {part}" for part in tab.covered()]
    return faults + tab.faults


def keep_picture(tab, who, path, lang, width):
    name = re.sub(r"\W+", "-", path).strip("-") or "front"
    folder = PICTURES / f"{width}-{lang}"
    folder.mkdir(parents=True, exist_ok=True)
    tab.page.screenshot(path=folder / f"{NAMES[who]}-{name}.png", full_page=True)


def visit(contexts, town, who, path):
    """Look at a page in all shapes. Returns the faults."""
    faults = []
    for lang, width in SHAPES:
        tab = contexts.kept_tab(who, town, lang, width)
        joined = "&" if "?" in path else "?"
        faults += [f"{lang} {width}: {fault}" for fault in look_at(tab, f"{path}{joined}lang={lang}")]
        if ALL:
            keep_picture(tab, who, path, lang, width)
            tab.page.emulate_media(color_scheme="dark")
            faults += [f"{lang} {width} dark: {each['id']} {each['where']}" for each in tab.barriers()]
            tab.page.emulate_media(color_scheme="light")
    return faults


@pytest.mark.parametrize(("who", "path"), VISITS, ids=lambda value: NAMES.get(value, value))
def test_a_page_is_for_everybody_and_runs_without_a_fault(contexts, town, who, path):
    assert visit(contexts, town, who, path) == []


@pytest.mark.parametrize(
    ("who", "starts"), [(OWNER, PRIVATE_PAGES), (ADMIN, STAFF_PAGES)], ids=["member", "admin"]
)
def test_so_is_one_page_of_each_kind_to_which_those_lead(contexts, town, who, starts):
    """Such as a deal or a load: what the pages of the registries show first of each kind."""
    tab = contexts.kept_tab(who, town)
    found = {}
    for path in starts:
        for link in tab.open(path).links():
            if (kind := endpoint_of(town.app, link)) is not None:
                found.setdefault(kind, link.partition("?")[0].partition("#")[0])
    faults = {path: visit(contexts, town, who, path) for path in found.values()}
    assert {path: wrong for path, wrong in faults.items() if wrong} == {}


def endpoint_of(app, link):
    """The endpoint of a page that takes an id; None of what is no such page."""
    path = link.partition("?")[0].partition("#")[0]
    try:
        endpoint, values = app.url_map.bind("").match(path)
    except HTTPException:
        return None
    return endpoint if endpoint.startswith("console.") and "name" not in values and values else None


# ---------------------------------------------------------------- pictures for the help


@pytest.mark.skipif(not ALL, reason="pictures are taken by make test-pages")
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", SHOWN_BY_HELP)
def test_a_picture_of_the_help_is_taken_and_small(contexts, town, name, lang):
    who, path = SHOWN_BY_HELP[name]
    tab = contexts.tab(who, town, lang, *PHONE)
    tab.open(f"{path}?lang={lang}")
    keep(HELP / f"{name}.{lang}.png", tab.page.screenshot())
    tab.page.context.close()


# ---------------------------------------------------------------- the journey of a keyboard


def focused(tab):
    return tab.page.evaluate(
        "document.activeElement === document.body ? '' : document.activeElement.tagName + ' '"
        " + (document.activeElement.name || document.activeElement.innerText)"
    )


def tab_to(tab, wanted):
    """Press Tab until what is wanted has the focus, which must be seen."""
    for _ in range(TABS_AT_MOST):
        if wanted in focused(tab):
            outline = tab.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"no focus is seen on {wanted}"
            return
        tab.press("Tab")
    raise AssertionError(f"{TABS_AT_MOST} tabs do not lead to {wanted}")


def test_a_keyboard_alone_logs_in_and_posts_a_supply(contexts, town):
    tab = contexts.tab(NOBODY, town)
    tab.open("/?lang=zh")
    tab_to(tab, "登录")
    with tab.page.expect_navigation():
        tab.press("Enter")
    tab_to(tab, "login")
    tab.page.keyboard.type(OWNER)
    tab_to(tab, "password")
    tab.page.keyboard.type("河边的柳树有三百棵 3")
    with tab.page.expect_navigation():
        tab.press("Enter")
    assert tab.page.url.endswith("/today")
    tab.press("Tab")
    assert "跳到正文" in focused(tab), "the first stop leads past the navigation"
    tab_to(tab, "酸厂")
    with tab.page.expect_navigation():
        tab.press("Enter")
    assert tab.page.url.endswith("/settings")
    tab.open("/post")
    for field, text in (("title", "废酸 900-349-34"), ("quantity", "40"), ("price_cny_per_t", "120")):
        tab_to(tab, field)
        tab.page.keyboard.type(text)
        with tab.page.expect_navigation():
            tab.press("Enter")
    tab_to(tab, "BUTTON 发布")
    with tab.page.expect_navigation():
        tab.press("Enter")
    assert "有意向" in tab.page.content(), "what was posted has matches"
    assert tab.faults == []
    tab.page.context.close()


# ---------------------------------------------------------------- on paper


@pytest.mark.parametrize(
    ("who", "path"), [(ADMIN, "/desk"), (ADMIN, "/desk?kind=registration"), (REGULATOR, "/cockpit")]
)
def test_the_desk_and_the_cockpit_are_printed_on_sheets_of_a4_without_bars_and_with_whole_tables(
    contexts, town, who, path
):
    tab = contexts.tab(who, town, width=A4_INSIDE_PX)
    tab.open(path)
    sheets = PdfReader(BytesIO(tab.page.pdf(prefer_css_page_size=True))).pages
    assert {tuple(round(float(side)) for side in sheet.mediabox) for sheet in sheets} == {(0, 0, 595, 842)}
    printed = plain("".join(sheet.extract_text() for sheet in sheets))
    tab.page.emulate_media(media="print")
    cells = tab.page.locator("main table:visible tr > :not(:has(.unseen)):visible").all_inner_texts()
    assert cells
    assert [cell for cell in cells if plain(cell) not in printed] == []
    assert tab.page.locator(".tabs:visible, main :is(button, input, select, textarea):visible").count() == 0
    assert tab.page.evaluate(WIDER) == []
    tab.page.context.close()


def plain(text):
    """Text as it is compared: a PDF knows no line breaks of ours, and other forms of some characters."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


# ---------------------------------------------------------------- what would be noticed


def test_a_script_another_host_and_a_grave_barrier_are_noticed(browser, origin, town):
    """The tests above would see what they are there for."""
    tab = Tab(browser.new_context(), origin)
    tab.open("/help?lang=zh")
    tab.page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.ran = true";
            document.body.append(script);
            const picture = new Image();
            picture.src = "http://127.0.0.2:1/x.png";
            document.body.append(picture);
            const main = document.querySelector("main");
            main.insertAdjacentHTML("beforeend", "<input name='x'><img src='/none.png'>");
        }"""
    )
    tab.page.wait_for_timeout(300)
    words = " ".join(tab.faults)
    assert "Content Security Policy" in words
    assert "127.0.0.2" in words
    assert "404" in words
    assert tab.page.evaluate("window.ran") is None
    assert {"label", "image-alt"} <= {each["id"] for each in tab.barriers()}
    tab.page.context.close()


def test_a_wrong_password_is_said_where_a_screen_reader_hears_it(contexts, town):
    tab = contexts.tab(NOBODY, town)
    log_in(tab, "13800138099")
    assert "账号与密码不匹配" in tab.page.inner_text("[role=alert]")
    tab.page.context.close()
