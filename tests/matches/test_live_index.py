"""The index that a process holds follows the database, whoever changes it, and says when it cannot."""

import subprocess
import sys
import time
from contextlib import ExitStack

import pytest
from sqlalchemy import select, text

from marketplace import clock
from marketplace.database import db
from marketplace.listings.models import Listing, ListingStatus
from marketplace.matches.service import policy
from marketplace.matches.service.ranking import live_index
from marketplace.matches.service.ranking.database_search import Search
from marketplace.matches.service.ranking.live_index import LiveIndex
from tests.effort import tries
from tests.marketplace import NOON
from tests.matches.written import write

CHANGES, PROCESSES, ROUNDS = tries(10_000), 3, 3


@pytest.fixture
def market(marketplace):
    with marketplace.app.app_context():
        write(7, 60)
        yield marketplace


def some_open() -> list[Listing]:
    db.session.rollback()
    rows = select(Listing).where(Listing.status == ListingStatus.OPEN)
    return list(db.session.scalars(rows.order_by(text("md5(id::text)")).limit(24)))


def served(index: LiveIndex, listing: Listing):
    now = policy.policy_in_force().matching
    return index.find(now, listing, k=100, done=0, min_score=0.0, after=None)


def from_the_database(listing: Listing):
    now = policy.policy_in_force().matching
    return Search.of(listing, now, clock.today(), "score", 0.0).find(100, 0, None)


def agree(index: LiveIndex) -> int:
    """How many hits the index and the database both rank, alike."""
    found = 0
    for listing in some_open():
        ours, theirs = served(index, listing), from_the_database(listing)
        assert ours.hits == theirs.hits
        found += len(ours.hits)
    return found


def forget_all() -> None:
    """Drop the whole log. What is younger than a transaction still open, be it in another database of the
    server, is kept until that has ended."""
    log, until = text("SELECT count(*) FROM index_change"), time.monotonic() + 20
    while db.session.scalar(log) > 1 and time.monotonic() < until:
        live_index.delete_old_changes()
    assert db.session.scalar(log) == 1


def test_after_thousands_of_changes_from_several_processes_it_ranks_as_the_database_does(
    market, database_url, monkeypatch
):
    built = []
    monkeypatch.setattr(live_index, "_build", lambda build=live_index._build: built.append(1) or build())
    index, url = LiveIndex(), database_url.replace("+psycopg", "")
    found = agree(index)
    with ExitStack() as stack:
        others = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-m", "tests.matches.changer", url, str(seed)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for seed in range(PROCESSES)
        ]
        for _ in range(ROUNDS):
            for process in others:
                process.stdin.write(f"{CHANGES // PROCESSES // ROUNDS}\n")
                process.stdin.flush()
            for listing in some_open():
                assert served(index, listing) is not None
            assert [process.stdout.readline() for process in others] == ["done\n"] * PROCESSES
            found += agree(index)
        for process in others:
            process.stdin.close()
    assert found > 50
    assert len(built) == 1, "it followed, and was not built again"


def test_a_commit_that_comes_late_is_not_missed(market):
    """Entries become visible in the order of commits, not of their numbers."""
    index = LiveIndex()
    seeker = next(listing for listing in some_open() if len(served(index, listing).hits) > 1)
    before = [hit.listing_id for hit in served(index, seeker).hits]
    with db.engine.connect() as early, db.engine.connect() as late:
        change = text("UPDATE listing SET status = 'withdrawn' WHERE id = :id")
        early.execute(change, {"id": before[0]})
        late.execute(change, {"id": before[1]})
        late.commit()
        assert [hit.listing_id for hit in served(index, seeker).hits] == [before[0], *before[2:]]
        early.commit()
        assert [hit.listing_id for hit in served(index, seeker).hits] == before[2:]


def holders(table: str, column: str) -> str:
    return f"SELECT DISTINCT e.no FROM {table} t JOIN enterprise e ON e.id = t.{column}"


OF_LINES = """SELECT DISTINCT e.no FROM licence_line l JOIN licence p ON p.id = l.licence_id
              JOIN enterprise e ON e.id = p.enterprise_id"""
TAKEN = (
    "INSERT INTO permit_year (permit_kind, capacity_no, year, allowed_kg, over_kg)"
    " SELECT '{kind}', no, 2031, 0, 1 FROM {table}"
)
OPEN_ONES = "SELECT no FROM listing WHERE status = 'open'"


