"""What operators read: request ids, JSON logs, and counts of requests."""

import logging
import re
import sys
import time
from typing import Any

import orjson
from flask import Flask, Response, g, request
from pythonjsonlogger.json import JsonFormatter
from uuid_utils.compat import uuid7

from ..database_errors import traceback_without_values
from ..events.actor import acting_person
from ..events.models import NOBODY
from ..events.work import client_address, request_id, task_owner
from . import metrics
from .health import root
from .metrics import DURATION, REQUESTS, method_label

CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
PRIVATE = re.compile(r"[^/]{37,}|(?<![^/])(?:[\w.-]*[^\w/.-][^/]*)", re.ASCII)
"""What no log shows of an address: parts longer than an id, as tokens of links and keys are, and those with
other signs than ids and codes have, as names and e-mail addresses have."""

log = logging.getLogger("marketplace.requests")


def register(app: Flask) -> None:
    """Count, time and log every request, and add the health and metrics endpoints."""
    app.before_request(_start_request)
    app.after_request(_finish_request)
    app.teardown_request(_end_request)
    metrics.register(app)
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

    def jsonify_log_record(self, log_data: dict[str, Any]) -> str:
        """A line, written in C; the library's own encoder writes what orjson does not know."""
        try:
            return orjson.dumps(log_data).decode()
        except orjson.JSONEncodeError:
            return super().jsonify_log_record(log_data)

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
    client_address.set(request.remote_addr)
    task_owner.set(NOBODY)
    acting_person.set(None)


def _end_request(_: BaseException | None) -> None:
    acting_person.set(None)


def _finish_request(response: Response) -> Response:
    headers = response.headers
    headers.add("X-Request-Id", g.get("request_id", ""))
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Cache-Control", "no-store")
    if "Vary" in headers:
        response.vary.add("Accept-Language")
    else:
        headers.add("Vary", "Accept-Language")
    if request.endpoint and request.endpoint.startswith("root."):
        return response
    seconds = time.perf_counter() - g.get("started", time.perf_counter())
    endpoint = request.endpoint or "unknown"
    REQUESTS.labels(endpoint, method_label(), response.status_code).inc()
    DURATION.labels(endpoint).observe(seconds)
    caller = g.get("actor")
    log.info(
        "%s %s %s",
        request.method,
        PRIVATE.sub("…", request.path),
        response.status_code,
        extra={
            "status": response.status_code,
            "ms": round(seconds * 1000, 1),
            "actor": f"{caller.kind}:{caller.id}" if caller and caller.id else None,
            "key_id": str(caller.key_id) if caller and caller.key_id else None,
            "client": request.remote_addr,
        },
    )
    return response
