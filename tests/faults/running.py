"""A few enterprises of a grade and code that all pair with each other, and the processes that serve them."""

import contextlib
import functools
import http.client
import itertools
import json
import multiprocessing
import os
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import redis
from sqlalchemy import delete, make_url

from marketplace import clock, create_app, embedded
from marketplace.child import Child
from marketplace.database import db
from marketplace.events.models import Heartbeat
from marketplace.events.work import unit_of_work
from marketplace.matches.models import RankingModel
from marketplace.settings import Settings
from tests.faults import killable
from tests.marketplace import EMPTYING, Marketplace, Party, listing_terms
from tests.ports import free_port

VISIBILITY_S = 1.0
PATIENCE_S = 240.0
"""How long a test waits for what is to come: it ends as soon as that is there, on a busy machine too."""
CODES = ("900-300-34", "900-301-34", "900-302-34", "900-303-34", "900-304-34", "900-305-34")
QUICK = {"TASK_VISIBILITY_S": str(VISIBILITY_S), "SCHEDULER_TICK_S": "0.2", "LOG_LEVEL": "WARNING"}
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.faults.killable"])

Messages = Counter[tuple[str, str, str]]
"""Messages in the inboxes by receiving enterprise, counterpart enterprise and code."""


def until(true: Callable[[], Any], what: str, seconds: float = PATIENCE_S) -> None:
    """Wait for something; AssertionError when it does not come."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"after {seconds} s still not: {what}"
        time.sleep(0.05)


@contextlib.contextmanager
def place() -> Iterator[Path]:
    """A folder that the servers' user may enter; pytest's own is closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="huanliu-place-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Program:
    """A worker, scheduler or gunicorn in a process of its own."""

    target: Callable[..., None]
    args: tuple[Any, ...]
    process: Any = None

    def start(self) -> "Program":
        self.process = _forks.Process(target=self.target, args=self.args, daemon=True)
        self.process.start()
        return self

    @property
    def pid(self) -> int:
        return int(self.process.pid)

    @property
    def alive(self) -> bool:
        return bool(self.process.is_alive())

    def kill(self) -> None:
        """kill -9, and wait for the end."""
        self.process.kill()
        self.process.join()

    def poll(self) -> int | None:
        """Its exit code; None while it lives."""
        return self.process.exitcode  # type: ignore[no-any-return]

    def terminate(self) -> None:
        self.process.terminate()

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code. Raises: TimeoutExpired: it has not ended in so many seconds."""
        self.process.join(timeout)
        if (code := self.poll()) is None:
            raise subprocess.TimeoutExpired([], timeout or 0.0)
        return code

    def end(self) -> None:
        self.process.terminate()
        self.process.join(10)
        self.kill()


class Client:
    """What speaks HTTP to a port, and does not give up."""

    def __init__(self, port: int) -> None:
        self.port = port

    def ready(self) -> bool:
        return self.answer("GET", "/readyz")[0] == 200

    def answer(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int | None, Any]:
        """Status and body; None twice when the connection broke."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        named = {"Content-Type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, named)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        except (OSError, http.client.HTTPException):
            return None, None
        finally:
            connection.close()

    def post(self, owner: Party, body: Any, key: str) -> tuple[int | None, Any]:
        """Post a listing once."""
        headers = {**owner.headers, "Idempotency_Key": key}
        return self.answer("POST", "/api/v1/listings", body, **headers)

    def insist(self, owner: Party, body: Any, key: str) -> Counter[int | None]:
        """Post a listing until it is taken; what the answers were."""
        seen: Counter[int | None] = Counter()
        deadline = time.monotonic() + PATIENCE_S
        while not seen[201]:
            assert time.monotonic() < deadline, f"not taken: {seen}"
            status, answer = self.post(owner, body, key)
            assert status in (201, 503, None), answer
            seen[status] += 1
            if status != 201:
                time.sleep(0.1)
        return seen


class Web(Client):
    """A real gunicorn on a port of its own, forked from what has imported the application."""

    def __init__(self, env: dict[str, str], config: str, log: Path) -> None:
        super().__init__(free_port())
        env = {**os.environ, **env, "PORT": str(self.port), "HOST": "127.0.0.1", "WEB_WORKERS": "2"}
        self.master = Child("web", Program(killable.run_gunicorn, (config, env, log)).start)

    def __enter__(self) -> "Web":
        self.master.start()
        until(self.ready, "gunicorn ready")
        return self

    def __exit__(self, *_: Any) -> None:
        self.master.terminate()
        self.master.wait_until_ended(time.monotonic() + 10)


