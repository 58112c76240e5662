"""What an operator sees: request ids, JSON logs, health, metrics."""

import logging
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from pythonjsonlogger.json import JsonFormatter
from redis import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from uuid_utils.compat import uuid7

from ..database import db
from ..events import service as events
from ..events.work import request_id
from ..valkey import redis
from .rate_limits import limiter

REQUESTS = Counter("huanliu_requests_total", "Requests answered.", ["endpoint", "method", "status"])
DURATION = Histogram(
    "huanliu_request_seconds",
    "Time to answer.",
    ["endpoint"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
OWN_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")

log = logging.getLogger("marketplace.requests")
root = Blueprint("root", __name__)
limiter.exempt(root)


CHECKS: dict[str, Callable[[], bool]] = {}


def ready_when(name: str, check: Callable[[], bool]) -> None:
    """Make /readyz ask `check` as well."""
    CHECKS[name] = check


def register(app: Flask) -> None:
    """Count, time and log every request, and answer the operator's questions."""
    app.before_request(_begin)
    app.after_request(_end)
    app.register_blueprint(root)


def configure_logging(level: str) -> None:
    """One JSON line an event, on stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonFormatter(
            "%(levelname)s %(name)s %(message)s",
            rename_fields={"levelname": "level", "name": "logger"},
            timestamp=True,
            json_ensure_ascii=False,
        )
    )
    handler.addFilter(_stamp_request)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("alembic").setLevel("WARNING")


def _stamp_request(record: logging.LogRecord) -> bool:
    record.request_id = request_id.get()
    return True


def _begin() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if OWN_ID.fullmatch(given) else str(uuid7())
    g.started = time.perf_counter()
    request_id.set(g.request_id)


def _end(answer: Response) -> Response:
    answer.headers["X-Request-Id"] = g.get("request_id", "")
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    answer.headers.setdefault("Cache-Control", "no-store")
    answer.vary.add("Accept-Language")
    if request.endpoint and request.endpoint.startswith("root."):
        return answer
    seconds = time.perf_counter() - g.get("started", time.perf_counter())
    endpoint = request.endpoint or "unknown"
    REQUESTS.labels(endpoint, request.method, answer.status_code).inc()
    DURATION.labels(endpoint).observe(seconds)
    who = g.get("actor")
    log.info(
        "%s %s %s",
        request.method,
        request.path,
        answer.status_code,
        extra={
            "status": answer.status_code,
            "ms": round(seconds * 1000, 1),
            "actor": f"{who.kind}:{who.id}" if who else None,
        },
    )
    return answer


@root.get("/healthz")
def healthz() -> Response:
    """The process lives."""
    return jsonify(status="ok")


@root.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Database, queue and index are usable; 503 and which is not, otherwise."""
    checks = {name: check() for name, check in CHECKS.items()}
    ready = all(checks.values())
    answer = jsonify(status="ready" if ready else "not ready", checks=checks)
    if not ready:
        answer.headers["Retry-After"] = "5"
    return answer, 200 if ready else 503


def _database_answers() -> bool:
    try:
        db.session.execute(text("SELECT version_num FROM alembic_version"))
    except SQLAlchemyError:
        db.session.rollback()
        return False
    return True


def _queue_answers() -> bool:
    try:
        return bool(redis().ping())
    except RedisError:
        return False


ready_when("database", _database_answers)
ready_when("queue", _queue_answers)


@root.get("/metrics")
def metrics() -> Response:
    """Prometheus text: requests by endpoint and status, durations, and the backlog of tasks."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)
    else:
        registry.register(_Process())
    registry.register(_Backlog())
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Process(Collector):
    """Counters of this process, where there is only one."""

    def collect(self) -> Iterator[Any]:
        yield from REQUESTS.collect()
        yield from DURATION.collect()


class _Backlog(Collector):
    """Tasks pending and parked, from the database."""

    def collect(self) -> Iterator[Any]:
        gauge = GaugeMetricFamily("huanliu_tasks", "Tasks not done, by status.", labels=["status"])
        try:
            counts = events.backlog()
        except SQLAlchemyError:
            current_app.logger.warning("the database is away: no backlog in the metrics")
            db.session.rollback()
            return
        for status in ("pending", "parked"):
            gauge.add_metric([status], counts.get(status, 0))
        yield gauge
