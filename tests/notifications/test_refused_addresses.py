"""A relay's final refusal of an address is told once and ends its e-mail; all others are tried again."""

import smtplib

import pytest

from marketplace.events import service as events
from marketplace.notifications.service.delivery import email, handing_over
from marketplace.notifications.service.delivery.refusals import final_refusal

FINAL = [
    "553 mailbox name not allowed", "550 5.1.1 user unknown", "550 no such user", "551 user not local",
    "501 5.1.3 bad address", "556 5.1.10 domain takes no mail", "554 5.2.1 mailbox disabled",
]  # fmt: skip
FOR_NOW = [
    "450 4.2.0 greylisted, come back", "451 4.3.0 local error", "452 4.2.2 mailbox full",
    "552 5.2.2 mailbox full", "552 too much stored", "550 5.7.1 sender is on a list",
    "554 5.7.1 relay access denied", "550 5.2.2 over quota", "530 5.7.0 log in first", "503 5.5.1 order",
]  # fmt: skip


@pytest.fixture
def pair(marketplace, relay):
    """A generator, and a recycler of grade A whose demand takes its acid."""
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler("A")
    marketplace.demand(recycler)
    marketplace.settle()
    return generator, recycler


def address(party):
    return f"{party.number.lower()}@example.com"


def refusal_of(party):
    return party.get("/enterprises/me").json.get("email_refused")


def send_one(marketplace, generator):
    marketplace.supply(generator)
    marketplace.settle()


@pytest.mark.parametrize("where", ["of_address", "refusal"])
@pytest.mark.parametrize("reply", FINAL[:2])
def test_a_final_refusal_is_tried_once_and_told_to_the_owner_and_staff(
    marketplace, relay, pair, reply, where
):
    generator, recycler = pair
    setattr(relay, where, reply)
    send_one(marketplace, generator)
    marketplace.wait(hours=1)
    assert relay.tries == 1
    (message,) = recycler.inbox("email.refused")
    assert message["data"] == {"address": address(recycler), "reply": reply}
    assert refusal_of(recycler)["reply"] == reply
    assert marketplace.admin.get(f"/enterprises/{recycler.id}").json["email_refused"]["reply"] == reply
    assert "email_refused" not in generator.get(f"/enterprises/{recycler.id}").json
    with marketplace.app.app_context():
        assert events.parked_tasks() == []


def test_nothing_is_sent_to_a_refused_address_until_the_contact_is_sent_again(marketplace, relay, pair):
    generator, recycler = pair
    relay.of_address = FINAL[0]
    send_one(marketplace, generator)
    relay.of_address = ""
    send_one(marketplace, marketplace.enterprise("generator"))
    marketplace.wait(days=1)
    assert (relay.take(), relay.tries) == ([], 1)
    assert len(recycler.inbox()) == 2
    assert len(recycler.inbox("email.refused")) == 1

    contact = {**recycler.get("/enterprises/me").json["contact"], "email": "li@example.com"}
    assert recycler.patch(f"/enterprises/{recycler.id}", {"contact": contact}).status_code == 200
    assert refusal_of(recycler) is None
    marketplace.settle()
    assert "/prove/" in relay.take_one().get_content(), "the link to it"
    send_one(marketplace, marketplace.enterprise("generator"))
    assert relay.take() == [], "nobody has followed it"
    marketplace.prove(recycler)
    send_one(marketplace, marketplace.enterprise("generator"))
    assert relay.take_one()["To"] == "li@example.com"


def test_no_link_is_mailed_to_a_refused_address(marketplace, relay, pair):
    generator, recycler = pair
    relay.of_address = FINAL[0]
    send_one(marketplace, generator)
    relay.of_address = ""
    marketplace.client.post("/api/v1/enterprises/recover", json={"uscc": recycler.number})
    marketplace.settle()
    assert (relay.take(), relay.tries) == ([], 1)


def test_a_digest_to_a_refused_address_ends_too(marketplace, relay, pair):
    generator, recycler = pair
    recycler.prefer(email="digest")
    send_one(marketplace, generator)
    relay.of_address = FINAL[0]
    marketplace.wait(days=1)
    marketplace.wait(days=1)
    assert relay.tries == 1
    assert len(recycler.inbox("email.refused")) == 1


