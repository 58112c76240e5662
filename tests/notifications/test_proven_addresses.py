"""Nothing is mailed to an address that its link has not proven, and none gets more than a day allows."""

import re
from datetime import timedelta

import pytest

from marketplace import identity
from marketplace.notifications.service.kinds import KINDS
from tests.http.responses import refused
from tests.mail import body
from tests.marketplace import Party, new_uscc

CONTACT = {"name": "见 http://evil.com", "email": "victim@example.com", "phone": "0575-85000000"}
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
LINK = "【环流】请验证您的邮箱"
VARIANTS = [
    "victim@example.com", "Victim@Example.com", "victim+1@example.com", "VICTIM+a+b@EXAMPLE.COM",
    "victim+@example.com",
]  # fmt: skip


def register(marketplace, email="victim@example.com", **about):
    sent = {"uscc": new_uscc(), "name": "新厂", "roles": ["generator"], "region": "330602", **about}
    answer = marketplace.client.post(
        "/api/v1/enterprises", json={**sent, "contact": {**CONTACT, "email": email}}
    )
    assert answer.status_code == 201, answer.json
    return Party(marketplace, answer.json["api_key"], answer.json["id"], sent["uscc"])


def link_in(letter):
    link = re.search(r"http\S+/prove/\S+", body(letter))[0]
    return link[link.index("/api/") :]


def give_address(marketplace, party, email):
    answer = party.patch(f"/enterprises/{party.id}", {"contact": {**CONTACT, "email": email}})
    assert answer.status_code in (200, 202), answer.json


# ---------------------------------------------------------------- only proven addresses


def test_an_unproven_address_gets_the_link_alone_and_the_inbox_the_rest(marketplace, relay):
    recycler = marketplace.recycler("A", proven=False)
    marketplace.demand(recycler)
    marketplace.supply(marketplace.enterprise("generator"))
    recycler.post("/api-keys", {"name": "x", "scopes": ["read"], "expires_at": "2026-12-20T02:00:00Z"})
    give_address(marketplace, recycler, "victim@example.com")
    marketplace.settle()
    marketplace.wait(days=2)

    letters = [letter for letter in relay.take() if letter["To"] == "victim@example.com"]
    assert [letter["Subject"] for letter in letters] == [LINK]
    assert "evil" not in body(letters[0])
    assert "新厂" not in body(letters[0])
    assert len(recycler.inbox()) == 1
    assert len(recycler.inbox("key.expiring")) == 1
    preferences = recycler.get("/notification-preferences").json
    assert preferences["email_proven_at"] is None
    (warning,) = preferences["warnings"]
    assert (warning["code"], warning["field"]) == ("email_unproven", "email")
    assert recycler.put("/notification-preferences", preferences).status_code == 200


@pytest.mark.parametrize("wish", ["immediate", "digest"])
def test_after_its_proof_an_address_is_mailed_what_comes_from_then_on(marketplace, relay, wish):
    recycler = marketplace.recycler("A", proven=False)
    recycler.prefer(email=wish)
    marketplace.demand(recycler)
    marketplace.settle()
    marketplace.supply(marketplace.enterprise("generator"))
    marketplace.settle()
    marketplace.wait(days=1)
    assert relay.take() == []

    asked = recycler.post("/enterprises/me/send-proof")
    assert (asked.status_code, asked.json["warnings"][-1]["code"]) == (200, "proof_requested")
    marketplace.settle()
    assert marketplace.client.post(link_in(relay.take_one())).json == {"proven": True}
    shown = recycler.get("/notification-preferences").json
    assert (bool(shown["email_proven_at"]), shown["warnings"]) == (True, [])
    assert recycler.put("/notification-preferences", shown).status_code == 200
    marketplace.supply(marketplace.enterprise("generator"))
    marketplace.settle()
    marketplace.wait(days=1)
    assert len(relay.take()) == 1


