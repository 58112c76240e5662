"""How many points of vehicles one process takes in each second, over HTTP.

`python -m bench.tracks [vehicles]` starts servers in a folder of its own, enters as many manifests that are
on their way, and sends batches of 1,000 points of each in turn through Flask's test client, a tenth of them
sent before and the rest out of order; then it asks for each track. It writes `bench/results/tracks.json`.
"""

import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from marketplace import create_app, embedded, supervisor
from marketplace.enterprises import service as enterprises
from marketplace.events.actor import ADMIN, PLATFORM
from seed.identities import demo_uscc

RESULTS = Path(__file__).parent / "results" / "tracks.json"
VEHICLES, BATCHES, BATCH = 20, 5, 1000
REPEATED = BATCH // 10
MANIFEST = """
    INSERT INTO manifest (id, number, status, kind, sender_id, receiver_id, transporter_id, region, hazardous,
        planned_on, planned_kg, treated_kg, estimated, plan_missing, missing_delivery, picked_up_at,
        created_at, updated_at, version)
    SELECT gen_random_uuid(), 'bench' || number, 'moving', 'first', %(id)s, %(to)s, %(id)s, 330602, true,
        current_date, 20000, 0, false, false, false, %(began)s, %(began)s, %(began)s, 1
    FROM generate_series(1, %(vehicles)s) AS number RETURNING id
"""


class Bench:
    """A transporter with manifests on their way."""

    def __init__(self, vehicles: int) -> None:
        self.app = create_app()
        self.client = self.app.test_client()
        self.chance = random.Random("tracks")
        self.began = datetime.now(UTC) - timedelta(hours=20)
        with self.app.app_context():
            _, admin = enterprises.create_staff(PLATFORM, ADMIN, "bench")
        firm, receiver = (self.firm(number) for number in (1, 2))
        self.client.post(f"/api/v1/enterprises/{firm['id']}/approve", headers=_with(admin))
        self.headers = _with(firm["api_key"])
        about = {"id": firm["id"], "to": receiver["id"], "began": self.began, "vehicles": vehicles}
        with psycopg.connect(self.app.config["SETTINGS"].database_url.replace("+psycopg", "")) as connection:
            self.manifests = [row[0] for row in connection.execute(MANIFEST, about)]

    def firm(self, number: int) -> Any:
        contact = {"name": "王厂长", "email": f"bench{number}@example.com", "phone": "0575-85000000"}
        about = {"uscc": demo_uscc(330602, number), "name": f"运输公司{number}", "region": "330602"}
        body = {**about, "roles": ["transporter"], "contact": contact}
        return self.client.post("/api/v1/enterprises", json=body).json

    def batch(self, number: int) -> list[dict[str, Any]]:
        """A thousand points of an even drive, some of the batch before, out of order."""
        first = number * (BATCH - REPEATED)
        points = [
            {
                "at": (self.began + timedelta(seconds=10 * step)).isoformat(),
                "lon": round(120.58 - step * 4e-5, 6),
                "lat": round(30.03 + step * 3e-5 + 5e-5 * (step % 3), 6),
                "speed": 50.0,
            }
            for step in range(first, first + BATCH)
        ]
        self.chance.shuffle(points)
        return points

    def take_in(self) -> dict[str, Any]:
        bodies = [self.batch(number) for number in range(BATCHES)]
        began, sent = time.perf_counter(), 0
        for body in bodies:
            for manifest in self.manifests:
                answer = self.client.post(_path(manifest), json=body, headers=self.headers)
                assert answer.status_code == 200, answer.json
                sent += BATCH
        seconds = time.perf_counter() - began
        return {"points": sent, "seconds": round(seconds, 2), "points_per_s": round(sent / seconds)}

    def show(self) -> dict[str, Any]:
        durations = []
        for manifest in self.manifests:
            began = time.perf_counter()
            answer = self.client.get(_path(manifest), headers=self.headers)
            assert answer.status_code == 200, answer.json
            durations.append(time.perf_counter() - began)
        return {
            "points_each": answer.json["total"],
            "show_ms": round(1000 * sorted(durations)[len(durations) // 2]),
        }


def _with(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def _path(manifest: Any) -> str:
    return f"/api/v1/manifests/{manifest}/track"


def main(args: list[str]) -> None:
    vehicles = int(args[0]) if args else VEHICLES
    os.environ.update({"LOG_LEVEL": "WARNING", "RATE_LIMIT_KEY": "1000000 per minute"})
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
            bench = Bench(vehicles)
            results = {**bench.take_in(), **bench.show()}
        finally:
            servers.stop()
    machine = {"cpus": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()[0]}
    print(results, machine)
    if vehicles == VEHICLES:
        RESULTS.write_text(
            json.dumps({"machine": machine, "results": results}, indent=1) + "\n", encoding="utf-8"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
