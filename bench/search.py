"""How long a search takes over HTTP at a million open listings: one gunicorn worker, a real PostgreSQL.

`python -m bench.search [--listings N] [--data FOLDER]` writes the listings into a server of its own (in
FOLDER, kept for the next run; else in a temporary one), asks over loopback from this process, one request
after the other, and asks the database what a plain query would take. Beside the time of a response it gives
the processor time of all processes for it, which a busy machine hardly changes. It writes
`bench/results/search.json` and the tables of docs/performance.md to `bench/results/search.md`.
"""

import argparse
import contextlib
import hashlib
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil
import psycopg

from bench.exchange import Exchange
from bench.matches_http import KEY, ONE_WORKER, Client, figures, machine
from marketplace import embedded, supervisor

LISTINGS = 1_000_000
REQUESTS, WARM_UP, PLAIN = 20, 2, 3
RESULTS = Path(__file__).parent / "results"
DATABASE = "search"
POINTS = [(120.58, 30.03), (116.41, 39.9), (104.07, 30.67), (113.26, 23.13), (87.62, 43.82)]
COMMON = ["污泥", "废酸", "废油", "废矿物油", "炉渣"]
RARE = ["含铍", "硝基苯", "多氯联苯", "废蒸馏残渣", "丙烯腈"]
NOWHERE = ["龘龘", "绿野仙踪", "xyzzy", "一二三四五", "废废废"]

Asked = Callable[[random.Random], dict[str, Any]]


def one_of(name: str, values: list[Any], **more: Any) -> Asked:
    """A query whose `name` is any of these values."""
    return lambda chance: {name: chance.choice(values), **more}


def near(km: float) -> Asked:
    """Listings so near to one of the POINTS."""
    return lambda chance: {**at_a_point(chance), "within_km": km}


def at_a_point(chance: random.Random) -> dict[str, Any]:
    lon, lat = chance.choice(POINTS)
    return {"lon": round(lon + chance.gauss(0, 0.2), 4), "lat": round(lat + chance.gauss(0, 0.2), 4)}


def days(first: str | None, last: str | None) -> Asked:
    """Listings whose window shares a day with this one."""
    window = {"available_from": first, "available_until": last}
    return lambda chance: {name: day for name, day in window.items() if day}


def every(*parts: Asked) -> Asked:
    """All of these at once."""
    return lambda chance: {name: value for part in parts for name, value in part(chance).items()}


def fixed(**query: Any) -> Asked:
    return lambda chance: query


