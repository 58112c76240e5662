"""Planning for many listings at once: what planning for one after the other comes to, in fewer statements."""

import random
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from marketplace import clock
from marketplace.database import db
from marketplace.events import service as events
from marketplace.events.models import Task
from marketplace.events.work import unit_of_work
from marketplace.listings.models import Listing
from marketplace.matches.models import Feedback
from marketplace.matches.service.ranking import live_index, push_candidates
from marketplace.matches.service.ranking.live_index import process_index
from marketplace.notifications import jobs, service
from tests.counting import count_statements
from tests.effort import tries
from tests.matches.written import write

MESSAGE = """jsonb_build_array(n.enterprise_id, n.kind, n.status, n.listing_id, n.counterpart_id, n.data,
    n.grade, n.credit_milli, n.score, n.release_at, n.delivery)"""
WRITTEN = (
    f"SELECT {MESSAGE}::text AS row FROM notification n ORDER BY 1",
    f"""SELECT (to_jsonb(l) - 'notification_id' || jsonb_build_object('message', {MESSAGE}))::text AS row
    FROM last_notification l JOIN notification n ON n.id = l.notification_id ORDER BY 1""",
    f"""SELECT (to_jsonb(r) - 'notification_id' || jsonb_build_object('message', {MESSAGE}))::text AS row
    FROM repeated_notification r JOIN notification n ON n.id = r.notification_id ORDER BY 1""",
    "SELECT subscriber || payload::text || due_at AS row FROM task ORDER BY 1",
)


class Taken(Exception):
    """Takes back a unit of work."""


def written_by(*batches: list[str]) -> list[list[str]]:
    """What is in the tables after planning for these batches in turn, which is then taken back."""
    found = []
    with suppress(Taken), unit_of_work() as work:
        for batch in batches:
            jobs.plan_listing_pushes([{"listing_id": listing_id} for listing_id in batch])
            work.write_records()
        found = [list(work.session.scalars(text(query))) for query in WRITTEN]
        raise Taken
    return found


def let_time_pass(chance: random.Random, now: list) -> None:
    """Release what is due, and let listings change, close and be refused."""
    now[0] += timedelta(hours=chance.choice([0, 1, 9, 24, 24 * 31]))
    service.release_due()
    rows = list(db.session.scalars(select(Listing).order_by(Listing.no)))
    for row in chance.sample(rows, 8):
        row.price_fen = (row.price_fen or 0) + chance.choice([-9_000, -100, 9_000])
        row.remaining_kg = chance.choice([row.remaining_kg, row.remaining_kg * 2, row.quantity_kg])
        row.quantity_kg = max(row.quantity_kg, row.remaining_kg)
        row.status = chance.choice(["open", "open", "withdrawn"])
    supply, demand = (
        chance.choice([row for row in rows if row.kind == kind]) for kind in ("supply", "demand")
    )
    for mine, other in ((supply, demand), (demand, supply)):
        verdict = chance.choice(["interested", "not_suitable"])
        db.session.merge(Feedback(listing_id=mine.id, other_id=other.id, verdict=verdict))
    db.session.commit()


@pytest.mark.parametrize("seed", range(tries(5)))
def test_a_batch_writes_what_one_after_the_other_writes(marketplace, seed, monkeypatch):
    marketplace.policy(push_threshold=0.2, push_top=3)
    chance, now = random.Random(seed), [marketplace.now]
    held = marketplace.app.extensions
    with marketplace.app.app_context(), clock.at(lambda: now[0]):
        write(seed, 25)
        told = 0
        for _ in range(max(4, tries(6))):
            batch = [str(row) for row in db.session.scalars(select(Listing.id).order_by(Listing.no))]
            batch = chance.choices(batch, k=30)
            held.pop("matching_index", None)
            in_turn = written_by(*([listing_id] for listing_id in batch))
            assert written_by(batch) == in_turn, "searched for in the database"
            assert process_index().current() is not None
            at_once = written_by(batch)
            assert at_once == in_turn, "found in memory"
            told += len(at_once[0])
            jobs.plan_listing_pushes([{"listing_id": listing_id} for listing_id in batch])
            let_time_pass(chance, now)
        assert told > 10


def test_the_statements_are_as_many_for_many_listings_as_for_one(marketplace):
    generators = [marketplace.enterprise("generator") for _ in range(2)]
    for _ in range(3):
        marketplace.demand(marketplace.recycler("A"))
    marketplace.settle()
    supplies = [marketplace.supply(generators[number % 2])["id"] for number in range(5)]
    with marketplace.app.app_context():
        assert process_index().current() is not None
        counts = []
        for batch in (supplies[:1], supplies):
            with suppress(Taken), unit_of_work(), count_statements() as sent:
                jobs.plan_listing_pushes([{"listing_id": listing_id} for listing_id in batch])
                counts.append(len(sent))
                raise Taken
        assert counts == [18, 18], "\n".join(sent)


def test_a_process_that_plans_a_large_batch_holds_an_index_from_then_on(marketplace, monkeypatch):
    generator, started = marketplace.enterprise("generator"), []
    for _ in range(3):
        marketplace.supply(generator)
    monkeypatch.setattr(push_candidates, "WORTH_AN_INDEX", 2)
    monkeypatch.setattr(push_candidates, "INDEX_WAIT_S", 0)
    monkeypatch.setattr(live_index.LiveIndex, "start", lambda index, app: started.append(app))
    marketplace.app.extensions.pop("matching_index", None)
    with marketplace.app.app_context():
        pushes = select(Task.id).where(Task.subscriber == "notifications.jobs.plan_listing_push")
        tasks = db.session.scalars(pushes).all()
        for batch, starts in ((tasks[:1], 0), (tasks[1:], 1)):
            events.perform_many(batch)
            assert started == [marketplace.app] * starts
