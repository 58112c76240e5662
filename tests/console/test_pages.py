"""Every page that needs no log-in: its form, languages, headers and cost, and what it must not show."""

import re
from pathlib import Path
from uuid import UUID

import pytest

import marketplace.console.pages.help as help_pages
from marketplace.console.page import DRIVER_TABS, MEMBER_TABS, STAFF_TABS, STATIC, TABS
from marketplace.errors import Forbidden
from marketplace.messages import HERE as MESSAGES
from marketplace.messages.names import Name
from tests.boards.world import HONOUR, PERSON, disgraced, record
from tests.browser.pictures import SHOWN_BY_HELP
from tests.console.reader import HTML, Page, get, read
from tests.counting import count_statements

HOSTILE = "</p><script>alert('废')</script><img src=x onerror=y>"
TITLE, DRAFT = "秘密车间的稀硫酸", "草稿里的漆渣"
PAGES = {
    "/": 1, "/board": 8, "/board?list=red": 4, "/board?q=%E5%8E%82&limit=1": 8, "/verify": 0, "/help": 0,
    "/hall": 0, "/recover": 0, "/recover/confirm": 0, "/register": 0,
    **{f"/help/{name}": 0 for name in help_pages.ORDER},
}  # fmt: skip
"""Each page with its SQL statements."""
MOST_BYTES, MOST_STATEMENTS = 60_000, 8
POLICY = {
    "default-src": ["'none'"], "base-uri": ["'none'"], "frame-ancestors": ["'none'"],
    "form-action": ["'self'"], "style-src": ["'self'"], "img-src": ["'self'"],
}  # fmt: skip
TEMPLATES = Path(help_pages.HERE) / "templates"


def make_town(marketplace):
    """Firms with names that attack, a listing of every kind, a draft, boards of two pages."""
    owner = marketplace.enterprise("generator", name=f"甲厂{HOSTILE}")
    marketplace.supply(owner, title=f"{TITLE}{HOSTILE}", price_cny_per_t=-777)
    draft = {
        "kind": "supply", "title": DRAFT, "waste": {"scheme": "cn-hw", "code": "900-252-12"},
        "quantity_t": 4321.0, "min_lot_t": 1.0,
        "available_from": "2026-12-01", "available_until": "2028-12-31",
    }  # fmt: skip
    assert owner.post("/listings", draft).status_code == 201
    marketplace.demand(marketplace.recycler(name="乙厂"), title=TITLE)
    for number in range(2):
        disgraced(marketplace, f"丙厂{number}{HOSTILE}")
    record(
        marketplace,
        marketplace.enterprise("recycler", name=f"丁厂{HOSTILE}"),
        HONOUR,
        effective_on="2026-06-05",
    )
    marketplace.settle()
    marketplace.owner = owner
    return marketplace


@pytest.fixture
def town(kept):
    with kept(make_town) as marketplace:
        yield marketplace


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_well_formed_in_its_language_and_small(town, path, lang):
    get(town, path, lang)
    with count_statements() as sent:
        response = get(town, path, lang)
    page = read(response)

    assert response.status_code == 200
    assert page.faults == []
    assert (page.all("html")[0]["lang"], response.headers["Content-Language"]) == (lang, lang)
    assert page.all("meta")[1]["name"] == "viewport"
    assert len(response.data) < MOST_BYTES
    assert len(sent) == PAGES[path] <= MOST_STATEMENTS
    chinese = re.findall(r"[\u4e00-\u9fff]{2,}", " ".join(without_chinese_parts(page)))
    assert lang == "zh-CN" or chinese == []


def without_chinese_parts(page):
    """The words of a page but for those that it marks as Chinese."""
    unmarked = re.sub(r'<(span|a)[^>]* lang="zh-CN".*?</\1>', "", page.html, flags=re.DOTALL)
    return Page(unmarked).words


