"""How long a ranked answer takes over HTTP while many ask: two gunicorn workers, a real PostgreSQL.

`python -m bench.matches_http [--listings N ...] [--data FOLDER]` writes markets of so many open listings,
half of them supplies, into a server of its own (in FOLDER, kept for the next run; else in a temporary one),
waits until every worker holds its index, and has Locust, in a process of its own, ask 50 times a second for
matches of listings drawn at random. It prints a table and writes `bench/results/matches_http.json`.
"""

import argparse
import contextlib
import csv
import http.client
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg

from bench.city import ONE_CODE, REAL_CODES, Market, Shape
from marketplace import embedded, supervisor

MARKETS = ((ONE_CODE, 100_000), (REAL_CODES, 100_000), (REAL_CODES, 1_000_000))
RESULTS = Path(__file__).parent / "results" / "matches_http.json"
KEY = "bench-key"
A_SECOND, SECONDS, ASKED = 50, 60, 2_000
QUIET = {
    **dict.fromkeys(("RATE_LIMIT_KEY", "RATE_LIMIT_PUBLISH"), "1000000 per minute"),
    "LOG_LEVEL": "WARNING",
}
ONE_WORKER = {**QUIET, "WEB_WORKERS": "1"}
TWO_WORKERS = {**QUIET, "WEB_WORKERS": "2"}
COLUMNS = {"p50": "50%", "p95": "95%", "p99": "99%", "max": "100%"}


class Client:
    """One kept connection to the API."""

    def __init__(self, stack: supervisor.Stack) -> None:
        self._connection = http.client.HTTPConnection(stack.host, stack.port, timeout=60)

    def get(self, path: str) -> dict[str, Any]:
        self._connection.request("GET", f"/api/v1{path}", headers={"Authorization": f"Bearer {KEY}"})
        answer = self._connection.getresponse()
        body = json.loads(answer.read())
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {body}")
        return body


def figures(seconds: list[float]) -> dict[str, float]:
    """Nearest-rank percentiles and the worst, in ms."""
    ranks = {"p50": 50, "p95": 95, "p99": 99, "max": 100}
    return {name: round(1000 * seconds[-(-len(seconds) * at // 100) - 1], 1) for name, at in ranks.items()}


def run(data: Path, shape: Shape, listings: int) -> dict[str, Any]:
    """Figures of one market."""
    name = f"m{listings}_{shape.name.replace(' ', '_')}"
    written = data / f"{name}.written"
    with supervisor.stack(data, database=name, quiet=True, env={**os.environ, **TWO_WORKERS}) as stack:
        url = embedded.admin_url(data, name).replace("+psycopg", "")
        if not written.exists():
            Market(url, shape, listings // 2).admit(url, KEY)
            written.touch()
    with supervisor.stack(data, database=name, quiet=True, env={**os.environ, **TWO_WORKERS}) as stack:
        began = time.perf_counter()
        while not all(ready(stack) for _ in range(20)):
            time.sleep(0.5)
        built_s = time.perf_counter() - began
        ask_all(stack, data, drawn(url), 10)
        found = ask_all(stack, data, drawn(url), SECONDS)
        web_mb = [round(process.memory_info().rss / 1e6) for process in web_processes()]
    ready_after_s = round(built_s, 1)
    return {
        "market": shape.name, "listings": listings, **found, "ready_after_s": ready_after_s, "web_mb": web_mb,
    }  # fmt: skip


def ready(stack: supervisor.Stack) -> bool:
    """Whether the worker that happens to answer holds its index."""
    connection = http.client.HTTPConnection(stack.host, stack.port, timeout=60)
    with contextlib.closing(connection):
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200


def drawn(url: str) -> list[str]:
    """Listings to ask for, drawn by their ids."""
    with psycopg.connect(url) as connection:
        query = "SELECT id::text FROM listing TABLESAMPLE SYSTEM (5) REPEATABLE (1) LIMIT %s"
        return [row[0] for row in connection.execute(query, [ASKED])]


def ask_all(stack: supervisor.Stack, data: Path, listings: list[str], seconds: int) -> dict[str, Any]:
    """What Locust finds when it asks for so long: milliseconds, answers a second, failures."""
    (data / "listings").write_text("\n".join(listings))
    command = [
        sys.executable, "-m", "locust", "-f", str(Path(__file__).with_name("crowd.py")), "--headless",
        "-u", str(A_SECOND), "-r", str(A_SECOND), "-t", f"{seconds}s", "--host", f"http://{stack.host}:{stack.port}",
        "--csv", str(data / "locust"), "--only-summary",
    ]  # fmt: skip
    env = {**os.environ, "BENCH_LISTINGS": str(data / "listings"), "BENCH_KEY": KEY}
    subprocess.run(command, env=env, check=True, capture_output=True, cwd=data)
    with (data / "locust_stats.csv").open() as file:
        row = next(row for row in csv.DictReader(file) if row["Name"] == "matches")
    if int(row["Failure Count"]):
        raise RuntimeError(
            f"{row['Failure Count']} of {row['Request Count']} failed: {data / 'locust_failures.csv'}"
        )
    ms = {name: float(row[column]) for name, column in COLUMNS.items()}
    return {**ms, "a_second": round(float(row["Requests/s"]), 1), "answers": int(row["Request Count"])}


def web_processes() -> list[psutil.Process]:
    """gunicorn's workers below this process."""
    ours = psutil.Process().children(recursive=True)
    masters = [process.pid for process in ours if "gunicorn" in " ".join(process.cmdline())]
    return [process for process in ours if process.ppid() in masters]


def line(row: dict[str, Any]) -> str:
    return (
        "{market:<11}{listings:>10,}{a_second:>8}{p50:>8}{p95:>8}{p99:>8}{max:>8}"
        "{ready_after_s:>10}  {web_mb}".format(**row)
    )


def machine() -> dict[str, Any]:
    models = [
        line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")
    ]
    return {
        "cpu": models[0].partition(": ")[2] if models else platform.processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.system(),
    }


@contextlib.contextmanager
def folder(kept: str | None) -> Iterator[Path]:
    """Where the servers live: `kept`, or a folder that goes with the run."""
    if kept:
        Path(kept).mkdir(parents=True, exist_ok=True)
        yield Path(kept)
        return
    with tempfile.TemporaryDirectory(prefix="huanliu-bench-") as name:
        yield Path(name)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--listings", type=int, nargs="*", help="these sizes only")
    parser.add_argument("--data", help="folder to keep the markets in")
    given = parser.parse_args()
    print("market       listings  a sec.  p50 ms  p95 ms  p99 ms  max ms  ready s  MB a worker")
    rows: list[dict[str, Any]] = []
    with folder(given.data) as data, embedded.servers(data, report=lambda line: None):
        for shape, listings in MARKETS:
            if not given.listings or listings in given.listings:
                rows.append(run(data, shape, listings))
                print(line(rows[-1]), flush=True)
    RESULTS.parent.mkdir(exist_ok=True)
    asked = {"asked_a_second": A_SECOND, "seconds": SECONDS, "web_workers": 2, "limit": 20}
    found = {"machine": machine(), **asked, "rows": rows}
    RESULTS.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
