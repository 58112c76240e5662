"""Whose task is next: in turn by owner, small before bulk, and none is passed over for ever."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from marketplace import clock
from marketplace.database import db
from marketplace.events.models import NOBODY, Task
from marketplace.events.service import turns
from marketplace.events.service.turns import (
    AGED_AFTER,
    BULK_DEPTH,
    CHOOSE,
    LEAST_SHARE,
    MOST_OWNERS,
    tasks_in_turn,
)
from marketplace.events.work import unit_of_work, written_for
from tests.counting import rows_read
from tests.effort import tries

IMPORTER, STRANGER, THIRD = (UUID(int=number) for number in (1, 2, 3))
ROUND = 20


@pytest.fixture
def marketplace_context(marketplace, monkeypatch):
    monkeypatch.setattr(turns, "_next", {})
    with marketplace.app.app_context():
        yield marketplace
        db.session.rollback()


def write(owner, count, *, bulk=False, waited=0.0):
    """Write due tasks of an owner. Returns their numbers."""
    due_at = clock.now() - timedelta(seconds=waited)
    return list(
        db.session.scalars(
            text(
                "INSERT INTO task (subscriber, queue, payload, status, due_at, attempts, created_at,"
                " owner_id, bulk) SELECT 'x', 'matching', '{}', 'pending', :due_at, 0, :due_at, :owner, :bulk"
                " FROM generate_series(1, :count) RETURNING id"
            ),
            {"due_at": due_at, "owner": owner, "bulk": bulk, "count": count},
        )
    )


def chosen(space=ROUND, waiting=()):
    return tasks_in_turn(db.session(), "matching", clock.now(), space, waiting)


@pytest.mark.parametrize("waited", [0.0, 3600.0], ids=["new", "aged as a whole"])
@pytest.mark.parametrize("bulk", [False, True], ids=["one by one", "imported"])
def test_an_import_of_thousands_delays_a_strangers_task_by_no_more_than_a_round(
    marketplace_context, bulk, waited
):
    write(IMPORTER, 5000, bulk=bulk, waited=waited)
    (strangers,) = write(STRANGER, 1)
    assert strangers in chosen()


def test_owners_take_turns_and_small_tasks_go_before_bulk(marketplace_context):
    bulk = write(IMPORTER, 3, bulk=True, waited=9)
    first, second, own = write(STRANGER, 3, waited=5), write(THIRD, 2, waited=4), write(NOBODY, 1)
    assert chosen() == [first[0], second[0], own[0], first[1], second[1], first[2], *bulk]
    assert chosen(waiting=first) == [second[0], own[0], second[1], *bulk]


def test_a_task_that_has_aged_goes_first_whatever_its_class(marketplace_context):
    aged = write(IMPORTER, 2, bulk=True, waited=AGED_AFTER.total_seconds())
    write(STRANGER, 5000)
    assert chosen()[:2] == aged


loads = st.lists(
    st.tuples(st.sampled_from([STRANGER, THIRD, NOBODY]), st.booleans(), st.integers(1, 3 * ROUND)),
    max_size=4,
)


def test_under_any_load_a_task_is_dispatched_and_no_space_is_wasted(marketplace_context):
    """A model of the relay: each second a round is done, and others go on writing."""

    @settings(max_examples=tries(8))
    @given(loads, loads)
    def hold(backlog, arriving):
        db.session.execute(text("DELETE FROM task"))
        (watched,) = write(IMPORTER, 1, bulk=True)
        for owner, bulk, count in backlog:
            write(owner, count, bulk=bulk)
        older = db.session.query(Task).count()
        began = clock.now()
        longest_s = AGED_AFTER.total_seconds() + 2 * older / ROUND + 2
        moment = began
        while True:
            moment += timedelta(seconds=1)
            with clock.at(lambda moment=moment: moment):
                taken = chosen()
                left = db.session.query(Task).count()
                assert len(taken) == len(set(taken)) == min(ROUND, left)
                db.session.execute(text("DELETE FROM task WHERE id = ANY(:ids)"), {"ids": taken})
                if watched in taken:
                    break
                for owner, bulk, count in arriving:
                    write(owner, count, bulk=bulk)
            assert (moment - began).total_seconds() <= longest_s

    hold()


def rows_read_by_a_round():
    """With indexes made to look dear, as to a PostgreSQL that believes in a handful of rows."""
    db.session.execute(text("SET LOCAL enable_indexscan = off"))
    db.session.execute(text("SET LOCAL enable_indexonlyscan = off"))
    assert len(chosen(space=500)) > 100
    parameters = {
        "queue": "matching", "waiting": [], "now": clock.now(), "aged": clock.now() - AGED_AFTER,
        "space": 500, "aged_space": 250, "least_share": LEAST_SHARE, "bulk_depth": BULK_DEPTH,
        "small_from": NOBODY, "bulk_from": NOBODY, "most_owners": MOST_OWNERS,
    }  # fmt: skip
    plan = db.session.scalar(text(f"EXPLAIN (ANALYZE, FORMAT JSON) {CHOOSE.text}"), parameters)
    return rows_read(plan[0]["Plan"])


def test_choosing_reads_no_more_of_200_000_due_tasks_than_it_takes(marketplace_context):
    for owner in range(1, 40):
        write(UUID(int=owner), 20)
    write(UUID(int=99), 200_000, bulk=True, waited=3600)
    assert rows_read_by_a_round() < 3000


def test_nor_of_as_many_owners_with_a_task_each(marketplace_context):
    db.session.execute(
        text(
            "INSERT INTO task (subscriber, queue, payload, status, due_at, attempts, created_at,"
            " owner_id, bulk) SELECT 'x', 'matching', '{}', 'pending', :now, 0, :now,"
            " gen_random_uuid(), number % 2 = 0"
            " FROM generate_series(1, 200000) AS number"
        ),
        {"now": clock.now()},
    )
    assert rows_read_by_a_round() < 10 * MOST_OWNERS


@pytest.mark.parametrize("bulk", [False, True], ids=["small", "imported"])
def test_of_more_owners_than_a_round_looks_at_each_has_its_turn(marketplace_context, monkeypatch, bulk):
    """However much those before it go on writing."""
    monkeypatch.setattr(turns, "MOST_OWNERS", 3)
    owners = [UUID(int=number) for number in range(1, 9)]
    for owner in owners:
        write(owner, 50, bulk=bulk)
    last = set(write(UUID(int=9), 1, bulk=bulk))
    for _ in range(2 * len(owners)):
        taken = chosen(space=4)
        assert len(taken) == 4
        db.session.execute(text("DELETE FROM task WHERE id = ANY(:ids)"), {"ids": taken})
        if last <= set(taken):
            return
    raise AssertionError("passed over")


def test_where_nobody_is_left_further_on_a_round_begins_again(marketplace_context, monkeypatch):
    monkeypatch.setattr(turns, "MOST_OWNERS", 3)
    first, _, last = (set(write(UUID(int=number), 5)) for number in (1, 2, 3))
    assert len(chosen(space=3)) == 3
    db.session.execute(text("DELETE FROM task WHERE id = ANY(:ids)"), {"ids": list(last)})
    assert first & set(chosen(space=3))


def test_a_task_knows_on_whose_behalf_it_was_written_and_hands_that_on(marketplace):
    supplier = marketplace.enterprise("generator")
    marketplace.supply(supplier)
    with marketplace.app.app_context():
        query = select(Task.owner_id, Task.bulk).order_by(Task.id.desc()).limit(1)
        assert db.session.execute(query).one() == (UUID(supplier.id), False)
        with written_for(IMPORTER, bulk=True), unit_of_work() as work:
            work.enqueue("matches.jobs.train", version=1)
        assert db.session.execute(query).one() == (IMPORTER, True)
        with written_for(STRANGER, bulk=False), unit_of_work() as work:
            work.emit_many("listing.published", [{"listing_id": str(IMPORTER)}])
        assert db.session.execute(query).one() == (STRANGER, True)