@pytest.mark.parametrize("path", [*PAGES, "/nowhere", "/verify/x"])
def test_a_page_may_load_files_of_ours_only_and_runs_nothing(town, path):
    response = get(town, path, "zh-CN")
    parts = response.headers["Content-Security-Policy"].split(";")
    assert {name: sources for name, *sources in (part.split() for part in parts)} == POLICY
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["RateLimit-Policy"].startswith('"address"')
    assert response.headers["Cache-Control"] in ("no-cache", "no-store")
    loaded = [link["href"] for link in read(response).all("link")]
    assert loaded
    assert all(href.startswith("/static/") for href in loaded)


def test_every_link_leads_to_something(town):
    seen, todo = set(), {"/", "/nowhere", "/errors", "/verify/x"}
    while todo:
        path = todo.pop()
        seen.add(path)
        response = get(town, path, "zh-CN")
        if not path.startswith(("/nowhere", "/verify/x")):
            assert response.status_code in (200, 302, 303), path
        if response.mimetype == "text/html" and not path.startswith(("/docs", "/errors#")):
            page = read(response)
            assert "http" not in {link.partition("://")[0] for link in page.links("")}
            todo |= {link.partition("#")[0] or path for link in page.links(path)} - seen
    assert {"/api/v1/figures", "/api/v1/credit/board", "/docs/"} <= seen
    assert {f"/help/{name}" for name in help_pages.ORDER} <= seen
    assert any("cursor=" in path for path in seen) is False, "one page of the board holds all of this town"


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_shown_that_the_api_would_hide(town, path):
    html = get(town, path, "zh-CN").get_data(as_text=True)
    for hidden in (
        TITLE,
        DRAFT,
        "4,321",
        "4321",
        "900-252-12",
        "777",
        "甲厂",
        "乙厂",
        PERSON,
        "0575-85000000",
        "@example",
    ):
        assert hidden not in html, hidden
    assert town.owner.id not in html
    assert town.owner.number not in html


def test_names_of_enterprises_are_escaped_wherever_they_are_shown(town):
    for path in ("/board", "/board?list=red"):
        response = get(town, path, "zh-CN")
        assert HOSTILE in read(response).text.replace("’", "'")
        assert "<script" not in response.get_data(as_text=True)
        assert "<img" not in response.get_data(as_text=True)


def test_what_was_searched_for_is_escaped_and_kept_in_the_form(town):
    for asked in ('"><script>x</script>', "' onfocus=x"):
        page = read(town.app.test_client().get("/board", query_string={"q": asked}))
        (field,) = [found for found in page.all("input") if found["name"] == "q"]
        assert field["value"] == asked
        assert page.faults == []


# ---------------------------------------------------------------- language


@pytest.mark.parametrize(
    ("path", "wanted", "lang"),
    [
        ("/help", None, "zh-CN"), ("/help", "zh-TW,zh;q=0.9", "zh-CN"), ("/help", "en-GB", "en"),
        ("/help", "fr", "en"), ("/help?lang=en", "zh-CN", "en"), ("/help?lang=zh", "en", "zh-CN"),
        ("/help?lang=xx", "en", "en"), ("/nowhere?lang=en", "zh-CN", "en"), ("/nowhere", None, "zh-CN"),
    ],
)  # fmt: skip
def test_a_page_is_in_the_language_asked_for_and_chinese_where_none_is(marketplace, path, wanted, lang):
    page = read(get(marketplace, path, wanted))
    assert page.all("html")[0]["lang"] == lang