def test_what_waits_for_the_morning_is_not_mailed_to_an_address_given_at_night(marketplace, relay):
    recycler = marketplace.recycler("A")
    recycler.prefer(email="digest")
    marketplace.demand(recycler)
    marketplace.settle()
    marketplace.supply(marketplace.enterprise("generator"))
    marketplace.settle()
    give_address(marketplace, recycler, "victim@example.com")
    marketplace.settle()
    marketplace.wait(days=1)
    assert [letter["Subject"] for letter in relay.take()] == [LINK]


def test_the_owner_of_a_saved_search_with_an_unproven_address_reads_it_in_the_inbox(marketplace, relay):
    reader = marketplace.enterprise("recycler", grade="A", proven=False)
    reader.save_search({"kind": "supply"})
    marketplace.supply(marketplace.enterprise("generator"))
    marketplace.settle()
    marketplace.wait(days=1)
    assert len(reader.inbox("search.found")) == 1
    assert relay.take() == []


@pytest.mark.parametrize("verb", ["reject", "suspend"])
def test_a_rejected_or_suspended_enterprise_sends_no_link_anywhere(marketplace, relay, verb):
    party = register(marketplace)
    marketplace.settle()
    assert len(relay.take()) == 1
    assert marketplace.admin.post(f"/enterprises/{party.id}/{verb}", {"reason": "x"}).status_code == 200
    refused(
        party.post("/enterprises/me/send-proof"),
        403,
        f"enterprise_{verb}ed".replace("suspended", "suspended"),
    )
    party.patch(f"/enterprises/{party.id}", {"contact": {**CONTACT, "email": "other@example.com"}})
    marketplace.settle()
    assert relay.take() == []


def test_a_proven_address_needs_no_further_link(marketplace):
    refused(marketplace.enterprise("generator").post("/enterprises/me/send-proof"), 409, "address_proven")


# ---------------------------------------------------------------- the link


def test_a_browser_is_asked_before_the_address_counts_as_proven(marketplace, relay):
    party = register(marketplace)
    marketplace.settle()
    link = link_in(relay.take_one())
    for method, headers in (
        ("GET", BROWSER),
        ("HEAD", BROWSER),
        ("HEAD", {}),
        ("GET", {}),
        ("GET", {"Sec-Purpose": "prefetch"}),
    ):
        answer = marketplace.client.open(link, method=method, headers=headers)
        assert answer.status_code == 200
        assert party.get("/enterprises/me").json["email_proven_at"] is None, (method, headers)
    page = marketplace.client.get(link, headers={**BROWSER, "Accept-Language": "en"})
    assert '<form method="post"><button class="btn">Confirm the address</button></form>' in page.text
    assert "新厂" not in page.text
    assert "evil" not in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]

    pressed = marketplace.client.post(link, data={}, headers=BROWSER)
    assert (pressed.status_code, pressed.mimetype) == (200, "text/html")
    assert party.get("/enterprises/me").json["email_proven_at"]
    assert marketplace.client.post(link).json == {"proven": True}


def test_a_wrong_link_is_refused_to_programs_and_explained_to_people(marketplace):
    link = "/api/v1/enterprises/prove/nothing"
    assert marketplace.client.get(link).json == {"proven": False}
    refused(marketplace.client.post(link), 422, "link_invalid", "token")
    page = marketplace.client.post(link, headers={**BROWSER, "Accept-Language": "zh-CN"})
    assert (page.status_code, page.mimetype) == (422, "text/html")
    assert "链接无效" in page.text


# ---------------------------------------------------------------- how often


def test_an_address_gets_three_links_a_day_whoever_names_it_in_whatever_spelling(marketplace, relay):
    parties = [register(marketplace, email) for email in VARIANTS]
    for party in parties:
        party.post("/enterprises/me/send-proof")
    marketplace.settle()
    assert len(relay.take()) == 3
    register(marketplace, "somebody.else@example.com")
    marketplace.settle()
    assert len(relay.take()) == 1
    marketplace.wait(days=1, hours=1)
    register(marketplace)
    marketplace.settle()
    assert len(relay.take()) == 1


def test_one_enterprise_cannot_send_links_to_many_addresses(marketplace, relay):
    party = register(marketplace, "v0@example.com")
    for number in range(1, 8):
        give_address(marketplace, party, f"v{number}@example.com")
        marketplace.settle()
    assert len(relay.take()) == 6


