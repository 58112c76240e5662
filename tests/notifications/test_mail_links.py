"""What e-mails link to: the very page, and the link that stops them (RFC 8058)."""

import re
from dataclasses import replace
from uuid import uuid4

import pytest

from marketplace.database import db
from marketplace.notifications.models import REQUIRED, Notification, NotificationKind
from marketplace.notifications.service.kinds import KINDS
from marketplace.notifications.service.pages import PAGES, page_of
from tests.console.people import Browser, browser_of
from tests.mail import body

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
PREFERENCES = "/notification-preferences"


@pytest.fixture
def pair(marketplace, relay):
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler("A")
    demand = marketplace.demand(recycler)
    marketplace.settle()
    return generator, recycler, demand


@pytest.fixture
def letter(marketplace, relay, pair):
    """The e-mail of a match to the recycler."""
    marketplace.supply(pair[0])
    marketplace.settle()
    return relay.take_one()


def path_in(letter):
    return re.fullmatch(r"<https?://[^/]+(/unsubscribe/[\w.~-]+)>", letter["List-Unsubscribe"])[1]


def test_each_kind_leads_to_a_page_by_what_it_says():
    assert PAGES.keys() == set(NotificationKind), "add the page to marketplace/notifications/service/pages.py"
    for kind, page in PAGES.items():
        assert set(re.findall(r"{(\w+)}", page)) <= KINDS[kind].data_fields, kind
        listing_id = uuid4()
        data = dict.fromkeys(KINDS[kind].data_fields - {"listing_id", "counterpart_id"}, "x")
        about = {"listing_id": listing_id, "counterpart_id": listing_id}
        assert page_of(Notification(kind=kind, data=data, **about)).startswith("/")


def test_an_email_leads_to_the_page_of_its_listing_and_a_stranger_has_to_log_in_first(
    marketplace, pair, letter
):
    _, _, demand = pair
    assert f"http://127.0.0.1:8000/listings/{demand['id']}" in body(letter)
    assert "/api/v1/" not in body(letter)
    assert Browser(marketplace).get("/today").location == "/login?next=/today"


def test_the_header_of_one_click_is_whole_and_merely_opened_its_link_stops_nothing(marketplace, pair, letter):
    _, recycler, _ = pair
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = path_in(letter)
    assert path in body(letter)
    before = recycler.get(PREFERENCES).json
    browser = Browser(marketplace)
    for method in ("GET", "HEAD", "OPTIONS"):
        assert marketplace.client.open(path, method=method).status_code == 200
    shown = browser.get(path)
    assert "不再收到此类邮件" in shown.page.text
    assert shown.page.faults == []
    assert shown.response.headers["Cache-Control"] == "no-store"
    assert recycler.get(PREFERENCES).json == before


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://mail.example"}])
def test_one_press_stops_the_kind_and_no_other(marketplace, relay, pair, letter, headers):
    _, recycler, demand = pair
    recycler.prefer(language="en")
    for _ in range(2):
        pressed = marketplace.client.post(path_in(letter), data=ONE_CLICK, headers=headers)
        assert pressed.status_code == 200
    wanted = recycler.get(PREFERENCES).json
    assert (wanted["email"], wanted["kinds"], wanted["language"]) == (
        "immediate", {"match.found": "off"}, "en",
    )  # fmt: skip
    other = marketplace.enterprise("generator")
    supply = marketplace.supply(other)
    marketplace.settle()
    assert relay.take() == []
    other.feedback(supply, demand, "interested")
    marketplace.settle()
    assert [letter["To"] for letter in relay.take()] == [f"{recycler.number.lower()}@example.com"]


def test_all_stops_but_what_law_or_contract_asks_for(marketplace, relay, pair, letter):
    _, recycler, _ = pair
    recycler.prefer(email="digest")
    path = re.search(r"/unsubscribe/\w+~all~[\w-]+", body(letter))[0]
    assert "停收" in Browser(marketplace).get(path).page.text
    assert "已停收" in Browser(marketplace).post(path, origin={}).page.text
    wanted = recycler.get(PREFERENCES).json
    assert wanted["email"] == "off"
    assert wanted["kinds"] == dict.fromkeys(REQUIRED, "digest")


def test_what_must_be_sent_says_so_and_no_link_stops_it(marketplace, relay, pair):
    _, recycler, _ = pair
    relay.take()
    assert marketplace.admin.post(f"/enterprises/{recycler.id}/suspend", {"reason": "x"}).status_code == 200
    marketplace.settle()
    (letter,) = [letter for letter in relay.take() if "暂停" in letter["Subject"]]
    assert "依法或依合同须送达" in body(letter)
    assert "~all~" in path_in(letter)
    assert "不再接收此类邮件" not in body(letter)
    forged = path_in(letter).replace("~all~", "~enterprise.suspended~")
    assert marketplace.client.post(forged, data=ONE_CLICK).status_code == 422


@pytest.mark.parametrize("change", [
    lambda path, other: path.replace("match.found", "all"),
    lambda path, other: path.replace("match.found", "match.mutual"),
    lambda path, other: re.sub(r"/\w{32}~", f"/{other.id.replace('-', '')}~", path),
    lambda path, other: path[:-2] + ("AA" if path[-2:] != "AA" else "BB"),
    lambda path, other: "/unsubscribe/x",
    lambda path, other: "/unsubscribe/x~all~y",
])  # fmt: skip
def test_a_forged_link_stops_nothing_of_anybody(marketplace, pair, letter, change):
    generator, recycler, _ = pair
    path = change(path_in(letter), generator)
    for answer in (marketplace.client.get(path), marketplace.client.post(path, data=ONE_CLICK)):
        assert answer.status_code == 422
    for party in (generator, recycler):
        assert party.get(PREFERENCES).json["kinds"] == {}


def test_the_link_of_an_earlier_contact_stops_nothing_of_the_next(marketplace, pair, letter):
    _, recycler, _ = pair
    contact = {"name": "Li", "email": "next@example.com", "phone": "0575-85000000"}
    assert recycler.patch(f"/enterprises/{recycler.id}", {"contact": contact}).status_code in (200, 202)
    assert marketplace.client.post(path_in(letter), data=ONE_CLICK).status_code == 422


def test_it_works_for_who_is_logged_in_elsewhere_too_and_changes_no_session(marketplace, pair, letter):
    generator, recycler, _ = pair
    browser = browser_of(generator, "13800138000")
    assert "已停收" in browser.post(path_in(letter)).page.text
    assert generator.get(PREFERENCES).json["kinds"] == {}
    assert recycler.get(PREFERENCES).json["kinds"] == {"match.found": "off"}


def test_without_a_key_to_sign_with_an_email_has_no_such_link(marketplace, relay, pair, monkeypatch):
    settings = replace(marketplace.app.config["SETTINGS"], secret_keys="")
    monkeypatch.setitem(marketplace.app.config, "SETTINGS", settings)
    marketplace.supply(pair[0])
    marketplace.settle()
    letter = relay.take_one()
    assert letter["List-Unsubscribe"] is None
    assert "/unsubscribe/" not in body(letter)
    assert "/listings/" in body(letter)
    with marketplace.app.app_context():
        assert db.session.query(Notification).count()