def test_a_chosen_language_is_kept_by_the_browser_for_all_pages(marketplace):
    browser = marketplace.app.test_client()
    headers = {"Accept": "text/html", "Accept-Language": "zh-CN"}
    chosen = browser.get("/verify?lang=en", headers=headers)
    assert {"HttpOnly", "SameSite=Lax"} <= set(chosen.headers["Set-Cookie"].split("; "))
    for path in (
        "/help",
        "/nowhere",
        "/errors",
        "/verify/x",
        "/board?cursor=bad",
        "/api/v1/enterprises/prove/x",
    ):
        response = browser.get(path, headers=headers)
        assert read(response).all("html")[0]["lang"] == "en", path
        assert "Set-Cookie" not in response.headers
    for path in ("/help", "/"):
        assert {"Cookie", "Accept-Language"} <= set(browser.get(path, headers=headers).vary), path
    problem = browser.get("/api/v1/listings", headers={"Accept-Language": "zh-CN"})
    assert problem.json["title"] == "缺少有效密钥", "the API goes by its own header"


def test_the_switch_leads_to_the_same_page_in_the_other_language(town):
    page = read(get(town, "/board?list=red&q=%E5%8E%82", "zh-CN"))
    (switch,) = [link for link in page.all("a") if link.get("hreflang")]
    other = read(get(town, "/board" + switch["href"], "zh-CN"))
    assert (switch["href"], other.all("html")[0]["lang"]) == ("?list=red&q=%E5%8E%82&lang=en", "en")
    (field,) = [found for found in other.all("input") if found["name"] == "q"]
    assert field["value"] == "厂"


def test_no_path_of_a_stranger_gets_into_a_link(marketplace):
    response = marketplace.app.test_client().get(
        "/", headers={"Accept": HTML}, environ_overrides={"PATH_INFO": "//evil.example/x"}
    )
    assert response.status_code == 404
    assert not [link for link in read(response).links("") if "evil" in link]


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_who_asks_for_a_page_and_is_refused_gets_one(marketplace, lang):
    response = get(marketplace, "/nowhere", lang)
    page = read(response)
    assert (response.status_code, page.faults) == (404, [])
    assert ("未找到该内容" if lang == "zh-CN" else "Not found") in page.text
    assert response.headers["X-Request-Id"] in page.text
    assert "/" in page.links("/nowhere")
    assert get(marketplace, "/help/nobody", lang).status_code == 404
    wrong_method = marketplace.client.post("/help", headers={"Accept": "text/html"})
    assert (wrong_method.status_code, wrong_method.mimetype) == (405, "text/html")
    assert "GET" in wrong_method.headers["Allow"]


def test_an_address_that_takes_forms_only_leads_to_the_page_above_it(app, marketplace):
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("console.")]
    adapter = app.url_map.bind("localhost")
    shown = {rule.rule for rule in rules if "GET" in rule.methods}
    forms = {rule.rule for rule in rules if "POST" in rule.methods} - shown
    assert len(forms) > 100
    for rule in forms:
        path = re.sub(r"<any\('?([^',]+).*?>", r"\1", re.sub(r"<(uuid|int):\w+>", fill, rule))
        path = path.replace("<kind>", "licence")
        response = get(marketplace, f"{path}?lang=en&kind=licence", "en")
        assert response.status_code == 303, path
        above, _, query = response.location.partition("?")
        assert path.startswith(f"{above}/") or above == "/", path
        assert query == "lang=en&kind=licence"
        assert adapter.match(above, method="GET")


def fill(found):
    return str(UUID(int=7)) if found[1] == "uuid" else "1"


def test_programs_and_the_api_get_problems_as_before(marketplace):
    for path, accept in (("/nowhere", "*/*"), ("/nowhere", None), ("/api/v1/nowhere", "text/html"),
                         ("/api/v1/listings", "text/html"), ("/healthz/x", "text/html")):  # fmt: skip
        response = marketplace.client.get(path, headers={"Accept": accept} if accept else {})
        assert response.mimetype == "application/problem+json", path


def test_too_many_views_are_refused_with_a_page_that_says_when_to_come_back(marketplace, configure):
    configure(rate_limit_public="2 per minute")
    browser = marketplace.app.test_client()
    responses = [
        browser.get("/help", headers={"Accept": HTML}, environ_base={"REMOTE_ADDR": "192.0.2.99"})
        for _ in range(3)
    ]
    assert [response.status_code for response in responses] == [200, 200, 429]
    page = read(responses[2])
    assert page.faults == []
    assert int(responses[2].headers["Retry-After"]) > 0
    assert responses[2].headers["Cache-Control"] == "no-store"


