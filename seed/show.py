"""`make demo`: the main job on the demo city, played through the HTTP API and shown.

The seeded city is kept as a template database, made anew when the day or its sources change; each run
plays in a fresh copy and leaves nothing behind.
"""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, LiteralString
from zoneinfo import ZoneInfo

import httpx
import psycopg
from psycopg import sql
from redis import Redis

from marketplace import embedded
from marketplace.child import ROOT
from marketplace.supervisor import FLASK, Stack, Stopped, SupervisorError
from seed.demo import SHOWCASE_OWNER, demo_city, showcase

LOCAL = ZoneInfo("Asia/Shanghai")
PLAY, TEMPLATE = "demo_play", "demo_city"
QUEUE_DB = 9
TIERS = {"A": 0, "B": 2, "C": 4, "D": 6}
"""Seconds from the match to the release by grade, for the show; in earnest 0, 30 min, 2 h, 8 h."""
GATES_SHOWN = ("licence", "region", "credit")
PATIENCE_S = 30
SOURCES = ("seed", "migrations", "marketplace/catalogue", "marketplace/listings", "marketplace/credit")


def main() -> int:
    """Play and show; the exit code."""
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, _stop)
    began = time.monotonic()
    data_dir = Path(os.environ.get("DATA_DIR") or "var").absolute()
    try:
        with _servers(data_dir), _copy_of_the_city(data_dir), _running(data_dir) as stack:
            _play(stack)
    except Stopped:
        print("stopped", file=sys.stderr)
        return 130
    except (SupervisorError, embedded.EmbeddedError, httpx.HTTPError, ShowError) as error:
        print(f"The demo broke off: {error}\nLogs: {data_dir / 'log'}", file=sys.stderr)
        return 1
    print(f"\nAll stopped. {time.monotonic() - began:.1f} s in all. To go on by hand: make serve DEMO=1")
    return 0


class ShowError(Exception):
    """The platform did not do what the demo is to show."""


def _stop(*_: Any) -> None:
    raise Stopped


@contextmanager
def _step(name: str) -> Iterator[None]:
    """Say what begins, and at its end how long it took."""
    print(f"• {name} ...", end=" ", flush=True)
    began = time.monotonic()
    yield
    print(f"{time.monotonic() - began:.1f} s", flush=True)


# ---------------------------------------------------------------- stage


@contextmanager
def _servers(data_dir: Path) -> Iterator[None]:
    if embedded.running(data_dir):
        print(f"• PostgreSQL and Valkey run already in {data_dir}")
        yield
        return
    servers = embedded.Servers(data_dir, say=lambda line: None)
    with _step("starting PostgreSQL 18 and Valkey 9"):
        servers.start()
    try:
        yield
    finally:
        servers.stop()


@contextmanager
def _copy_of_the_city(data_dir: Path) -> Iterator[None]:
    template = f"{TEMPLATE}_{_fingerprint()}"
    if template not in _databases(data_dir):
        _make_template(data_dir, template)
    with _step("taking a fresh copy of the seeded city"):
        embedded.drop_database(data_dir, PLAY)
        embedded.create_database(data_dir, PLAY, template)
    try:
        yield
    finally:
        embedded.drop_database(data_dir, PLAY)


def _make_template(data_dir: Path, template: str) -> None:
    """Migrate and seed a database once, then seal it; older ones go."""
    for name in _databases(data_dir):
        if name.startswith(f"{TEMPLATE}_"):
            _sql(data_dir, "ALTER DATABASE {} WITH is_template false", name)
            embedded.drop_database(data_dir, name)
    building = f"{PLAY}_building"
    embedded.drop_database(data_dir, building)
    embedded.create_database(data_dir, building)
    stack = Stack(_environment(data_dir, building), port=0, log_dir=data_dir / "log", tell=lambda line: None)
    for text, command in (
        ("migrating", ("db-upgrade",)),
        ("loading the catalogues and 3,212 regions", ("seed", "catalogue")),
        (
            "settling the demo city: 406 enterprises, 1,582 listings (half a minute, once a day)",
            ("seed", "demo"),
        ),
    ):
        with _step(text):
            stack.flask(*command)
    _sql(data_dir, "ALTER DATABASE {} RENAME TO {}", building, template)
    embedded.seal_template(data_dir, template)


def _admin(data_dir: Path) -> str:
    """Where psycopg itself finds the server."""
    return embedded.admin_url(data_dir).replace("postgresql+psycopg:", "postgresql:", 1)


