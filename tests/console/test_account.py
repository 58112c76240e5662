"""Logging in and what a person does with the account, in both languages, with and against the rules."""

import re
from uuid import uuid4

import pytest

from marketplace.console.visitor import page_at, way_back
from tests.console.people import Browser, browser_of, browser_of_staff
from tests.console.private import PRIVATE_PAGES
from tests.counting import count_statements
from tests.mail import body, listener, relay  # noqa: F401 - fixtures
from tests.persons.people import PASSWORD, invite, join, who

PHONE = "13800138000"
MOST_BYTES = 60_000
NOWHERE = "019ad7c8-3a00-7000-8000-000000000000"
ELSEWHERE = ("//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)")


@pytest.fixture
def firm(marketplace):
    return marketplace.enterprise("generator", name="绍兴一厂")


@pytest.fixture
def owner(marketplace, firm):
    with marketplace.at_its_time():
        yield browser_of(firm, PHONE)


def test_a_log_in_leads_to_today_and_out_again(marketplace, owner):
    assert "绍兴一厂" in owner.get("/today").page.text
    assert owner.post("/logout").location == "/"
    assert owner.get("/today").location == "/login?next=/today"
    assert "/register" in {link["href"] for link in owner.get("/login?next=/post").page.all("a")}


def test_the_cookie_is_for_this_host_alone_and_hidden_from_scripts(marketplace, firm):
    join(marketplace, invite(firm)["code"], phone=PHONE)
    browser = Browser(marketplace).log_in(PHONE)
    cookie = browser.response.headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    secure = browser.client.post(
        "/login",
        base_url="https://localhost",
        data={"login": PHONE, "password": PASSWORD},
        headers={"Origin": "https://localhost", "Accept": "text/html"},
    ).headers["Set-Cookie"]
    assert secure.startswith("__Host-huanliu_session=")
    assert "Secure" in secure
    assert "Domain" not in secure


def test_a_wrong_password_is_said_beside_the_form_and_the_login_stays(marketplace, firm):
    join(marketplace, invite(firm)["code"], phone=PHONE)
    browser = Browser(marketplace).log_in(PHONE, "a wrong password 1")
    assert browser.status == 401
    assert "账号与密码不匹配" in browser.page.text
    assert PHONE in {field.get("value") for field in browser.page.all("input")}
    assert "a wrong password 1" not in browser.response.get_data(as_text=True)


@pytest.mark.parametrize(
    "origin", [{}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
def test_a_form_of_another_site_does_nothing(marketplace, owner, origin):
    refused = owner.post("/logout", origin=origin)
    assert refused.status == 403
    assert "其他网站" in refused.page.text
    assert owner.get("/today").status == 200


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "////evil.example",
        "/\t/evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "",
        None,
        "evil",
    ],
)
def test_a_log_in_leads_nowhere_else(app, target):
    with app.test_request_context():
        assert way_back(target) == "/today"
        assert way_back("/desk?kind=appeal") == "/desk?kind=appeal"


@pytest.mark.parametrize(
    ("target", "page"),
    [
        ("/desk?kind=appeal", "/desk?kind=appeal"),
        (f"/offers/{NOWHERE}/accept", f"/offers/{NOWHERE}"),
        ("/settings/people/invitations", "/settings/people"),
        ("/no/such/page", "/no/such/page"),
    ],
)
def test_a_log_in_leads_to_the_page_of_a_form(app, target, page):
    with app.test_request_context():
        assert page_at(target) == page


def test_nothing_typed_is_lost_when_the_session_ends_in_the_middle_of_a_form(marketplace, firm, owner):
    marketplace.wait(hours=13)
    asked = owner.post(f"/hall/searches/{NOWHERE}", code="900-349-34")
    assert "900-349-34" in {field["value"] for field in asked.page.all("input") if "value" in field}
    asked = owner.post("/settings/people/invitations", right="viewer", email="li@example.com")
    assert asked.status == 401
    kept = {
        field["name"]: field["value"]
        for field in asked.page.all("input")
        if field["name"].startswith("kept.")
    }
    assert kept == {"kept.right": "viewer", "kept.email": "li@example.com"}
    shown = owner.log_in(PHONE, next="/settings/people/invitations", **kept)
    assert shown.status == 200
    fields = {field["name"]: field["value"] for field in shown.page.all("input")}
    assert fields == {"right": "viewer", "email": "li@example.com"}
    assert owner.post("/settings/people/invitations", **fields).status == 201
    assert firm.get("/invitations").json["items"][0]["email"] == "li@example.com"


