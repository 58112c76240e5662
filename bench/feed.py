"""What the feed of events and webhooks cost, beside what a program would do without them.

`python -m bench.feed [events]` builds a market in a folder under the temporary one, writes events of offers
between 1,000 enterprises, has the scheduler's job take them into the feed, and then

- reads on in the feed, beside polling the lists of listings, offers and deals (all through the application in
  this process), and beside a SELECT of the same rows over psycopg, which knows no rights;
- takes events, beside a NOTIFY for each, which nobody hears who was away;
- delivers to a server on loopback, beside the bare POSTs of the same messages.

Ratios are of processor time; PostgreSQL's backend is counted apart.
"""

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
from flask import Flask
from sqlalchemy import text

from bench.city import REAL_CODES, Market
from bench.reads import KEY_OF
from marketplace import create_app, embedded
from marketplace.database import db
from marketplace.events.actor import ENTERPRISE, Actor
from marketplace.events.models import Event
from marketplace.http.authentication import digest
from marketplace.settings import Settings
from marketplace.webhooks import service as webhooks
from marketplace.webhooks.models import WebhookDelivery
from tests.webhooks.receiver import receiving

LISTINGS = 5_000
"""A side; they belong to 1,000 enterprises."""
TIMES, DELIVERED, NOTIFIED = 200, 300, 5_000
KEY = "bench"
FILL = """
    INSERT INTO event (name, payload, at, is_read)
    SELECT 'offer.made', jsonb_build_object('offer_id', gen_random_uuid(), 'by', 'supplier',
        'supplier_id', ids[1 + mod(n, cardinality(ids))],
        'receiver_id', ids[1 + mod(n * 7 + 1, cardinality(ids))]), now(), FALSE
    FROM generate_series(1, %s) n,
        (SELECT array_agg(id) ids FROM (SELECT id FROM enterprise ORDER BY id LIMIT %s) f) e"""
PLAIN = """
    SELECT e.no, e.kind, e.at, e.subject, e.data FROM feed_reader r JOIN feed_event e ON e.no = r.no
    WHERE r.enterprise_id = %s AND r.no > %s ORDER BY r.no LIMIT 100"""
POLLED = ("/listings?mine=true&limit=100", "/offers?limit=100", "/deals?limit=100")
"""What a program without the feed asks for again and again, to see what changed."""


@contextmanager
def market(events: int) -> Iterator[tuple[Flask, str]]:
    """An application over a market with so many events that nobody has read yet, and the database's URL."""
    with tempfile.TemporaryDirectory(prefix="huanliu-bench-") as folder:
        data = Path(folder)
        with embedded.servers(data, report=lambda line: None):
            embedded.create_database(data, "feed")
            here = embedded.addresses(data, "feed")
            settings = Settings.from_environment(here.environment)
            unlimited = "1000000 per minute"
            app = create_app(replace(settings, webhooks_to_loopback=True, rate_limit_key=unlimited))
            runner = app.test_cli_runner()
            for command in (["db-upgrade"], ["seed", "catalogue"]):
                done = runner.invoke(args=command)
                if done.exit_code:
                    raise RuntimeError(done.output)
            url = embedded.admin_url(data, "feed").replace("+psycopg", "")
            Market(url, REAL_CODES, LISTINGS)
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(FILL, [events, None])
                connection.execute("VACUUM ANALYZE event")
            with app.app_context():
                yield app, url
                db.session.remove()
                db.engine.dispose()


def spent(do: Callable[[], Any], times: int) -> float:
    """Milliseconds of this process's processor, at the median."""
    took = []
    for _ in range(times):
        began = time.process_time()
        do()
        took.append(1000 * (time.process_time() - began))
    return statistics.median(took)


