"""Passkeys on the pages: made, listed, removed, shown in place of the password and as the second factor."""

import json
import re
from base64 import urlsafe_b64encode
from dataclasses import replace

import pytest

from marketplace.database import db
from marketplace.persons.models import Handshake, Passkey
from tests.console.people import ORIGIN, Browser, browser_of, browser_of_staff
from tests.persons.authenticator import Authenticator

PHONE, OTHER_PHONE, STAFF_PHONE = "13800138000", "13800138001", "13900139000"
SETTINGS, LOG_IN, FACTOR = "/settings/passkeys", "/login/passkey", "/login/code"


@pytest.fixture(autouse=True)
def _at_a_host(marketplace, app, monkeypatch):
    settings = replace(app.config["SETTINGS"], public_url="http://localhost")
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    with marketplace.at_its_time():
        yield


@pytest.fixture
def firm(marketplace):
    return marketplace.enterprise("generator", name="绍兴一厂")


@pytest.fixture
def owner(firm):
    return browser_of(firm, PHONE)


def ask(browser, path):
    response = browser.client.post(f"{path}/challenge", headers=ORIGIN)
    assert response.status_code == 200, response.get_data(as_text=True)
    assert response.headers["Cache-Control"] == "no-store"
    return response.json


def add(browser, device, name="财务室旧台式机"):
    return browser.post(SETTINGS, name=name, credential=device.create(ask(browser, SETTINGS)))


def log_in(browser, device, **fields):
    return browser.post(LOG_IN, credential=device.get(ask(browser, LOG_IN)), **fields)


@pytest.fixture
def device(owner):
    device = Authenticator()
    assert add(owner, device).location == SETTINGS
    return device


def test_a_passkey_is_named_listed_and_logs_in_without_a_password(marketplace, owner, device):
    assert "财务室旧台式机" in owner.get(SETTINGS).page.text
    browser = Browser(marketplace)
    assert 'data-passkey="get"' in browser.get("/login").response.get_data(as_text=True)
    assert log_in(browser, device, next="/settings").location == "/settings"
    assert "绍兴一厂" in browser.get("/today").page.text
    assert "最近使用" in owner.get(SETTINGS).page.text


def test_what_was_typed_before_is_kept_by_this_log_in_too(marketplace, owner, device):
    shown = log_in(
        Browser(marketplace), device, next="/settings/people/invitations", **{"kept.right": "viewer"}
    )
    assert {field["name"]: field["value"] for field in shown.page.all("input")} == {"right": "viewer"}


def test_a_log_in_by_passkey_leads_nowhere_else(marketplace, owner, device):
    assert log_in(Browser(marketplace), device, next="https://evil.example/").location == "/today"


def test_several_are_kept_and_a_removed_one_opens_nothing(marketplace, owner, device):
    second = Authenticator()
    add(owner, second, "手机")
    first_id = db_ids(marketplace)[0]
    assert owner.post(f"{SETTINGS}/{first_id}/remove").location == SETTINGS
    assert "财务室旧台式机" not in owner.get(SETTINGS).page.text
    assert log_in(Browser(marketplace), device).status == 401
    assert log_in(Browser(marketplace), second).status == 303


def db_ids(marketplace):
    with marketplace.app.app_context():
        return [str(row) for row in db.session.scalars(db.select(Passkey.id).order_by(Passkey.id))]


def test_nobody_removes_the_passkey_of_another(marketplace, firm, owner, device):
    other = browser_of(firm, OTHER_PHONE)
    assert "财务室旧台式机" not in other.get(SETTINGS).page.text
    assert other.post(f"{SETTINGS}/{db_ids(marketplace)[0]}/remove").status == 404
    assert log_in(Browser(marketplace), device).status == 303


def test_an_answer_is_taken_once_in_the_browser_that_asked_and_within_ten_minutes(marketplace, owner, device):
    browser, thief = Browser(marketplace), Browser(marketplace)
    answer = device.get(ask(browser, LOG_IN))
    ask(thief, LOG_IN)
    assert thief.post(LOG_IN, credential=answer).status == 422
    assert browser.post(LOG_IN, credential=answer).status == 303
    browser.post("/logout")
    assert browser.post(LOG_IN, credential=answer).status == 422
    late = device.get(ask(browser, LOG_IN))
    marketplace.wait(minutes=11)
    assert browser.post(LOG_IN, credential=late).status == 422
    marketplace.wait(days=1)
    marketplace.settle()
    with marketplace.app.app_context():
        assert db.session.query(Handshake).count() == 0


def test_a_failed_answer_uses_its_question_up(marketplace, owner, device):
    browser = Browser(marketplace)
    options = ask(browser, LOG_IN)
    device.origin = "https://evil.example"
    assert browser.post(LOG_IN, credential=device.get(options)).status == 401
    device.origin = "http://localhost"
    assert browser.post(LOG_IN, credential=device.get(options)).status == 422


@pytest.mark.parametrize("bend", [
    {"origin": "https://evil.example"}, {"origin": "http://localhost.evil.example"}, {"host": "evil.example"},
])  # fmt: skip
def test_a_passkey_shown_or_made_elsewhere_opens_nothing(marketplace, owner, device, bend):
    for name, value in bend.items():
        setattr(device, name, value)
    assert log_in(Browser(marketplace), device).status == 401
    assert add(owner, Authenticator(**bend)).status == 422


