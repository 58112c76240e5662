"""Saved searches held against many listings at once: what one listing after the other comes to."""

import random
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from marketplace import clock
from marketplace.database import db
from marketplace.enterprises.models import Enterprise
from marketplace.events.models import Task, TaskStatus
from marketplace.events.service import carrying
from marketplace.events.work import unit_of_work
from marketplace.listings.models import Listing
from marketplace.notifications import jobs, service
from marketplace.notifications.models import Notification, NotificationKind, SavedSearch
from marketplace.notifications.service import saved_searches
from marketplace.notifications.service.delivery import release
from marketplace.notifications.service.planning import saved_search_matching
from tests.counting import count_statements
from tests.effort import tries
from tests.matches.written import write
from tests.notifications.test_planning_batch import WRITTEN, Taken, let_time_pass

TASK = "notifications.jobs.match_saved_searches"
QUERIES = (
    {}, {"kind": "supply"}, {"kind": "demand"}, {"code": "HW34"}, {"code": "900-349-34"}, {"region": 330600},
    {"code": "SW17", "kind": "demand"}, {"q": "酸"}, {"quantity_min_t": 100}, {"price_max": 0},
    {"grade": "A,B"},
)  # fmt: skip


def save_searches(chance: random.Random, count: int) -> None:
    readers = db.session.scalars(select(Enterprise.id)).all()
    for _ in range(count):
        query = chance.choice(QUERIES)
        row = SavedSearch(enterprise_id=chance.choice(readers), name="酸", paused=False)
        saved_searches._apply(row, {"query": dict(query), "notify": chance.choice(["immediate", "daily"])})
        db.session.add(row)
    db.session.commit()


def written_by(*batches):
    """What is in the tables after matching these batches in turn, which is then taken back."""
    found = []
    with suppress(Taken), unit_of_work() as work:
        for batch in batches:
            jobs.match_many_saved_searches(batch)
            work.write_records()
        found = [list(work.session.scalars(text(query))) for query in WRITTEN]
        raise Taken
    return found


@pytest.mark.parametrize("seed", range(tries(5)))
def test_a_batch_writes_what_one_after_the_other_writes(marketplace, seed, monkeypatch):
    """In pages as small as those of large batches, and of the rest of a listing too."""
    monkeypatch.setattr(saved_search_matching, "SEARCH_BATCH", 5)
    monkeypatch.setattr(saved_search_matching, "LEAST_SEARCHES", 5)
    monkeypatch.setattr(saved_search_matching, "MOST_CONDITIONS", 3)
    chance, now, told = random.Random(seed), [marketplace.now], 0
    with marketplace.app.app_context(), clock.at(lambda: now[0]):
        write(seed, 12)
        save_searches(chance, 40)
        for _ in range(4):
            listings = [str(row) for row in db.session.scalars(select(Listing.id).order_by(Listing.no))]
            jobs.plan_listing_pushes([{"listing_id": one} for one in chance.choices(listings, k=4)])
            fresh = [
                {"listing_id": one, "since": clock.now().isoformat()}
                for one in chance.choices(listings, k=12)
            ]
            rest = db.session.scalars(select(Task.payload).where(Task.subscriber == TASK).order_by(Task.id))
            batch = fresh + [payload for payload in rest if "after" in payload][-5:]
            at_once = written_by(batch)
            assert at_once == written_by(*([payload] for payload in batch))
            told += sum(NotificationKind.SEARCH_HIT in row for row in at_once[0])
            jobs.match_many_saved_searches(batch)
            let_time_pass(chance, now)
        assert told > 20


def test_the_statements_are_as_many_for_many_listings_as_for_one(marketplace):
    generators = [marketplace.enterprise("generator") for _ in range(3)]
    for code in ("HW34", "900-349-34"):
        seeker = marketplace.enterprise("transporter")
        seeker.save_search({"code": code}), seeker.save_search({"q": "酸"})
    marketplace.settle()
    since = marketplace.now.isoformat()
    errands = [
        {"listing_id": marketplace.supply(generators[number % 3])["id"], "since": since}
        for number in range(6)
    ]
    counts, many = [], []
    with marketplace.app.app_context():
        for batch in (errands[:1], errands):
            with suppress(Taken), unit_of_work(), count_statements() as sent:
                jobs.match_many_saved_searches(batch)
                counts.append(len(sent))
                many.append(written(NotificationKind.SEARCH_HIT))
                raise Taken
    assert counts[0] == counts[1] <= 22, "\n".join(sent)
    assert many == [2, 6], "each seeker once for each generator"


def written(kind):
    return len(db.session.scalars(select(Notification.id).where(Notification.kind == kind)).all())


def test_hits_that_waited_are_judged_by_as_many_statements_for_many_listings(marketplace, monkeypatch):
    monkeypatch.setattr(release, "RELEASE_S", 1e9)
    seekers = [marketplace.enterprise("transporter") for _ in range(2)]
    for seeker in seekers:
        seeker.save_search({"code": "HW34", "q": "酸"})
    taken = []
    for generators in (1, 4):
        for _ in range(generators):
            marketplace.supply(marketplace.enterprise("generator"))
        marketplace.settle()
        marketplace.now += timedelta(minutes=40)
        with marketplace.app.app_context(), count_statements() as sent:
            assert service.release_due() == 2 * generators
        taken.append(len(sent))
    assert taken[0] == taken[1], "\n".join(sent)


def test_a_reader_with_more_searches_than_a_page_holds_them_all_on_one(marketplace, monkeypatch):
    monkeypatch.setattr(saved_search_matching, "SEARCH_BATCH", 3)
    hoarder, other = (marketplace.enterprise("transporter", grade="A") for _ in range(2))
    for seeker, searches in ((hoarder, 7), (other, 1)):
        for number in range(searches):
            seeker.save_search({"code": "HW34"}, name=str(number))
    supply = marketplace.supply(marketplace.enterprise("generator"))
    marketplace.settle()
    assert sorted(marketplace.notified(supply, kind="search.found")) == sorted([hoarder.id, other.id])


def test_a_poison_listing_in_a_batch_is_parked_and_the_others_are_told(marketplace, monkeypatch):
    """It fails whatever it comes with: alone, twelve times."""
    seeker = marketplace.enterprise("transporter", grade="A")
    seeker.save_search({"code": "HW34"})
    supplies = [marketplace.supply(marketplace.enterprise("generator")) for _ in range(4)]
    poison, whole = supplies[1]["id"], saved_search_matching.wanted_of

    def wanted_of(several):
        assert poison not in {str(listing.id) for listing in several}
        return whole(several)

    monkeypatch.setattr(saved_search_matching, "wanted_of", wanted_of)
    with marketplace.app.app_context():
        planned = db.session.scalars(select(Task.id).where(Task.status == TaskStatus.PENDING)).all()
        carrying.perform_many(planned)
        hits = db.session.scalars(select(Task.id).where(Task.subscriber == TASK)).all()
        assert len(hits) == 4
        for _ in range(marketplace.app.config["SETTINGS"].task_attempts):
            carrying.perform_many(hits)
            db.session.execute(update(Task).values(due_at=clock.now()))
            db.session.commit()
        states = dict(
            db.session.execute(
                select(Task.payload["listing_id"].astext, Task.status).where(Task.id.in_(hits))
            ).all()
        )
    assert states == {
        supply["id"]: TaskStatus.PARKED if supply["id"] == poison else TaskStatus.DONE for supply in supplies
    }
    marketplace.settle()
    assert len(seeker.inbox("search.found")) == 3
