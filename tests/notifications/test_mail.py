"""E-mail, by a real relay: who gets what, in which language, by day, again after a failure."""

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest

from marketplace.database import db
from marketplace.enterprises.models import Enterprise
from marketplace.events import service as events
from marketplace.listings.models import Listing
from marketplace.messages.prices import price_in_words
from marketplace.notifications import service
from marketplace.notifications.service import next_mail_time
from marketplace.notifications.service.delivery.email import send_email
from marketplace.notifications.service.delivery.email_lines import from_data
from tests.counting import count_statements
from tests.mail import body

NIGHT = datetime(2026, 12, 1, 13, 0, tzinfo=UTC)  # 21:00 in Shaoxing


@pytest.fixture
def pair(marketplace, relay):
    """A generator, and a recycler of grade A whose demand takes its acid."""
    generator = marketplace.enterprise("generator", name="绍兴染料厂")
    recycler = marketplace.recycler("A", name="越州酸业")
    demand = marketplace.demand(recycler)
    marketplace.settle()
    return generator, recycler, demand


def address(party):
    return f"{party.number.lower()}@example.com"


def contact_of(party):
    return party.get("/enterprises/me").json["contact"]


def test_a_match_is_mailed_in_chinese_to_the_receiver_only(marketplace, relay, pair):
    generator, recycler, _ = pair
    supply = marketplace.supply(generator, quantity_t=1234.567)
    marketplace.settle()
    ((recipients, letter),) = relay.letters
    assert recipients == [address(recycler)]
    assert letter["To"] == address(recycler)
    assert letter["Subject"] == "【环流】您的供需信息有新的匹配"
    (message,) = recycler.inbox()
    text = body(letter)
    assert text.startswith("王厂长，您好：")
    assert f"“绍兴染料厂”的“{supply['title']}”符合您的需求“收废酸”：1,234.567 吨，" in text
    assert re.search(r"吨，\S+，距离约 \d+ 公里。", text)
    assert letter["Message-ID"] == f"<{message['id']}@huanliu>"


def test_a_match_is_mailed_in_english_where_preferred(marketplace, relay, pair):
    generator, recycler, _ = pair
    recycler.prefer(language="en")
    marketplace.supply(generator, title="dilute acid & water", quantity_t=5_000_000)
    marketplace.settle()
    letter = relay.take_one()
    assert letter["Subject"] == "[Huanliu] New match for your listing"
    assert '"绍兴染料厂" offers "dilute acid & water", which fits your "收废酸": 5,000,000 t, ' in body(
        letter
    )


def test_the_supplier_reads_who_can_take_its_waste(marketplace, relay):
    generator = marketplace.enterprise("generator", grade="A")
    recycler = marketplace.recycler("A", name="越州酸业")
    supply = marketplace.supply(generator, price_cny_per_t=-2600)
    marketplace.demand(recycler, price_cny_per_t=-2600)
    marketplace.settle()
    (letter,) = [letter for letter in relay.take() if letter["To"] == address(generator)]
    assert f"“越州酸业”可接收您的“{supply['title']}”（“收废酸”）：" in body(letter)
    assert "供货单位付 2,600 元/吨，距离约 " in body(letter)


@pytest.mark.parametrize(
    ("fen", "chinese", "english"),
    [
        (-260_000, "供货单位付 2,600 元/吨", "the supplier pays 2,600 yuan a tonne"),
        (8_050, "接收单位付 80.50 元/吨", "the receiver pays 80.50 yuan a tonne"),
        (0, "无偿", "free of charge"),
        (None, "价格面议", "price negotiable"),
    ],
)
def test_a_price_says_who_pays(fen, chinese, english):
    assert (price_in_words(fen, "zh"), price_in_words(fen, "en")) == (chinese, english)


@pytest.mark.parametrize("kind", ["offer.received", "offer.countered", "offer.accepted"])
def test_a_message_about_an_offer_says_who_pays_and_no_figure_below_zero(kind):
    data = {
        "name": "乙厂",
        "title": "废酸",
        "quantity_t": 12,
        "price_cny_per_t": -110,
        "expires_at": "2026-12-01T00:00:00Z",
    }
    message = SimpleNamespace(kind=kind, data=data)
    for language, words in (("zh", "供货单位付 110 元/吨"), ("en", "the supplier pays 110 yuan a tonne")):
        line = from_data(message, None, language)
        assert words in line
        assert "-110" not in line