def _databases(data_dir: Path) -> list[str]:
    with psycopg.connect(_admin(data_dir)) as connection:
        return [name for (name,) in connection.execute("SELECT datname FROM pg_database")]


def _sql(data_dir: Path, statement: LiteralString, *names: str) -> None:
    """Run a statement about databases."""
    with psycopg.connect(_admin(data_dir), autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _fingerprint() -> str:
    """The day and the content of everything that the city is made from."""
    digest = hashlib.sha256(_today().isoformat().encode())
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".csv"):
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _today() -> Any:
    return datetime.now(LOCAL).date()


def _environment(data_dir: Path, database: str) -> Mapping[str, str]:
    here = embedded.addresses(data_dir, database, QUEUE_DB)
    return {**os.environ, "DATABASE_URL": here.database_url, "REDIS_URL": here.redis_url}


@contextmanager
def _running(data_dir: Path) -> Iterator[Stack]:
    env = _environment(data_dir, PLAY)
    Redis.from_url(env["REDIS_URL"]).flushdb()
    stack = Stack(env, port=0, log_dir=data_dir / "log", tell=lambda line: None)
    try:
        with _step("starting web, workers and clock"):
            stack.start()
            stack.wait_ready()
        yield stack
    finally:
        stack.stop()


# ---------------------------------------------------------------- play


def _play(stack: Stack) -> None:
    city = demo_city(_today())
    owner = next(one for one in city.enterprises if one.key == SHOWCASE_OWNER)
    with httpx.Client(base_url=f"{stack.base_url}/api/v1", timeout=30) as http:
        with _step("making an admin, and a key for the acid maker"):
            admin = _Party(http, _command(stack, "admin", "create", "--name", "demo")[-1])
            maker = _Party(http, _command(stack, "admin", "key", owner.uscc)[-1].split()[-1])
        with _step(f"shortening the tiers for the show to {TIERS} s (in earnest 0, 30 min, 2 h, 8 h)"):
            policy = admin.get("/matching-policy")
            admin.send("PUT", "/matching-policy", {**policy, "push_delay_s": TIERS}, {"If-Match": "*"})
        with _step("posting the supply"):
            supply = maker.send("POST", "/listings", showcase(_today()))
        _show_supply(supply)
        with _step("asking for the ranked lawful receivers"):
            matches = maker.get(f"/listings/{supply['id']}/matches", limit=20)
        _show_matches(matches)
        with _step("asking why others were refused"):
            refused = _refused(maker, supply, {one["listing"]["id"] for one in matches["items"]})
        _show_refused(refused)
        with _step("waiting for the push, tier by tier"):
            told = _told(stack, http, admin, supply, matches["items"])
        _show_told(told, supply)