def test_whatever_came_several_times_a_waste_code_and_the_query_outlive_a_session(marketplace, owner):
    marketplace.wait(hours=13)
    path = "/offers/new?listing_id=1&with=2"
    codes = ["900-349-34", "900-300-34"]
    secret = {"password": "geheim-1", "current_password": "geheim-2", "new_password": "geheim-3"}
    asked = owner.post(path, code=codes, kind="supply", listing_id=str(uuid4()), note="分两车", **secret)
    fields = [(field["name"], field.get("value")) for field in asked.page.all("input")]
    assert [value for name, value in fields if name == "kept.code"] == codes
    assert ("next", path) in fields
    kept = {name: value for name, value in fields if name.startswith("kept.") and name != "kept.code"}
    shown = owner.log_in(PHONE, next=path, **kept, **{"kept.code": codes})
    sent = [(field["name"], field["value"]) for field in shown.page.all("input")]
    assert [value for name, value in sent if name == "code"] == codes
    assert shown.page.all("form")[0]["action"] == path
    assert "geheim" not in shown.response.get_data(as_text=True)
    assert {*codes, "分两车"} <= set(shown.page.words)
    assert kept["kept.listing_id"] not in shown.page.words, "nobody typed it"
    assert "supply" not in shown.page.words, "nor the word that a choice sends"
    owner.client.delete_cookie("huanliu_session")
    asked = owner.post("/settings/account/email/confirm", code="123456")
    assert "123456" not in asked.response.get_data(as_text=True)


def test_an_owner_invites_on_paper_and_the_invited_joins_on_the_page(marketplace, owner):
    shown = owner.post("/settings/people/invitations", right="trader")
    code = re.search(r"<code>([A-Z0-9-]{23})</code>", shown.response.get_data(as_text=True))[1]
    invited = Browser(marketplace)
    with marketplace.at_its_time():
        joined = invited.post("/join", code=code, name="王工", phone="13800138001", password=PASSWORD)
        assert (joined.status, joined.location) == (303, "/today")
        assert "绍兴一厂" in invited.get("/today").page.text
    assert "王工" in owner.get("/settings/people").page.text


def test_who_joins_in_a_browser_that_was_logged_in_ends_that_session(marketplace, firm, owner):
    earlier = owner.client.get_cookie("huanliu_session").value
    code = invite(firm)["code"]
    assert owner.post("/join", code=code, name="王工", phone="13800138009", password=PASSWORD).status == 303
    assert owner.get("/today").status == 200
    assert who(marketplace, earlier) is None


def test_who_is_no_owner_sees_no_way_to_invite_and_has_none(marketplace, firm, owner):
    trader = browser_of(firm, "13800138001", "trader")
    assert trader.get("/settings/people").status == trader.get("/api/v1/members").status == 403
    assert "/settings/people" not in trader.get("/settings").page.links("")
    assert trader.post("/settings/people/invitations", right="owner").status == 403


def test_a_driver_sees_neither_the_pages_nor_the_api_of_the_enterprise(marketplace, firm, owner):
    driver = browser_of(firm, "13800138001", "driver")
    assert driver.get("/today").location == "/loads"
    assert {driver.get(path).status for path in ("/deals", "/offers", "/settings/people")} == {403}
    assert driver.get("/api/v1/enterprises/me").status == 403


def test_the_last_owner_is_told_why_he_stays(marketplace, firm, owner):
    (me,) = firm.get("/members").json["items"]
    refused = owner.post(f"/settings/people/{me['id']}/end")
    assert refused.status == 409
    assert "没有其他负责人" in refused.page.text


def test_nobody_changes_the_people_of_a_neighbour(marketplace, firm, owner):
    neighbour = browser_of(marketplace.enterprise("generator"), "13800138009")
    (me,) = firm.get("/members").json["items"]
    waiting = invite(firm)
    for path in (f"{me['id']}/end", f"{me['id']}/right", f"invitations/{waiting['id']}/withdraw"):
        assert neighbour.post(f"/settings/people/{path}", right="viewer").status == 404
    assert firm.get("/members").json["items"] == [me]


def test_a_person_ends_a_session_elsewhere(marketplace, firm, owner):
    elsewhere = Browser(marketplace).log_in(PHONE)
    assert elsewhere.get("/today").status == 200
    html = owner.get("/settings").response.get_data(as_text=True)
    (other,) = [row for row in html.split("<li>") if "/settings/sessions/" in row and "本机" not in row]
    owner.post(re.search(r'action="(/settings/sessions/[^"]+)"', other)[1])
    assert elsewhere.get("/today").status == 303
    assert owner.get("/today").status == 200


