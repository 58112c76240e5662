"""An import that changes while a batch plans it, or between plan and release: each to its own clear end."""

import time
from threading import Thread

import pytest
from sqlalchemy import select, text

from marketplace.database import db
from marketplace.events.models import Task, TaskStatus
from marketplace.events.service import carrying, perform
from marketplace.events.work import unit_of_work
from marketplace.notifications.service.planning import told
from tests.notifications.test_push_caps import CODES, acid

WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


class Import:
    """Offers of one generator that three licensed recyclers want, their tasks due together."""

    def __init__(self, marketplace):
        self.marketplace = marketplace
        self.generator = marketplace.enterprise("generator")
        self.recyclers = [marketplace.enterprise("recycler") for _ in range(3)]
        self.licences = [marketplace.licence(recycler) for recycler in self.recyclers]
        for recycler in self.recyclers:
            marketplace.demand(recycler, accepts=[{"scheme": "cn-hw", "code": "HW34"}])
        marketplace.settle()
        self.supplies = [marketplace.supply(self.generator, waste=acid(code)) for code in CODES[:4]]

    def pending(self):
        query = select(Task.id).where(Task.status == TaskStatus.PENDING).order_by(Task.id)
        return list(db.session.scalars(query))

    def plan(self):
        """Do what is due in one job."""
        with self.marketplace.app.app_context():
            carrying.perform_many(self.pending())

    def withdraw(self):
        for supply in self.supplies:
            self.marketplace.withdraw(self.generator, supply)

    def told(self):
        return [len(recycler.inbox()) for recycler in self.recyclers]


@pytest.fixture
def imported(marketplace):
    marketplace.policy(push_pair_cap=100, push_daily_cap=100)
    return Import(marketplace)


def in_the_middle(monkeypatch, happen):
    """Let something happen once, when a batch has chosen whom to tell and locked what it plans for."""
    lock, times = told.Told.lock.__func__, []

    def first(cls, *args):
        if not times:
            times.append(1)
            happen()
        return lock(cls, *args)

    monkeypatch.setattr(told.Told, "lock", classmethod(first))


def test_an_import_withdrawn_while_it_is_planned_waits_for_the_plan_and_cancels_it(imported, monkeypatch):
    thread = Thread(target=imported.withdraw)

    def withdraw():
        thread.start()
        with db.engine.connect() as beside:
            while not beside.execute(WAITING).scalar():
                time.sleep(0.005)

    in_the_middle(monkeypatch, withdraw)
    imported.plan()
    thread.join()
    statuses = "SELECT status, count(*) FROM notification WHERE kind = 'match.found' GROUP BY 1"
    with imported.marketplace.app.app_context():
        assert db.session.execute(text(statuses)).all() == [("planned", 12)]
    imported.marketplace.wait(hours=9)
    assert imported.told() == [0, 0, 0]
    with imported.marketplace.app.app_context():
        assert db.session.execute(text(statuses)).all() == [("dropped", 12)]
        assert imported.pending() == []


def test_an_import_withdrawn_before_its_turn_is_planned_for_nobody(imported):
    imported.withdraw()
    imported.marketplace.wait(hours=9)
    assert imported.told() == [0, 0, 0]


def test_a_batch_is_planned_by_one_policy_and_the_next_by_the_one_that_came_meanwhile(imported, monkeypatch):
    in_the_middle(monkeypatch, lambda: imported.marketplace.policy(push_threshold=1.0))
    imported.plan()
    imported.marketplace.supply(imported.generator, waste=acid(CODES[4]))
    imported.marketplace.wait(hours=9)
    assert imported.told() == [4, 4, 4]


def test_what_grew_unlawful_between_plan_and_release_is_told_to_the_others_alone(imported):
    imported.plan()
    licence = imported.licences[1]
    assert imported.marketplace.admin.delete(f"/licences/{licence['id']}").status_code in (200, 204)
    imported.marketplace.wait(hours=9)
    assert imported.told() == [4, 0, 4]


def test_a_poison_row_in_a_batch_is_parked_alone_and_the_others_are_told(imported):
    with imported.marketplace.app.app_context():
        with unit_of_work() as work:
            work.enqueue("notifications.jobs.plan_listing_push", listing_id="no listing's id")
        poison = imported.pending()[-1]
        for _ in range(imported.marketplace.app.config["SETTINGS"].task_attempts - 1):
            perform(poison)
        carrying.perform_many(imported.pending())
        parked = db.session.scalars(select(Task.id).where(Task.status == TaskStatus.PARKED)).all()
        assert (parked, [task for task in imported.pending() if task < poison]) == ([poison], [])
    imported.marketplace.wait(hours=9)
    assert imported.told() == [4, 4, 4]
