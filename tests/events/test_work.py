"""A change, its audit line and its events: together or not at all."""

import contextlib
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from marketplace.database import db
from marketplace.enterprises.models import Enterprise
from marketplace.events.actor import PLATFORM
from marketplace.events.models import Audit, Event, Task
from marketplace.events.work import unit_of_work
from tests.counting import count_statements


@pytest.fixture
def desk(marketplace):
    """An empty marketplace with the application's context pushed."""
    with marketplace.app.app_context():
        yield marketplace


def count(model):
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(model))


def add_enterprise(work, name="new"):
    return work.add(
        Enterprise(
            uscc=name, name=name, roles=["generator"], region=330602, lon=120.5, lat=30.0,
            contact_name="Li", contact_email="li@example.com", contact_phone="0575",
        )
    )  # fmt: skip


def test_a_change_and_its_event_are_written_together(desk):
    with unit_of_work() as work:
        add_enterprise(work)
        work.emit("listing.published", listing_id="x")
        work.write_records()
        assert count_inside(Event) == 1
    assert (count(Enterprise), count(Event), count(Task)) == (1, 1, 1)
    task = db.session.scalars(select(Task)).one()
    assert (task.subscriber, task.queue, task.payload) == (
        "notifications.jobs.plan_listing_push", "matching", {"listing_id": "x"},
    )  # fmt: skip
    assert task.due_at == desk.now


def test_or_not_at_all(desk):
    def register_and_fail():
        with unit_of_work() as work:
            row = add_enterprise(work)
            work.emit("listing.published", listing_id="x")
            work.audit(PLATFORM, "register", row)
            raise RuntimeError("power cut")

    before = count(Audit)
    with pytest.raises(RuntimeError):
        register_and_fail()
    assert (count(Enterprise), count(Event), count(Task), count(Audit)) == (0, 0, 0, before)


def test_an_inner_unit_joins_the_outer_one(desk):
    def register_within_and_fail():
        with unit_of_work() as outer:
            with unit_of_work() as inner:
                assert inner is outer
                add_enterprise(inner)
                inner.emit("listing.published", listing_id="x")
            assert count_inside(Enterprise) == 1
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        register_within_and_fail()
    assert (count(Enterprise), count(Event)) == (0, 0)


def test_records_are_written_in_their_order_by_one_statement(desk):
    with desk.app.app_context():
        before = count(Audit)
    with unit_of_work() as work, count_statements() as statements:
        row = add_enterprise(work)
        for number in range(3):
            work.audit(PLATFORM, f"step_{number}", row, number=number, name='硫酸\t"x"')
            work.emit("noted", number=number)
        work.emit("listing.published", listing_id="x")
        work.enqueue(
            "notifications.jobs.plan_listing_push", due_at=datetime(2027, 1, 1, tzinfo=UTC), listing_id="y"
        )
        work.write_records()
    assert len(statements) == 2, "the enterprise, and all records"
    lines = db.session.scalars(select(Audit).order_by(Audit.id)).all()[before:]
    assert [(line.action, line.detail["number"]) for line in lines] == [(f"step_{n}", n) for n in range(3)]
    first = lines[0]
    assert (first.detail["name"], first.at, first.actor_id) == ('硫酸\t"x"', desk.now, None)
    events = db.session.scalars(select(Event).order_by(Event.id)).all()
    assert [event.payload for event in events] == [*({"number": n} for n in range(3)), {"listing_id": "x"}]
    followed, enqueued = db.session.scalars(select(Task).order_by(Task.id))
    assert (followed.event_id, followed.due_at, followed.attempts) == (events[-1].id, desk.now, 0)
    assert (enqueued.event_id, enqueued.due_at.year, enqueued.created_at) == (None, 2027, desk.now)


@pytest.mark.parametrize("ends", ["raises", "is rolled back"])
def test_what_a_savepoint_takes_back_it_takes_with_its_records(desk, ends):
    with unit_of_work() as work:
        work.emit("noted", number=1)
        with contextlib.suppress(RuntimeError), work.savepoint() as point:
            work.emit("noted", number=2)
            if ends == "raises":
                raise RuntimeError("power cut")
            point.rollback()
        with work.savepoint():
            work.emit("noted", number=3)
        work.emit("noted", number=4)
    events = db.session.scalars(select(Event).order_by(Event.id))
    assert [event.payload["number"] for event in events] == [1, 3, 4]


def test_what_is_no_json_is_written_nowhere(desk):
    with pytest.raises(TypeError, match="Decimal"), unit_of_work() as work:
        work.emit("noted", number=Decimal(1))
    assert count(Event) == 0


def test_what_fails_inside_fails_the_whole(desk):
    def fail_within():
        with unit_of_work() as outer:
            add_enterprise(outer, "first")
            with unit_of_work() as inner:
                add_enterprise(inner, "second")
                raise RuntimeError("power cut")

    with pytest.raises(RuntimeError):
        fail_within()
    assert count(Enterprise) == 0


def test_after_a_failure_the_next_unit_is_a_new_one(desk):
    with pytest.raises(RuntimeError), unit_of_work():
        raise RuntimeError("power cut")
    with unit_of_work() as work:
        add_enterprise(work)
    assert count(Enterprise) == 1


def test_a_seeded_world_tells_nobody(desk):
    with unit_of_work() as work:
        work.mute_events()
        work.emit("listing.published", listing_id="x")
    assert (count(Event), count(Task)) == (0, 0)


def test_an_event_nobody_listens_to_is_kept_without_a_task(desk):
    with unit_of_work() as work:
        work.emit("weather.changed", degrees=3)
    assert (count(Event), count(Task)) == (1, 0)


def test_a_refused_request_leaves_no_event_and_no_audit_line(marketplace):
    generator = marketplace.enterprise("generator")
    with marketplace.app.app_context():
        before = count(Event), count(Task), count(Audit)
    answer = generator.post("/listings", {"kind": "supply", "publish": True})
    assert answer.status_code == 422
    with marketplace.app.app_context():
        assert (count(Event), count(Task), count(Audit)) == before


def count_inside(model):
    return db.session.scalar(select(func.count()).select_from(model))