def test_no_contact_leaks_before_the_interest_is_mutual_and_then_both_are_mailed(marketplace, relay, pair):
    generator, recycler, demand = pair
    supply = marketplace.supply(generator)
    marketplace.settle()
    recycler.feedback(demand, supply, "interested")
    marketplace.settle()
    match, interest = relay.take()
    assert (interest["To"], interest["Subject"]) == (
        address(generator), "【环流】有企业对您的供需信息有意向",
    )  # fmt: skip
    for party in pair[:2]:
        for secret in contact_of(party).values():
            for letter in (match, interest):
                assert secret not in body(letter).removeprefix("王厂长，您好：")
    generator.feedback(supply, demand, "interested")
    marketplace.settle()
    letters = {letter["To"]: letter for letter in relay.take()}
    assert set(letters) == {address(generator), address(recycler)}
    assert letters[address(generator)]["Subject"] == "【环流】对方也有意向，请查收联系方式"
    assert "王厂长、0575-85000000、" + address(recycler) in body(letters[address(generator)])
    assert "王厂长、0575-85000000、" + address(generator) in body(letters[address(recycler)])


def test_a_contact_is_not_mailed_in_the_morning_if_interest_was_withdrawn_at_night(marketplace, relay, pair):
    generator, recycler, demand = pair
    supply = marketplace.supply(generator)
    marketplace.settle()
    relay.take()
    marketplace.now = NIGHT
    recycler.feedback(demand, supply, "interested")
    generator.feedback(supply, demand, "interested")
    marketplace.settle()
    assert len(generator.inbox("match.mutual")) == 1
    generator.feedback(supply, demand, "not_suitable")
    marketplace.wait(hours=12)
    assert relay.take() == []


# ---------------------------------------------------------------- by day


@pytest.mark.parametrize(
    ("local", "due"),
    [("08:00:00", 0), ("19:59:59", 0), ("20:00:00", 12 * 3600), ("07:59:59", 1), ("00:00:00", 8 * 3600)],
)
def test_mail_goes_out_between_eight_and_twenty_in_shaoxing(local, due):
    now = datetime.fromisoformat(f"2026-12-01T{local}+08:00").astimezone(UTC)
    assert next_mail_time(now) - now == timedelta(seconds=due)


def test_at_night_the_message_is_in_the_inbox_and_its_email_waits_for_the_morning(marketplace, relay, pair):
    generator, recycler, _ = pair
    marketplace.now = NIGHT
    marketplace.supply(generator)
    marketplace.settle()
    assert len(recycler.inbox()) == 1
    assert relay.take() == []
    marketplace.wait(hours=10, minutes=59)
    assert relay.take() == []
    marketplace.wait(minutes=1)
    assert relay.take_one()["To"] == address(recycler)
    marketplace.wait(hours=3)
    assert relay.take() == []


def test_an_email_delayed_into_the_night_waits_for_the_morning(marketplace, relay, pair):
    generator, _, _ = pair
    marketplace.supply(generator)
    relay.refusal = "451 not now"
    marketplace.settle()
    marketplace.now, relay.refusal = NIGHT, ""
    marketplace.settle()
    assert relay.take() == []
    marketplace.wait(hours=11)
    relay.take_one()


def test_there_is_one_digest_a_day_with_all_messages_since_the_last(marketplace, relay, pair):
    generator, recycler, _ = pair
    recycler.prefer(email="digest")
    generators = [generator, *(marketplace.enterprise("generator") for _ in range(3))]
    (
        marketplace.supply(generators[0], title="first acid"),
        marketplace.supply(generators[1], title="second acid"),
    )
    marketplace.settle()
    assert {message["delivery"] for message in recycler.inbox()} == {"digest"}
    assert len(recycler.inbox()) == 2
    marketplace.wait(hours=19, minutes=59)  # 07:59
    marketplace.supply(generators[2], title="third acid")
    marketplace.settle()
    assert relay.take() == []

    marketplace.wait(minutes=1)
    letter = relay.take_one()
    assert letter["Subject"] == "【环流】今日有 3 条新匹配"
    lines = body(letter).splitlines()
    assert ["first" in lines[4], "second" in lines[6], "third" in lines[8]] == [True] * 3
    assert all("/listings/" in lines[number] for number in (5, 7, 9))
    marketplace.supply(generators[3])
    for _ in range(3):
        marketplace.wait(hours=4)
        assert relay.take() == [], "what comes later waits for the next morning"
    marketplace.wait(hours=12)
    assert relay.take_one()["Subject"] == "【环流】今日有 1 条新匹配"


