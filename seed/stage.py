"""The stage of the demo: servers, a fresh copy of the seeded city, and the platform running on it.

The seeded city is kept as a template database and made again when the day or its sources change; each run
works on a fresh copy and leaves nothing behind.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import LiteralString
from zoneinfo import ZoneInfo

import psycopg
from psycopg import sql
from redis import Redis

from marketplace import embedded
from marketplace.child import ROOT
from marketplace.settings import DEMO_LOGINS
from marketplace.supervisor import Stack

LOCAL = ZoneInfo("Asia/Shanghai")
PLAY, TEMPLATE = "demo_play", "demo_city"
QUEUE_DB = 9
SOURCES = (
    "seed",
    "migrations",
    *(
        f"marketplace/{room}"
        for room in (
            "catalogue",
            "licences",
            "transporters",
            "listings",
            "deals",
            "manifests",
            "credit",
            "appeals",
            "inspections",
        )
    ),
)
LOADING = {"migrate": ("db-upgrade",), "catalogue": ("seed", "catalogue"), "city": ("seed", "demo")}
"""The commands that fill a database, by step."""
STEPS: dict[str, dict[str, str]] = {
    "en": {
        "running": "PostgreSQL and Valkey are already running in {data_dir}",
        "servers": "starting PostgreSQL 18 and Valkey 9",
        "migrate": "migrating",
        "catalogue": "loading the catalogues and 3,212 regions",
        "city": "seeding the demo city: 722 enterprises, 1,620 listings, half a year of trade,"
        " a year of credit (once a day)",
        "copy": "copying the seeded city",
        "platform": "starting web, workers and scheduler",
    },
    "zh": {
        "running": "PostgreSQL 和 Valkey 已在 {data_dir} 运行",
        "servers": "启动 PostgreSQL 18 和 Valkey 9",
        "migrate": "建立数据库结构",
        "catalogue": "载入名录和 3,212 个行政区划",
        "city": "生成演示城市：722 家企业，1,620 条供需信息，半年的交易，一年的信用记录（每天一次）",
        "copy": "复制演示城市",
        "platform": "启动接口服务、后台任务和定时任务",
    },
}
"""What is printed at each step, by language."""


@contextmanager
def running_city(data_dir: Path, language: str) -> Iterator[Stack]:
    """The platform on a fresh copy of the demo city, for the length of a block."""
    steps = STEPS[language]
    with _servers(data_dir, steps), _copy_of_the_city(data_dir, steps), _running(data_dir, steps) as stack:
        yield stack


@contextmanager
def step(name: str) -> Iterator[None]:
    """Print what begins and, at its end, how long it took."""
    print(f"• {name} ...", end=" ", flush=True)
    began = time.monotonic()
    yield
    print(f"{time.monotonic() - began:.1f} s", flush=True)


def today() -> date:
    """The present day in Asia/Shanghai."""
    return datetime.now(LOCAL).date()


@contextmanager
def _servers(data_dir: Path, steps: Mapping[str, str]) -> Iterator[None]:
    if embedded.is_running(data_dir):
        print("• " + steps["running"].format(data_dir=data_dir))
        yield
        return
    servers = embedded.Servers(data_dir, report=_ignore)
    with step(steps["servers"]):
        servers.start()
    try:
        yield
    finally:
        servers.stop()


def _ignore(line: str) -> None:
    """Print nothing."""


@contextmanager
def _copy_of_the_city(data_dir: Path, steps: Mapping[str, str]) -> Iterator[None]:
    template = f"{TEMPLATE}_{_fingerprint()}"
    if template not in _databases(data_dir):
        _make_template(data_dir, template, steps)
    with step(steps["copy"]):
        embedded.drop_database(data_dir, PLAY)
        embedded.create_database(data_dir, PLAY, template)
    try:
        yield
    finally:
        embedded.drop_database(data_dir, PLAY)


def _make_template(data_dir: Path, template: str, steps: Mapping[str, str]) -> None:
    """Migrate and seed a database once, then seal it; drop older templates."""
    for name in _databases(data_dir):
        if name.startswith(f"{TEMPLATE}_"):
            _execute(data_dir, "ALTER DATABASE {} WITH is_template false", name)
            embedded.drop_database(data_dir, name)
    building = f"{PLAY}_building"
    embedded.drop_database(data_dir, building)
    embedded.create_database(data_dir, building)
    stack = _stack(data_dir, building)
    with _kept(data_dir / DEMO_LOGINS):
        for name, command in LOADING.items():
            with step(steps[name]):
                stack.flask(*command)
    _execute(data_dir, "ALTER DATABASE {} RENAME TO {}", building, template)
    embedded.seal_template(data_dir, template)


@contextmanager
def _kept(file: Path) -> Iterator[None]:
    """Leave a file at the end as it is now: those who log in to `make serve` are not those of the stage."""
    before = file.read_bytes() if file.exists() else None
    try:
        yield
    finally:
        if before is not None:
            file.write_bytes(before)
        else:
            file.unlink(missing_ok=True)


def _stack(data_dir: Path, database: str) -> Stack:
    return Stack(_environment(data_dir, database), port=0, log_dir=data_dir / "log", report=_ignore)


def _admin(data_dir: Path) -> str:
    """Where psycopg itself finds the server."""
    return embedded.admin_url(data_dir).replace("postgresql+psycopg:", "postgresql:", 1)


def _databases(data_dir: Path) -> list[str]:
    with psycopg.connect(_admin(data_dir)) as connection:
        return [name for (name,) in connection.execute("SELECT datname FROM pg_database")]


def _execute(data_dir: Path, statement: LiteralString, *names: str) -> None:
    """Run a statement about databases."""
    with psycopg.connect(_admin(data_dir), autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _fingerprint() -> str:
    """The day and the content of everything that the city is made from."""
    digest = hashlib.sha256(today().isoformat().encode())
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".csv"):
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _environment(data_dir: Path, database: str) -> Mapping[str, str]:
    return {**os.environ, **embedded.addresses(data_dir, database, QUEUE_DB).environment}


@contextmanager
def _running(data_dir: Path, steps: Mapping[str, str]) -> Iterator[Stack]:
    stack = _stack(data_dir, PLAY)
    Redis.from_url(stack.env["REDIS_URL"]).flushdb()
    try:
        with step(steps["platform"]):
            stack.start()
            stack.wait_ready()
        yield stack
    finally:
        stack.stop()
