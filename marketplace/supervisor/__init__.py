"""Runs the whole of Huanliu as one program: embedded servers, web, a worker per queue and the scheduler.

`python -m marketplace.supervisor` serves until SIGINT or SIGTERM; with the word `stop` it stops the one that
serves, with `backup` and `restore` it writes the embedded database to FILE, the files kept on the disk beside
it, and puts both back. Read from the environment: HOST, PORT, DATA_DIR, DEMO, DATABASE_URL, REDIS_URL,
PG_BIN, WEB_WORKERS, WEB_THREADS, LOG_DIR, FILE.
"""

from .reporting import Stopped, SupervisorError
from .stack import FLASK, QUEUES, Stack, processes, stack

__all__ = ["FLASK", "QUEUES", "Stack", "Stopped", "SupervisorError", "processes", "stack"]
