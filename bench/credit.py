"""What credit takes with very many events: all standings anew, one standing, a simulation of other rules, a
feed.

`python -m bench.credit [--enterprises 60000] [--events 1000000]` starts a server of its own, writes
enterprises with records of chance, and has fresh processes recompute all standings (of which each is wrong at
first, then none), simulate a rule table over HTTP, show one standing after the other, and record a feed. At a
tenth of the size it does the same before, so that the growth of memory shows. The figures go to
`bench/results/credit.json`.
"""

import argparse
import json
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from marketplace import embedded, supervisor

RESULTS = Path(__file__).parent / "results" / "credit.json"
ENTERPRISES, EVENTS = 60_000, 1_000_000
SHOWN = 1_000
ENTERPRISE_ROWS = """
    INSERT INTO enterprise (id, uscc, name, name_folded, name_skeleton, roles, region, lon, lat, contact_name,
        contact_email, contact_phone, status, small_generator, credit_as_of, created_at, updated_at, version)
    SELECT gen_random_uuid(), lpad(no::text, 18, '0'), 'bench ' || no, 'bench ' || no, 'bench ' || no,
        '{recycler}', 330602, 120.5, 30, 'x', 'x@example.com', '1', 'approved', false, current_date,
        now() - random() * interval '3 years', now(), 1
    FROM generate_series(1, %(enterprises)s) AS no
"""
EVENT_ROWS = """
    INSERT INTO credit_event (id, enterprise_id, rule, rule_version, axis, points_milli, most_per_year_milli,
        severity, months, recorded_as, cause, effective_on, lapses_on, note, created_at)
    SELECT gen_random_uuid(), firm.id, rule.code, 2, rule.axis, round(rule.points * 1000),
        round(rule.most_per_year * 1000), rule.severity, rule.months, rule.recorded_by,
        CASE WHEN rule.axis = 'manifests' THEN 'manifest:' || no / 2 || ':receipt' END,
        drawn.day, drawn.day + make_interval(months => rule.months), 'x', now()
    FROM generate_series(1, %(events)s) AS no
    CROSS JOIN LATERAL (
        SELECT current_date - (random() * 800)::int + no * 0 AS day,
            1 + floor(random() * %(enterprises)s) AS firm, power(random(), 3) AS place
    ) AS drawn
    JOIN (SELECT id, row_number() OVER () AS place FROM enterprise) AS firm ON firm.place = drawn.firm
    JOIN (
        SELECT rule.*, row_number() OVER (ORDER BY abs(points)) - 1 AS place, count(*) OVER () AS many
        FROM credit_rule_table, jsonb_to_recordset(rules) AS rule(code text, axis text, points numeric,
            most_per_year numeric, severity text, months int, recorded_by text)
        WHERE version = 2
    ) AS rule ON rule.place = floor(drawn.place * rule.many)
"""
EVALUATION_ROWS = """
    INSERT INTO credit_evaluation (id, enterprise_id, published_on, valid_until, note, created_at)
    SELECT gen_random_uuid(), id, current_date - 100, current_date + 630, '', now()
    FROM enterprise WHERE random() < 0.5
"""


def peak_mb() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def recompute() -> dict[str, Any]:
    """All standings, as `flask credit recompute` has them."""
    from marketplace import create_app
    from marketplace.credit import service as credit

    app = create_app()
    idle_mb, began, worked = peak_mb(), time.perf_counter(), time.process_time()
    with app.app_context():
        count, written = credit.recompute()
    return {
        "enterprises": count,
        "written": written,
        "seconds": round(time.perf_counter() - began, 2),
        "cpu_s": round(time.process_time() - worked, 2),
        "idle_mb": idle_mb,
        "peak_mb": peak_mb(),
    }


def simulate() -> dict[str, Any]:
    """A table in which major penalties cost twice, over HTTP."""
    client, headers = _client()
    rules = client.get("/api/v1/credit/rules", headers=headers).json["items"]
    items = [{**rule, "points": -30} if rule["code"] == "law.penalty_major" else rule for rule in rules]
    idle_mb, began = peak_mb(), time.perf_counter()
    answer = client.post("/api/v1/credit/rules/simulate", json={"rules": items}, headers=headers)
    seconds = time.perf_counter() - began
    assert answer.status_code == 200, answer.json
    counts = answer.json["counts"]
    return {
        "enterprises": counts["enterprises"], "changed": counts["changed"], "seconds": round(seconds, 2),
        "idle_mb": idle_mb, "peak_mb": peak_mb(),
    }  # fmt: skip


def show() -> dict[str, Any]:
    """The standings of enterprises by chance, each asked for by an admin, in milliseconds."""
    from sqlalchemy import select

    from marketplace.database import db
    from marketplace.enterprises.models import Enterprise

    client, headers = _client()
    with client.application.app_context():
        ids = list(db.session.scalars(select(Enterprise.id)))
    taken = []
    for enterprise_id in random.Random(1).sample(ids, min(SHOWN, len(ids))):
        began = time.perf_counter()
        answer = client.get(f"/api/v1/enterprises/{enterprise_id}/credit", headers=headers)
        taken.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, answer.json
    cuts = statistics.quantiles(taken[50:], n=100)
    return {"calls": len(taken), "p50_ms": round(cuts[49], 1), "p95_ms": round(cuts[94], 1)}


