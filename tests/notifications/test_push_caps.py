"""Once means once: better terms are told again once a day, and one sender is capped whatever it does."""

from datetime import timedelta
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from marketplace import clock
from marketplace.database import db
from marketplace.notifications import service
from marketplace.notifications.models import Delivery, Notification
from tests.effort import tries
from tests.http.responses import refused
from tests.listings.sheets import SUPPLY, csv_of, send
from tests.mail import body
from tests.notifications.test_rerank_news import rerank

CODES = ["900-349-34", "900-300-34", "900-301-34", "900-302-34", "900-303-34", "900-304-34", "900-305-34"]
FEW = CODES[:4]
MADE_UP = [f"900-{number:03}-S17" for number in range(700, 707)]


@pytest.fixture
def pair(marketplace):
    """A generator, and a recycler of grade A whose demand takes all acids."""
    generator, recycler = marketplace.enterprise("generator", name="绍兴染料厂"), marketplace.recycler("A")
    marketplace.demand(recycler, accepts=[{"scheme": "cn-hw", "code": "HW34"}])
    marketplace.settle()
    return generator, recycler


def acid(code):
    return {"scheme": "cn-hw", "code": code}


def deliveries(party, kind="match.found"):
    return [message["delivery"] for message in party.inbox(kind)]


# ---------------------------------------------------------------- better terms


def test_better_terms_are_told_again_once_a_day_and_three_times_in_thirty_days(marketplace, pair):
    generator, recycler = pair
    supply, price = marketplace.supply(generator, price_cny_per_t=1000), 1000.0
    marketplace.settle()
    told = []
    for _ in range(5):
        for _ in range(2):
            price = round(price * 0.88, 2)
            marketplace.change(generator, supply, price_cny_per_t=price)
            marketplace.settle()
        told.append(len(recycler.inbox()))
        marketplace.wait(days=1)
    assert told == [2, 3, 4, 4, 4]
    marketplace.wait(days=27)
    marketplace.change(generator, supply, price_cny_per_t=round(price * 0.5, 2))
    marketplace.settle()
    assert len(recycler.inbox()) == 5


@pytest.mark.parametrize("how", ["other code", "other listing", "withdrawn and posted again", "more tonnes"])
def test_better_terms_of_a_pair_count_together_whatever_carries_them(marketplace, pair, how):
    generator, recycler = pair
    terms = {"price_cny_per_t": 1000, "quantity_t": 100}
    first = marketplace.supply(generator, **terms)
    other = marketplace.supply(generator, waste=acid(CODES[1 if how == "other code" else 0]), **terms)
    marketplace.settle()
    before = len(recycler.inbox())
    marketplace.change(generator, first, price_cny_per_t=800)
    marketplace.settle()
    if how == "withdrawn and posted again":
        marketplace.withdraw(generator, first)
        marketplace.supply(generator, price_cny_per_t=500, quantity_t=100)
    elif how == "more tonnes":
        marketplace.change(generator, first, quantity_t=900)
    else:
        marketplace.change(generator, other, price_cny_per_t=500)
    marketplace.settle()
    assert len(recycler.inbox()) == before + 1


def test_better_terms_that_were_never_told_do_not_count(marketplace):
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler("B")
    marketplace.demand(recycler)
    supply = marketplace.supply(generator, price_cny_per_t=1000)
    marketplace.settle()
    marketplace.wait(minutes=31)
    marketplace.change(generator, supply, price_cny_per_t=800)
    marketplace.settle()
    marketplace.withdraw(generator, supply)
    marketplace.settle()
    marketplace.supply(generator, price_cny_per_t=700)
    marketplace.settle()
    marketplace.wait(minutes=31)
    assert len(recycler.inbox()) == 2


def test_better_terms_are_told_again_to_the_owner_of_a_saved_search_once_a_day(marketplace):
    reader, generator = marketplace.enterprise("recycler", grade="A"), marketplace.enterprise("generator")
    reader.save_search({"kind": "supply"})
    supply, price = marketplace.supply(generator, price_cny_per_t=1000), 1000.0
    marketplace.settle()
    for _ in range(5):
        price = round(price * 0.8, 2)
        marketplace.change(generator, supply, price_cny_per_t=price)
        marketplace.settle()
    assert len(reader.inbox("search.found")) == 2