def taken(events: int, url: str) -> dict[str, float]:
    """Events a second that one process takes into the feed; processor of each, beside a NOTIFY."""
    backend = psutil.Process(db.session.scalar(text("SELECT pg_backend_pid()")) or 0)
    wall, here, there = time.perf_counter(), time.process_time(), sum(backend.cpu_times()[:2])
    while webhooks.take_events():
        pass
    here, there = time.process_time() - here, sum(backend.cpu_times()[:2]) - there
    found = {
        "events_a_second": round(events / (time.perf_counter() - wall)),
        "ms_an_event": round(1000 * here / events, 4),
        "backend_ms_an_event": round(1000 * there / events, 4),
    }
    assert not db.session.query(Event).filter(~Event.is_read).count()
    db.session.remove()
    with psycopg.connect(url, autocommit=True) as connection:
        began = time.process_time()
        for number in range(NOTIFIED):
            connection.execute("SELECT pg_notify('feed', %s)", [str(number)])
        return {**found, "ms_a_notify": round(1000 * (time.process_time() - began) / NOTIFIED, 4)}


def read(app: Flask, url: str) -> dict[str, float]:
    """Reading on: nothing new, and a page of 100; beside the lists, and beside the bare statement."""
    client = app.test_client()
    headers = {"Authorization": f"Bearer {KEY}"}
    with psycopg.connect(url, autocommit=True) as connection:
        query = (
            "SELECT enterprise_id::text, max(no) FROM feed_reader GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
        )
        ((firm, last),) = connection.execute(query).fetchall()
        connection.execute(KEY_OF, [digest(KEY), firm])

        def ask(path: str) -> None:
            answer = client.get(f"/api/v1{path}", headers=headers)
            assert answer.status_code == 200, answer.text

        def poll() -> None:
            for path in POLLED:
                ask(path)

        def select() -> None:
            connection.execute(PLAIN, [firm, 0]).fetchall()

        found = {
            "feed_nothing_new": spent(lambda: ask(f"/events?after={last}"), TIMES),
            "feed_page_of_100": spent(lambda: ask("/events?after=0"), TIMES),
            "polled_lists": spent(poll, TIMES),
            "plain_select_of_100": spent(select, TIMES),
        }
    ratio = found["polled_lists"] / found["feed_nothing_new"]
    return {**{name: round(ms, 3) for name, ms in found.items()}, "polled_to_feed": round(ratio, 1)}


def delivered(url: str) -> dict[str, float]:
    """Deliveries to a server on loopback by one worker, beside the bare POSTs, in ms of this process."""
    firm = db.session.scalar(text("SELECT id FROM enterprise ORDER BY id LIMIT 1"))
    owner = Actor(ENTERPRISE, firm, frozenset({"read", "admin"}), status="approved")
    with receiving() as receiver:
        webhooks.create_endpoint(owner, {"url": receiver.url, "kinds": ["offer"], "description": ""})
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(FILL, [DELIVERED, 2])  # all between the first two enterprises
        while webhooks.take_events():
            pass
        ids = db.session.scalars(db.select(WebhookDelivery.id).limit(DELIVERED)).all()
        db.session.remove()
        began, wall = time.process_time(), time.perf_counter()
        for delivery_id in ids:
            webhooks.deliver(delivery_id)
            db.session.remove()
        ours, seconds = time.process_time() - began, time.perf_counter() - wall
        assert len(receiver.ids) == len(ids), (len(receiver.ids), len(ids))
        (_, body), began = receiver.arrived[0], time.process_time()
        with httpx.Client(trust_env=False) as client:
            for _ in ids:
                client.post(receiver.url, content=body.encode())
        bare = time.process_time() - began
    return {
        "deliveries": len(ids),
        "deliveries_a_second": round(len(ids) / seconds),
        "ms_a_delivery": round(1000 * ours / len(ids), 3),
        "ms_a_bare_post": round(1000 * bare / len(ids), 3),
    }


def main(events: int) -> None:
    """Build, measure, print."""
    with market(events) as (app, url):
        found = {"events": events, "taken": taken(events, url), "read": read(app, url)}
        print(json.dumps({**found, "delivered": delivered(url)}, indent=1))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