def feed() -> dict[str, Any]:
    """A feed of 10,000 rows about as many enterprises: sent over HTTP, then recorded by one process."""
    from sqlalchemy import select

    from marketplace.credit import service as credit
    from marketplace.credit.models import MOST_FEED_ROWS
    from marketplace.database import db
    from marketplace.enterprises.models import Enterprise
    from marketplace.events.models import Task
    from seed.identities import demo_uscc

    client, headers = _client()
    with client.application.app_context():
        firms = db.session.scalars(select(Enterprise).limit(MOST_FEED_ROWS)).all()
        for no, firm in enumerate(firms):
            firm.uscc = demo_uscc(330602, no)
        codes = [firm.uscc for firm in firms]
        db.session.commit()
    about = {"rule": "site.defect", "effective_on": "2026-08-20", "note": "x", "authority": "x"}
    rows = [
        about | {"reference": str(no), "uscc": random.choice(codes), "document": f"feed {no}"}
        for no in range(MOST_FEED_ROWS)
    ]
    idle_mb, began = peak_mb(), time.perf_counter()
    answer = client.post("/api/v1/credit/imports?source=bench", json={"rows": rows}, headers=headers)
    sent = time.perf_counter() - began
    assert answer.status_code == 202, answer.json
    with client.application.app_context():
        tasks = select(Task.payload).where(Task.subscriber == "credit.jobs.run_import").order_by(Task.id)
        for part in db.session.scalars(tasks).all():
            credit.run_import(UUID(part["import_id"]), part["first"], part["last"])
            db.session.remove()
    shown = client.get(f"/api/v1/credit/imports/{answer.json['id']}", headers=headers).json
    return {
        "rows": len(rows), "recorded": shown["recorded"], "sent_s": round(sent, 2),
        "recorded_s": round(time.perf_counter() - began - sent, 1), "idle_mb": idle_mb, "peak_mb": peak_mb(),
    }  # fmt: skip


def _client() -> tuple[Any, dict[str, str]]:
    from marketplace import create_app
    from marketplace.enterprises import service as enterprises
    from marketplace.events.actor import ADMIN, PLATFORM

    app = create_app()
    with app.app_context():
        _, key = enterprises.create_staff(PLATFORM, ADMIN, "bench")
    return app.test_client(), {"Authorization": f"Bearer {key}"}


STEPS = {"recompute": recompute, "simulate": simulate, "show": show, "feed": feed}


def measured(step: str) -> dict[str, Any]:
    """What a fresh process finds."""
    command = [sys.executable, "-m", "bench.credit", "--step", step]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=os.environ)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(step, figures, flush=True)
    return figures


def write_records(folder: Path, name: str, enterprises: int, events: int) -> None:
    about = {"enterprises": enterprises, "events": events}
    with psycopg.connect(embedded.addresses(folder, name).owner_url.replace("+psycopg", "")) as connection:
        for statement in (ENTERPRISE_ROWS, EVENT_ROWS, EVALUATION_ROWS):
            connection.execute(statement, about)
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")


def run(folder: Path, enterprises: int, events: int) -> dict[str, Any]:
    """Everything, on a database of its own with so many enterprises and events."""
    name = f"credit_{enterprises}"
    embedded.create_database(folder, name)
    os.environ.update(embedded.addresses(folder, name).environment)
    for command in (["db-upgrade"], ["seed", "catalogue"]):
        subprocess.run([sys.executable, *supervisor.FLASK, *command], check=True, stdout=subprocess.DEVNULL)
    write_records(folder, name, enterprises, events)
    return {
        "enterprises": enterprises,
        "events": events,
        "recompute_all_wrong": measured("recompute"),
        "recompute_all_right": measured("recompute"),
        "simulate": measured("simulate"),
        "show": measured("show"),
        "feed": measured("feed"),
    }


def main(args: list[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--enterprises", type=int, default=ENTERPRISES)
    parser.add_argument("--events", type=int, default=EVENTS)
    parser.add_argument("--step", choices=STEPS)
    asked = parser.parse_args(args)
    if asked.step:
        print(json.dumps(STEPS[asked.step]()))
        return
    os.environ.update({"LOG_LEVEL": "WARNING", "RATE_LIMIT_KEY": "1000000 per minute"})
    with tempfile.TemporaryDirectory(prefix="huanliu-bench-") as folder:
        servers = embedded.Servers(Path(folder), report=lambda line: None)
        servers.start()
        try:
            sizes = [(asked.enterprises // part, asked.events // part) for part in (10, 1)]
            results = [run(Path(folder), *size) for size in sizes]
        finally:
            servers.stop()
    machine = {"cpus": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()[0]}
    if (asked.enterprises, asked.events) == (ENTERPRISES, EVENTS):
        text = json.dumps({"machine": machine, "results": results}, indent=1)
        RESULTS.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