# ---------------------------------------------------------------- the cap by sender and receiver


def test_a_sender_over_the_cap_is_one_line_of_the_digest(marketplace, relay, pair):
    generator, recycler = pair
    recycler.prefer(language="zh")
    marketplace.policy(push_pair_cap=2)
    for code in CODES:
        marketplace.supply(generator, waste=acid(code))
    other = marketplace.enterprise("generator", name="越城酸洗厂")
    marketplace.supply(other)
    marketplace.settle()
    assert sorted(deliveries(recycler)) == ["digest"] * 5 + ["immediate"] * 3
    assert len([letter for letter in relay.take() if letter["To"].startswith(recycler.number.lower())]) == 3
    marketplace.wait(days=1)
    text = body(relay.take_one())
    assert "今日有 5 条新消息" in text or "5" in text
    assert "“绍兴染料厂”另有 5 条消息" in text
    assert [line[:2] for line in text.splitlines() if line[:1].isdigit()] == ["1."]


@pytest.mark.parametrize(("cap", "immediate"), [(0, 0), (1, 1), (10_000, 7)])
def test_the_cap_is_the_policys_and_holds_for_made_up_codes(marketplace, cap, immediate):
    marketplace.policy(push_pair_cap=cap, push_daily_cap=1000)
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler("A")
    marketplace.demand(recycler, accepts=[{"scheme": "cn-sw", "code": "SW17"}])
    for code in MADE_UP:
        marketplace.supply(generator, waste={"scheme": "cn-sw", "code": code})
    marketplace.settle()
    assert deliveries(recycler).count("immediate") == immediate
    assert len(recycler.inbox()) == len(MADE_UP), "the inbox has all"


def test_the_cap_of_one_day_is_free_again_the_next(marketplace, pair):
    generator, recycler = pair
    marketplace.policy(push_pair_cap=1)
    for day, code in enumerate(CODES[:3], 1):
        marketplace.supply(generator, waste=acid(code))
        marketplace.settle()
        assert deliveries(recycler) == ["immediate"] * day
        marketplace.wait(days=1)


def test_who_wants_digests_gets_a_line_for_each_up_to_the_cap(marketplace, relay, pair):
    generator, recycler = pair
    recycler.prefer(email="digest")
    marketplace.policy(push_pair_cap=3)
    for code in CODES:
        marketplace.supply(generator, waste=acid(code))
    marketplace.settle()
    marketplace.wait(days=1)
    lines = [line for line in body(relay.take_one()).splitlines() if line[:1].isdigit()]
    assert len(lines) == 4
    assert "另有 4 条消息" in lines[-1]


def test_interest_counts_with_what_the_sender_publishes(marketplace, pair):
    generator, recycler = pair
    marketplace.policy(push_pair_cap=1)
    supplies = [marketplace.supply(generator, waste=acid(code)) for code in CODES[:3]]
    demand = marketplace.demand(recycler, accepts=[{"scheme": "cn-hw", "code": "HW34"}])
    marketplace.settle()
    for supply in supplies:
        recycler.feedback(demand, supply, "interested")
    marketplace.settle()
    assert sorted(deliveries(generator, "match.interest")) == ["digest", "digest", "immediate"]


@pytest.mark.parametrize(
    ("cap", "code"), [(-1, "out_of_range"), (10_001, "out_of_range"), (1.5, None), ("5", None), (None, None)]
)
def test_a_cap_out_of_bounds_is_refused(marketplace, cap, code):
    policy = {**marketplace.admin.get("/matching-policy").json, "push_pair_cap": cap}
    refused(marketplace.admin.put("/matching-policy", policy), 422, "invalid_input", "push_pair_cap")


def test_a_policy_from_before_reads_with_the_default(marketplace):
    policy = marketplace.admin.get("/matching-policy").json
    assert policy["push_pair_cap"] == 5
    del policy["push_pair_cap"]
    assert marketplace.admin.put("/matching-policy", policy).json["push_pair_cap"] == 5


