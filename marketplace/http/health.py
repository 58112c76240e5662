"""Whether a process lives, whether it can serve, and what it is: the pages for probes, without a key."""

from collections.abc import Callable

from flask import Blueprint, Response, current_app, jsonify
from redis import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from ..database import db
from ..events import service as events
from ..settings import VERSION
from ..valkey import redis
from .recent import recently

QUEUE_PROBE = "huanliu:writable"
QUEUE_PROBE_TTL_S = 60

root = Blueprint("root", __name__)

CHECKS: dict[str, Callable[[], bool]] = {}


def ready_when(name: str, check: Callable[[], bool]) -> None:
    """Make /readyz call `check` as well."""
    CHECKS[name] = check


@root.get("/healthz")
def healthz() -> Response:
    """The process is running."""
    return jsonify(status="ok")


@root.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Database, queue and index are usable, and the scheduler ticks; otherwise 503, naming what is not."""
    checks = recently("readyz", lambda: {name: check() for name, check in CHECKS.items()})
    ready = all(checks.values())
    response = jsonify(status="ready" if ready else "not ready", checks=checks)
    if not ready:
        response.headers["Retry-After"] = "5"
    return response, 200 if ready else 503


def _is_database_ready() -> bool:
    try:
        db.session.execute(text("SELECT version_num FROM alembic_version"))
    except SQLAlchemyError:
        db.session.rollback()
        return False
    return True


def _is_queue_ready() -> bool:
    """Whether Valkey takes a change: it responds, but takes none, when its disk or memory is full."""
    try:
        return bool(redis().set(QUEUE_PROBE, 1, ex=QUEUE_PROBE_TTL_S))
    except RedisError:
        return False


ready_when("database", _is_database_ready)
ready_when("writes", events.accepts_changes)
ready_when("queue", _is_queue_ready)
ready_when("scheduler", events.is_scheduler_ticking)


@root.get("/version")
def version() -> Response:
    """What runs: the version, and the build if the operator named it."""
    return jsonify(version=VERSION, build=current_app.config["SETTINGS"].build or None)