def test_who_may_not_see_a_page_is_told_so_in_words(marketplace, monkeypatch):
    def refuse():
        raise Forbidden("role_forbids", allowed=(Name("actor", "admin"),))

    monkeypatch.setattr("marketplace.boards.service.town_figures", refuse)
    response = get(marketplace, "/", "zh-CN")
    page = read(response)
    assert (response.status_code, page.faults) == (403, [])
    assert "没有权限" in page.text
    assert "此操作仅限" in page.text


def test_a_failure_is_a_page_without_what_failed(marketplace, monkeypatch):
    monkeypatch.setattr("marketplace.boards.service.town_figures", lambda: 1 / 0)
    response = get(marketplace, "/", "zh-CN")
    assert (response.status_code, read(response).faults) == (500, [])
    assert "division" not in response.get_data(as_text=True)


# ---------------------------------------------------------------- board


def test_the_board_is_paged_by_links_and_searched_by_name(town):
    first = read(get(town, "/board?limit=1", "zh-CN"))
    (onward,) = [link["href"] for link in first.all("a") if link.get("rel") == "next"]
    second = read(get(town, "/board" + onward, "en"))
    names = [re.findall("丙厂[01]", page.text) for page in (first, second)]
    assert sorted(map(tuple, names)) == [("丙厂0",), ("丙厂1",)]
    assert "绍环罚决" in first.text
    found = read(get(town, "/board?q=%E4%B8%99%E5%8E%821", "zh-CN"))
    assert re.findall("丙厂[01]", found.text) == ["丙厂1"]
    assert "丁厂" in read(get(town, "/board?list=red", "zh-CN")).text
    nobody = get(town, "/board?q=nobody&region=110000", "zh-CN")
    assert (nobody.status_code, "没有符合条件的企业" in read(nobody).text) == (200, True)


@pytest.mark.parametrize(
    "query", ["q=" + "x" * 51, "q=a%00b", "region=12", "list=blue", "limit=0", "q=%E2%80%AEx"]
)
def test_what_cannot_be_searched_for_is_said_in_words_and_nothing_is_listed(town, query):
    response = get(town, f"/board?{query}", "zh-CN")
    page = read(response)
    assert (response.status_code, page.faults) == (422, [])
    assert "丙厂" not in page.text
    wrong = [
        found for found in page.all("p") if "wrong" in found.get("class", "") or found.get("role") == "alert"
    ]
    assert len(wrong) == 1
    if query.startswith("q="):
        (field,) = [found for found in page.all("input") if found["name"] == "q"]
        assert (field["aria-invalid"], field["aria-describedby"]) == ("true", "q-hint q-error")


def test_a_cursor_of_another_list_is_refused_with_a_page(town):
    first = read(get(town, "/board?limit=1", "zh-CN"))
    (onward,) = [link["href"] for link in first.all("a") if link.get("rel") == "next"]
    for path in ("/board?cursor=bad", "/board" + onward.replace("list=board", "list=red")):
        response = get(town, path, "zh-CN")
        assert (response.status_code, read(response).faults) == (422, []), path


# ---------------------------------------------------------------- verify


TOKEN = "aB3_-" + "x" * 38


@pytest.mark.parametrize(
    "code", [TOKEN, f"  {TOKEN} ", f"https://huanliu.example.com/verify/{TOKEN}", f"verify/{TOKEN}/"]
)
def test_a_code_or_the_address_of_a_qr_code_leads_to_its_verification(marketplace, code):
    response = marketplace.app.test_client().get("/verify", query_string={"code": code})
    assert (response.status_code, response.headers["Location"]) == (303, f"/verify/{TOKEN}")
    page = get(marketplace, f"/verify/{TOKEN}", "zh-CN")
    assert (page.status_code, read(page).faults) == (404, [])


