"""Web, workers and scheduler, as processes that are watched."""

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from .. import embedded
from ..child import Child, describe_exit, launch, open_output, process_options, stop_all
from .options import folder, own_keys, pg_bin
from .reporting import SupervisorError, print_progress

QUEUES = ("matching", "delivery", "webhooks", "bulk", "rerank")
FLASK = ("-m", "flask", "--app", "marketplace:create_app(serves=False)")
"""Without the 30 MB and two seconds of routes, schemas and their description."""
STOP_TIMEOUT_S = 10
READY_TIMEOUT_S = 60
ENDS_BEFORE_READY = 3


class Stack:
    """Web, workers and scheduler on given servers.

    Attributes:
        base_url: address of the web process.
        env: what the processes are given as their environment.
        children: the processes, by name.
    """

    def __init__(
        self,
        env: Mapping[str, str],
        *,
        host: str = "127.0.0.1",
        port: int = 8000,
        log_dir: Path | None = None,
        report: Callable[[str], None] = print_progress,
    ) -> None:
        self.host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - where to ask, not where to listen
        self.port = _claim_port(host, port)
        self.env = {**env, "HOST": host, "PORT": str(self.port), "PYTHONUNBUFFERED": "1"}
        if not self.env.get("PUBLIC_URL"):  # QR codes and e-mails lead there
            self.env["PUBLIC_URL"] = self.base_url
        self.children: dict[str, Child] = {}
        self._log_dir = log_dir
        self._report = report
        self._metrics: tempfile.TemporaryDirectory[str] | None = None

    @property
    def base_url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def flask(self, *command: str) -> None:
        """Run a command of the application to its end.

        Raises:
            SupervisorError: it failed.
        """
        began = time.monotonic()
        name = " ".join(command)
        with open_output(self._log("commands")) as out:
            run = subprocess.run([sys.executable, *FLASK, *command], **process_options(out, self.env))
        if run.returncode:
            raise SupervisorError(
                f"`flask {name}` failed ({describe_exit(run.returncode)}); {self._see('commands')}"
            )
        self._report(f"{name}: done ({time.monotonic() - began:.1f} s)")

    def prepare(self, *, demo: bool = False) -> None:
        """Bring the database to the newest schema and catalogue; idempotent."""
        self.flask("db-upgrade")
        self.flask("seed", "catalogue")
        if demo:
            self.flask("seed", "demo")

    def start(self) -> None:
        """Start web, workers and scheduler."""
        self._metrics = tempfile.TemporaryDirectory(prefix="huanliu-metrics-")
        web_env = {**self._env_of("WEB"), "PROMETHEUS_MULTIPROC_DIR": self._metrics.name}
        self._add("web", ("-m", "gunicorn", "-c", "deploy/gunicorn.py", "wsgi:app"), web_env)
        self._add("workers", ("-m", "marketplace.worker", *QUEUES), self._env_of("WORKER"))
        self._add("scheduler", (*FLASK, "scheduler"), self._env_of("SCHEDULER"))
        self._report(f"started {', '.join(self.children)}")

    def restart_ended(self) -> None:
        """Start the processes that have ended again; call it often."""
        for child in self.children.values():
            child.restart_if_ended(self._report)

    def wait_ready(self) -> None:
        """Return when /readyz answers 200.

        Raises:
            SupervisorError: it does not, or a process keeps ending.
        """
        deadline = time.monotonic() + READY_TIMEOUT_S
        while (response := self._readyz()) != 200:
            self.restart_ended()
            failing = [child.name for child in self.children.values() if child.ends >= ENDS_BEFORE_READY]
            if failing:
                raise SupervisorError(f"{failing[0]} does not start; {self._see(failing[0])}")
            if time.monotonic() > deadline:
                raise SupervisorError(
                    f"not ready after {READY_TIMEOUT_S} s (/readyz: {response}); {self._see('web')}"
                )
            time.sleep(0.1)

    def stop(self) -> None:
        """End all processes: SIGTERM, and SIGKILL for what is left after ten seconds."""
        if self.children:
            self._report("stopping")
        stop_all(self.children.values(), STOP_TIMEOUT_S)
        self.children.clear()
        if self._metrics:
            self._metrics.cleanup()

    def _env_of(self, kind: str) -> dict[str, str]:
        """The environment of a kind of process, which learns of no way to the servers but its own."""
        others = {"DATABASE_OWNER_URL", "WEB_REDIS_URL", "WORKER_REDIS_URL", "SCHEDULER_REDIS_URL"}
        env = {name: value for name, value in self.env.items() if name not in others}
        return {**env, "REDIS_URL": self.env.get(f"{kind}_REDIS_URL") or self.env["REDIS_URL"]}

    def _add(self, name: str, args: tuple[str, ...], env: Mapping[str, str]) -> None:
        self.children[name] = Child(name, partial(launch, args, env, self._log(name)))
        self.children[name].start()

    def _log(self, name: str) -> Path | None:
        return self._log_dir / f"{name}.log" if self._log_dir else None

    def _see(self, name: str) -> str:
        return f"see {self._log(name)}" if self._log_dir else "see its output above"

    def _readyz(self) -> int | str:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            return str(error)
        finally:
            connection.close()


@contextlib.contextmanager
def processes(env: Mapping[str, str], *, demo: bool = False, **options: object) -> Iterator[Stack]:
    """A prepared, started and ready stack for the length of a block; options as for `Stack`."""
    running = Stack(env, **options)  # type: ignore[arg-type]
    try:
        running.prepare(demo=demo)
        running.start()
        running.wait_ready()
        yield running
    finally:
        running.stop()


@contextlib.contextmanager
def stack(
    data_dir: Path,
    *,
    port: int = 0,
    database: str = embedded.DATABASE,
    redis_db: int = 0,
    demo: bool = False,
    quiet: bool = False,
    env: Mapping[str, str] = os.environ,
) -> Iterator[Stack]:
    """The whole stack on a data folder's embedded servers, which are started unless they run already.

    Args:
        data_dir: the servers' folder.
        port: 0 takes a free one.
        database, redis_db: which of the servers' databases; PostgreSQL's is created when missing.
        demo: seed the demo.
        quiet: report nothing, and put the processes' output into files in `data_dir/log`.
        env: environment to add the addresses to.
    """
    with contextlib.ExitStack() as resources:
        if not embedded.is_running(data_dir):
            resources.enter_context(embedded.servers(data_dir, pg_bin=pg_bin(env)))
        embedded.create_database(data_dir, database)
        here = embedded.addresses(data_dir, database, redis_db)
        where = {**here.environment, "DATA_DIR": str(data_dir), **own_keys(data_dir, env)}
        log_dir = data_dir / "log" if quiet else folder(env, "LOG_DIR")
        report: Callable[[str], None] = _ignore if quiet else print_progress
        yield resources.enter_context(
            processes({**env, **where}, demo=demo, port=port, log_dir=log_dir, report=report)
        )


def _ignore(line: str) -> None:
    """Print no progress."""


def _claim_port(host: str, port: int) -> int:
    """The port, or a free one for 0.

    Raises:
        SupervisorError: it is taken, or not ours to take.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return int(probe.getsockname()[1])
    except OSError as error:
        raise SupervisorError(
            f"cannot listen on {host} port {port} ({error.strerror}): choose PORT"
        ) from None
