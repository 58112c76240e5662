"""What operators see: request ids, JSON logs, health, metrics."""

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
from ..database_errors import traceback_without_values
from ..events import service as events
from ..events.work import request_id
from ..valkey import redis
from .rate_limits import limiter

REQUESTS = Counter(
    "huanliu_requests_total", "Requests that got a response.", ["endpoint", "method", "status"]
)
DURATION = Histogram(
    "huanliu_request_seconds",
    "Seconds from request to response.",
    ["endpoint"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")

log = logging.getLogger("marketplace.requests")
root = Blueprint("root", __name__)
limiter.exempt(root)


CHECKS: dict[str, Callable[[], bool]] = {}


def ready_when(name: str, check: Callable[[], bool]) -> None:
    """Make /readyz call `check` as well."""
    CHECKS[name] = check


def register(app: Flask) -> None:
    """Count, time and log every request, and add the health and metrics endpoints."""
    app.before_request(_start_request)
    app.after_request(_finish_request)
    app.register_blueprint(root)


def configure_logging(level: str) -> None:
    """One JSON line per event, on stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        LogFormatter(
            "%(levelname)s %(name)s %(message)s",
            rename_fields={"levelname": "level", "name": "logger"},
            timestamp=True,
            json_ensure_ascii=False,
        )
    )
    handler.addFilter(_add_request_id)
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("alembic").setLevel("WARNING")


class LogFormatter(JsonFormatter):
    """JSON lines whose tracebacks leave out what the database quotes of rows and parameters."""

    def formatException(self, ei: Any) -> str:
        return traceback_without_values(ei[1]) if ei[1] else ""


def _add_request_id(record: logging.LogRecord) -> bool:
    record.request_id = request_id.get()
    return True


def _start_request() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if CLIENT_ID.fullmatch(given) else str(uuid7())
    g.started = time.perf_counter()
    request_id.set(g.request_id)


def _finish_request(response: Response) -> Response:
    response.headers["X-Request-Id"] = g.get("request_id", "")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Cache-Control", "no-store")
    response.vary.add("Accept-Language")
    if request.endpoint and request.endpoint.startswith("root."):
        return response
    seconds = time.perf_counter() - g.get("started", time.perf_counter())
    endpoint = request.endpoint or "unknown"
    REQUESTS.labels(endpoint, request.method, response.status_code).inc()
    DURATION.labels(endpoint).observe(seconds)
    caller = g.get("actor")
    log.info(
        "%s %s %s",
        request.method,
        request.path,
        response.status_code,
        extra={
            "status": response.status_code,
            "ms": round(seconds * 1000, 1),
            "actor": f"{caller.kind}:{caller.id}" if caller else None,
        },
    )
    return response


@root.get("/healthz")
def healthz() -> Response:
    """The process is running."""
    return jsonify(status="ok")


@root.get("/readyz")
def readyz() -> tuple[Response, int]:
    """Database, queue and index are usable; otherwise 503, naming those that are not."""
    checks = {name: check() for name, check in CHECKS.items()}
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
    try:
        return bool(redis().ping())
    except RedisError:
        return False


ready_when("database", _is_database_ready)
ready_when("queue", _is_queue_ready)


@root.get("/metrics")
def metrics() -> Response:
    """Prometheus text: requests by endpoint and status, durations, and the backlog of tasks."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(_Process())
    registry.register(_Backlog())
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Process(Collector):
    """Counters of this process, if there is only one."""

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
            current_app.logger.warning("the database is not available: no backlog in the metrics")
            db.session.rollback()
            return
        for status in ("pending", "parked"):
            gauge.add_metric([status], counts.get(status, 0))
        yield gauge
