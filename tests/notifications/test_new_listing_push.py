"""Who is notified of a match, when, in which order, and how often."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from marketplace import clock
from marketplace.database import db
from marketplace.events import service as events
from marketplace.events.models import Task
from marketplace.listings.models import Kind, Listing
from marketplace.notifications import service
from marketplace.notifications.models import LastNotification

OTHER_ACID = {"scheme": "cn-hw", "code": "900-300-34"}


@pytest.fixture
def pair(marketplace):
    """A generator, and a recycler of grade A whose demand takes its acid."""
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler("A")
    return generator, recycler, marketplace.demand(recycler)


# ---------------------------------------------------------------- order


def test_each_grade_is_notified_after_its_own_delay_and_not_a_second_before(marketplace):
    generator = marketplace.enterprise("generator")
    receivers = {grade: marketplace.recycler(grade) for grade in "DBCA"}
    for recycler in receivers.values():
        marketplace.demand(recycler)
    marketplace.supply(generator)
    marketplace.settle()

    notified = []
    for until in (0, 1799, 1800, 7199, 7200, 28799, 28800):
        marketplace.wait(seconds=until - notified[-1][0] if notified else 0)
        notified.append((until, "".join(grade for grade in "ABCD" if receivers[grade].inbox())))
    assert notified == [
        (0, "A"), (1799, "A"), (1800, "AB"), (7199, "AB"), (7200, "ABC"), (28799, "ABC"), (28800, "ABCD"),
    ]  # fmt: skip


def test_the_delays_are_those_of_the_policy(marketplace):
    marketplace.policy(push_delay_s={"A": 60, "B": 0, "C": 10, "D": 20})
    generator = marketplace.enterprise("generator")
    first, second = marketplace.recycler("A"), marketplace.recycler("B")
    marketplace.demand(first), marketplace.demand(second)
    supply = marketplace.supply(generator)
    marketplace.settle()
    assert marketplace.notified(supply) == [second.id]
    marketplace.wait(seconds=60)
    assert marketplace.notified(supply) == [second.id, first.id]


def test_within_a_release_credit_comes_first_and_then_the_score(marketplace):
    generator = marketplace.enterprise("generator")
    near = {"lon": 120.58, "lat": 30.03, "crs": "wgs84"}
    far = {"lon": 121.1, "lat": 30.2, "crs": "wgs84"}
    distant, close = marketplace.recycler("B", location=far), marketplace.recycler("B", location=near)
    worse, better = marketplace.recycler("B"), marketplace.recycler("B", location=far)
    marketplace.credit_event(worse, "incident.complaint")
    marketplace.credit_event(better, "fulfilment.completed")
    for recycler in (worse, distant, close, better):
        marketplace.demand(recycler)
    supply = marketplace.supply(generator)
    marketplace.settle()
    marketplace.wait(minutes=30)
    assert marketplace.notified(supply) == [better.id, close.id, distant.id, worse.id]


def test_a_grade_is_released_at_once_even_if_planning_takes_time(marketplace):
    generator = marketplace.enterprise("generator")
    receivers = [marketplace.recycler("B") for _ in range(4)]
    for points, recycler in enumerate(receivers):
        for _ in range(points):
            marketplace.credit_event(recycler, "fulfilment.completed")
        marketplace.demand(recycler)
    supply = marketplace.supply(generator)
    ticks = itertools.count()
    with clock.at(lambda: marketplace.now + timedelta(milliseconds=next(ticks))):
        marketplace.settle()
    marketplace.wait(hours=1)
    assert marketplace.notified(supply) == [recycler.id for recycler in reversed(receivers)]


def test_a_scheduler_that_was_stopped_releases_late_but_best_credit_first(marketplace):
    generator = marketplace.enterprise("generator")
    receivers = {grade: marketplace.recycler(grade) for grade in "DCBA"}
    for recycler in receivers.values():
        marketplace.demand(recycler)
    supply = marketplace.supply(generator)
    marketplace.settle()
    marketplace.wait(days=2)
    assert marketplace.notified(supply) == [receivers[grade].id for grade in "ABCD"]


def test_a_supervised_generator_is_notified_last(marketplace):
    disgraced, recycler = marketplace.enterprise("generator", grade="E"), marketplace.recycler("A")
    marketplace.supply(disgraced)
    marketplace.demand(recycler)
    marketplace.settle()
    assert len(recycler.inbox()) == 1, "A and B may take the waste of a supervised generator"
    assert disgraced.inbox() == []
    marketplace.wait(hours=8)
    assert len(disgraced.inbox()) == 1


def test_both_sides_are_notified_each_about_its_own_listing(marketplace):
    generator, recycler = marketplace.enterprise("generator", grade="A"), marketplace.recycler("A")
    supply = marketplace.supply(generator)
    demand = marketplace.demand(recycler)
    marketplace.settle()
    (to_generator,), (to_recycler,) = generator.inbox(), recycler.inbox()
    assert to_generator["data"]["listing_id"] == supply["id"]
    assert to_generator["data"]["counterpart_id"] == demand["id"]
    assert to_recycler["data"]["listing_id"] == demand["id"]
    assert to_recycler["data"]["counterpart_id"] == supply["id"]
    assert 0.5 <= to_recycler["data"]["score"] <= 1
    assert to_recycler["data"]["rank"] == 1


# ---------------------------------------------------------------- once


def told_again(marketplace, receiver, sender, listing, **new):
    """How many messages the receiver has more, after the listing is withdrawn and published again."""
    before = len(receiver.inbox())
    marketplace.withdraw(sender, listing)
    marketplace.settle()
    (marketplace.supply if listing["kind"] == "supply" else marketplace.demand)(sender, **new)
    marketplace.settle()
    return len(receiver.inbox()) - before


def test_withdrawing_and_publishing_again_notifies_nobody_twice(marketplace, pair):
    generator, recycler, _ = pair
    supply = marketplace.supply(generator)
    marketplace.settle()
    assert told_again(marketplace, recycler, generator, supply) == 0


def test_a_second_listing_of_the_same_pair_and_code_is_not_announced(marketplace, pair):
    generator, recycler, _ = pair
    marketplace.supply(generator)
    marketplace.settle()
    marketplace.supply(generator, title="another vat")
    marketplace.demand(recycler, title="another tank")
    marketplace.settle()
    assert len(recycler.inbox()) == 1


def test_two_listings_at_once_give_one_message_about_the_better(marketplace, pair):
    generator, recycler, _ = pair
    marketplace.policy(push_delay_s={"A": 60, "B": 60, "C": 60, "D": 60})
    marketplace.supply(generator, location={"lon": 121.0, "lat": 30.3, "crs": "wgs84"})
    near = marketplace.supply(generator)
    marketplace.supply(generator, location={"lon": 121.1, "lat": 30.3, "crs": "wgs84"})
    marketplace.wait(seconds=60)
    marketplace.wait(seconds=60)
    (message,) = recycler.inbox()
    assert message["data"]["counterpart_id"] == near["id"]


def test_a_different_code_is_announced(marketplace, pair):
    generator, recycler, _ = pair
    marketplace.supply(generator)
    marketplace.settle()
    marketplace.supply(generator, waste=OTHER_ACID)
    marketplace.settle()
    assert len(recycler.inbox()) == 2


def test_another_generator_is_announced(marketplace, pair):
    generator, recycler, _ = pair
    marketplace.supply(generator)
    marketplace.supply(marketplace.enterprise("generator"))
    marketplace.settle()
    assert len(recycler.inbox()) == 2


@pytest.mark.parametrize(("days", "messages"), [(29, 0), (30, 1)])
def test_after_thirty_days_the_message_is_repeated(marketplace, pair, days, messages):
    generator, recycler, _ = pair
    supply = marketplace.supply(generator)
    marketplace.settle()
    marketplace.wait(days=days)
    assert told_again(marketplace, recycler, generator, supply) == messages


CHEAPER_OR_MORE = [
    # announced at: price, tonnes; now: price, tonnes; whether a supply, a demand is announced again
    ((100, 1000), (89.99, 1000), True, False),
    ((100, 1000), (90, 1000), False, False),
    ((100, 1000), (100, 1000), False, False),
    ((100, 1000), (110, 1000), False, False),
    ((100, 1000), (110.01, 1000), False, True),
    ((100, 1000), (-10, 1000), True, False),
    ((-100, 1000), (-110, 1000), False, False),
    ((-100, 1000), (-110.01, 1000), True, False),
    ((-100, 1000), (-89.99, 1000), False, True),
    ((0, 1000), (-0.01, 1000), True, False),
    ((0, 1000), (0.01, 1000), False, True),
    ((None, 1000), (-500, 1000), False, False),
    ((100, 1000), (None, 1000), False, False),
    ((100, 1000), (100, 1100), False, False),
    ((100, 1000), (100, 1100.001), True, True),
    ((100, 1000), (140, 1101), True, True),
    ((100, 1000), (100, 500), False, False),
    ((100, 0.07), (100, 0.077), False, False),
]


@pytest.mark.parametrize(("then", "now", "of_supply", "of_demand"), CHEAPER_OR_MORE)
def test_terms_better_by_more_than_a_tenth_may_repeat_a_message(then, now, of_supply, of_demand):
    def fen(price):
        return None if price is None else round(price * 100)

    last = LastNotification(price_fen=fen(then[0]), remaining_kg=round(then[1] * 1000), at=clock.now())
    for kind, news in ((Kind.SUPPLY, of_supply), (Kind.DEMAND, of_demand)):
        listing = Listing(kind=kind, price_fen=fen(now[0]), remaining_kg=round(now[1] * 1000))
        assert service.may_repeat(last, listing) is news


@pytest.mark.parametrize(
    ("terms", "messages"),
    [({"price_cny_per_t": 89.99}, 1), ({"price_cny_per_t": 90}, 0), ({"quantity_t": 1100.001}, 1)],
)
def test_a_supply_is_announced_again_if_cheaper_or_more_by_over_a_tenth(marketplace, pair, terms, messages):
    generator, recycler, _ = pair
    old = {"quantity_t": 1000, "price_cny_per_t": 100}
    supply = marketplace.supply(generator, **old)
    marketplace.settle()
    assert told_again(marketplace, recycler, generator, supply, **{**old, **terms}) == messages


@pytest.mark.parametrize(
    ("terms", "messages"),
    [({"price_cny_per_t": 110}, 0), ({"price_cny_per_t": 110.01}, 1), ({"price_cny_per_t": 50}, 0)],
)
def test_a_demand_is_announced_again_if_it_pays_over_a_tenth_more(marketplace, terms, messages):
    generator, recycler = marketplace.enterprise("generator", grade="A"), marketplace.recycler()
    marketplace.supply(generator)
    old = {"quantity_t": 1000, "price_cny_per_t": 100}
    demand = marketplace.demand(recycler, **old)
    marketplace.settle()
    assert told_again(marketplace, generator, recycler, demand, **{**old, **terms}) == messages


def test_a_changed_listing_is_measured_by_the_same_rule(marketplace, pair):
    generator, recycler, _ = pair
    supply = marketplace.supply(generator, price_cny_per_t=100)
    marketplace.settle()
    for price, messages in ((95, 1), (91, 1), (89, 2), (85, 2), (80, 3)):
        marketplace.change(generator, supply, price_cny_per_t=price)
        marketplace.wait(days=1)
        assert len(recycler.inbox()) == messages, price


# ---------------------------------------------------------------- dropped


def test_a_tier_not_released_when_the_listing_closes_is_never_sent_and_does_not_count(marketplace):
    generator = marketplace.enterprise("generator")
    first, second = marketplace.recycler("A"), marketplace.recycler("B")
    marketplace.demand(first), marketplace.demand(second)
    supply = marketplace.supply(generator)
    marketplace.settle()
    marketplace.wait(minutes=29)
    marketplace.withdraw(generator, supply)
    marketplace.wait(days=1)
    assert marketplace.notified(supply) == [first.id]

    again = marketplace.supply(generator)
    marketplace.settle()
    marketplace.wait(minutes=29)
    assert marketplace.notified(again) == []
    marketplace.wait(minutes=1)
    assert marketplace.notified(again) == [second.id]
    assert second.inbox()[0]["data"]["counterpart_id"] == again["id"]


def test_announced_terms_are_remembered_when_better_ones_are_dropped(marketplace, pair):
    generator, _, _ = pair
    second = marketplace.recycler("B")
    marketplace.demand(second)
    supply = marketplace.supply(generator, price_cny_per_t=100)
    marketplace.settle()
    marketplace.wait(hours=1)
    marketplace.change(generator, supply, price_cny_per_t=80)
    marketplace.settle()
    marketplace.withdraw(generator, supply)
    marketplace.settle()
    supply = marketplace.supply(generator, price_cny_per_t=100)
    marketplace.settle()
    marketplace.wait(hours=1)
    assert len(second.inbox()) == 1, "announced at 100 already"
    marketplace.change(generator, supply, price_cny_per_t=80)
    marketplace.settle()
    marketplace.wait(hours=1)
    assert len(second.inbox()) == 2, "80 was never announced"


def test_another_listing_of_the_owner_replaces_one_that_closed(marketplace):
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler("B")
    marketplace.demand(recycler)
    best = marketplace.supply(generator)
    sister = marketplace.supply(generator, location={"lon": 121.0, "lat": 30.3, "crs": "wgs84"})
    marketplace.settle()
    marketplace.withdraw(generator, best)
    marketplace.settle()
    marketplace.wait(hours=1)
    (message,) = recycler.inbox()
    assert message["data"]["counterpart_id"] == sister["id"]


def test_a_second_demand_of_the_receiver_replaces_one_that_closed(marketplace):
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler("B")
    demands = [marketplace.demand(recycler), marketplace.demand(recycler, quantity_t=1100)]
    supply = marketplace.supply(generator)
    marketplace.settle()
    best = marketplace.matches(generator, supply)[0]
    (other,) = [demand for demand in demands if demand["id"] != best]
    marketplace.withdraw(recycler, next(demand for demand in demands if demand["id"] == best))
    marketplace.settle()
    marketplace.wait(hours=1)
    (message,) = recycler.inbox()
    assert message["data"]["listing_id"] == other["id"]


def test_a_new_listing_planned_before_the_old_one_is_dropped_is_still_announced(marketplace):
    """The tasks of two events may be done in either order."""
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler("B")
    marketplace.demand(recycler)
    old = marketplace.supply(generator)
    marketplace.settle()
    marketplace.withdraw(generator, old)
    new = marketplace.supply(generator)
    with marketplace.app.app_context():
        tasks = db.session.scalars(select(Task.id).where(Task.status == "pending").order_by(Task.id)).all()
        assert len(tasks) == 4  # three of the withdrawal, one of the new listing
        for task in reversed(tasks):
            events.perform(task)
    marketplace.settle()
    marketplace.wait(hours=1)
    (message,) = recycler.inbox()
    assert message["data"]["counterpart_id"] == new["id"]


def unlawful_by_supply(marketplace, generator, supply, recycler, demand):
    marketplace.change(generator, supply, price_cny_per_t=500)


def unlawful_by_demand(marketplace, generator, supply, recycler, demand):
    marketplace.change(recycler, demand, price_cny_per_t=99)


def unlawful_by_supervision(marketplace, generator, supply, recycler, demand):
    marketplace.credit_event(recycler, "law.penalty_minor")
    marketplace.credit_event(generator, "law.illegal_dumping")


def closed_by_demand(marketplace, generator, supply, recycler, demand):
    marketplace.withdraw(recycler, demand)


def blocked_receiver(marketplace, generator, supply, recycler, demand):
    body = {"enterprise_id": recycler.id, "reason": "dumped at night"}
    assert marketplace.admin.post("/credit/blocks", body).status_code == 201


def receiver_of_grade_e(marketplace, generator, supply, recycler, demand):
    marketplace.grade(recycler, "E")


def suspended_receiver(marketplace, generator, supply, recycler, demand):
    assert (
        marketplace.admin.post(f"/enterprises/{recycler.id}/suspend", {"reason": "moved"}).status_code == 200
    )


def suspended_sender(marketplace, generator, supply, recycler, demand):
    assert (
        marketplace.admin.post(f"/enterprises/{generator.id}/suspend", {"reason": "moved"}).status_code == 200
    )


def unsuitable(marketplace, generator, supply, recycler, demand):
    recycler.feedback(demand, supply, "not_suitable")


def muted_code(marketplace, generator, supply, recycler, demand):
    recycler.prefer(muted_codes=[{"scheme": "cn-hw", "code": "900-349-34"}])


@pytest.mark.parametrize(
    "happens",
    [
        unlawful_by_supply, unlawful_by_demand, unlawful_by_supervision, closed_by_demand, blocked_receiver,
        receiver_of_grade_e, suspended_receiver, suspended_sender, unsuitable, muted_code,
    ],
)  # fmt: skip
def test_a_message_is_cancelled_when_its_pairing_ends_before_the_release(marketplace, happens):
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler("B")
    demand = marketplace.demand(recycler, price_cny_per_t=200)
    supply = marketplace.supply(generator, price_cny_per_t=100)
    marketplace.settle()
    marketplace.wait(minutes=29)
    happens(marketplace, generator, supply, recycler, demand)
    marketplace.wait(minutes=1)
    marketplace.wait(hours=9)
    assert marketplace.notified(supply) == []


def test_a_change_that_leaves_the_pairing_lawful_changes_neither_release_nor_count(marketplace):
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler("B")
    marketplace.demand(recycler)
    supply = marketplace.supply(generator)
    marketplace.settle()
    marketplace.wait(minutes=20)
    marketplace.change(generator, supply, quantity_t=900)
    marketplace.wait(minutes=10)
    assert len(recycler.inbox()) == 1
    marketplace.wait(hours=1)
    assert len(recycler.inbox()) == 1


def test_nobody_is_notified_of_a_suspended_owners_listing(marketplace, pair):
    generator, recycler, _ = pair
    marketplace.supply(generator)
    assert marketplace.admin.post(f"/enterprises/{generator.id}/suspend", {}).status_code == 200
    marketplace.settle()
    assert recycler.inbox() == []


# ---------------------------------------------------------------- how many


def test_only_the_best_are_notified_with_one_message_each(marketplace):
    marketplace.policy(push_top=2)
    generator = marketplace.enterprise("generator")
    places = [{"lon": 120.58 + step / 10, "lat": 30.03, "crs": "wgs84"} for step in range(4)]
    receivers = [marketplace.recycler("A", location=place) for place in places]
    for recycler in reversed(receivers):
        marketplace.demand(recycler), marketplace.demand(recycler, title="a second tank")
    supply = marketplace.supply(generator)
    marketplace.wait(days=1)
    assert marketplace.notified(supply) == [receivers[0].id, receivers[1].id]


def test_below_the_threshold_nobody_is_notified(marketplace, pair):
    generator, recycler, demand = pair
    supply = marketplace.supply(generator, waste=OTHER_ACID)
    score = generator.pairing(supply, demand)["score"]
    for threshold, count in ((min(1.0, score + 0.001), 0), (score - 0.001, 1)):
        marketplace.policy(push_threshold=threshold)
        marketplace.change(generator, supply, quantity_t=1200)
        marketplace.settle()
        assert len(recycler.inbox()) == count


def test_messages_above_the_daily_cap_wait_for_the_digest(marketplace):
    marketplace.policy(push_daily_cap=3)
    recycler = marketplace.recycler("A")
    marketplace.demand(recycler)
    marketplace.now = datetime(2026, 12, 1, 16, 1, tzinfo=UTC)  # 00:01 in Shaoxing
    generators = [marketplace.enterprise("generator") for _ in range(7)]
    for generator in generators[:5]:
        marketplace.supply(generator)
    marketplace.settle()
    assert [message["delivery"] for message in recycler.inbox()] == ["immediate"] * 3 + ["digest"] * 2
    marketplace.wait(hours=23, minutes=58)
    marketplace.supply(generators[5])
    marketplace.settle()
    assert recycler.inbox()[-1]["delivery"] == "digest"
    marketplace.wait(minutes=1)
    marketplace.supply(generators[6])
    marketplace.settle()
    assert recycler.inbox()[-1]["delivery"] == "immediate", "a new day in Shaoxing"
    assert len(recycler.inbox()) == 7, "the inbox holds all"


# ---------------------------------------------------------------- what one wants to hear


@pytest.mark.parametrize(
    ("muted", "messages"),
    [
        ({"scheme": "cn-hw", "code": "900-349-34"}, 0),
        ({"scheme": "cn-hw", "code": "HW34"}, 0),
        ({"scheme": "cn-hw", "code": "900-300-34"}, 1),
        ({"scheme": "cn-hw", "code": "HW35"}, 1),
    ],
)
def test_a_muted_code_or_category_is_not_announced(marketplace, pair, muted, messages):
    generator, recycler, _ = pair
    recycler.prefer(muted_codes=[muted])
    marketplace.supply(generator)
    marketplace.settle()
    assert len(recycler.inbox()) == messages


def test_not_suitable_silences_only_that_pairing(marketplace, pair):
    generator, recycler, demand = pair
    draft = marketplace.supply(generator)
    recycler.feedback(demand, draft, "not_suitable")
    marketplace.supply(marketplace.enterprise("generator"))
    marketplace.settle()
    (message,) = recycler.inbox()
    assert message["data"]["counterpart_id"] != draft["id"]


def test_not_suitable_from_the_publisher_does_not_silence_the_receiver(marketplace, pair):
    generator, recycler, demand = pair
    supply = marketplace.supply(generator)
    generator.feedback(supply, demand, "not_suitable")
    marketplace.settle()
    assert len(recycler.inbox()) == 1
