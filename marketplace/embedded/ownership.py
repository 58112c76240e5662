"""Who runs the servers of a data folder: the lock on it."""

import contextlib
import fcntl
import os
import signal
import time
from pathlib import Path

import redis

from .address import PORT, accepts_connections, redis_url, run_dir
from .errors import AlreadyRunning
from .place import place_of


def lock_holder(data_dir: Path) -> int | None:
    """The process that started the servers of `data_dir`, while any of them lives."""
    try:
        descriptor = os.open(place_of(data_dir) / "lock", os.O_RDWR | os.O_CLOEXEC)
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
        os.kill(int((place_of(data_dir) / "pg/postmaster.pid").read_text().splitlines()[0]), signal.SIGINT)
    with contextlib.suppress(redis.RedisError):
        redis.Redis.from_url(redis_url(data_dir)).shutdown()


def take_lock(data: Path, timeout_s: float = 2.0) -> int:
    """Lock the folder; `timeout_s` lets servers that are just stopping finish."""
    descriptor = os.open(data / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
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
