"""The whole stack under its supervisor: what dies comes back, and nothing outlives it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlparse

import psutil  # type: ignore[import-untyped]
import pytest

from marketplace import embedded
from marketplace.supervisor.stack import Stack as Processes
from tests.cost import crowding
from tests.effort import some
from tests.faults.running import CODES, Client, RunningMarketplace, demand, supply, until
from tests.ports import free_port
from tests.processes import children, command_line, environment, family, gone, memory_mb, title

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = pytest.mark.own_servers
SOON_S = 3.0
MOST_MB = 900
PROCESSES = {"web": "gunicorn", "workers": "marketplace.worker", "scheduler": "scheduler"}
"""What is in the command lines of the supervisor's children."""
QUEUES = ("matching", "delivery", "webhooks", "bulk", "rerank")
"""The workers, forked from one of these."""
USERS = {"web": "web", "workers": "worker", "matching": "worker", "scheduler": "scheduler"}
"""As whom each process connects to Valkey."""


class Stack:
    """What `make serve` runs."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.client = Client(free_port())

    @contextmanager
    def serving(self) -> Iterator[psutil.Process]:
        """The supervisor, and at the end nothing of it, whatever happened in between."""
        env = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
        env |= {
            "DATA_DIR": str(self.data),
            "PORT": str(self.client.port),
            "LOG_DIR": str(self.data / "log"),
        }
        args = [sys.executable, "-m", "marketplace.supervisor"]
        with (self.data.parent / "serve.log").open("ab") as log:
            process = subprocess.Popen(
                args, cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True
            )
        try:
            yield psutil.Process(process.pid)
            process.wait(30)
        finally:
            process.kill()
            process.wait()

    def said(self) -> str:
        return (self.data.parent / "serve.log").read_text()

    def running(self, folder: Path) -> RunningMarketplace:
        here = embedded.addresses(self.data)
        return RunningMarketplace(here.database_url, here.redis_url, folder)


def child(supervisor: psutil.Process, name: str) -> psutil.Process | None:
    """The process of that name, when it lives."""
    if name in QUEUES:
        workers = child(supervisor, "workers")
        return next((each for each in children(workers) if title(each) == f"worker {name}"), None)
    return next((each for each in children(supervisor) if PROCESSES[name] in command_line(each)), None)


def ways_to_the_servers(process: psutil.Process | None) -> tuple[str | None, ...]:
    """As whom a process connects to PostgreSQL and to Valkey; it must know of no other way."""
    addresses = {name: url for name, url in environment(process).items() if name.endswith("_URL")}
    assert addresses.keys() <= {"DATABASE_URL", "REDIS_URL", "PUBLIC_URL"}
    return tuple(urlparse(addresses.get(name, "")).username for name in ("DATABASE_URL", "REDIS_URL"))


def push_seconds(client: Client, running: RunningMarketplace, code: str) -> float:
    """From the answer to a publish until the last recycler reads of it."""
    before = {recycler.id: inbox(client, recycler) for recycler in running.recyclers}
    status, answer = client.post(running.generators[0], supply(code), code)
    began = time.monotonic()
    assert status == 201, answer
    for recycler in running.recyclers:
        more = before[recycler.id] + 1
        until(lambda party=recycler, more=more: inbox(client, party) == more, f"notified of {code}")
    return time.monotonic() - began


def inbox(client: Client, party) -> int:
    status, answer = client.answer("GET", "/api/v1/notifications?limit=100", **party.headers)
    assert status == 200, answer
    return len(answer["items"])


def test_codes_and_mails_lead_to_where_it_runs_unless_another_address_is_named():
    port = free_port()
    assert Processes({}, port=port).env["PUBLIC_URL"] == f"http://127.0.0.1:{port}"
    named = {"PUBLIC_URL": "https://huanliu.example.com"}
    assert Processes(named, port=free_port()).env["PUBLIC_URL"] == named["PUBLIC_URL"]


def test_what_is_killed_comes_back_and_nothing_outlives_the_supervisor(folder, tmp_path):
    stack = Stack(folder / "data")
    with stack.serving() as supervisor:
        until(stack.client.ready, "ready")
        running = stack.running(tmp_path)
        running.settle(generators=1)
        for recycler in running.recyclers:
            assert stack.client.post(recycler, demand(), "demand")[0] == 201
        running.wait_until_done()
        crowded = crowding()
        seconds = [push_seconds(stack.client, running, code) for code in CODES[:3]]
        memory = memory_mb(supervisor)
        print(f"from 201 to the inbox {seconds} s, memory of the whole {memory:.0f} MB")
        assert min(seconds) < SOON_S * max(crowded, crowding())
        assert memory < MOST_MB
        for name, user in USERS.items():
            until(
                lambda name=name, user=user: (
                    ways_to_the_servers(child(supervisor, name)) == (embedded.APP, user)
                ),
                f"{name} connects as {user}",
            )
        assert {log.stat().st_mode & 0o777 for log in (stack.data / "log").iterdir()} == {0o600}

        for name in some((*QUEUES, *PROCESSES), 2):  # a fork of the workers, and a child of the supervisor
            killed = child(supervisor, name)
            assert killed, name
            killed.kill()
            until(lambda killed=killed: gone(killed), f"{name} dead")
            until(lambda name=name: child(supervisor, name), f"{name} started again")
        until(stack.client.ready, "ready again")
        push_seconds(stack.client, running, CODES[3])

        everyone = family(supervisor)
        supervisor.kill()
        until(lambda: gone(*everyone), "the end of all", 20)

    with embedded.servers(stack.data, report=lambda line: None):
        running.reconnect()
        assert set(running.messages().values()) == {1}
        assert len(running.messages()) == 4 * len(running.recyclers)
        running.close()


@pytest.mark.parametrize("number", some([signal.SIGTERM, signal.SIGINT], 1))
def test_a_signal_while_it_starts_stops_all(folder, number):
    stack = Stack(folder / "data")
    with stack.serving() as supervisor:
        until(
            lambda: any("db-upgrade" in command_line(process) for process in children(supervisor)),
            "migrating",
        )
        everyone = family(supervisor)
        supervisor.send_signal(number)
        until(lambda: gone(*everyone), "the end of all", 20)
    assert stack.said().endswith("huanliu: stopped\n")
    assert not embedded.is_running(stack.data)
