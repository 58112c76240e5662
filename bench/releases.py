"""What the release of due messages costs: processor of the scheduler and of its backend in PostgreSQL,
statements and time a message, and the bytes that a released one takes.

`python -m bench.releases [messages]` builds a market of one code in a folder under the temporary one, plans
messages about 200 supplies to the owners of 500 demands, each of which has waited for an hour and is judged
again in full, and releases them by the scheduler's own job.
"""

import json
import random
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
import psycopg
from flask import Flask
from sqlalchemy import func, select, text
from uuid_utils.compat import uuid7

from bench.city import ONE_CODE, Market
from marketplace import clock, create_app, embedded
from marketplace.database import db
from marketplace.events.actor import PLATFORM
from marketplace.events.work import unit_of_work
from marketplace.listings.models import Listing
from marketplace.notifications import jobs, service
from marketplace.notifications.models import Notification, NotificationStatus
from marketplace.settings import Settings
from tests.counting import count_statements

RECEIVERS, LISTINGS = 500, 200
COLUMNS = (
    "id enterprise_id kind status listing_id counterpart_id data grade credit_milli score release_at"
    " created_at"
)
STILL_DUE = select(func.count()).where(Notification.status == NotificationStatus.PLANNED)


def plan(url: str, market: Market, messages: int) -> None:
    """So many planned messages about supplies to owners of demands, due now, planned an hour ago."""
    chance, now = random.Random("releases"), clock.now()
    with psycopg.connect(url) as connection:
        readers = connection.execute(
            "SELECT l.id, e.id, e.grade, e.credit_milli FROM listing l"
            " JOIN enterprise e ON e.id = l.enterprise_id WHERE l.kind = 'demand' ORDER BY l.id"
        ).fetchall()
        with connection.cursor().copy(
            f"COPY notification ({COLUMNS.replace(' ', ', ')}) FROM STDIN"
        ) as stream:
            for number in range(messages):
                supply = market.supplies[number % LISTINGS]
                demand, reader, grade, credit = readers[(number // LISTINGS + number) % RECEIVERS]
                due = now - timedelta(seconds=chance.randrange(600))
                stream.write_row((
                    uuid7(), reader, "match.found", "planned", demand, supply, _data(demand, supply, grade),
                    grade, credit, chance.random(), due, now - timedelta(hours=1),
                ))  # fmt: skip
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE notification")


def _data(demand: UUID, supply: UUID, grade: str) -> str:
    about = {
        "listing_id": str(demand),
        "counterpart_id": str(supply),
        "score": 0.9,
        "rank": 1,
        "grade": grade,
    }
    return json.dumps(about)


def measured(messages: int) -> dict[str, Any]:
    """Release everything that is due, tick by tick."""
    backend = psutil.Process(db.session.scalar(text("SELECT pg_backend_pid()")) or 0)
    began, processor, ticks = time.perf_counter(), time.process_time(), 0
    behind = sum(backend.cpu_times()[:2])
    with count_statements() as sent:
        while db.session.scalar(STILL_DUE):
            jobs.release()
            db.session.remove()
            ticks += 1
    took = {"seconds": time.perf_counter() - began, "processor": time.process_time() - processor}
    behind = sum(backend.cpu_times()[:2]) - behind
    ways = db.session.execute(
        text(
            "SELECT status || coalesce(' ' || delivery, ''), count(*) FROM notification GROUP BY 1 ORDER BY 1"
        )
    )
    return {
        "messages": messages,
        "ticks": ticks,
        "seconds": round(took["seconds"], 1),
        "messages_per_s": round(messages / took["seconds"]),
        "cpu_ms_per_message": round(took["processor"] * 1000 / messages, 3),
        "backend_cpu_ms_per_message": round(behind * 1000 / messages, 3),
        "statements_per_1000": round(len(sent) * 1000 / messages, 1),
        "became": dict(iter(ways)),
        "bytes": {table: _bytes_of(table) for table in ("notification", "pairing_outcome", "task")},
    }


def grown(market: Market) -> dict[str, int]:
    """Bytes a row of what publishing writes: each supply ten times, and a push planned for each."""
    supplies = list(db.session.scalars(select(Listing).where(Listing.id.in_(market.supplies))))
    with unit_of_work() as work:
        for _ in range(10):
            work.emit_many("listing.published", [{"listing_id": str(row.id)} for row in supplies])
            work.audit_many(PLATFORM, "publish", supplies)
    for start in range(0, len(supplies), 100):
        service.plan_listing_pushes([row.id for row in supplies[start : start + 100]])
    return {table: _bytes_of(table) for table in ("event", "audit", "task", "last_notification")}


def _bytes_of(table: str) -> int:
    """Bytes a row, indexes and what is dead of it included."""
    size = text(f"SELECT pg_total_relation_size('{table}') / greatest(count(*), 1) FROM {table}")
    return int(db.session.scalar(size) or 0)


def main(messages: int) -> None:
    """Build, measure, print."""
    with tempfile.TemporaryDirectory(prefix="huanliu-bench-") as folder:
        data = Path(folder)
        with embedded.servers(data, report=lambda line: None):
            embedded.create_database(data, "releases")
            here = embedded.addresses(data, "releases")
            app = create_app(Settings.from_environment({**here.environment, "SMTP_HOST": "localhost"}))
            market = _fill(app, embedded.admin_url(data, "releases").replace("+psycopg", ""), messages)
            with app.app_context():
                print(json.dumps(measured(messages) | {"published": grown(market)}, indent=1))
                db.session.remove()
                db.engine.dispose()


def _fill(app: Flask, url: str, messages: int) -> Market:
    for command in (["db-upgrade"], ["seed", "catalogue"]):
        done = app.test_cli_runner().invoke(args=command)
        if done.exit_code:
            raise RuntimeError(done.output)
    market = Market(url, ONE_CODE, RECEIVERS)
    plan(url, market, messages)
    return market


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