def test_reading_the_api_from_a_page_needs_no_key_but_changing_does(marketplace, owner):
    own = owner.get("/api/v1/enterprises/me", Accept="application/json")
    assert own.response.json["name"] == "绍兴一厂"
    changed = owner.client.post(
        "/api/v1/api-keys", json={"name": "x", "scopes": ["read"]}, headers={"Origin": "http://localhost"}
    )
    assert changed.status_code == 401


def test_staff_sets_a_second_factor_and_then_sees_the_desk(marketplace):
    marketplace.enterprise("generator", name="待审一厂", approved=False)
    with marketplace.at_its_time():
        admin = browser_of_staff(marketplace)
        assert admin.get("/today").location == "/desk"
        desk = admin.get("/desk").page
        assert "待审一厂" in desk.text
        assert admin.get("/desk?kind=appeal").page.text.count("待审一厂") == 0


def test_staff_without_the_second_factor_sees_nothing(marketplace):
    with marketplace.at_its_time():
        browser_of_staff(marketplace)
        again = Browser(marketplace).log_in("13900139000")
        assert again.get("/desk").location == "/login/code?next=/desk"
        assert again.get("/api/v1/enterprises").status == 401
        assert again.post("/login/code", code="000000").status == 401
        assert again.get("/desk").location == "/login/code?next=/desk"


def test_guessing_the_second_factor_waits(marketplace):
    with marketplace.at_its_time():
        browser_of_staff(marketplace)
        again = Browser(marketplace).log_in("13900139000")
        for _ in range(5):
            assert "验证码错误" in again.post("/login/code", code="000000").page.text
            assert "联系运营方重置" in again.page.text
        waiting = again.post("/login/code", code="000000")
        assert waiting.status == 429
        assert f"{waiting.response.headers['Retry-After']} 秒后重试" in waiting.page.text


def test_a_forgotten_password_is_set_on_the_page(marketplace, relay, firm):  # noqa: F811 - the fixture
    invite(firm, email="li@example.com")
    marketplace.settle()
    code = next(
        line
        for letter in relay.take()
        for line in body(letter).splitlines()
        if re.fullmatch(r"[A-Z0-9-]{23}", line)
    )
    assert join(marketplace, code).status_code == 201
    browser = Browser(marketplace)
    with marketplace.at_its_time():
        for login in ("li@example.com", "nobody@example.com"):
            assert "链接已发送" in browser.post("/forgotten", login=login).page.text
    marketplace.settle()
    (letter,) = [letter for letter in relay.take() if "/reset/" in body(letter)]
    path = re.search(r"/reset/[\w-]{43}", body(letter))[0]
    with marketplace.at_its_time():
        assert browser.get(path).status == 200
        assert "密码已设置" in browser.post(path, password="河岸上有五十只白鹭 9").page.text
        assert "链接无效" in browser.post(path, password="河岸上有五十只白鹭 8").page.text
    assert browser.log_in("li@example.com", "河岸上有五十只白鹭 9").status == 303


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("path", [*PRIVATE_PAGES, "/login", "/join", "/forgotten", "/reset/x"])
def test_each_page_is_sound_small_and_kept_by_nobody(marketplace, owner, path, lang):
    shown = owner.get(f"{path}{'&' if '?' in path else '?'}lang={lang}")
    assert shown.status == 200
    assert shown.page.faults == []
    assert len(shown.response.get_data()) < MOST_BYTES
    assert shown.response.headers["Cache-Control"] == "no-store"
    assert "unsafe" not in shown.response.headers["Content-Security-Policy"]
    assert "http" not in shown.response.headers["Content-Security-Policy"]


@pytest.mark.parametrize(("path", "most"), PRIVATE_PAGES.items())
def test_each_page_costs_few_statements(marketplace, owner, path, most):
    owner.get(path)
    with count_statements() as statements:
        owner.get(path)
    assert len(statements) <= most, statements


def test_words_of_strangers_are_shown_as_words(marketplace):
    firm = marketplace.enterprise("generator", name="<script>alert(1)</script>厂")
    with marketplace.at_its_time():
        browser = browser_of(firm, PHONE)
        for path in PRIVATE_PAGES:
            assert "<script>" not in browser.get(path).response.get_data(as_text=True)
