"""Runs the whole of Huanliu as one program: embedded servers, web, a worker per queue and the scheduler.

`python -m marketplace.supervisor` serves until SIGINT or SIGTERM; with the word `stop` it stops the one that
serves, with `backup` and `restore` it writes the embedded database to FILE, the files kept on the disk beside
it, and puts both back. Read from the environment: HOST, PORT, DATA_DIR, DEMO, DATABASE_URL, REDIS_URL,
PG_BIN, WEB_WORKERS, WEB_THREADS, LOG_DIR, FILE.
"""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import FrameType

from . import embedded
from .child import Child, describe_exit, launch, open_output, process_options, stop_all
from .settings import DEMO_LOGINS, Settings

QUEUES = ("matching", "delivery", "bulk", "rerank")
FLASK = ("-m", "flask", "--app", "marketplace:create_app(serves=False)")
"""Without the 30 MB and two seconds of routes, schemas and their description."""
ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOP_TIMEOUT_S = 10
READY_TIMEOUT_S = 60
LEDGER_SETTINGS = ("CREDIT_LEDGER_KEYS", "CREDIT_ANCHOR_KEY", "CREDIT_ANCHOR_DIR")
ENDS_BEFORE_READY = 3


class SupervisorError(Exception):
    """The stack cannot run; the message says why and what to do."""


class Stopped(BaseException):
    """SIGINT, SIGTERM or SIGHUP arrived."""


def print_progress(line: str) -> None:
    """Print one line of progress; a closed terminal is no reason to stop."""
    with contextlib.suppress(OSError):
        print(f"huanliu: {line}", file=sys.stderr, flush=True)


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
            resources.enter_context(embedded.servers(data_dir, pg_bin=_pg_bin(env)))
        embedded.create_database(data_dir, database)
        here = embedded.addresses(data_dir, database, redis_db)
        where = {**here.environment, "DATA_DIR": str(data_dir), **_own_ledger(data_dir, env)}
        log_dir = data_dir / "log" if quiet else _folder(env, "LOG_DIR")
        report: Callable[[str], None] = _ignore if quiet else print_progress
        yield resources.enter_context(
            processes({**env, **where}, demo=demo, port=port, log_dir=log_dir, report=report)
        )


@dataclass(frozen=True)
class ServeOptions:
    """How `serve` runs, as the environment says."""

    data_dir: Path
    host: str
    port: int
    demo: bool
    log_dir: Path | None
    pg_bin: Path | None
    database_url: str
    database_owner_url: str
    redis_url: str

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> "ServeOptions":
        """Read it.

        Raises:
            SupervisorError: PORT is no port number.
        """
        port = env.get("PORT") or "8000"
        if not port.isdecimal() or int(port) > 65535:
            raise SupervisorError(f"PORT={port!r} is not a port number")
        return cls(
            data_dir=Path(env.get("DATA_DIR") or "var").absolute(),
            host=env.get("HOST") or "127.0.0.1",
            port=int(port),
            demo=env.get("DEMO", "").strip().lower() in {"1", "true", "yes", "on"},
            log_dir=_folder(env, "LOG_DIR"),
            pg_bin=_pg_bin(env),
            database_url=env.get("DATABASE_URL", ""),
            database_owner_url=env.get("DATABASE_OWNER_URL", ""),
            redis_url=env.get("REDIS_URL", ""),
        )


def serve(env: Mapping[str, str]) -> None:
    """Run everything until a signal stops it.

    Raises:
        Stopped: a signal arrived; everything has been stopped.
        SupervisorError, EmbeddedError: something does not start.
    """
    options = ServeOptions.from_environment(env)
    with contextlib.ExitStack() as resources:
        servers = _needed_servers(options)
        if servers:
            resources.callback(servers.stop)
            began = time.monotonic()
            servers.start()
            seconds = time.monotonic() - began
            print_progress(f"{' and '.join(servers.names)} started in {options.data_dir} ({seconds:.1f} s)")
        if not options.database_url and embedded.create_database(options.data_dir, embedded.DATABASE):
            print_progress(f"database {embedded.DATABASE} created")
        child_env = {**env, **_addresses(options, env)}
        running = resources.enter_context(
            processes(
                child_env, demo=options.demo, host=options.host, port=options.port, log_dir=options.log_dir
            )
        )
        print_progress(f"ready: {running.base_url}  docs: {running.base_url}/docs  (Ctrl-C stops)")
        if options.demo:
            _print_logins(options.data_dir / DEMO_LOGINS, f"{running.base_url}/login")
        while True:
            _restart_ended_servers(servers)
            running.restart_ended()
            time.sleep(0.2)


def _print_logins(file: Path, address: str) -> None:
    """Name the persons of the demo, if it was seeded here."""
    if not file.exists():
        return
    print_progress(f"log in at {address} (from {file}):")
    for line in file.read_text().splitlines():
        print_progress(f"  {line}")


def stop(env: Mapping[str, str]) -> None:
    """Stop the program that serves this DATA_DIR, and wait until it has.

    Raises:
        SupervisorError: it still runs after half a minute.
    """
    data_dir = ServeOptions.from_environment(env).data_dir
    holder = embedded.lock_holder(data_dir)
    if holder is None:
        print_progress(f"nothing is running in {data_dir}")
        return
    try:
        os.kill(holder, signal.SIGTERM)
    except ProcessLookupError:
        embedded.stop_orphans(data_dir)
    deadline = time.monotonic() + 30
    while embedded.lock_holder(data_dir) is not None:
        if time.monotonic() > deadline:
            raise SupervisorError(f"process {holder} is still running the servers in {data_dir}")
        time.sleep(0.1)
    print_progress(f"stopped everything that was running in {data_dir}")