@dataclass
class RunningMarketplace:
    """The enterprises of one database, and what runs on it."""

    database_url: str
    redis_url: str
    folder: Path
    generators: list[Party] = field(default_factory=list)
    recyclers: list[Party] = field(default_factory=list)
    programs: list[Program] = field(default_factory=list)
    more: dict[str, str] = field(default_factory=dict)
    """What else the environment of the programs says."""

    # ------------------------------------------------------------ people

    def settle(self, generators: int = 2, recyclers: int = 3) -> None:
        """Register and approve everyone; no message waits for its grade, and no order is to be learned."""
        marketplace = Marketplace(self.app)
        marketplace.now = datetime.now(UTC)
        with marketplace:
            self._train_no_more()
            marketplace.policy(push_delay_s=dict.fromkeys("ABCD", 0))
            marketplace.settle()
            self.generators = [marketplace.enterprise("generator") for _ in range(generators)]
            self.recyclers = [marketplace.enterprise("recycler") for _ in range(recyclers)]
            for recycler in self.recyclers:
                today = clock.today()
                about = {"valid_from": str(today), "valid_until": str(today + timedelta(days=700))}
                marketplace.licence(recycler, **about)
            self._forget_ticks()

    def _forget_ticks(self) -> None:
        """What ticked so far was this process; a copy without a scheduler must not count as one that died."""
        with self.app.app_context(), unit_of_work() as work:
            work.session.execute(delete(Heartbeat))

    def _train_no_more(self) -> None:
        """Mark today's and tomorrow's training as done: no worker of these tests serves the queue `bulk`."""
        with self.app.app_context(), unit_of_work() as work:
            for days in (0, 1):
                work.add(RankingModel(night=clock.today() + timedelta(days=days), status="done"))

    def copy(self, database_url: str, redis_url: str, folder: Path) -> "RunningMarketplace":
        """The same people on a copy of the database."""
        twin = RunningMarketplace(database_url, redis_url, folder)
        marketplace = Marketplace(twin.app)
        marketplace.client = twin.app.test_client()
        twin.generators = [replace(party, marketplace=marketplace) for party in self.generators]
        twin.recyclers = [replace(party, marketplace=marketplace) for party in self.recyclers]
        redis.Redis.from_url(redis_url).flushdb()
        return twin

    @property
    def app(self) -> Any:
        """The application in the test's own process."""
        return _application(self.database_url, self.redis_url)

    def close(self) -> None:
        """Stop all programs and let go of the database."""
        for program in self.programs:
            program.kill()
        if "_connection" in vars(self):
            self._connection.close()
        if (emptying := self.app.extensions.pop(EMPTYING, None)) is not None:
            emptying.close()
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    # ------------------------------------------------------------ listings

    def publish_everything(self) -> None:
        """Every recycler wants acid; every generator offers the same acid twice, at the same terms.

        Both sides are notified only if all of it is posted before a worker matches: start it afterwards.
        """
        self.open_demands()
        for generator in self.generators:
            for _ in range(2):
                self.post(generator, supply(CODES[0]))

    def open_demands(self) -> None:
        """Every recycler wants acid of any code, and nobody offers any yet."""
        for recycler in self.recyclers:
            self.post(recycler, demand())

    def supplies(self) -> Iterator[tuple[Party, str]]:
        """Who will offer which acid, each pair once."""
        return itertools.product(self.generators, CODES)

    def expected_of_recyclers(self) -> Messages:
        """What is to be in the inboxes after `open_demands` and then all `supplies`."""
        offers = itertools.product(self.recyclers, self.supplies())
        return Messages([(recycler.id, generator.id, code) for recycler, (generator, code) in offers])

    def post(self, owner: Party, body: dict[str, Any]) -> str:
        answer = owner.post("/listings", body)
        assert answer.status_code == 201, answer.json
        return str(answer.json["id"])

    def expected_messages(self) -> Messages:
        """What is to be in the inboxes after `publish_everything`."""
        pairs = itertools.product(self.generators, self.recyclers)
        sides = itertools.chain.from_iterable(map(itertools.permutations, pairs))
        return Messages([(receiver.id, other.id, CODES[0]) for receiver, other in sides])

    # ------------------------------------------------------------ processes

    @property
    def env(self) -> dict[str, str]:
        return {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url, **QUICK, **self.more}

    def worker(self, queue: str = "matching", **kill: str) -> Program:
        return self.run(killable.run_worker, queue, self._env_with(kill), self.folder / "worker.log")

    def scheduler(self, **kill: str) -> Program:
        return self.run(killable.run_scheduler, self._env_with(kill), self.folder / "scheduler.log")

    def run(self, target: Callable[..., None], *args: Any) -> Program:
        self.programs.append(Program(target, args).start())
        return self.programs[-1]

    def _env_with(self, kill: dict[str, str]) -> dict[str, str]:
        mark = {"KILL_MARK": str(self.mark)} if kill else {}
        return {**self.env, **mark, **{f"KILL_{name.upper()}": value for name, value in kill.items()}}

    @property
    def mark(self) -> Path:
        """Written when a killable process reaches its point."""
        return self.folder / "killed"

    def restart_ended(self) -> bool:
        """Start again what has ended, as the supervisor does."""
        for program in self.programs:
            if not program.alive:
                program.start()
        return True

    # ------------------------------------------------------------ outcome

    def ask(self, query: str, *params: Any) -> list[tuple[Any, ...]]:
        return self._connection.execute(query, params).fetchall()

    @functools.cached_property
    def _connection(self) -> psycopg.Connection[Any]:
        url = make_url(self.database_url)
        where = {"host": str(url.query["host"]), "port": url.query["port"], "user": url.username}
        return psycopg.connect(**where, dbname=url.database, autocommit=True)  # type: ignore[arg-type]

    def reconnect(self) -> None:
        """After a restart of the database."""
        self.__dict__.pop("_connection").close()

    def is_idle(self) -> bool:
        """Whether nothing is left to do."""
        [(open_count,)] = self.ask(
            "SELECT (SELECT count(*) FROM task WHERE status <> 'done' AND queue = 'matching')"
            " + (SELECT count(*) FROM notification WHERE status = 'planned')"
        )
        return open_count == 0

    def open_tasks(self, queue: str) -> int:
        """How many tasks of a queue are neither done nor parked."""
        query = "SELECT count(*) FROM task WHERE status = 'pending' AND queue = %s"
        return int(self.ask(query, queue)[0][0])

    def is_released(self) -> bool:
        """Whether no planned message waits."""
        return not self.ask("SELECT FROM notification WHERE status = 'planned' LIMIT 1")

    def scheduler_lock_holders(self) -> int:
        """How many schedulers hold the lock that lets one tick."""
        query = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
        query += " WHERE l.locktype = 'advisory' AND d.datname = current_database()"
        return int(self.ask(query)[0][0])

    def messages(self) -> Messages:
        """What the inboxes hold."""
        rows = self.ask(
            "SELECT n.enterprise_id::text, theirs.enterprise_id::text, w.code FROM notification n"
            " JOIN listing mine ON mine.id = n.listing_id JOIN listing theirs ON theirs.id = n.counterpart_id"
            " JOIN waste_code w ON w.id = coalesce(mine.code_id, theirs.code_id)"
            " WHERE n.status = 'released' AND n.kind = 'match.found'"
        )
        return Messages(rows)

    def search_hits(self) -> Messages:
        """What the inboxes hold of saved searches."""
        rows = self.ask(
            "SELECT n.enterprise_id::text, theirs.enterprise_id::text, w.code FROM notification n"
            " JOIN listing theirs ON theirs.id = n.counterpart_id JOIN waste_code w ON w.id = theirs.code_id"
            " WHERE n.status = 'released' AND n.kind = 'search.found'"
        )
        return Messages(rows)

    def wait_until_done(self, seconds: float = PATIENCE_S) -> None:
        """Wait until nothing is left to do, starting again what ends."""
        until(lambda: self.restart_ended() and self.is_idle(), f"all done ({self.task_counts()})", seconds)

    def task_counts(self) -> Any:
        return self.ask(
            "SELECT status, attempts, reason, count(*) FROM task GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
        )


@functools.cache
def _application(database_url: str, redis_url: str) -> Any:
    settings = Settings.from_environment(
        {
            "DATABASE_URL": database_url,
            "DATABASE_OWNER_URL": database_url.replace(embedded.APP, embedded.OWNER, 1),
            "REDIS_URL": redis_url,
        }
    )
    return create_app(
        replace(
            settings,
            rate_limit_key="1000000 per minute",
            rate_limit_publish="1000000 per minute",
            rate_limit_registration="1000000 per minute",
        )
    )


def demand() -> dict[str, Any]:
    """Acid of any code is wanted."""
    return {**_terms(), "kind": "demand", "title": "收废酸", "accepts": [{"scheme": "cn-hw", "code": "HW34"}]}


def supply(code: str, title: str = "废酸") -> dict[str, Any]:
    """Acid of one code is on offer."""
    return {**_terms(), "kind": "supply", "title": title, "waste": {"scheme": "cn-hw", "code": code}}


def _terms() -> dict[str, Any]:
    today = clock.today()
    return listing_terms(available_from=str(today), available_until=str(today + timedelta(days=180)))
