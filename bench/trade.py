"""Offers accepted by many processes at once over the same last tonnes; how many a second of one licence.

`python -m bench.trade [--processes 50] [--seconds 60]` starts a server of its own and writes a small market:
a receiver with one licence line and one channel, generators with supplies of more tonnes than either takes.
Processes make offers, accept those of the others and cancel deals, all at the last tonnes; in the middle
PostgreSQL is restarted. All the while a watcher compares what is promised with what is allowed, to the
kilogram. Then other processes accept offers on distinct listings of one licence, as fast as they can.
The figures go to `bench/results/trade.json`. `tests/deals/test_last_tonnes.py` runs the race in short.
"""

import argparse
import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from stdnum.cn import uscc

from marketplace import clock, create_app, embedded
from marketplace.database import db
from marketplace.database_errors import unavailability
from marketplace.deals import service as deals
from marketplace.deals.models import LIVE_DEALS, LIVE_OFFERS, Deal, Fault, Offer
from marketplace.enterprises import service as enterprises
from marketplace.errors import DomainError
from marketplace.events.actor import ADMIN, ENTERPRISE, PLATFORM, Actor
from marketplace.supervisor import FLASK

RESULTS = Path(__file__).parent / "results" / "trade.json"
DATABASE = "trade"
QUIET = {
    **dict.fromkeys(
        ("RATE_LIMIT_KEY", "RATE_LIMIT_PUBLISH", "RATE_LIMIT_REGISTRATION"), "1000000 per minute"
    ),
    "LOG_LEVEL": "CRITICAL",
    "PGAPPNAME": "bench-trade",
}
GENERATORS, SUPPLIES, DEMANDS = 4, 2, 4
LICENCE_T, CHANNEL_T, LISTING_T = 100, 30, 60
CODE = {"scheme": "cn-hw", "code": "900-349-34"}
WAITING = 20
"""Offers that are made before the race begins."""
MANY = 10**9
AWAY_S = 0.05
"""Seconds that a process waits when the database does not answer."""
WORST_S = 30.0
"""A call that takes longer counts as stuck."""
FAULTS = {
    "permits passed": """
        SELECT count(*) FROM permit_year y JOIN (
            SELECT 'line' AS kind, no, kg_per_year FROM licence_line
            UNION ALL SELECT 'channel', no, kg_per_year FROM channel) p
        ON p.kind = y.permit_kind AND p.no = y.capacity_no
        WHERE y.reserved_kg + y.used_kg + y.over_kg > p.kg_per_year""",
    "balances unlike their entries": """
        SELECT count(*) FROM (
            SELECT permit_kind, capacity_no, year, reserved_kg AS kg FROM permit_year EXCEPT
            SELECT permit_kind, capacity_no, year, coalesce(sum(CASE kind WHEN 'reserved' THEN kg
                WHEN 'released' THEN -kg END), 0)::bigint FROM permit_use GROUP BY 1, 2, 3) unlike
        WHERE kg <> 0""",
    "balances unlike the living deals": """
        SELECT count(*) FROM permit_year y WHERE reserved_kg <> (
            SELECT coalesce(sum(d.quantity_kg), 0) FROM deal d
            LEFT JOIN licence_line l ON l.id = d.permit_id LEFT JOIN channel c ON c.id = d.permit_id
            WHERE d.status IN ('agreed', 'moving', 'disputed') AND d.permit_kind = y.permit_kind
              AND coalesce(l.no, c.no) = y.capacity_no AND d.permit_year = y.year)""",
    "listings unlike the living deals": """
        SELECT count(*) FROM listing l WHERE remaining_kg < 0 OR remaining_kg <> quantity_kg - (
            SELECT coalesce(sum(d.quantity_kg), 0) FROM deal d
            WHERE d.status IN ('agreed', 'moving', 'disputed') AND l.id IN (d.supply_id, d.demand_id))""",
}
"""What must never be found, in any snapshot: queries that count it."""