def test_two_releases_at_once_do_not_both_take_the_last_place(marketplace, pair):
    generator, recycler = pair
    marketplace.policy(push_pair_cap=1, push_delay_s={"A": 60, "B": 60, "C": 60, "D": 60})
    for code in CODES[:4]:
        marketplace.supply(generator, waste=acid(code))
    marketplace.settle()
    marketplace.now += timedelta(seconds=61)
    now = marketplace.now

    def release():
        with marketplace.app.app_context(), clock.at(lambda: now):
            service.release_due()

    threads = [Thread(target=release) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(deliveries(recycler)) == ["digest"] * 3 + ["immediate"]


def test_a_release_that_dies_before_its_end_has_counted_nothing(marketplace, pair, monkeypatch):
    generator, recycler = pair
    marketplace.policy(push_pair_cap=2)
    for code in CODES[:5]:
        marketplace.supply(generator, waste=acid(code))

    def die(*_):
        raise SystemExit

    with monkeypatch.context() as broken:
        broken.setattr("marketplace.matches.service.record_outcome", die)
        for _ in range(2):
            with pytest.raises(SystemExit):
                marketplace.settle()
    assert recycler.inbox() == []
    marketplace.settle()
    assert sorted(deliveries(recycler)) == ["digest"] * 3 + ["immediate"] * 2


# ---------------------------------------------------------------- every way a listing gets out


def drafts(marketplace, generator):
    return [marketplace.supply(generator, waste=acid(code), publish=False)["id"] for code in FEW]


def by_publishing_drafts(marketplace, generator):
    for draft in drafts(marketplace, generator):
        assert generator.post(f"/listings/{draft}/publish").status_code == 200


def in_bulk(marketplace, generator):
    assert generator.post("/listings/publish", {"ids": drafts(marketplace, generator)}).json["refused"] == 0


def by_copies(marketplace, generator):
    source = marketplace.supply(generator, waste=acid(FEW[0]))["id"]
    for code in FEW[1:]:
        copy = generator.post(f"/listings/{source}/copy").json["id"]
        assert generator.patch(f"/listings/{copy}", {"waste": acid(code)}).status_code == 200
        assert generator.post(f"/listings/{copy}/publish").status_code == 200


def by_a_sheet(marketplace, generator):
    answer = send(generator, csv_of(*({**SUPPLY, "废物代码": code} for code in FEW)), publish="true")
    assert answer.status_code == 201, answer.json


def by_turning_one_listing_into_another(marketplace, generator):
    supply = marketplace.supply(generator, waste=acid(FEW[0]))
    for code in FEW[1:]:
        marketplace.settle()
        marketplace.change(generator, supply, waste=acid(code))


def withdrawn_and_posted_again(marketplace, generator):
    for code in FEW:
        supply = marketplace.supply(generator, waste=acid(code))
        marketplace.settle()
        marketplace.withdraw(generator, supply)
        marketplace.supply(generator, waste=acid(code))


def suspended_and_resumed_between(marketplace, generator):
    for code in FEW[:3]:
        marketplace.supply(generator, waste=acid(code))
    marketplace.settle()
    for verb in ("suspend", "approve"):
        assert marketplace.admin.post(f"/enterprises/{generator.id}/{verb}", {}).status_code == 200
        marketplace.settle()
    marketplace.supply(generator, waste=acid(FEW[3]))


@pytest.mark.parametrize(
    "way",
    [by_publishing_drafts, in_bulk, by_copies, by_a_sheet, by_turning_one_listing_into_another,
     withdrawn_and_posted_again, suspended_and_resumed_between],
)  # fmt: skip
def test_the_cap_holds_whichever_way_listings_get_out(marketplace, pair, way):
    generator, recycler = pair
    marketplace.policy(push_pair_cap=2)
    way(marketplace, generator)
    marketplace.settle()
    assert sorted(deliveries(recycler)) == ["digest"] * (len(FEW) - 2) + ["immediate"] * 2


def test_the_cap_holds_for_demands_searches_and_withdrawals_too(marketplace):
    generator, recycler = marketplace.enterprise("generator", grade="A"), marketplace.recycler()
    reader = marketplace.enterprise("generator", grade="A")
    for number in range(2):
        reader.save_search({"kind": "demand"}, name=f"收酸 {number}")
    supplies = [marketplace.supply(generator, waste=acid(code)) for code in FEW]
    marketplace.settle()
    marketplace.policy(push_pair_cap=2, push_daily_cap=1000)
    demands = [marketplace.demand(recycler, accepts=[acid(code)]) for code in FEW]
    marketplace.settle()
    most = ["digest"] * (len(FEW) - 2) + ["immediate"] * 2
    assert sorted(deliveries(generator)) == most
    assert sorted(deliveries(reader, "search.found")) == most

    for supply, demand in zip(supplies, demands, strict=True):
        generator.feedback(supply, demand, "interested")
        marketplace.withdraw(recycler, demand)
    marketplace.settle()
    assert deliveries(generator, "match.withdrawn") == ["digest"] * len(FEW)


def test_a_rerank_tells_in_the_digest_alone_a_line_for_each_up_to_the_cap(marketplace, relay):
    generator, recycler = marketplace.enterprise("generator"), marketplace.enterprise("recycler", grade="A")
    marketplace.policy(push_pair_cap=2)
    marketplace.demand(recycler)
    for code in FEW:
        marketplace.supply(generator, waste=acid(code))
    rerank(marketplace)
    assert recycler.inbox() == [], "no licence, no match"
    marketplace.licence(recycler)
    rerank(marketplace)
    assert deliveries(recycler) == ["digest"] * len(FEW)
    relay.take()
    marketplace.wait(days=1)
    (letter,) = (letter for letter in relay.take() if letter["To"].startswith(recycler.number.lower()))
    lines = [line for line in body(letter).splitlines() if line[:1].isdigit()]
    assert len(lines) == 3
    assert f"另有 {len(FEW) - 2} 条消息" in lines[-1]


# ---------------------------------------------------------------- over sequences of edits

STEPS = st.lists(
    st.sampled_from(["publish", "cheaper", "more", "again", "bulk", "wait an hour", "wait a day"]),
    min_size=4,
    max_size=9,
)


def test_no_sequence_of_edits_is_told_more_often_than_allowed(app, marketplace):
    """Of one sender a receiver gets no more a day at once than the cap, one repeat, three a month."""

    @settings(max_examples=tries(4), suppress_health_check=list(HealthCheck))
    @given(STEPS, st.integers(0, 4))
    def check(steps, cap):
        marketplace.policy(push_pair_cap=cap, push_daily_cap=1000)
        generator, recycler = marketplace.enterprise("generator"), marketplace.recycler("A")
        marketplace.demand(recycler, accepts=[{"scheme": "cn-hw", "code": "HW34"}])
        Edits(marketplace, generator).do(steps)
        with marketplace.app.app_context():
            day = func.date_trunc("day", Notification.released_at, "Asia/Shanghai")
            of_day = dict(db.session.execute(
                select(day, func.count()).where(
                    Notification.enterprise_id == recycler.id, Notification.delivery == Delivery.IMMEDIATE,
                    Notification.kind == "match.found",
                ).group_by(day)
            ).all())  # fmt: skip
            told = db.session.execute(
                select(day, func.count()).where(
                    Notification.enterprise_id == recycler.id, Notification.data.has_key("before")
                ).group_by(day)
            ).all()  # fmt: skip
        assert all(count <= cap for count in of_day.values())
        assert all(count == 1 for _, count in told)
        assert len(told) <= 3

    check()


class Edits:
    """A sender that does what the steps say."""

    def __init__(self, marketplace, generator):
        self.marketplace, self.generator = marketplace, generator
        self.price, self.tonnes, self.codes = 1000.0, 100.0, 0
        self.supply = self.publish()

    def do(self, steps):
        for step in steps:
            getattr(self, step.replace(" ", "_"))()
            self.marketplace.settle()

    def publish(self):
        self.codes += 1
        code = CODES[self.codes % len(CODES)]
        return self.marketplace.supply(self.generator, waste=acid(code), **self.terms)

    @property
    def terms(self):
        return {"price_cny_per_t": round(self.price, 2), "quantity_t": self.tonnes}

    def cheaper(self):
        self.price *= 0.85
        self.marketplace.change(self.generator, self.supply, price_cny_per_t=round(self.price, 2))

    def more(self):
        self.tonnes = round(self.tonnes * 1.2)
        self.marketplace.change(self.generator, self.supply, quantity_t=self.tonnes)

    def again(self):
        self.marketplace.withdraw(self.generator, self.supply)
        self.price *= 0.85
        self.supply = self.publish()

    def bulk(self):
        for _ in range(3):
            self.publish()

    def wait_an_hour(self):
        self.marketplace.wait(hours=1)

    def wait_a_day(self):
        self.marketplace.wait(days=1)
