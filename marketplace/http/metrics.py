"""What Prometheus reads: requests by endpoint, the backlog of tasks by queue, the scheduler, the build."""

import os
from collections.abc import Iterator
from hmac import compare_digest
from typing import Any

from flask import Flask, Response, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from ..database import db
from ..errors import NotFound, Unauthorised
from ..events import service as events
from ..settings import VERSION
from .health import root
from .recent import recently

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
STATUSES = ("pending", "parked")

REQUESTS = Counter(
    "huanliu_requests_total", "Requests that got a response.", ["endpoint", "method", "status"]
)
DURATION = Histogram(
    "huanliu_request_seconds",
    "Seconds from request to response.",
    ["endpoint"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
CONNECTIONS_ENDED = Counter(
    "huanliu_connections_ended_total", "Connections that ended before their request was answered.", ["reason"]
)


@root.get("/metrics")
def metrics() -> Response:
    """Prometheus text: requests by endpoint and status, durations, tasks by queue, scheduler, build.

    Raises:
        Unauthorised: METRICS_TOKEN is set and was not sent (`metrics_token_needed`).
        NotFound: METRICS_PORT is set and this is another port.
    """
    settings = current_app.config["SETTINGS"]
    if settings.metrics_port and not _is_metrics_port():
        raise NotFound("not_found")
    sent, wanted = request.headers.get("Authorization", ""), f"Bearer {settings.metrics_token}"
    if settings.metrics_token and not compare_digest(sent.encode(), wanted.encode()):
        raise Unauthorised("metrics_token_needed")
    return Response(recently("metrics", _page), content_type=CONTENT_TYPE_LATEST)


def register(app: Flask) -> None:
    """Keep everything but the metrics away from METRICS_PORT."""
    app.before_request(_refuse_other_pages)


def _refuse_other_pages() -> None:
    if _is_metrics_port() and request.endpoint != "root.metrics":
        raise NotFound("not_found")


def _is_metrics_port() -> bool:
    """Whether the request came to METRICS_PORT: by the socket it came from, not by what it says of itself."""
    return request.environ.get("SERVER_PORT") == str(current_app.config["SETTINGS"].metrics_port)


def method_label() -> str:
    """The method of the request if it is one of HTTP's: whoever invents others must not fill the memory."""
    return request.method if request.method in METHODS else "other"


def _page() -> bytes:
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(_Process())
    registry.register(_Build())
    registry.register(_Database())
    return generate_latest(registry)


class _Process(Collector):
    """Counters of this process, if there is only one."""

    def collect(self) -> Iterator[Any]:
        yield from REQUESTS.collect()
        yield from DURATION.collect()
        yield from CONNECTIONS_ENDED.collect()


class _Build(Collector):
    """What runs."""

    def collect(self) -> Iterator[Any]:
        facts = {"version": VERSION, "build": current_app.config["SETTINGS"].build}
        yield InfoMetricFamily("huanliu_build", "What runs.", value=facts)


class _Database(Collector):
    """Tasks not done and the scheduler's last tick, from the database; nothing while it is away."""

    def collect(self) -> Iterator[Any]:
        try:
            backlogs, tick_age_s = events.backlogs(), events.tick_age_s()
        except SQLAlchemyError:
            current_app.logger.warning("the database is not available: no backlog in the metrics")
            db.session.rollback()
            return
        yield _totals(backlogs)
        yield from _by_queue(backlogs)
        if tick_age_s is not None:
            yield GaugeMetricFamily(
                "huanliu_scheduler_tick_age_seconds", "Seconds since the scheduler ticked.", value=tick_age_s
            )


def _totals(backlogs: list[events.Backlog]) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily("huanliu_tasks", "Tasks not done, by status.", labels=["status"])
    for status in STATUSES:
        gauge.add_metric([status], sum(getattr(backlog, status) for backlog in backlogs))
    return gauge


def _by_queue(backlogs: list[events.Backlog]) -> Iterator[GaugeMetricFamily]:
    tasks = GaugeMetricFamily(
        "huanliu_queue_tasks", "Tasks not done, by queue and status.", labels=["queue", "status"]
    )
    oldest = GaugeMetricFamily(
        "huanliu_queue_oldest_due_seconds", "How long the oldest due task has waited.", labels=["queue"]
    )
    by_class = GaugeMetricFamily(
        "huanliu_class_oldest_due_seconds",
        "How long the oldest due task has waited, small or of many.",
        labels=["queue", "class"],
    )
    for backlog in backlogs:
        by_class.add_metric([backlog.queue, "small"], backlog.oldest_small_s)
        by_class.add_metric([backlog.queue, "bulk"], backlog.oldest_bulk_s)
        for status in STATUSES:
            tasks.add_metric([backlog.queue, status], getattr(backlog, status))
        oldest.add_metric([backlog.queue], backlog.oldest_due_s)
    yield tasks
    yield oldest
    yield by_class
