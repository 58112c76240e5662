"""E-mail, by a real relay: who gets what, in which language, by day, again after a failure."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from marketplace.database import db
from marketplace.enterprises.models import Enterprise
from marketplace.events import service as events
from marketplace.listings.models import Listing
from marketplace.notifications.mail import mail_one
from marketplace.notifications.service import next_mail_time
from tests.mail import body

NIGHT = datetime(2026, 12, 1, 13, 0, tzinfo=UTC)  # 21:00 in Shaoxing


@pytest.fixture
def pair(city, relay):
    """A generator, and a recycler of grade A whose demand takes its acid."""
    generator = city.enterprise("generator", name="绍兴染料厂")
    recycler = city.recycler("A", name="越州酸业")
    demand = city.demand(recycler)
    city.settle()
    return generator, recycler, demand


def address(party):
    return f"{party.number.lower()}@example.com"


def contact_of(party):
    return party.get("/enterprises/me").json["contact"]


def test_a_match_is_mailed_in_chinese_to_the_receiver_alone(city, relay, pair):
    generator, recycler, _ = pair
    supply = city.supply(generator, quantity_t=1234.567)
    city.settle()
    ((recipients, letter),) = relay.letters
    assert recipients == [address(recycler)] and letter["To"] == address(recycler)
    assert letter["Subject"] == "您的供需信息有新匹配"
    (message,) = recycler.inbox()
    text = body(letter)
    assert text.startswith("越州酸业：")
    score = f"{message['data']['score']:.2f}"
    assert f"“收废酸”与 绍兴染料厂 的“{supply['title']}”匹配：1234.567 吨，匹配分 {score}。" in text
    assert letter["Message-ID"] == f"<{message['id']}@huanliu>"


def test_or_in_english(city, relay, pair):
    generator, recycler, _ = pair
    recycler.prefer(language="en")
    city.supply(generator, title="dilute acid & water", quantity_t=5_000_000)
    city.settle()
    letter = relay.take_one()
    assert letter["Subject"] == "A match for your listing"
    assert '"收废酸" matches "dilute acid & water" of 绍兴染料厂: 5000000 t, score ' in body(letter)


def test_no_contact_leaks_before_the_interest_is_mutual_and_then_both_are_mailed(city, relay, pair):
    generator, recycler, demand = pair
    supply = city.supply(generator)
    city.settle()
    recycler.feedback(demand, supply, "interested")
    city.settle()
    (letter,) = relay.take()
    for party in pair[:2]:
        for secret in contact_of(party).values():
            assert secret not in body(letter)
    generator.feedback(supply, demand, "interested")
    city.settle()
    letters = {letter["To"]: letter for letter in relay.take()}
    assert set(letters) == {address(generator), address(recycler)}
    assert letters[address(generator)]["Subject"] == "双方均感兴趣：联系方式"
    assert "王厂长, 0575-85000000, " + address(recycler) in body(letters[address(generator)])
    assert "王厂长, 0575-85000000, " + address(generator) in body(letters[address(recycler)])


def test_a_contact_whose_interest_was_withdrawn_by_night_is_not_mailed_in_the_morning(city, relay, pair):
    generator, recycler, demand = pair
    supply = city.supply(generator)
    city.settle()
    relay.take()
    city.now = NIGHT
    recycler.feedback(demand, supply, "interested")
    generator.feedback(supply, demand, "interested")
    city.settle()
    assert len(generator.inbox("match.mutual")) == 1
    generator.feedback(supply, demand, "not_suitable")
    city.wait(hours=12)
    assert relay.take() == []


# ---------------------------------------------------------------- by day


@pytest.mark.parametrize(
    ("local", "due"),
    [("08:00:00", 0), ("19:59:59", 0), ("20:00:00", 12 * 3600), ("07:59:59", 1), ("00:00:00", 8 * 3600)],
)
def test_mail_goes_out_between_eight_and_twenty_in_shaoxing(local, due):
    now = datetime.fromisoformat(f"2026-12-01T{local}+08:00").astimezone(UTC)
    assert next_mail_time(now) - now == timedelta(seconds=due)


def test_by_night_the_inbox_opens_and_the_mail_waits_for_the_morning(city, relay, pair):
    generator, recycler, _ = pair
    city.now = NIGHT
    city.supply(generator)
    city.settle()
    assert len(recycler.inbox()) == 1
    assert relay.take() == []
    city.wait(hours=10, minutes=59)
    assert relay.take() == []
    city.wait(minutes=1)
    assert relay.take_one()["To"] == address(recycler)
    city.wait(hours=3)
    assert relay.take() == []


def test_a_mail_that_is_late_into_the_night_waits_too(city, relay, pair):
    generator, _, _ = pair
    city.supply(generator)
    relay.refusal = "451 not now"
    city.settle()
    city.now, relay.refusal = NIGHT, ""
    city.settle()
    assert relay.take() == []
    city.wait(hours=11)
    relay.take_one()


def test_there_is_one_digest_a_day_with_all_that_came_since_the_last(city, relay, pair):
    generator, recycler, _ = pair
    recycler.prefer(email="digest")
    generators = [generator, *(city.enterprise("generator") for _ in range(3))]
    city.supply(generators[0], title="first acid"), city.supply(generators[1], title="second acid")
    city.settle()
    assert {one["delivery"] for one in recycler.inbox()} == {"digest"} and len(recycler.inbox()) == 2
    city.wait(hours=19, minutes=59)  # 07:59
    city.supply(generators[2], title="third acid")
    city.settle()
    assert relay.take() == []

    city.wait(minutes=1)
    letter = relay.take_one()
    assert letter["Subject"] == "摘要：3 条新匹配"
    lines = body(letter).splitlines()
    assert ["first" in lines[4], "second" in lines[5], "third" in lines[6]] == [True] * 3
    city.supply(generators[3])
    for _ in range(3):
        city.wait(hours=4)
        assert relay.take() == [], "what comes later waits for the next morning"
    city.wait(hours=12)
    assert relay.take_one()["Subject"] == "摘要：1 条新匹配"


def test_what_is_committed_while_the_digest_goes_out_waits_for_the_next(city, relay, pair):
    generator, recycler, _ = pair
    recycler.prefer(email="digest", language="en")
    city.supply(generator)
    city.settle()
    eight = datetime(2026, 12, 2, 0, 0, tzinfo=UTC)
    city.now = eight
    city.settle()
    assert relay.take_one()["Subject"] == "1 matches since the last digest"
    city.now = eight - timedelta(seconds=1)
    city.supply(city.enterprise("generator"))
    city.settle()
    city.now = eight + timedelta(hours=5)
    city.settle()
    assert relay.take() == []
    city.now = eight + timedelta(days=1)
    city.settle()
    relay.take_one()


def test_over_the_daily_cap_the_mail_becomes_a_digest(city, relay, pair):
    generator, _, _ = pair
    city.policy(push_daily_cap=1)
    (
        city.supply(generator),
        city.supply(city.enterprise("generator")),
        city.supply(city.enterprise("generator")),
    )
    city.settle()
    relay.take_one()
    city.wait(days=1)
    assert relay.take_one()["Subject"] == "摘要：2 条新匹配"


def test_off_means_no_mail_also_for_what_waits(city, relay, pair):
    generator, recycler, _ = pair
    recycler.prefer(email="off")
    city.supply(generator)
    city.settle()
    assert recycler.inbox()[0]["delivery"] == "inbox"
    for wish in ("immediate", "digest"):
        recycler.prefer(email=wish)
        city.now = NIGHT
        city.supply(city.enterprise("generator"))
        city.settle()
        assert recycler.inbox()[-1]["delivery"] == wish
        recycler.prefer(email="off")
        city.wait(days=1)
    assert relay.take() == []


def test_without_a_relay_the_inbox_carries_the_news(city):
    recycler = city.recycler("A")
    city.demand(recycler)
    city.supply(city.enterprise("generator"))
    city.settle()
    city.wait(days=1)
    assert len(recycler.inbox()) == 1


# ---------------------------------------------------------------- failure


def test_a_refused_mail_is_tried_again_under_the_same_id(city, relay, pair):
    generator, recycler, _ = pair
    relay.refusal = "451 try later"
    city.supply(generator)
    city.settle()
    assert relay.take() == []
    assert len(recycler.inbox()) == 1
    relay.refusal = ""
    city.wait(seconds=4)
    assert relay.take() == [], "not before the backoff"
    city.wait(seconds=4)
    assert relay.take_one()["Message-ID"] == f"<{recycler.inbox()[0]['id']}@huanliu>"
    city.wait(hours=1)
    assert relay.take() == []


def test_after_the_last_try_it_is_parked_with_the_reason_and_can_be_replayed(city, relay, pair):
    generator, recycler, _ = pair
    relay.refusal = "550 nobody here by that name"
    city.supply(generator)
    city.settle()
    for _ in range(20):
        city.wait(minutes=20)
    with city.app.app_context():
        (task,) = events.parked()
    assert "550" in task.reason and "nobody here" in task.reason
    assert (task.attempts, task.subscriber) == (12, "notifications.jobs.mail_one")
    city.wait(hours=1)
    assert relay.take() == []

    relay.refusal = ""
    runner = city.app.test_cli_runner()
    listed = runner.invoke(args=["parked", "list"])
    assert str(task.id) in listed.output and "nobody here" in listed.output
    assert "1 task" in runner.invoke(args=["parked", "replay", str(task.id)]).output
    city.settle()
    assert relay.take_one()["To"] == address(recycler)
    assert "0 task" in runner.invoke(args=["parked", "replay", "--all"]).output


def test_a_mail_handed_over_twice_is_sent_once(city, relay, pair):
    generator, recycler, _ = pair
    city.supply(generator)
    city.settle()
    relay.take_one()
    with city.app.app_context():
        mail_one(UUID(recycler.inbox()[0]["id"]))
    assert relay.take() == []


# ---------------------------------------------------------------- names are not headers


def test_a_name_with_line_ends_becomes_no_header_and_no_second_letter(city, relay):
    evil = "Acid Ltd\r\nBcc: victim@example.com\r\n.\r\nMAIL FROM:<x@example.com>"
    generator, recycler = city.enterprise("generator"), city.recycler("A")
    supply, demand = city.supply(generator, publish=False), city.demand(recycler)
    with city.app.app_context():
        for party in (generator, recycler):
            db.session.get_one(Enterprise, UUID(party.id)).name = evil
        for listing in (supply, demand):
            db.session.get_one(Listing, UUID(listing["id"])).title = evil
        db.session.commit()
    assert generator.post(f"/listings/{supply['id']}/publish").status_code == 200
    city.settle()
    ((recipients, letter),) = relay.letters
    assert recipients == [address(recycler)]
    assert letter["Bcc"] is None and letter.get_all("Subject") == ["您的供需信息有新匹配"]
    assert "Bcc: victim@example.com" in body(letter)


@pytest.mark.parametrize(
    "email",
    [
        "a@example.com\r\nBcc: victim@example.com",
        "a@example.com, victim@example.com",
        "=?utf-8?q?victim=40evil.com=2C?=@example.com",
        "=?utf-8?q?x=0D=0ABcc=3A_victim=40evil.com?=@example.com",
    ],
)
def test_an_address_that_hides_another_is_refused_or_kept_whole(city, relay, email):
    generator = city.enterprise("generator")
    recycler = city.recycler("A")
    contact = {"name": "Li", "email": email, "phone": "0575-85000000"}
    answer = recycler.patch(f"/enterprises/{recycler.id}", {"contact": contact})
    if answer.status_code == 422:
        return
    city.demand(recycler)
    city.supply(generator)
    city.settle()
    for recipients, letter in relay.letters:
        assert [one.rpartition("@")[2] for one in recipients] == ["example.com"]
        assert letter["Bcc"] is None


def test_a_key_that_ends_soon_is_mailed_with_the_hour_in_shaoxing(city, relay):
    generator = city.enterprise("generator")
    ends = "2026-12-20T02:00:00Z"
    key = {"name": "scales", "scopes": ["read"], "expires_at": ends}
    assert generator.post("/api-keys", key).status_code == 201
    city.settle()
    assert "API 密钥“scales”将于 2026-12-20 10:00 到期" in body(relay.take_one())
