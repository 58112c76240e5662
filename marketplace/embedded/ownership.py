"""Whose the data folder is: the lock on it, and the user that its servers run as."""

import contextlib
import fcntl
import os
import pwd
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import redis

from .address import PORT, accepts_connections, run_dir
from .errors import AlreadyRunning, EmbeddedError


@dataclass(frozen=True)
class Account:
    """The user under which servers run when root starts them."""

    uid: int
    gid: int


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
    if accepts_connections(run / f".s.PGSQL.{PORT}"):
        os.kill(int((Path(data_dir) / "pg/postmaster.pid").read_text().splitlines()[0]), signal.SIGINT)
    with contextlib.suppress(redis.RedisError):
        redis.Redis(unix_socket_path=str(run / "valkey.sock")).shutdown()


def take_lock(data: Path, timeout_s: float = 2.0) -> int:
    """Lock the folder; `timeout_s` lets servers that are just stopping finish."""
    descriptor = os.open(data / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + timeout_s
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


def account_for(data: Path) -> Account | None:
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


def require_passwd_entry() -> None:
    try:
        pwd.getpwuid(os.getuid())
    except KeyError:
        raise EmbeddedError(
            f"user {os.getuid()} has no entry in /etc/passwd, initdb needs one: add it, or set DATABASE_URL"
        ) from None