class _Party:
    """Someone with a key."""

    def __init__(self, http: httpx.Client, key: str) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {key}", "Accept-Language": "en"}

    def get(self, path: str, **query: Any) -> Any:
        return self._answer(self._http.get(path, params=query, headers=self._headers))

    def send(self, method: str, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Any:
        both = {**self._headers, **(headers or {})}
        return self._answer(self._http.request(method, path, json=body, headers=both))

    def _answer(self, answer: httpx.Response) -> Any:
        if answer.is_error:
            raise ShowError(f"{answer.request.method} {answer.request.url.path}: {answer.text}")
        return answer.json()


def _command(stack: Stack, *words: str) -> list[str]:
    """Lines that an operator's command prints."""
    done = subprocess.run(
        [sys.executable, *FLASK, *words], cwd=ROOT, env=stack.env, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ShowError(f"flask {' '.join(words)}: {done.stderr.strip()[-500:]}")
    return done.stdout.strip().splitlines()


def _refused(
    maker: _Party, supply: dict[str, Any], lawful: set[str]
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Demands for waste acid that one gate alone refused, each another gate: (listing, failed gate)."""
    by_gate: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
    for demand in _demands(maker):
        if demand["id"] not in lawful:
            failed = maker.get(f"/listings/{supply['id']}/matches/{demand['id']}")["failed_gates"]
            if len(failed) == 1:
                by_gate.setdefault(failed[0]["gate"], (demand, failed[0]))
    if not set(GATES_SHOWN) <= by_gate.keys():
        raise ShowError(f"no refusal was found for one of {', '.join(GATES_SHOWN)}")
    return [by_gate[gate] for gate in GATES_SHOWN]


def _demands(maker: _Party) -> Iterator[dict[str, Any]]:
    """All open demands for waste acid that the maker may see."""
    cursor: dict[str, str] = {}
    while True:
        page = maker.get("/listings", kind="demand", code="HW34", limit=100, **cursor)
        yield from page["items"]
        if page["next"] is None:
            return
        cursor = {"cursor": page["next"]}


def _told(
    stack: Stack, http: httpx.Client, admin: _Party, supply: dict[str, Any], items: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The messages about the supply, in the order of their release, read from the receivers' inboxes."""
    receivers = {one["listing"]["enterprise"]["id"]: one["listing"]["enterprise"] for one in items}
    codes = {admin.get(f"/enterprises/{one}")["uscc"]: one for one in receivers}
    keys = dict(line.split() for line in _command(stack, "admin", "key", *codes))
    inboxes = {receivers[codes[uscc]]["name"]: _Party(http, key) for uscc, key in keys.items()}
    grades = {one["name"]: one["grade"] for one in receivers.values()}
    found: dict[str, dict[str, Any]] = {}
    deadline = time.monotonic() + PATIENCE_S
    while len(found) < len(inboxes):
        for name in inboxes.keys() - found.keys():
            for message in inboxes[name].get("/notifications")["items"]:
                if message["data"].get("counterpart_id") == supply["id"]:
                    found[name] = {**message, "to": name, "grade": grades[name]}
        if time.monotonic() > deadline:
            raise ShowError(f"only {len(found)} of {len(inboxes)} receivers were told within {PATIENCE_S} s")
        time.sleep(0.25)
    credit = {
        one["listing"]["enterprise"]["name"]: next(
            part["raw"] for part in one["components"] if part["name"] == "credit"
        )
        for one in items
    }
    return sorted(
        found.values(), key=lambda one: (one["created_at"], -credit[one["to"]], -one["data"]["score"])
    )


# ---------------------------------------------------------------- show


def _show_supply(supply: dict[str, Any]) -> None:
    ranges = (
        f"{one['component']} {one['min']:g}-{one['max']:g} {one['unit']}" for one in supply["composition"]
    )
    waste, owner = supply["waste"], supply["enterprise"]
    print(
        f"\n  SUPPLY  {supply['title']}  {waste['scheme']} {waste['code']}  {', '.join(ranges)}\n"
        f"          {owner['name']}, grade {owner['grade']}, region {supply['region']}\n"
        f"          {supply['quantity_t']:,.0f} t, lots from {supply['min_lot_t']:g} t, "
        f"pays {-supply['price_cny_per_t']:g} CNY/t, within {supply['max_distance_km']:g} km, "
        f"{supply['available_from']} to {supply['available_until']}\n"
    )


def _show_matches(matches: dict[str, Any]) -> None:
    names = [one["name"] for one in matches["items"][0]["components"]]
    head = ["#", "receiver", "grade", "km", "score", *names, "legal basis"]
    rows = [
        [
            str(one["rank"]),
            one["listing"]["enterprise"]["name"],
            one["listing"]["enterprise"]["grade"],
            f"{one['distance_km']:.1f}",
            f"{one['score']:.4f}",
            *(f"{part['value']:.2f}" for part in one["components"]),
            f"{one['legal_basis']['kind']} {one['legal_basis']['reference'] or ''}",
        ]
        for one in matches["items"]
    ]
    print(f"\n  RANKED  {matches['total']} lawful receivers (policy version {matches['policy_version']})\n")
    _table(head, rows)


def _show_refused(refused: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    print("\n  REFUSED\n")
    for demand, failed in refused:
        print(f"  {demand['enterprise']['name']}: gate `{failed['gate']}`")
        print(f"      {failed['detail']}\n      rule: {failed['source']}")
    print()


def _show_told(told: Sequence[dict[str, Any]], supply: dict[str, Any]) -> None:
    began = datetime.fromisoformat(supply["created_at"])
    rows = []
    for number, one in enumerate(told, 1):
        at = datetime.fromisoformat(one["created_at"])
        rows.append(
            [
                str(number),
                one["grade"],
                f"{at.astimezone(LOCAL):%H:%M:%S}",
                f"+{(at - began).total_seconds():.1f} s",
                one["to"],
                f"{one['data']['score']:.4f}",
            ]
        )
    print("\n  TOLD, in the order of release (by credit; tiers shortened for this show)\n")
    _table(["#", "grade", "at", "after posting", "receiver", "score"], rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(_width(row[column]) for row in [head, *rows]) for column in range(len(head))]
    for row in [head, *rows]:
        print(
            "  "
            + "  ".join(
                cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
            ).rstrip()
        )
    print()


def _width(text: str) -> int:
    """Columns that a terminal gives to `text`: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


if __name__ == "__main__":
    sys.exit(main())