FILTERS: dict[str, Asked] = {
    "no filter": fixed(),
    "text, common": one_of("q", COMMON),
    "text, one character": one_of("q", ["酸", "油", "渣", "铍", "氰"]),
    "text, two words": one_of("q", ["废酸 20%", "污泥 桶装", "废油 IBC"]),
    "text, rare": one_of("q", RARE),
    "text, nowhere": one_of("q", NOWHERE),
    "code": one_of("code", ["900-349-34", "336-064-17", "900-214-08", "900-041-49"]),
    "category": one_of("code", ["HW34", "HW17", "HW08", "SW17"]),
    "code, rare": one_of("code", ["261-059-34", "321-026-48", "HW20", "HW30"]),
    "code, unknown": one_of("code", ["999-999-99", "HW99"]),
    "region, province": one_of("region", ["330000", "440000", "110000", "650000"]),
    "region, city": one_of("region", ["330600", "320500", "440300", "510100"]),
    "region, district": one_of("region", ["330602", "330604", "110105", "440305"]),
    "within 10 km": near(10),
    "within 100 km": near(100),
    "within 1,000 km": near(1000),
    "price, half": fixed(price_min=-150),
    "price, narrow": fixed(price_min=100, price_max=101),
    "price, none so high": fixed(price_min=50_000),
    "quantity, half": fixed(quantity_min_t=90),
    "quantity, narrow": fixed(quantity_min_t=500, quantity_max_t=502),
    "quantity, rare": fixed(quantity_min_t=20_000),
    "window, one day": days("2031-06-01", "2031-06-01"),
    "window, early": days(None, "2030-01-02"),
    "window, too late": days("2040-01-01", None),
    "grade A": fixed(grade="A"),
    "grade E": fixed(grade="E"),
    "drafts": fixed(status="draft"),
    "own": fixed(mine="true"),
    "demand": fixed(kind="demand"),
    "text and region": every(one_of("q", COMMON), one_of("region", ["330600", "320500"])),
    "text, price, grade": every(one_of("q", COMMON), fixed(price_min=0, price_max=100, grade="A,B")),
    "category near by": every(one_of("code", ["HW34", "HW17"]), near(50)),
    "text, far window, price": every(one_of("q", COMMON), days("2032-10-01", None), fixed(price_max=-1000)),
    "two wide bounds, little between": every(days("2032-06-01", None), fixed(quantity_max_t=2)),
    "all that a buyer asks": every(
        one_of("q", ["酸", "油"]), near(200), days("2030-06-01", "2030-12-31"),
        fixed(kind="supply", price_max=200, quantity_min_t=10, grade="A,B,C"),
    ),
}  # fmt: skip
SORTS = ("newest", "price", "-price", "distance")
KM = (
    "12742 * asin(sqrt(sin(radians(lat - {lat}) / 2) ^ 2"
    " + cos(radians(lat)) * cos(radians({lat})) * sin(radians(lon - {lon}) / 2) ^ 2))"
)
PLAINLY = {
    ("text, common", "newest"): "title ILIKE '%{q}%' ORDER BY id DESC",
    ("text, common", "price"): "title ILIKE '%{q}%' ORDER BY price_fen NULLS LAST, id",
    ("text, rare", "newest"): "title ILIKE '%{q}%' ORDER BY id DESC",
    ("text, rare", "price"): "title ILIKE '%{q}%' ORDER BY price_fen NULLS LAST, id",
    ("text, nowhere", "newest"): "title ILIKE '%{q}%' ORDER BY id DESC",
    ("no filter", "price"): "true ORDER BY price_fen NULLS LAST, id",
    ("no filter", "distance"): f"true ORDER BY {KM}, id",
    ("within 10 km", "newest"): f"{KM} <= {{within_km}} ORDER BY id DESC",
    ("within 100 km", "distance"): f"{KM} <= {{within_km}} ORDER BY {KM}, id",
}
"""What one would write first: a pattern, a formula, an ORDER BY, without an index made for it."""


def asked(name: str, sort: str, count: int) -> list[dict[str, Any]]:
    """The queries of one row, the same on every run."""
    chance = random.Random(f"{name} {sort}")
    point = at_a_point if sort == "distance" else fixed()
    return [{"sort": sort, **point(chance), **FILTERS[name](chance)} for _ in range(WARM_UP + count)]


