"""What an import of 10,000 rows takes in time and memory: of good ones, and of ones that are all wrong.

`python -m bench.imports [rows]` starts servers in a folder of its own, sends each sheet through Flask's test
client, does the import in a fresh process as the worker on `bulk` would, exports what came of it, and writes
`bench/results/imports.json`.
"""

import csv
import io
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

from openpyxl import Workbook

from marketplace import embedded, supervisor
from seed.identities import demo_uscc

RESULTS = Path(__file__).parent / "results" / "imports.json"
ROWS = 10_000
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADINGS = (
    "kind", "title", "waste codes", "quantity", "unit", "min lot", "who pays", "price per tonne",
    "available from", "available until", "region", "lon", "lat", "max distance km", "form", "packaging",
    "composition",
)  # fmt: skip
CODES = ("900-349-34", "900-300-34", "336-064-17", "900-041-49", "SW17", "06 01 01*")
REGIONS = ("330602", "330604", "330624", "330109", "330212")


def good_row(number: int) -> list[Any]:
    return [
        "supply", f"Waste acid, lot {number}", CODES[number % len(CODES)], 100 + number % 900, "t",
        1 + number % 20,
        "supplier pays", 50 + number % 300, "2026-01-01", "2199-12-31", REGIONS[number % len(REGIONS)],
        120.5 + number % 100 / 1000, 30.0 + number % 70 / 1000, 50 + number % 400, "liquid", "tank",
        f"H2SO4 {number % 30}-{40 + number % 50} %; Fe <{1 + number % 5} %",
    ]  # fmt: skip


def bad_row(number: int) -> list[Any]:
    """Five columns wrong, each in its own way."""
    row = good_row(number)
    row[2], row[3], row[7], row[10], row[16] = f"900-{number:05}-34", "much", -1, f"9{number:05}", "sour"
    return row