@dataclass(frozen=True, slots=True)
class Market:
    """Ids of a small market: who supplies what, and the receiver with its demands."""

    receiver: UUID
    demands: list[UUID]
    supplies: list[tuple[UUID, UUID]]
    """Supply and its owner."""


@dataclass(slots=True)
class Tally:
    """What came of the calls of a process."""

    outcomes: Counter[str] = field(default_factory=Counter)
    longest_s: float = 0.0
    cpu_s: float = 0.0

    def add(self, other: "Tally") -> None:
        self.outcomes.update(other.outcomes)
        self.longest_s = max(self.longest_s, other.longest_s)
        self.cpu_s += other.cpu_s


class Writer:
    """Writes a market over HTTP, as its users would."""

    def __init__(self, app: Flask) -> None:
        self._client = app.test_client()
        self._number = random.randrange(10**8)
        with app.app_context():
            _, self._admin = enterprises.create_staff(PLATFORM, ADMIN, "bench")

    def post(self, path: str, body: dict[str, Any], key: str | None = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {key or self._admin}"} if key != "" else {}
        response = self._client.post(f"/api/v1{path}", json=body, headers=headers)
        if response.status_code not in (200, 201):
            raise RuntimeError(f"{path}: {response.status_code} {response.get_data(as_text=True)}")
        found: dict[str, Any] = response.json
        return found

    def enterprise(self, role: str) -> tuple[str, str]:
        """Id and key of a new enterprise."""
        self._number += 1
        stem = f"91330602{self._number:09d}"
        about = {
            "uscc": stem + uscc.calc_check_digit(stem), "name": f"企业{self._number}", "roles": [role],
            "region": "330602",
            "contact": {"name": "王厂长", "email": "a@example.com", "phone": "0575-85000000"},
        }  # fmt: skip
        made = self.post("/enterprises", about, key="")
        self.post(f"/enterprises/{made['id']}/approve", {})
        return made["id"], made["api_key"]

    def listing(self, key: str, kind: str, tonnes: float) -> str:
        waste = {"waste": CODE} if kind == "supply" else {"accepts": [CODE], "treatment": "R5"}
        days = {"available_from": str(clock.today()), "available_until": str(last_day())}
        about = {"kind": kind, "title": "废酸", "quantity_t": tonnes, "min_lot_t": 1, "publish": True}
        made: str = self.post("/listings", {**about, **waste, **days}, key)["id"]
        return made

    def permits(self, receiver: str, generator: str | None, licence_t: float) -> None:
        days = {"valid_from": f"{clock.today().year}-01-01", "valid_until": f"{clock.today().year + 3}-12-31"}
        line = {**CODE, "tonnes_per_year": licence_t}
        number = f"危废{self._number}号"
        self.post("/licences", {"enterprise_id": receiver, "number": number, **days, "lines": [line]})
        if generator:
            pair = {"generator_id": generator, "receiver_id": receiver, **CODE, "use": "制盐"}
            about = {"tonnes_per_year": CHANNEL_T, "approval_number": number, **days}
            self.post("/channels", {**pair, **about})


def last_day() -> date:
    """The last day of all listings, in this calendar year and not over today."""
    today = clock.today()
    return min(today + timedelta(days=30), date(today.year, 12, 31))


def write_contested(app: Flask) -> Market:
    """A market in which three times as many tonnes are offered as the permits take."""
    writer = Writer(app)
    receiver, key = writer.enterprise("recycler")
    owners = [writer.enterprise("generator") for _ in range(GENERATORS)]
    writer.permits(receiver, owners[0][0], LICENCE_T)
    return Market(
        UUID(receiver),
        [UUID(writer.listing(key, "demand", LISTING_T)) for _ in range(DEMANDS)],
        [
            (UUID(writer.listing(own_key, "supply", LISTING_T)), UUID(owner))
            for owner, own_key in owners
            for _ in range(SUPPLIES)
        ],
    )


def write_wide(app: Flask, pairs: int) -> Market:
    """As many supplies as demands of one receiver, whose licence takes them all."""
    writer = Writer(app)
    (receiver, key), (owner, own_key) = writer.enterprise("recycler"), writer.enterprise("generator")
    writer.permits(receiver, None, 10_000_000)
    first = writer.listing(own_key, "supply", LISTING_T), writer.listing(key, "demand", LISTING_T)
    with app.app_context():
        supplies, demands = (_copies(listing_id, pairs) for listing_id in first)
    return Market(UUID(receiver), demands, [(supply, UUID(owner)) for supply in supplies])


def _copies(listing_id: str, many: int) -> list[UUID]:
    """Ids of new listings that say what one says."""
    columns = ", ".join(
        db.session.scalars(
            text(
                "SELECT column_name FROM information_schema.columns WHERE table_name = 'listing'"
                " AND column_name NOT IN ('id', 'no') AND is_generated = 'NEVER'"
            )
        )
    )
    copied = text(
        f"INSERT INTO listing (id, {columns}) SELECT gen_random_uuid(), {columns} FROM listing,"
        " generate_series(1, :many) WHERE id = :id RETURNING id"
    )
    ids = list(db.session.scalars(copied, {"id": listing_id, "many": many}))
    accepted = text(
        "INSERT INTO listing_accept (listing_id, code_id, position) SELECT copy, code_id, position"
        " FROM listing_accept, unnest(CAST(:copies AS uuid[])) AS copy WHERE listing_id = :id"
    )
    db.session.execute(accepted, {"copies": [str(copy) for copy in ids], "id": listing_id})
    db.session.commit()
    return ids


def party(enterprise_id: UUID) -> Actor:
    return Actor(ENTERPRISE, enterprise_id)


def terms(tonnes: int) -> dict[str, Any]:
    """An offer's terms as the schema reads them: kilograms and fen."""
    days = {"from_day": clock.today(), "until_day": last_day()}
    valid_until = clock.now() + timedelta(days=20)
    return {
        "quantity_kg": tonnes * 1_000, "price_fen": -12_000, "minimum_charge_fen": 0, "freight": "supplier",
        "note": None, "valid_until": valid_until, **days,
    }  # fmt: skip


class Trader:
    """A process that makes offers, accepts them and cancels deals, chosen at random."""

    def __init__(self, market: Market, seed: int) -> None:
        self.market, self.chance = market, random.Random(seed)

    def act(self) -> str | None:
        """Do something; what it was."""
        verb = self.chance.choices(["make", "accept", "cancel"], [2, 6, 2])[0]
        done: Callable[[], str | None] = getattr(self, verb)
        return done()

    def make(self) -> str:
        """Offer a supply to a demand."""
        supply, owner = self.chance.choice(self.market.supplies)
        pair = {"supply_id": supply, "demand_id": self.chance.choice(self.market.demands)}
        deals.make_offer(party(owner), {**pair, **terms(self.chance.choice([7, 20, 33]))})
        return "offered"

    def accept(self) -> str | None:
        """Accept one of the offers; there are few, and all others do the same."""
        offers = db.session.scalars(select(Offer.id).where(Offer.status.in_(LIVE_OFFERS))).all()
        db.session.rollback()
        if not offers:
            return None
        deals.accept(party(self.market.receiver), self.chance.choice(offers))
        return "accepted"

    def cancel(self) -> str | None:
        """Cancel a deal, whose tonnes others then get."""
        living = select(Deal.id).where(Deal.status.in_(LIVE_DEALS)).order_by(Deal.id).limit(20)
        agreed = db.session.scalars(living).all()
        db.session.rollback()
        if not agreed:
            return None
        deals.cancel(party(self.market.receiver), self.chance.choice(agreed), "改期", Fault.NONE)
        return "cancelled"


def answered(call: Callable[[], str | None]) -> str:
    """What a call came to: its own word, the code of a refusal, `deadlock`, or `database_away`.

    Raises: what no caller could answer with a problem.
    """
    try:
        return call() or "nothing to do"
    except DomainError as refusal:
        return refusal.code
    except DBAPIError as error:
        if isinstance(error.orig, psycopg.errors.DeadlockDetected):
            return "deadlock"
        refused = unavailability(error)
        if refused is None:
            raise
        return refused.code
    finally:
        db.session.remove()


def timed(call: Callable[[], str | None], tally: Tally) -> None:
    began = time.monotonic()
    outcome = answered(call)
    tally.outcomes[outcome] += 1
    tally.longest_s = max(tally.longest_s, time.monotonic() - began)
    if outcome == "database_away":
        time.sleep(AWAY_S)


def trade_until(app: Flask, market: Market, seed: int, ends: float, calls: int) -> Tally:
    """Trade until a moment of the monotonic clock, or for so many calls."""
    tally, trader = Tally(), Trader(market, seed)
    with app.app_context():
        for _ in range(calls):
            if time.monotonic() > ends:
                break
            timed(trader.act, tally)
    return tally


def in_processes(works: list[Callable[[], Tally]], meanwhile: Callable[[Callable[[], bool]], None]) -> Tally:
    """Run each in a forked process of its own; `meanwhile` runs here and may ask whether they are done."""
    context = multiprocessing.get_context("fork")
    results = context.SimpleQueue()
    started = [context.Process(target=_report, args=(work, results)) for work in works]
    for process in started:
        process.start()
    found: list[Tally] = []

    def is_done() -> bool:
        while not results.empty():
            outcome = results.get()
            if isinstance(outcome, str):
                raise RuntimeError(outcome)
            found.append(outcome)
        return len(found) == len(works)

    try:
        meanwhile(is_done)
        while not is_done():
            time.sleep(0.01)
    finally:
        for process in started:
            process.kill()
            process.join()
    total = Tally()
    for tally in found:
        total.add(tally)
    return total


def _report(work: Callable[[], Tally], results: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        results.put(work())
    except Exception as error:
        results.put(f"{type(error).__name__}: {error}")
        raise


def faults(url: str) -> list[str]:
    """What one snapshot of the database shows that must never be."""
    with psycopg.connect(url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        counted = {name: connection.execute(query).fetchone() for name, query in FAULTS.items()}
    return [f"{row[0]} {name}" for name, row in counted.items() if row and row[0]]


def agreed(url: str) -> int:
    """How many deals were agreed."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM deal").fetchone()
    return row[0] if row else 0


def race(
    app: Flask, url: str, processes: int, seconds: float, calls: int, interrupt: Callable[[], None]
) -> dict[str, Any]:
    """Have processes trade at the last tonnes, and look for faults until they have ended.

    Args:
        url: of the database, for the watcher.
        calls: what each process does at most.
        interrupt: called once: when half of the seconds have passed, or a deal a process was agreed if each
            makes but a few calls.
    """
    market = write_contested(app)
    _warm_up(app, market, min(WAITING, calls))
    ends = time.monotonic() + seconds
    looks = 0

    def watch(is_done: Callable[[], bool]) -> None:
        nonlocal looks
        is_interrupted = False
        while not is_done():
            try:
                is_late = time.monotonic() > ends - seconds / 2
                if not is_interrupted and (is_late or (calls < MANY and agreed(url) > processes)):
                    interrupt()
                    is_interrupted = True
                found = faults(url)
            except psycopg.OperationalError:
                continue
            looks += 1
            if found:
                raise AssertionError(f"oversold: {found}")
            time.sleep(0.1)

    works = [lambda seed=seed: trade_until(app, market, seed, ends, calls) for seed in range(processes)]
    total = in_processes(works, watch)
    found = faults(url)
    if found or total.longest_s > WORST_S:
        raise AssertionError(f"faults {found}, the longest call took {total.longest_s:.1f} s")
    outcomes = dict(total.outcomes.most_common())
    about = {"processes": processes, "seconds": seconds, "looks": looks}
    return {**about, "longest_s": round(total.longest_s, 3), "outcomes": outcomes}


def _warm_up(app: Flask, market: Market, waiting: int) -> None:
    """Load here what the processes would each load, and leave them `waiting` offers and no connection."""
    with app.app_context():
        trader = Trader(market, 0)
        for act in (*[trader.make] * waiting, trader.accept, trader.cancel):
            answered(act)
        db.session.remove()
        db.engine.dispose()


def rate(app: Flask, processes: int, pairs: int) -> dict[str, Any]:
    """How many offers on distinct listings of one licence are accepted a second, and the CPU of each.

    `cpu_ms` is that of the processes which accept; the server's own is not in it.
    """
    market = write_wide(app, pairs)
    with app.app_context():
        db.engine.dispose()
    every = list(zip(market.supplies, market.demands, strict=True))
    make = [
        lambda part=part: _each(app, part, lambda pair: _offer(pair, market))
        for part in _parts(every, processes)
    ]
    made = in_processes(make, lambda is_done: None)
    with app.app_context():
        offers = list(db.session.scalars(select(Offer.id).where(Offer.receiver_id == market.receiver)))
        db.session.remove()
        db.engine.dispose()
    accept = [
        lambda part=part: _each(app, part, lambda offer_id: _accepted(offer_id, market))
        for part in _parts(offers, processes)
    ]
    began = time.monotonic()
    total = in_processes(accept, lambda is_done: None)
    seconds = time.monotonic() - began
    if made.outcomes["offered"] != pairs or total.outcomes["accepted"] != pairs:
        raise AssertionError(f"{made.outcomes} {total.outcomes}")
    return {
        "processes": processes,
        "deals": pairs,
        "deals_a_second": round(pairs / seconds, 1),
        "cpu_ms": round(1_000 * total.cpu_s / pairs, 1),
        "longest_s": round(total.longest_s, 3),
        "load": round(os.getloadavg()[0], 1),
    }


def _parts(rows: list[Any], many: int) -> list[list[Any]]:
    return [rows[at::many] for at in range(many)]


def _each(app: Flask, rows: list[Any], call: Callable[[Any], str]) -> Tally:
    tally, began = Tally(), time.process_time()
    with app.app_context():
        for row in rows:
            timed(lambda row=row: call(row), tally)
    tally.cpu_s = time.process_time() - began
    return tally


def _offer(pair: tuple[tuple[UUID, UUID], UUID], market: Market) -> str:
    (supply, owner), demand = pair
    deals.make_offer(party(owner), {"supply_id": supply, "demand_id": demand, **terms(20)})
    return "offered"


def _accepted(offer_id: UUID, market: Market) -> str:
    deals.accept(party(market.receiver), offer_id)
    return "accepted"


@contextmanager
def own_server() -> Iterator[tuple[str, Callable[[], None]]]:
    """A migrated database on a server of its own: its address for the watcher, and what restarts it."""
    with tempfile.TemporaryDirectory(prefix="huanliu-trade-", dir="/tmp") as folder:
        data = Path(folder)
        data.chmod(0o755)
        with embedded.servers(data) as servers:
            embedded.create_database(data, DATABASE)
            os.environ.update(embedded.addresses(data, DATABASE).environment)
            for command in (["db-upgrade"], ["seed", "catalogue"]):
                subprocess.run([sys.executable, *FLASK, *command], check=True)

            def restart() -> None:
                pid = int((servers.data / "pg" / "postmaster.pid").read_text().split()[0])
                os.kill(pid, signal.SIGINT)
                while not servers.restart_ended():
                    time.sleep(0.05)

            yield embedded.admin_url(data, DATABASE).replace("+psycopg", ""), restart


def cut_connections(url: str) -> None:
    """End all other connections of this bench to a database, as a restart would."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
            " AND datname = current_database() AND application_name = %s",
            (os.environ["PGAPPNAME"],),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--processes", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--pairs", type=int, default=1_000)
    asked = parser.parse_args()
    os.environ.update(QUIET)
    with own_server() as (url, restart):
        app = create_app()
        found = {
            "race": race(app, url, asked.processes, asked.seconds, MANY, restart),
            "rate": [rate(app, processes, asked.pairs) for processes in (1, 2)],
        }
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