@pytest.mark.parametrize(
    ("change", "what", "whose"),
    [
        ("UPDATE listing SET remaining_kg = min_lot_kg", "listing", OPEN_ONES),
        ("UPDATE listing_accept SET position = position + 9", "listing", f"{OPEN_ONES} AND kind = 'demand'"),
        ("UPDATE enterprise SET credit_milli = 1", "enterprise", "SELECT no FROM enterprise"),
        ("UPDATE enterprise SET grade = 'D', blocked = true", "enterprise", "SELECT no FROM enterprise"),
        ("UPDATE enterprise SET status = 'pending'", "enterprise", "SELECT no FROM enterprise"),
        ("UPDATE enterprise SET roles = '{generator}'", "permits", "SELECT no FROM enterprise"),
        ("UPDATE licence SET revoked_at = now()", "permits", holders("licence", "enterprise_id")),
        ("UPDATE licence_line SET kg_per_year = 7", "permits", OF_LINES),
        ("UPDATE channel SET revoked_at = now()", "permits", holders("channel", "receiver_id")),
        ("UPDATE channel SET status = 'paused', paused_at = now(), pause_cause = 'admin'",
         "permits", holders("channel", "receiver_id")),
        ("UPDATE transfer_approval SET revoked_at = now()", "permits",
         holders("transfer_approval", "receiver_id")),
        (TAKEN.format(kind="approval", table="transfer_approval"),
         "permits", holders("transfer_approval", "receiver_id")),
        ("UPDATE white_list SET revoked_at = now()", "permits", holders("white_list", "receiver_id")),
        ("UPDATE verified_exemption SET revoked_at = now()", "permits",
         holders("verified_exemption", "enterprise_id")),
        (TAKEN.format(kind="line", table="licence_line"),
         "permits", OF_LINES),
        (TAKEN.format(kind="channel", table="channel"),
         "permits", holders("channel", "receiver_id")),
        ("UPDATE crosswalk SET confidence = confidence", "catalogue", "SELECT 0"),
        ("UPDATE exemption_item SET stages = stages", "catalogue", "SELECT 0"),
        ("UPDATE waste_code SET name_en = name_en", "catalogue", "SELECT 0"),
    ],
)  # fmt: skip
def test_whatever_a_ranking_reads_is_noted_when_it_changes_and_followed(market, change, what, whose):
    index = LiveIndex()
    served(index, some_open()[0])
    noted = text("SELECT DISTINCT no FROM index_change WHERE what = :what AND id > :since")
    since = db.session.scalar(text("SELECT max(id) FROM index_change"))
    db.session.execute(text(change))
    db.session.commit()
    expected = set(db.session.scalars(text(whose)))
    assert set(db.session.scalars(noted, {"what": what, "since": since})) == expected != set()
    agree(index)


def test_what_is_not_committed_is_seen_by_nobody(market):
    index, listing = LiveIndex(), some_open()[0]
    before = served(index, listing)
    with db.engine.connect() as other:
        other.execute(text("UPDATE listing SET status = 'withdrawn'"))
        assert served(index, listing) == before


def test_where_the_log_was_cut_behind_it_the_index_is_built_anew(market, monkeypatch):
    index, listing = LiveIndex(), some_open()[0]
    served(index, listing)
    held = index._snapshot
    monkeypatch.setattr(live_index, "CHANGE_RETENTION", "0 s")
    db.session.execute(text("UPDATE listing SET remaining_kg = min_lot_kg"))
    db.session.commit()
    forget_all()
    agree(index)
    assert index._snapshot is not held


def test_a_process_that_follows_is_not_troubled_by_the_cut(market):
    index, listing = LiveIndex(), some_open()[0]
    served(index, listing)
    held = index._snapshot
    db.session.execute(text("UPDATE listing SET remaining_kg = min_lot_kg"))
    db.session.commit()
    served(index, listing)
    cut = """
        WITH old AS (DELETE FROM index_change) INSERT INTO index_change (xact, what, no)
        VALUES (pg_snapshot_xmin(CAST(:seen AS pg_snapshot))::text::bigint - 1, 'forgotten', 0)
    """
    db.session.execute(text(cut), {"seen": held.seen})
    db.session.commit()
    agree(index)
    assert index._snapshot is held


def test_more_changes_than_are_worth_following_build_it_anew(market, monkeypatch):
    index, listing = LiveIndex(), some_open()[0]
    served(index, listing)
    held = index._snapshot
    monkeypatch.setattr(live_index, "MOST_CHANGES", 10)
    db.session.execute(text("UPDATE listing SET remaining_kg = min_lot_kg"))
    db.session.commit()
    agree(index)
    assert index._snapshot is not held


def test_while_a_kept_index_is_built_the_database_answers_and_readyz_says_so(marketplace, monkeypatch):
    index = LiveIndex()
    monkeypatch.setitem(marketplace.app.extensions, "matching_index", index)
    monkeypatch.setattr(index, "_has_thread", True)
    generator, recycler = marketplace.enterprise("generator"), marketplace.recycler()
    supply, demand = marketplace.supply(generator), marketplace.demand(recycler)
    assert marketplace.matches(generator, supply) == [demand["id"]]
    ready = marketplace.client.get("/readyz")
    assert (ready.status_code, ready.json["checks"]["index"]) == (503, False)
    with marketplace.app.app_context():
        index._update()
    assert marketplace.client.get("/readyz").status_code == 200
    marketplace.withdraw(recycler, demand)
    assert marketplace.matches(generator, supply) == []
    assert clock.now() == NOON