def test_messages_released_while_the_digest_is_sent_wait_for_the_next(marketplace, relay, pair):
    generator, recycler, _ = pair
    recycler.prefer(email="digest", language="en")
    marketplace.supply(generator)
    marketplace.settle()
    eight = datetime(2026, 12, 2, 0, 0, tzinfo=UTC)
    marketplace.now = eight
    marketplace.settle()
    assert relay.take_one()["Subject"] == "[Huanliu] New matches today: 1"
    marketplace.now = eight - timedelta(seconds=1)
    marketplace.supply(marketplace.enterprise("generator"))
    marketplace.settle()
    marketplace.now = eight + timedelta(hours=5)
    marketplace.settle()
    assert relay.take() == []
    marketplace.now = eight + timedelta(days=1)
    marketplace.settle()
    relay.take_one()


def test_a_digest_takes_as_many_statements_for_many_messages_as_for_few(marketplace, relay, pair):
    _, recycler, _ = pair
    recycler.prefer(email="digest")
    taken = []
    for day, messages in ((2, 2), (3, 5)):
        for _ in range(messages):
            marketplace.supply(marketplace.enterprise("generator"))
        marketplace.settle()
        marketplace.now = datetime(2026, 12, day, tzinfo=UTC)  # 08:00
        with marketplace.app.app_context():
            assert service.plan_digests() == 1
            with count_statements() as sent:
                service.send_digest(UUID(recycler.id), marketplace.now.isoformat())
        assert f" {messages} " in relay.take_one()["Subject"]
        taken.append([line.partition(" WHERE ")[0][:60] for line in sent])
    assert taken[0] == taken[1]
    assert len(taken[0]) <= 24


def test_above_the_daily_cap_messages_go_into_the_digest(marketplace, relay, pair):
    generator, _, _ = pair
    marketplace.policy(push_daily_cap=1)
    (
        marketplace.supply(generator),
        marketplace.supply(marketplace.enterprise("generator")),
        marketplace.supply(marketplace.enterprise("generator")),
    )
    marketplace.settle()
    relay.take_one()
    marketplace.wait(days=1)
    assert relay.take_one()["Subject"] == "【环流】今日有 2 条新匹配"


def test_off_means_no_email_even_for_messages_that_are_waiting(marketplace, relay, pair):
    generator, recycler, _ = pair
    recycler.prefer(email="off")
    marketplace.supply(generator)
    marketplace.settle()
    assert recycler.inbox()[0]["delivery"] == "inbox"
    for wish in ("immediate", "digest"):
        recycler.prefer(email=wish)
        marketplace.now = NIGHT
        marketplace.supply(marketplace.enterprise("generator"))
        marketplace.settle()
        assert recycler.inbox()[-1]["delivery"] == wish
        recycler.prefer(email="off")
        marketplace.wait(days=1)
    assert relay.take() == []


def test_what_the_law_gives_a_time_limit_by_is_mailed_though_all_is_off(marketplace, relay):
    firm = marketplace.enterprise("generator")
    firm.prefer(email="off")
    marketplace.credit_event(firm, "law.penalty_major")
    event = firm.get(f"/enterprises/{firm.id}/credit/events").json["items"][0]
    assert firm.post(f"/credit/events/{event['id']}/appeal", {"reason": "不是我厂"}).status_code == 201
    marketplace.settle()
    assert "申诉" in relay.take_one()["Subject"]


def test_without_a_mail_relay_the_inbox_still_gets_the_message(marketplace):
    recycler = marketplace.recycler("A")
    marketplace.demand(recycler)
    marketplace.supply(marketplace.enterprise("generator"))
    marketplace.settle()
    marketplace.wait(days=1)
    assert len(recycler.inbox()) == 1


# ---------------------------------------------------------------- failure