@pytest.mark.parametrize("reply", FOR_NOW)
def test_what_may_pass_or_is_the_operators_fault_marks_no_address(marketplace, relay, pair, reply):
    generator, recycler = pair
    relay.of_address = reply
    send_one(marketplace, generator)
    assert refusal_of(recycler) is None
    relay.of_address = ""
    marketplace.wait(minutes=1)
    relay.take_one()


def test_a_refused_sender_is_the_operators_fault(marketplace, relay, pair):
    generator, recycler = pair
    relay.of_sender = "553 5.1.8 sender unknown"
    send_one(marketplace, generator)
    assert refusal_of(recycler) is None
    relay.of_sender = ""
    marketplace.wait(minutes=1)
    relay.take_one()


def test_replies_are_told_apart_by_what_they_are_about():
    for reply in FINAL:
        refused = smtplib.SMTPRecipientsRefused({"x@example.com": (int(reply[:3]), reply[4:].encode())})
        assert final_refusal(refused, "x@example.com") == reply
        assert final_refusal(smtplib.SMTPDataError(int(reply[:3]), reply[4:]), "x@example.com") == reply
    for reply in FOR_NOW:
        refused = smtplib.SMTPRecipientsRefused({"x@example.com": (int(reply[:3]), reply[4:].encode())})
        assert final_refusal(refused, "x@example.com") is None
    others = (
        smtplib.SMTPAuthenticationError(535, b"5.7.8 wrong password"), smtplib.SMTPServerDisconnected("gone"),
        smtplib.SMTPConnectError(421, b"busy"), smtplib.SMTPSenderRefused(550, b"no", "us@example.com"),
    )  # fmt: skip
    assert [final_refusal(error, "x@example.com") for error in others] == [None] * 4
    assert final_refusal(smtplib.SMTPNotSupportedError("no SMTPUTF8"), "wa\u200bng@example.com")
    assert final_refusal(smtplib.SMTPNotSupportedError("no AUTH"), "wang@example.com") is None


def test_a_reply_of_several_lines_is_told_on_one(marketplace, relay, pair):
    generator, recycler = pair
    relay.of_address = "553-no\r\n553 Please visit http://evil.example.com"
    send_one(marketplace, generator)
    (message,) = recycler.inbox("email.refused")
    assert "\n" not in message["data"]["reply"]


def meanwhile(monkeypatch, module, name, happens):
    """Let `happens` before the function of that name is called."""
    real = getattr(module, name)

    def call(*args):
        happens()
        return real(*args)

    monkeypatch.setattr(module, name, call)


@pytest.mark.parametrize("what", ["changed", "erased"])
def test_a_refusal_that_comes_after_its_address_has_gone_marks_nothing(marketplace, relay, monkeypatch, what):
    owner = marketplace.enterprise("generator")
    contact = {"name": "李", "email": "li@example.com", "phone": "0575-85000001"}

    def change():
        if what == "changed":
            marketplace.admin.patch(f"/enterprises/{owner.id}", {"contact": contact})
        else:
            marketplace.admin.post(f"/enterprises/{owner.id}/erase-contact", {"reason": "来函"})

    marketplace.admin.post(f"/enterprises/{owner.id}/suspend", {})
    relay.of_address = FINAL[0]
    meanwhile(monkeypatch, handing_over, "final_refusal", change)
    marketplace.settle()
    assert relay.tries == 1
    assert marketplace.admin.get(f"/enterprises/{owner.id}").json.get("email_refused") is None
    assert owner.inbox("email.refused") == []


@pytest.mark.parametrize("wish", ["immediate", "digest"])
def test_nothing_is_mailed_to_a_contact_that_was_erased_while_the_mail_waited(
    marketplace, relay, monkeypatch, wish
):
    owner = marketplace.enterprise("generator")
    owner.prefer(email=wish)
    path = f"/enterprises/{owner.id}/erase-contact"
    meanwhile(monkeypatch, email, "count_mail", lambda: marketplace.admin.post(path, {"reason": "来函"}))
    marketplace.admin.post(f"/enterprises/{owner.id}/suspend", {})
    marketplace.settle()
    marketplace.wait(days=1)
    assert marketplace.admin.get(f"/enterprises/{owner.id}").json["contact"] is None
    assert relay.tries == 0