def test_a_copy_that_counts_behind_is_refused(marketplace, owner, device):
    for _ in range(3):
        assert log_in(Browser(marketplace), device).status == 303
    device.count = 0
    assert log_in(Browser(marketplace), device).status == 401


def test_another_key_under_the_same_name_opens_nothing(marketplace, owner, device):
    forged = Authenticator()
    forged.credential_id, forged.owner = device.credential_id, device.owner
    assert log_in(Browser(marketplace), forged).status == 401


@pytest.mark.parametrize("change", [
    lambda answer: "{", lambda answer: "[]", lambda answer: "null", lambda answer: '{"response": 3}',
    lambda answer: json.dumps({**json.loads(answer), "rawId": "%"}),
    lambda answer: json.dumps({**json.loads(answer), "id": "AAAA"}),
    lambda answer: json.dumps({**json.loads(answer), "type": "x"}),
    lambda answer: re.sub(r'"signature": "[^"]*"', '"signature": "AAAA"', answer),
    lambda answer: re.sub(r'"authenticatorData": "[^"]*"', '"authenticatorData": "AA"', answer),
    lambda answer: "x" * 30_000,
    lambda answer: "[" * 5_000,
    lambda answer: json.dumps({"response": {"clientDataJSON": urlsafe_b64encode(b"[" * 5_000).decode()}}),
])  # fmt: skip
def test_what_cannot_be_read_is_refused_in_words(marketplace, owner, device, change):
    browser = Browser(marketplace)
    refused = browser.post(LOG_IN, credential=change(device.get(ask(browser, LOG_IN))))
    assert refused.status in (401, 422)
    assert refused.page.faults == []
    assert browser.get("/today").status == 303


def test_a_passkey_is_added_once_under_a_name_and_ten_at_most(marketplace, owner, device):
    assert add(owner, Authenticator(), name="").status == 422
    again = Authenticator()
    again.credential_id = device.credential_id
    assert "已添加" in add(owner, again).page.text
    for number in range(9):
        add(owner, Authenticator(), f"设备 {number}")
    refused = owner.client.post(f"{SETTINGS}/challenge", headers={**ORIGIN, "Accept": "application/json"})
    assert refused.status_code == 409


def test_a_name_is_shown_as_words(owner):
    add(owner, Authenticator(), "<script>alert(1)</script>")
    shown = owner.get(SETTINGS).response.get_data(as_text=True)
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert" in shown


def test_a_question_is_asked_of_pages_of_ours_only(owner):
    for path in (SETTINGS, LOG_IN):
        refused = owner.client.post(f"{path}/challenge", headers={"Origin": "https://evil.example"})
        assert refused.status_code == 403


def test_to_staff_a_passkey_that_verifies_its_owner_is_the_second_factor(marketplace):
    admin = browser_of_staff(marketplace)
    device = Authenticator()
    assert add(admin, device).location == SETTINGS
    again = Browser(marketplace)
    log_in(again, device)
    assert again.get("/desk").status == 200


def test_one_that_only_was_touched_is_not(marketplace):
    admin = browser_of_staff(marketplace)
    device = Authenticator(verifies=False)
    add(admin, device)
    again = Browser(marketplace)
    log_in(again, device)
    assert again.get("/desk").location == f"{FACTOR}?next=/desk"
    assert again.post(f"{FACTOR}/passkey", credential=device.get(ask(again, FACTOR))).status == 401
    assert again.get("/desk").location == f"{FACTOR}?next=/desk"


def test_after_the_password_a_passkey_stands_for_the_code_but_nobody_elses(marketplace, owner, device):
    admin = browser_of_staff(marketplace)
    own = Authenticator()
    add(admin, own)
    again = Browser(marketplace).log_in(STAFF_PHONE)
    assert 'data-passkey="get"' in again.get(FACTOR).response.get_data(as_text=True)
    assert again.post(f"{FACTOR}/passkey", credential=device.get(ask(again, FACTOR))).status == 401
    assert again.get("/desk").location == f"{FACTOR}?next=/desk"
    assert again.post(f"{FACTOR}/passkey", credential=own.get(ask(again, FACTOR))).location == "/today"
    assert again.get("/desk").status == 200


def test_where_the_passkey_is_the_only_second_factor_a_password_sets_no_other(marketplace):
    admin = browser_of_staff(marketplace)
    add(admin, Authenticator())
    with marketplace.app.app_context():
        db.session.execute(db.text("UPDATE person SET totp_since = NULL, totp_secret = NULL"))
        db.session.commit()
    again = Browser(marketplace).log_in(STAFF_PHONE)
    assert again.get("/desk").location == f"{FACTOR}?next=/desk"
    assert again.get("/login/enrol").location == "/today"


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://huanliu.example.com", "https://192.0.2.1"])
def test_where_browsers_make_none_none_is_offered(marketplace, app, owner, monkeypatch, url):
    settings = replace(app.config["SETTINGS"], public_url=url)
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    assert "data-passkey" not in owner.get("/login").response.get_data(as_text=True)
    assert "HTTPS" in owner.get(SETTINGS).page.text
    refused = owner.client.post(f"{LOG_IN}/challenge", headers={**ORIGIN, "Accept": "application/json"})
    assert (refused.status_code, refused.json["code"]) == (503, "passkeys_unavailable")


def test_a_page_with_a_passkey_runs_our_script_only(owner):
    for path in ("/login", SETTINGS):
        shown = owner.get(path)
        assert "script-src 'self'" in shown.response.headers["Content-Security-Policy"]
        assert "/static/passkey.js?v=" in shown.response.get_data(as_text=True)
