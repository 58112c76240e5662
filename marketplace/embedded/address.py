"""Where the servers of a data folder listen: computed, so that every process finds them."""

import hashlib
import os
import re
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL

from .own_keys import ANCHOR, LEDGER, SECRET, own_key
from .place import place_of
from .valkey_users import OPERATOR, USERS, password

DATABASE = "huanliu"
SUPERUSER = "postgres"
OWNER = "huanliu_owner"
"""The role that owns the tables and runs migrations; nothing else does."""
APP = "huanliu_app"
"""The role of everything that serves: it reads and writes rows, and changes no table."""
PORT = 5432  # no TCP: it only names the socket, and keeps PGPORT out of it
LONGEST_RUN_PATH = 85  # a socket's path holds 107 bytes on Linux, 103 on macOS


@dataclass(frozen=True)
class Addresses:
    """Where the servers of a data folder listen, and as whom to connect."""

    database_url: str
    owner_url: str
    redis_url: str
    redis_urls: dict[str, str]
    """By kind of process: each has its own user in Valkey; `redis_url` is the operator's."""
    ledger_keys: str
    anchor_key: str
    """The keys of the ledger of credit, as the settings have them; empty before the first start."""
    secret_keys: str
    """The keys that seal what the database must not say."""

    @property
    def environment(self) -> dict[str, str]:
        """The settings that make the processes use these servers."""
        return {
            "DATABASE_URL": self.database_url,
            "DATABASE_OWNER_URL": self.owner_url,
            "REDIS_URL": self.redis_url,
            **{f"{user.upper()}_REDIS_URL": url for user, url in self.redis_urls.items()},
            "CREDIT_LEDGER_KEYS": self.ledger_keys,
            "CREDIT_ANCHOR_KEY": self.anchor_key,
            "SECRET_KEYS": self.secret_keys,
        }


def addresses(data_dir: Path, database: str = DATABASE, redis_db: int = 0) -> Addresses:
    """Where the servers of `data_dir` listen, whether or not they run; they must have been started once."""
    return Addresses(
        _database_url(data_dir, APP, database),
        _database_url(data_dir, OWNER, database),
        redis_url(data_dir, OPERATOR, redis_db),
        {user: redis_url(data_dir, user, redis_db) for user in USERS if user != OPERATOR},
        *(own_key(place_of(data_dir), name) for name in (LEDGER, ANCHOR, SECRET)),
    )


def redis_url(data_dir: Path, user: str = OPERATOR, redis_db: int = 0) -> str:
    """Valkey's socket, as one of its users."""
    secret = password(place_of(data_dir), user)
    login = f"{user}:{secret}@" if secret else ""
    return f"unix://{login}{quote(str(run_dir(data_dir) / 'valkey.sock'))}?db={redis_db}"


def admin_url(data_dir: Path, database: str = "postgres") -> str:
    """A database as the superuser, who creates, drops and copies databases; `postgres` is always there."""
    return _database_url(data_dir, SUPERUSER, database)


def _database_url(data_dir: Path, role: str, database: str) -> str:
    query = {"host": str(run_dir(data_dir)), "port": str(PORT)}
    return URL.create("postgresql+psycopg", role, database=database, query=query).render_as_string()


def run_dir(data_dir: Path) -> Path:
    """The sockets' folder: with the data, or in /tmp when a socket's path there would not do."""
    run = place_of(data_dir) / "run"
    name = os.fsencode(run)
    # redis-py cuts CLIENT INFO, which holds the path, at white space and "=": RQ workers die of such a path
    if len(name) <= LONGEST_RUN_PATH and not re.search(r"[\s=]", str(run)):
        return run
    return Path("/tmp") / f"huanliu-{os.getuid()}-{hashlib.sha256(name).hexdigest()[:12]}"  # noqa: S108 - made 0700, its owner is checked


def is_running(data_dir: Path) -> bool:
    """Whether a server of `data_dir` takes connections."""
    run = run_dir(data_dir)
    return accepts_connections(run / f".s.PGSQL.{PORT}") or accepts_connections(run / "valkey.sock")


def accepts_connections(sock: Path) -> bool:
    """Whether somebody listens on a socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(sock))
        except OSError:
            return False
    return True