def test_recovery_counts_by_address_too(marketplace, relay):
    parties = []
    for email in ("a@example.com", "A+x@example.com"):
        parties.append(register(marketplace, email))
        marketplace.prove(parties[-1])
    marketplace.settle()
    relay.take()
    for party in parties * 3:
        marketplace.client.post("/api/v1/enterprises/recover", json={"uscc": party.number})
    marketplace.settle()
    assert len(relay.take()) == 3


def test_a_link_that_the_relay_refuses_for_good_is_not_tried_again(marketplace, relay):
    relay.of_address = "550 5.1.1 no such user"
    party = register(marketplace, "nobody@example.com")
    for _ in range(4):
        marketplace.wait(hours=1)
    assert relay.tries == 1
    assert party.get("/enterprises/me").json["email_refused"]["reply"].startswith("550")
    assert len(party.inbox("email.refused")) == 1


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("Wang+Bids@Example.COM", "wang@example.com"), ("+tag@example.com", "+tag@example.com"),
        ("w.a.n.g+x@googlemail.com", "wang@gmail.com"), ("w.ang@example.com", "w.ang@example.com"),
    ],
)  # fmt: skip
def test_spellings_of_one_mailbox_are_one(address, mailbox):
    assert identity.mailbox(address) == mailbox


def test_enterprises_that_share_an_address_share_its_cap(marketplace, relay):
    marketplace.policy(push_daily_cap=2)
    generator = marketplace.enterprise("generator")
    for variant in VARIANTS[:4]:
        recycler = marketplace.recycler("A", proven=False)
        give_address(marketplace, recycler, variant)
        marketplace.prove(recycler)
        marketplace.demand(recycler)
    marketplace.settle()
    relay.take()
    marketplace.supply(generator)
    marketplace.settle()
    assert len(relay.take()) == 2
    marketplace.wait(days=1)
    assert [letter["Subject"] for letter in relay.take()] == ["【环流】今日有 1 条新匹配"] * 2


@pytest.mark.parametrize(("decisions", "mails"), [(2, 2), (6, 5)])
def test_a_kind_has_a_cap_by_address_and_the_rest_is_in_the_digest(marketplace, relay, decisions, mails):
    party = marketplace.enterprise("generator")
    for _ in range(decisions):
        marketplace.admin.post(f"/enterprises/{party.id}/suspend", {"reason": "x"})
        marketplace.admin.post(f"/enterprises/{party.id}/approve")
        marketplace.settle()
        marketplace.now += timedelta(minutes=1)
    assert len([it for it in relay.take() if it["Subject"] == "【环流】企业已被暂停"]) == mails
    assert len(party.inbox("enterprise.suspended")) == decisions
    marketplace.wait(days=1)
    assert len(relay.take()) == (decisions > mails)


def test_every_kind_is_capped_by_address():
    assert all(row.is_capped or 1 <= row.mails_a_day <= 20 for row in KINDS.values())


# ---------------------------------------------------------------- what ends soon


def test_all_keys_that_end_soon_are_one_email(marketplace, relay):
    party = marketplace.enterprise("generator")
    for number in range(12):
        key = {"name": f"key {number}", "scopes": ["read"], "expires_at": f"2026-12-{10 + number}T02:00:00Z"}
        assert party.post("/api-keys", key).status_code == 201
    marketplace.wait(minutes=10)
    letter = relay.take_one()
    assert letter["Subject"] == "【环流】12 个 API 密钥即将到期"
    assert all(f"“key {number}”" in body(letter) for number in range(12))
    assert len(party.inbox("key.expiring")) == 12

    for number in range(3):
        key = {"name": f"new {number}", "scopes": ["read"], "expires_at": "2026-12-20T02:00:00Z"}
        party.post("/api-keys", key)
        marketplace.wait(minutes=11)
    assert relay.take() == []
    marketplace.wait(days=1)
    assert "“new 2”" in body(relay.take_one())