def processor_ms() -> float:
    """Processor time so far of everything that this process has started and that still runs."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += 1000 * (times.user + times.system)
    return total


def measured(client: Any, queries: list[dict[str, Any]]) -> tuple[list[float], float]:
    """Seconds of each answer in order of size, and how many listings a page had on average."""
    seconds, found = [], []
    for query in queries:
        began = time.perf_counter()
        answer = client.get(f"/listings?{urlencode(query)}")
        seconds.append(time.perf_counter() - began)
        found.append(len(answer["items"]))
    return sorted(seconds[WARM_UP:]), statistics.mean(found)


def measured_plainly(connection: psycopg.Connection, name: str, sort: str) -> list[float]:
    """Seconds of the plain query for the same things, in the database alone: no HTTP, no scope."""
    seconds = []
    for query in asked(name, sort, PLAIN)[WARM_UP - 1 :]:
        where = PLAINLY[name, sort].format(**query)
        began = time.perf_counter()
        connection.execute(f"SELECT * FROM listing WHERE status = 'open' AND {where} LIMIT 20").fetchall()
        seconds.append(time.perf_counter() - began)
    return sorted(seconds[1:])


def rows(stack: supervisor.Stack, url: str, requests: int) -> Iterator[dict[str, Any]]:
    """A row for each filter in each order; a connection each, as an idle one is hung up on."""
    with psycopg.connect(url) as connection:
        for name in FILTERS:
            for sort in SORTS:
                queries, before = asked(name, sort, requests), processor_ms()
                seconds, found = measured(Client(stack), queries)
                cpu = round((processor_ms() - before) / len(queries), 1)
                row = {"filter": name, "sort": sort, "found": found, **figures(seconds), "cpu": cpu}
                if (name, sort) in PLAINLY:
                    row["plain p50"] = figures(measured_plainly(connection, name, sort))["p50"]
                    row["ratio"] = round(row["plain p50"] / row["p50"], 1)
                yield row


def sizes(url: str) -> dict[str, float]:
    """MB of the table and of each of its indexes."""
    query = (
        "SELECT 'listing', pg_table_size('listing') UNION ALL"
        " SELECT indexrelname, pg_relation_size(indexrelid) FROM pg_stat_user_indexes"
        " WHERE relname IN ('listing', 'listing_accept')"
    )
    with psycopg.connect(url) as connection:
        return {name: round(size / 1e6, 1) for name, size in connection.execute(query)}


def table(found: list[dict[str, Any]]) -> Iterator[str]:
    """The tables of the documentation: p50 / p95 / processor time; the same beside plain queries."""
    yield f"| filter | {' | '.join(SORTS)} |"
    yield "|---" * (1 + len(SORTS)) + "|"
    cells = {(row["filter"], row["sort"]): "{p50:.0f} / {p95:.0f} / {cpu:.0f}".format(**row) for row in found}
    for name in FILTERS:
        yield f"| {name} | {' | '.join(cells[name, sort] for sort in SORTS)} |"
    yield ""
    yield "| asked | here, over HTTP | plain query, database alone | times |"
    yield "|---|---|---|---|"
    for row in found:
        if "ratio" in row:
            yield "| {filter}, by {sort} | {p50} | {plain p50} | {ratio} |".format(**row)


def build(stack: supervisor.Stack, url: str, size: int) -> None:
    """The listings, unless an earlier run left them, and the key that asks."""
    with psycopg.connect(url) as connection:
        if connection.execute("SELECT count(*) > 0 FROM listing").fetchone() == (True,):
            return
    began = time.perf_counter()
    Exchange(url, size).admit_owner(url, hashlib.sha256(KEY.encode()).hexdigest())
    print(f"{size:,} listings written in {time.perf_counter() - began:.0f} s", flush=True)


def main() -> None:
    wanted = argparse.ArgumentParser(description=__doc__)
    wanted.add_argument("--listings", type=int, default=LISTINGS)
    wanted.add_argument("--requests", type=int, default=REQUESTS, help="for each filter in each order")
    wanted.add_argument("--data", type=Path, help="folder to keep the listings in between runs")
    options = wanted.parse_args()
    with contextlib.ExitStack() as held:
        data = options.data or Path(held.enter_context(tempfile.TemporaryDirectory(prefix="huanliu-bench-")))
        held.enter_context(embedded.servers(data, report=lambda line: None))
        env = {**os.environ, **ONE_WORKER}
        stack = held.enter_context(supervisor.stack(data, database=DATABASE, quiet=True, env=env))
        url = embedded.admin_url(data, DATABASE).replace("+psycopg", "")
        build(stack, url, options.listings)
        found = []
        for row in rows(stack, url, options.requests):
            found.append(row)
            print("{filter:<34}{sort:<10}{found:>5.0f}{p50:>9}{p95:>9}{cpu:>9}".format(**row), flush=True)
        about = {
            "machine": machine(),
            "load": os.getloadavg(),
            "listings": options.listings,
            "requests": REQUESTS,
            "limit": 20,
        }
        (RESULTS / "search.json").write_text(
            json.dumps({**about, "index_mb": sizes(url), "ms": found}, ensure_ascii=False, indent=1) + "\n"
        )
    (RESULTS / "search.md").write_text("\n".join(table(found)) + "\n")


if __name__ == "__main__":
    main()