@pytest.mark.parametrize("code", ["x", "x" * 42, "x" * 44, f"//evil.example/{'x' * 42}é", '"><script>'])
def test_what_is_no_code_is_refused_beside_the_field_and_kept_in_it(marketplace, code):
    response = marketplace.app.test_client().get("/verify", query_string={"code": code, "lang": "zh"})
    page = read(response)
    assert (response.status_code, page.faults) == (422, [])
    (field,) = page.all("input")
    assert (field["value"], field["aria-invalid"]) == (code, "true")
    assert "43 位" in page.text


# ---------------------------------------------------------------- files


def test_files_of_ours_are_kept_for_a_year_under_the_address_that_names_their_content(marketplace):
    (style,) = [
        link["href"] for link in read(get(marketplace, "/help")).all("link") if link["rel"] == "stylesheet"
    ]
    assert marketplace.client.get(style).headers["Cache-Control"] == "public, max-age=31536000"
    for other in ("/static/console.css", "/static/console.css?v=0"):
        response = marketplace.client.get(other)
        assert (response.status_code, response.mimetype, response.headers["Cache-Control"]) == (
            200, "text/css", "no-cache",
        )  # fmt: skip
    for nothing in ("/static/none.css", "/static/../page.py", "/static/%2e%2e/page.py", "/static/"):
        assert marketplace.client.get(nothing).status_code == 404, nothing


def test_static_holds_files_of_ours_only():
    """What comes from elsewhere gets a table with its licence and SHA-256 first."""
    files = {path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file()}
    pictures = {f"help/{name}.{lang}.png" for name in SHOWN_BY_HELP for lang in ("zh", "en")}
    assert (
        files
        == {
            "console.css",
            "gate.js",
            "here.js",
            "icon.svg",
            "passkey.js",
            "pictures.js",
            "post.js",
            "scan.js",
        }
        | pictures
    )


def test_the_stylesheet_asks_nobody_and_knows_dark_and_print():
    style = (STATIC / "console.css").read_text(encoding="utf-8")
    assert not re.search(r"url\(|@import|https?:", style)
    assert style.count("{") == style.count("}")
    for part in ("prefers-color-scheme: dark", "@media print", ":focus-visible"):
        assert part in style


# ---------------------------------------------------------------- sentences


def test_every_sentence_of_the_console_is_shown_somewhere():
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for path in help_pages.HERE.rglob("*")
        if path.suffix in (".py", ".html")
    )
    tables = "\n".join(path.read_text(encoding="utf-8") for path in MESSAGES.glob("console*.toml"))
    codes = re.findall(r"^\[page_(\w+)\]", tables, re.MULTILINE)
    computed = {tab.sentence for tab in (*TABS, *MEMBER_TABS, *DRIVER_TABS, *STAFF_TABS)}
    put_together = set(re.findall(r"""["']([a-z]+(?:_[a-z]+)*_)["'] ~|f"([a-z]+_)\{""", source))
    beginnings = tuple(prefix for pair in put_together for prefix in pair if prefix not in ("", "page_"))
    assert len(codes) > 50
    assert [code for code in codes if f'"{code}"' not in source and f"'{code}'" not in source
            and f"page_{code}" not in source and code not in computed
            and not code.startswith(beginnings)] == []  # fmt: skip


def test_every_class_in_a_template_is_in_the_stylesheet():
    style = (STATIC / "console.css").read_text(encoding="utf-8")
    used = {
        name
        for path in TEMPLATES.rglob("*.html")
        for classes in re.findall(r'class="([^"]*)"', path.read_text(encoding="utf-8"))
        for name in re.sub(r"\{\{.*?\}\}|\{%.*?%\}", " ", classes).split()
    }
    unknown = {name for name in used if not re.search(rf"\.{re.escape(name)}\b", style)}
    assert not unknown
