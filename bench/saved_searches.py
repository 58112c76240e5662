"""What it costs to hold new listings against 100,000 saved searches, and to plan what their owners are told.

`python -m bench.saved_searches [searches]` builds a market of real codes in a folder under the temporary one,
saves searches of many kinds, then takes listings one by one, and as many in a batch.
"""

import json
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
import psycopg
from sqlalchemy import func, select, text

from bench.city import BEGAN, REAL_CODES, Market
from marketplace import clock, create_app, embedded
from marketplace.database import db
from marketplace.notifications.models import Notification
from marketplace.notifications.service.planning.saved_search_push import Errand, match_saved_searches
from marketplace.settings import Settings
from tests.counting import count_statements

LISTINGS = 5_000
"""A side; they belong to 1,000 enterprises, half of which save searches."""
TAKEN = 100
PLANNED = select(func.count()).select_from(Notification)
SAVED = (
    "id enterprise_id name query notify paused wanted_kind wanted_codes wanted_region created_at updated_at"
    " version"
)


def save(url: str, count: int) -> None:
    """Searches by code, category, province, prefecture, district and kind, and by any mix of them."""
    chance = random.Random("saved searches")
    with psycopg.connect(url) as connection:
        readers = [row[0] for row in connection.execute("SELECT id FROM enterprise ORDER BY id")]
        codes = [row[0] for row in connection.execute(
            "SELECT w.code FROM listing l JOIN waste_code w ON w.id = l.code_id"
            " UNION ALL SELECT w.code FROM listing_accept a JOIN waste_code w ON w.id = a.code_id"
        )]  # fmt: skip
        seats = [row[0] for row in connection.execute("SELECT region FROM listing")]
        columns = SAVED.replace(" ", ", ")
        with connection.cursor().copy(f"COPY saved_search ({columns}) FROM STDIN") as stream:
            for number in range(count):
                stream.write_row(_row(chance, number, readers, codes, seats))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE saved_search")


def _row(chance: random.Random, number: int, readers: list[UUID], codes: list[str], seats: list[int]) -> Any:
    kind = chance.choice(["supply", "demand", ""])
    code = chance.choice(codes) if chance.random() < 0.95 else ""
    region = -1
    if chance.random() < 0.9:
        width = chance.choice([1, 100, 10_000])
        region = chance.choice(seats) // width * width
    query = {"kind": kind, "code": code, "region": "" if region == -1 else f"{region:06d}"}
    asked = json.dumps({name: value for name, value in query.items() if value})
    identity = UUID(int=0x0190_0000_0000 << 80 | 0x7 << 76 | 0x2 << 62 | number)
    return (
        identity, readers[number % len(readers)], f"search {number}", asked, "immediate", False,
        kind, [code], region, BEGAN, BEGAN, 1,
    )  # fmt: skip


def measured(market: Market) -> dict[str, Any]:
    """What matching the first page of a listing costs: alone, and with others in a batch."""
    chosen = random.Random("taken").sample(market.supplies + market.demands, 2 * TAKEN)
    return {
        "alone": cost([[listing_id] for listing_id in chosen[:TAKEN]]),
        "together": cost([chosen[TAKEN:]]),
    }


def cost(batches: list[list[UUID]]) -> dict[str, float]:
    """Processor of this process and of its backend, and statements, by listing and by message."""
    before = db.session.scalar(PLANNED) or 0
    backend = psutil.Process(db.session.scalar(text("SELECT pg_backend_pid()")) or 0)
    here, there = time.process_time(), sum(backend.cpu_times()[:2])
    with count_statements() as sent:
        for batch in batches:
            match_saved_searches([Errand(listing_id, clock.now(), None) for listing_id in batch])
            db.session.remove()
    here, there = time.process_time() - here, sum(backend.cpu_times()[:2]) - there
    listings, messages = sum(map(len, batches)), (db.session.scalar(PLANNED) or 0) - before
    return {
        "listings": listings,
        "messages": messages,
        "statements_per_listing": round(len(sent) / listings, 2),
        "cpu_ms_per_listing": round(here * 1000 / listings, 2),
        "backend_cpu_ms_per_listing": round(there * 1000 / listings, 2),
        "cpu_ms_per_message": round(here * 1000 / messages, 3),
        "backend_cpu_ms_per_message": round(there * 1000 / messages, 3),
    }


def main(count: int) -> None:
    """Build, measure, print."""
    with tempfile.TemporaryDirectory(prefix="huanliu-bench-") as folder:
        data = Path(folder)
        with embedded.servers(data, report=lambda line: None):
            embedded.create_database(data, "saved")
            here = embedded.addresses(data, "saved")
            app = create_app(Settings.from_environment(here.environment))
            runner = app.test_cli_runner()
            for command in (["db-upgrade"], ["seed", "catalogue"]):
                done = runner.invoke(args=command)
                if done.exit_code:
                    raise RuntimeError(done.output)
            url = embedded.admin_url(data, "saved").replace("+psycopg", "")
            market = Market(url, REAL_CODES, LISTINGS)
            save(url, count)
            with app.app_context():
                print(json.dumps({"searches": count, **measured(market)}, indent=1))
                db.session.remove()
                db.engine.dispose()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
