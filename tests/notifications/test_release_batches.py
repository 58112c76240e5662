"""A batch of any size puts the same messages into the same inboxes, by statements that do not grow."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from marketplace import clock
from marketplace.database import db
from marketplace.events.work import unit_of_work
from marketplace.matches.models import PairingOutcome
from marketplace.notifications import service
from marketplace.notifications.models import Notification
from marketplace.notifications.service.delivery import release
from marketplace.notifications.service.delivery.due import AGED_AFTER, lock_due
from tests.counting import count_statements
from tests.listings.sheets import SUPPLY, csv_of, send
from tests.notifications.test_push_caps import CODES, acid

MOST_STATEMENTS = 42
SAYS = (
    Notification.id, Notification.status, Notification.delivery, Notification.is_summed,
    Notification.release_no,
)  # fmt: skip


@pytest.fixture
def due(marketplace):
    """Messages that are due and have waited, over both caps, one of them of a listing that closed meanwhile
    and some about one that became unlawful for one of its readers."""
    marketplace.policy(push_pair_cap=2, push_daily_cap=3, push_delay_s={"A": 60, "B": 61, "C": 62, "D": 63})
    recyclers = [marketplace.recycler(grade) for grade in "AB"]
    for recycler in recyclers:
        marketplace.demand(recycler, accepts=[{"scheme": "cn-hw", "code": "HW34"}])
        recycler.save_search({"kind": "supply", "code": "HW34"})
    generators = [marketplace.enterprise("generator") for _ in range(2)]
    supplies = [
        (generator, marketplace.supply(generator, waste=acid(code)))
        for generator in generators
        for code in CODES[:4]
    ]
    marketplace.settle()
    marketplace.now += timedelta(minutes=5)
    marketplace.withdraw(*supplies[1])
    assert marketplace.admin.post(f"/enterprises/{generators[1].id}/suspend", {"reason": "停业"}).json
    assert marketplace.admin.post(f"/enterprises/{generators[1].id}/approve", {}).json
    return marketplace


class TakenBack(Exception):
    pass


def released(marketplace, monkeypatch, size):
    """What a release by batches of a size would leave, and its statements; it is taken back."""
    monkeypatch.setattr(release, "RELEASE_BATCH", size)
    monkeypatch.setattr(release, "RELEASE_S", 1e9)
    now = marketplace.now
    with marketplace.app.app_context(), clock.at(lambda: now), count_statements() as sent:
        try:
            with unit_of_work():
                many = service.release_due()
                statements = len(sent)
                rows = db.session.execute(
                    select(*SAYS).order_by(Notification.release_no, Notification.id)
                ).all()
                shown = db.session.execute(
                    select(PairingOutcome.supply_id, PairingOutcome.demand_id).order_by(
                        PairingOutcome.supply_id, PairingOutcome.demand_id
                    )
                ).all()
                raise TakenBack
        except TakenBack:
            pass
    return many, rows, shown, statements


def test_batches_of_any_size_give_the_same_inboxes_by_few_statements(due, monkeypatch):
    many, one_by_one, shown, _ = released(due, monkeypatch, 1)
    assert many > 8
    assert shown
    assert {row.status for row in one_by_one} == {"released", "dropped"}
    assert {row.delivery for row in one_by_one} == {"immediate", "digest", None}
    for size in (2, 5, 1000):
        _, rows, shown_too, statements = released(due, monkeypatch, size)
        assert [row[:4] for row in rows] == [row[:4] for row in one_by_one]
        numbers = [row.release_no for row in rows if row.release_no]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        assert shown_too == shown
    assert statements <= MOST_STATEMENTS


def test_a_release_stops_when_its_time_is_used_and_goes_on_at_the_next_tick(due, monkeypatch):
    monkeypatch.setattr(release, "RELEASE_BATCH", 2)
    monkeypatch.setattr(release, "RELEASE_S", 0.0)
    with due.app.app_context(), clock.at(lambda: due.now):
        assert service.release_due() == 2
        assert service.release_due() == 2


@pytest.fixture
def many_in_bulk(due):
    """All but three of the due messages, become those of an import; how many."""
    with due.app.app_context(), unit_of_work() as work:
        small = select(Notification.id).order_by(Notification.id).limit(3)
        planned = (Notification.status == "planned", Notification.delivery.is_(None))
        of_import = update(Notification).where(Notification.id.not_in(small), *planned)
        changed = work.session.execute(of_import.values(bulk=True, release_at=due.now)).rowcount
        work.session.execute(update(Notification).where(~Notification.bulk).values(release_at=due.now))
    assert changed >= 4
    return changed


def next_ones(marketplace, most):
    """Which of the next messages to be released are of an import."""
    with marketplace.app.app_context(), unit_of_work() as work:
        ids = [message.id for message in lock_due(marketplace.now, most)]
        bulk = dict(work.session.execute(select(Notification.id, Notification.bulk)).all())
    assert len(set(ids)) == len(ids)
    return [bulk[message_id] for message_id in ids]


def test_what_an_import_says_waits_for_everybody_else_for_a_minute_at_most(due, many_in_bulk):
    assert next_ones(due, 2) == [False, False]
    assert next_ones(due, 4) == [False, False, False, True]
    assert next_ones(due, 100)[: 3 + many_in_bulk] == [False] * 3 + [True] * many_in_bulk
    due.now += AGED_AFTER
    assert next_ones(due, 2) == [False, True]
    assert next_ones(due, 4) == [False, False, True, True]
    assert next_ones(due, 100)[: 3 + many_in_bulk] == [False] * 3 + [True] * many_in_bulk


def test_messages_about_what_a_sheet_posted_are_those_of_an_import(marketplace):
    recycler, generator = marketplace.recycler("B"), marketplace.enterprise("generator")
    marketplace.demand(recycler, accepts=[{"scheme": "cn-hw", "code": "HW34"}])
    recycler.save_search({"kind": "supply", "code": "HW34"})
    marketplace.supply(generator, waste=acid(CODES[0]))
    marketplace.settle()
    answer = send(generator, csv_of({**SUPPLY, "废物代码": CODES[1]}), publish="true")
    assert answer.status_code == 201, answer.json
    marketplace.settle()
    with marketplace.app.app_context():
        classes = dict(
            db.session.execute(
                select(Notification.bulk, func.count())
                .where(Notification.kind.in_(("match.found", "search.found")))
                .group_by(Notification.bulk)
            ).all()
        )
    assert classes.keys() == {False, True}
