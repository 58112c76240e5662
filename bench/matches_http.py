"""How long a ranked answer takes over HTTP: one gunicorn worker, a real PostgreSQL, 100,000 open listings.

`python -m bench.matches_http [size ...]` builds each market in a folder of its own under the temporary one,
asks over loopback from this process, prints a table and writes `bench/results/matches_http.json`.
"""

import http.client
import json
import os
import platform
import random
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench.city import ONE_CODE, REAL_CODES, Market, Shape
from marketplace import embedded, supervisor

SIZES = (10_000, 100_000)
RESULTS = Path(__file__).parent / "results" / "matches_http.json"
KEY = "bench-key"
WARM_UP, REQUESTS, TOGETHER = 5, 100, 2
ONE_WORKER = {"WEB_WORKERS": "1", "RATE_LIMIT_KEY": "1000000 per minute", "LOG_LEVEL": "WARNING"}

Ask = Callable[[], str]


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


def asks(market: Market, client: Client) -> dict[str, Ask]:
    """What is asked, by name: each call draws its path from the same sequence on every run."""
    chance = random.Random("asks")
    lawful = [(supply, client.get(f"/listings/{supply}/matches")["items"]) for supply in market.supplies[:20]]
    pairs = [(supply, item["listing"]["id"]) for supply, items in lawful for item in items[:3]]
    return {
        "demands for a supply": lambda: f"/listings/{chance.choice(market.supplies)}/matches?limit=20",
        "supplies for a demand": lambda: f"/listings/{chance.choice(market.demands)}/matches?limit=20",
        "explain a pairing": lambda: "/listings/{}/matches/{}".format(*chance.choice(pairs)),
    }


def measured(stack: supervisor.Stack, ask: Ask, clients: int) -> list[float]:
    """Seconds of each of REQUESTS answers, asked by so many clients at a time."""
    paths = [ask() for _ in range(WARM_UP * clients + REQUESTS)]

    def share(number: int) -> list[float]:
        client, seconds = Client(stack), []
        for path in paths[number::clients]:
            began = time.perf_counter()
            client.get(path)
            seconds.append(time.perf_counter() - began)
        return seconds[WARM_UP:]

    with ThreadPoolExecutor(clients) as pool:
        return sorted(second for part in pool.map(share, range(clients)) for second in part)


def figures(seconds: list[float]) -> dict[str, float]:
    """Nearest-rank percentiles and the worst, in ms."""
    ranks = {"p50": 50, "p95": 95, "p99": 99, "max": 100}
    return {name: round(1000 * seconds[-(-len(seconds) * at // 100) - 1], 1) for name, at in ranks.items()}


def run(data: Path, shape: Shape, size: int) -> list[dict[str, Any]]:
    """Figures of one market."""
    name = f"m{size}_{shape.name.replace(' ', '_')}"
    env = {**os.environ, **ONE_WORKER}
    rows = []
    with supervisor.stack(data, database=name, quiet=True, env=env) as stack:
        url = embedded.addresses(data, name).database_url.replace("+psycopg", "")
        market = Market(url, shape, size)
        market.admit(url, KEY)
        for what, ask in asks(market, Client(stack)).items():
            for clients in (1, TOGETHER):
                ms = figures(measured(stack, ask, clients))
                rows.append({"market": shape.name, "listings": size, "asked": what, "clients": clients, **ms})
                print(line(rows[-1]), flush=True)
    embedded.drop_database(data, name)
    return rows


def line(row: dict[str, Any]) -> str:
    return "{market:<11}{listings:>9,}  {asked:<22}{clients:>8}{p50:>9}{p95:>9}{p99:>9}{max:>9}".format(**row)


def machine() -> dict[str, Any]:
    models = [it for it in Path("/proc/cpuinfo").read_text().splitlines() if it.startswith("model name")]
    return {
        "cpu": models[0].partition(": ")[2] if models else platform.processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.system(),
    }


def main(sizes: list[int]) -> None:
    heads = dict.fromkeys(("p50", "p95", "p99", "max"))
    print(
        f"{'market':<11}{'listings':>9}  {'asked':<22}{'clients':>8}"
        + "".join(f"{h + ' ms':>9}" for h in heads)
    )
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="huanliu-bench-") as folder:
        data = Path(folder)
        with embedded.servers(data, say=lambda line: None):
            for shape in (ONE_CODE, REAL_CODES):
                for size in sizes:
                    rows += run(data, shape, size)
    RESULTS.parent.mkdir(exist_ok=True)
    found = {"machine": machine(), "web_workers": 1, "requests": REQUESTS, "limit": 20, "ms": rows}
    RESULTS.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or list(SIZES))