def test_a_refused_email_is_retried_under_the_same_id(marketplace, relay, pair):
    generator, recycler, _ = pair
    relay.refusal = "451 try later"
    marketplace.supply(generator)
    marketplace.settle()
    assert relay.take() == []
    assert len(recycler.inbox()) == 1
    relay.refusal = ""
    marketplace.wait(seconds=4)
    assert relay.take() == [], "not before the backoff"
    marketplace.wait(seconds=4)
    assert relay.take_one()["Message-ID"] == f"<{recycler.inbox()[0]['id']}@huanliu>"
    marketplace.wait(hours=1)
    assert relay.take() == []


def test_after_the_last_retry_the_task_is_parked_with_its_reason_and_can_be_replayed(
    marketplace, relay, pair
):
    generator, recycler, _ = pair
    relay.refusal = "450 nobody here at this hour"
    marketplace.supply(generator)
    marketplace.settle()
    for _ in range(20):
        marketplace.wait(minutes=20)
    with marketplace.app.app_context():
        (task,) = events.parked_tasks()
    assert "450" in task.reason
    assert "nobody here" in task.reason
    assert (task.attempts, task.subscriber) == (12, "notifications.jobs.send_email")
    marketplace.wait(hours=1)
    assert relay.take() == []

    relay.refusal = ""
    runner = marketplace.app.test_cli_runner()
    listed = runner.invoke(args=["parked", "list"])
    assert str(task.id) in listed.output
    assert "nobody here" in listed.output
    assert "1 task" in runner.invoke(args=["parked", "replay", str(task.id)]).output
    marketplace.settle()
    assert relay.take_one()["To"] == address(recycler)
    assert "0 task" in runner.invoke(args=["parked", "replay", "--all"]).output


def test_an_email_whose_task_runs_twice_is_sent_once(marketplace, relay, pair):
    generator, recycler, _ = pair
    marketplace.supply(generator)
    marketplace.settle()
    relay.take_one()
    with marketplace.app.app_context():
        send_email(UUID(recycler.inbox()[0]["id"]))
    assert relay.take() == []


# ---------------------------------------------------------------- names are not headers


def test_a_name_with_line_breaks_adds_no_header_and_no_second_email(marketplace, relay):
    evil = "Acid Ltd\r\nBcc: victim@example.com\r\n.\r\nMAIL FROM:<x@example.com>"
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler("A")
    supply, demand = marketplace.supply(generator, publish=False), marketplace.demand(recycler)
    with marketplace.app.app_context():
        for party in (generator, recycler):
            db.session.get_one(Enterprise, UUID(party.id)).name = evil
        for listing in (supply, demand):
            db.session.get_one(Listing, UUID(listing["id"])).title = evil
        db.session.commit()
    assert generator.post(f"/listings/{supply['id']}/publish").status_code == 200
    marketplace.settle()
    ((recipients, letter),) = relay.letters
    assert recipients == [address(recycler)]
    assert letter["Bcc"] is None
    assert letter.get_all("Subject") == ["【环流】您的供需信息有新的匹配"]
    assert "Acid Ltd Bcc: victim[@]example[.]com . MAIL FROM:<x[@]example[.]com>" in body(letter)


@pytest.mark.parametrize(
    "email",
    [
        "a@example.com\r\nBcc: victim@example.com",
        "a@example.com, victim@example.com",
        "=?utf-8?q?victim=40evil.com=2C?=@example.com",
        "=?utf-8?q?x=0D=0ABcc=3A_victim=40evil.com?=@example.com",
    ],
)
def test_an_address_that_hides_another_is_refused_or_used_as_a_whole(marketplace, relay, email):
    generator = marketplace.enterprise("generator")
    recycler = marketplace.recycler("A")
    contact = {"name": "Li", "email": email, "phone": "0575-85000000"}
    answer = recycler.patch(f"/enterprises/{recycler.id}", {"contact": contact})
    if answer.status_code == 422:
        return
    marketplace.demand(recycler)
    marketplace.supply(generator)
    marketplace.settle()
    for recipients, letter in relay.letters:
        assert [recipient.rpartition("@")[2] for recipient in recipients] == ["example.com"]
        assert letter["Bcc"] is None


def test_an_expiring_key_is_mailed_with_its_local_time(marketplace, relay):
    generator = marketplace.enterprise("generator")
    ends = "2026-12-20T02:00:00Z"
    key = {"name": "scales", "scopes": ["read"], "expires_at": ends}
    assert generator.post("/api-keys", key).status_code == 201
    marketplace.wait(minutes=10)
    assert "API 密钥“scales”将于 2026-12-20 10:00 到期" in body(relay.take_one())