def back_up(env: Mapping[str, str]) -> None:
    """Write the embedded database to FILE, by default a new one named by the time in DATA_DIR/backups.

    The files kept on the disk go into an archive of the same name that ends in .files.tar.

    Raises:
        SupervisorError: the database is not the embedded one.
        EmbeddedError: it cannot be written.
    """
    from . import uploaded_files  # here and below: who serves has no use for it

    options = ServeOptions.from_environment(env)
    _require_embedded(options, "pg_dump")
    name = f"huanliu-{time.strftime('%Y%m%d-%H%M%S')}.dump"
    file = _folder(env, "FILE") or options.data_dir / "backups" / name
    size = embedded.back_up(options.data_dir, file, options.pg_bin)
    print_progress(f"backed up to {file} ({size / 1e6:.1f} MB)")
    # after the database: a row is committed once its file is on the disk, so none of a row can be missing
    kept = uploaded_files.write_archive(_files_folder(options, env), _archive_beside(file))
    print_progress(f"backed up {kept} files to {_archive_beside(file)}")


def restore(env: Mapping[str, str]) -> None:
    """Put the database in FILE in place of the embedded one, and the files of the archive beside it back.

    Raises:
        SupervisorError: FILE is not given, or the database is not the embedded one.
        EmbeddedError: the service runs, or the file cannot be restored.
    """
    from . import uploaded_files

    options = ServeOptions.from_environment(env)
    _require_embedded(options, "pg_restore")
    file = _folder(env, "FILE")
    if file is None:
        raise SupervisorError("which backup? make restore FILE=var/backups/huanliu-....dump")
    replaced = embedded.restore(options.data_dir, file, options.pg_bin)
    if _archive_beside(file).exists():
        count = uploaded_files.read_archive(_files_folder(options, env), _archive_beside(file))
        print_progress(f"put {count} files back from {_archive_beside(file)}")
    else:
        print_progress(
            f"there is no {_archive_beside(file)}: the files kept on the disk are left as they are"
        )
    kept = "; what was there is kept as the database huanliu_before_restore" if replaced else ""
    print_progress(f"restored {file}{kept}; `make serve` brings it to the newest schema")


def _files_folder(options: ServeOptions, env: Mapping[str, str]) -> Path:
    """Where files are kept, as the processes that are started know it."""
    return replace(Settings.from_environment(env), data_dir=options.data_dir).files_folder


def _archive_beside(file: Path) -> Path:
    return file.with_name(f"{file.name}.files.tar")


def _require_embedded(options: ServeOptions, program: str) -> None:
    if options.database_url:
        raise SupervisorError(f"DATABASE_URL is set: use {program} of that server")


COMMANDS = {"stop": stop, "backup": back_up, "restore": restore}


def main(argv: list[str]) -> int:
    """Serve, or run the command that is named; the exit code. What is written is for this user only."""
    os.umask(0o077)
    for number in ENDING_SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, _raise_stopped)
    try:
        COMMANDS.get(argv[0] if argv else "", serve)(os.environ)
    except Stopped:
        print_progress("stopped")
    except (SupervisorError, embedded.EmbeddedError, OSError) as error:
        print_progress(str(error))
        return 1
    return 0


def _raise_stopped(signum: int, frame: FrameType | None) -> None:
    """Unwind once: a second Ctrl-C must not interrupt the stopping."""
    for number in ENDING_SIGNALS:
        signal.signal(number, lambda *_: None)
    raise Stopped


def _needed_servers(options: ServeOptions) -> embedded.Servers | None:
    if options.database_url and options.redis_url:
        return None
    return embedded.Servers(
        options.data_dir,
        postgres=not options.database_url,
        valkey=not options.redis_url,
        pg_bin=options.pg_bin,
        report=print_progress,
    )


def _addresses(options: ServeOptions, env: Mapping[str, str]) -> dict[str, str]:
    """Where the processes connect: to the embedded servers, but for those that the environment names."""
    given = {"DATA_DIR": str(options.data_dir)}
    if options.database_url:
        given |= {"DATABASE_URL": options.database_url, "DATABASE_OWNER_URL": options.database_owner_url}
    here = embedded.addresses(options.data_dir).environment
    if options.redis_url:
        here = {name: url for name, url in here.items() if not name.endswith("REDIS_URL")}
    return {**here, **given, **_own_ledger(options.data_dir, env)}


def _own_ledger(data_dir: Path, env: Mapping[str, str]) -> dict[str, str]:
    """The ledger's settings that the environment names, before those of the data folder; and its anchors."""
    anchors = {"CREDIT_ANCHOR_DIR": str(embedded.anchor_dir(data_dir))}
    return {**anchors, **{name: env[name] for name in LEDGER_SETTINGS if env.get(name)}}


def _restart_ended_servers(servers: embedded.Servers | None) -> None:
    try:
        for name in servers.restart_ended() if servers else ():
            print_progress(f"{name} had stopped and was restarted")
    except embedded.EmbeddedError as error:
        print_progress(f"{error}; trying again")
        time.sleep(1)


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


def _folder(env: Mapping[str, str], name: str) -> Path | None:
    return Path(env[name]).absolute() if env.get(name) else None


def _pg_bin(env: Mapping[str, str]) -> Path | None:
    return _folder(env, "PG_BIN")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