def as_csv(rows: list[list[Any]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([HEADINGS, *rows])
    return out.getvalue().encode()


def as_xlsx(rows: list[list[Any]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in (HEADINGS, *rows):
        sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def worker(task: str) -> None:
    """Do one task as the worker does, and print seconds and megabytes at the peak."""
    from marketplace import create_app
    from marketplace.events import service as events

    app = create_app()
    idle_mb = peak_mb()
    with app.app_context():
        began = now()
        events.perform(int(task))
        print(json.dumps({**since(began), "idle_mb": idle_mb, "peak_mb": peak_mb()}))


def exporting(key: str, kind: str) -> None:
    """Fetch an export whole, and print seconds and megabytes at the peak."""
    from marketplace import create_app

    client = create_app().test_client()
    began = now()
    answer = client.get(f"/api/v1/listings/export?format={kind}", headers={"Authorization": f"Bearer {key}"})
    size = sum(len(piece) for piece in answer.iter_encoded())
    print(json.dumps({**since(began), "mb": round(size / 1e6, 1), "peak_mb": peak_mb()}))


def now() -> tuple[float, float]:
    """Seconds on the wall and of the processor."""
    return time.perf_counter(), time.process_time()


def since(began: tuple[float, float]) -> dict[str, float]:
    wall, worked = now()
    return {"seconds": round(wall - began[0], 2), "cpu_s": round(worked - began[1], 2)}


def peak_mb() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def measured(*args: str) -> dict[str, Any]:
    """What a fresh process of this module prints."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.imports", *args], check=True, stdout=subprocess.PIPE, env=os.environ
    )
    return json.loads(done.stdout.splitlines()[-1])


class Bench:
    """An enterprise on a fresh database, and what it has measured."""

    def __init__(self) -> None:
        from marketplace import create_app

        self.app = create_app()
        self.client = self.app.test_client()
        self.results: list[dict[str, Any]] = []
        contact = {"name": "Bench", "email": "bench@example.com", "phone": "0575-85000000"}
        about = {"uscc": demo_uscc(330602, 1), "name": "Bench", "roles": ["generator"], "region": "330602"}
        owner = self.client.post("/api/v1/enterprises", json={**about, "contact": contact}).json
        self.key = owner["api_key"]
        self.headers = {"Authorization": f"Bearer {self.key}"}
        admin = {"Authorization": f"Bearer {self._admin_key()}"}
        self.client.post(f"/api/v1/enterprises/{owner['id']}/approve", json={}, headers=admin)

    def _admin_key(self) -> str:
        from marketplace.enterprises import service as enterprises
        from marketplace.events.actor import ADMIN, PLATFORM

        with self.app.app_context():
            return enterprises.create_staff(PLATFORM, ADMIN, "bench")[1]

    def _task(self) -> int:
        """The import that is owed now."""
        from sqlalchemy import func, select

        from marketplace.database import db
        from marketplace.events.models import Task

        with self.app.app_context():
            return db.session.scalar(select(func.max(Task.id)).where(Task.queue == "bulk")) or 0

    def imports(self, name: str, sheet: bytes, publish: str, expected: tuple[str, int]) -> None:
        """Import a long sheet and note what it took."""
        media = XLSX if sheet.startswith(b"PK") else "text/csv"
        path = f"/api/v1/listings/import?publish={publish}"
        began = time.perf_counter()
        answer = self.client.post(path, data=sheet, content_type=media, headers=self.headers)
        accepted = time.perf_counter() - began
        assert answer.status_code == 202, answer.json
        figures = measured("worker", str(self._task()))
        ended = self.client.get(answer.headers["Location"], headers=self.headers).json
        assert (ended["status"], ended["created"]) == expected, ended["detail"]
        size = {"file_mb": round(len(sheet) / 1e6, 2), "accepted_s": round(accepted, 2)}
        self.note({"sheet": name, "publish": publish, **size, **figures, "errors": ended["error_count"]})

    def exports(self, kind: str, rows: int) -> None:
        self.note({"export": kind, "rows": rows, **measured("export", self.key, kind)})

    def note(self, result: dict[str, Any]) -> None:
        self.results.append(result)
        print(result, flush=True)


def run(rows: int) -> list[dict[str, Any]]:
    good, bad = ([make(number) for number in range(rows)] for make in (good_row, bad_row))
    bench = Bench()
    bench.imports("good rows, csv", as_csv(good), "false", ("done", rows))
    bench.imports("good rows, xlsx", as_xlsx(good), "true", ("done", rows))
    bench.imports("bad rows, csv", as_csv(bad), "false", ("refused", 0))
    bench.imports("bad rows, xlsx", as_xlsx(bad), "true", ("refused", 0))
    for kind in ("csv", "geojson", "xlsx"):
        bench.exports(kind, 2 * rows)
    return bench.results


def main(args: list[str]) -> None:
    if args[:1] == ["worker"]:
        return worker(args[1])
    if args[:1] == ["export"]:
        return exporting(*args[1:])
    rows = int(args[0]) if args else ROWS
    unlimited = dict.fromkeys(("RATE_LIMIT_KEY", "RATE_LIMIT_PUBLISH"), "1000000 per minute")
    os.environ.update({"LOG_LEVEL": "WARNING", **unlimited})
    with tempfile.TemporaryDirectory(prefix="huanliu-bench-") as folder:
        servers = embedded.Servers(Path(folder), report=lambda line: None)
        servers.start()
        embedded.create_database(Path(folder), "huanliu")
        try:
            os.environ["DATA_DIR"] = folder
            for command in (["db-upgrade"], ["seed", "catalogue"]):
                subprocess.run(
                    [sys.executable, *supervisor.FLASK, *command], check=True, stdout=subprocess.DEVNULL
                )
            results = run(rows)
        finally:
            servers.stop()
    machine = {"cpus": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()[0]}
    if rows == ROWS:
        RESULTS.write_text(
            json.dumps({"machine": machine, "results": results}, indent=1) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
