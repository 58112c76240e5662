"""How long it takes to seal and to verify a million rows of credit, and how much memory.

`python -m bench.ledger [rows]` starts servers in a folder of its own, writes events of 60,000 enterprises by
SQL, as they were before there was a ledger, begins it, anchors it, verifies it, and changes its end. Each
step is a process of its own, whose highest memory is asked of the system; the results are in
`bench/results/ledger.json`.
"""

import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

from marketplace import create_app, embedded, supervisor
from marketplace.ledger import service

RESULTS = Path(__file__).parent / "results" / "ledger.json"
ROWS, ENTERPRISES = 1_000_000, 60_000
EVENTS = """
    INSERT INTO credit_event (
        id, enterprise_id, rule, rule_version, axis, points_milli, severity, effective_on, lapses_on, note,
        evidence, document, document_key, authority, decided_on, served_on, created_at)
    SELECT gen_random_uuid(), CAST(lpad(to_hex(1 + number %% %(enterprises)s), 32, '0') AS uuid),
           'law.penalty_minor', 1, 'law', -6000, 'light', current_date - 30, current_date + 700,
           '台账记录不全，责令改正并处罚款', '现场检查（勘察）笔录、询问笔录、照片',
           '绍环罚字〔2026〕' || number || '号', 'bench' || number,
           '绍兴市生态环境局', current_date - 40, current_date - 35, now() - number * interval '1 second'
    FROM generate_series(1, %(rows)s) AS number
"""
SCATTER = (
    "CREATE TEMP TABLE scattered AS SELECT * FROM credit_ledger ORDER BY random()",
    "TRUNCATE credit_ledger",
    "INSERT INTO credit_ledger SELECT * FROM scattered",
    "DROP TABLE scattered",
    "VACUUM ANALYZE credit_ledger",
)
"""Entries lie as they were made over the years, not by enterprise as a beginning makes them."""
STEPS = ("begin", "anchor", "verify")


def step(name: str) -> None:
    """One step, in this process: prints seconds, memory and what came of it as JSON."""
    app = create_app(serves=False)
    with app.app_context():
        before, began, worked = _peak_mb(), time.perf_counter(), time.process_time()
        if name == "begin":
            result: dict[str, Any] = {"entries": service.begin()}
        elif name == "anchor":
            anchor = service.anchor_today()
            result = {
                "entries": anchor.rows if anchor else 0,
                "bytes": len(anchor.statement) if anchor else 0,
            }
        else:
            outcome = service.verify()
            bad = outcome.first_bad
            result = {"ok": outcome.ok, "entries": outcome.rows, "first_bad": bad and str(bad)}
        seconds = time.perf_counter() - began
    about = {"seconds": round(seconds, 1), "processor_s": round(time.process_time() - worked, 1)}
    about |= {"mb_before": before, "mb_at_most": _peak_mb()}
    print(json.dumps({**result, **about}))


def _peak_mb() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def run_step(name: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.ledger", name], check=True, capture_output=True, text=True
    )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(name, result, flush=True)
    return result


def measure(folder: Path, rows: int) -> dict[str, Any]:
    """All steps on a new database."""
    for command in (["db-upgrade"], ["seed", "catalogue"]):
        subprocess.run([sys.executable, *supervisor.FLASK, *command], check=True, stdout=subprocess.DEVNULL)
    url = embedded.admin_url(folder, embedded.DATABASE).replace("+psycopg", "", 1).replace("+", "%20")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # the enterprises need not be there
        connection.execute(EVENTS, {"rows": rows, "enterprises": ENTERPRISES})
        connection.execute("ANALYZE credit_event")
        results = {name: run_step(name) for name in ("begin", "anchor")}
        for statement in SCATTER:
            connection.execute(statement)
        results["verify"] = run_step("verify")
        last = "(SELECT max(enterprise_id::text)::uuid FROM credit_ledger)"
        connection.execute(f"UPDATE credit_ledger SET content = content || ' ' WHERE enterprise_id = {last}")
        results["verify what was changed last"] = run_step("verify")
    return results


def main(args: list[str]) -> None:
    if args and args[0] in STEPS:
        return step(args[0])
    rows = int(args[0]) if args else ROWS
    os.environ["LOG_LEVEL"] = "WARNING"
    with tempfile.TemporaryDirectory(prefix="huanliu-bench-") as folder:
        servers = embedded.Servers(Path(folder), report=lambda line: None)
        servers.start()
        embedded.create_database(Path(folder), embedded.DATABASE)
        try:
            os.environ["DATA_DIR"] = folder
            results = measure(Path(folder), rows)
        finally:
            servers.stop()
    machine = {"cpus": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()[0]}
    if rows == ROWS:
        text = json.dumps({"machine": machine, "results": results}, indent=1, ensure_ascii=False)
        RESULTS.write_text(f"{text}\n", encoding="utf-8")
    return None


if __name__ == "__main__":
    main(sys.argv[1:])
