"""What Prometheus reads: requests by endpoint, the backlog of tasks by queue, the scheduler, the build."""

import os
from collections.abc import Iterator
from typing import Any

from flask import Response, current_app
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from ..database import db
from ..events import service as events
from ..settings import VERSION
from .health import root

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
    """Prometheus text: requests by endpoint and status, durations, tasks by queue, scheduler, build."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(_Process())
    registry.register(_Build())
    registry.register(_Database())
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


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
    for backlog in backlogs:
        for status in STATUSES:
            tasks.add_metric([backlog.queue, status], getattr(backlog, status))
        oldest.add_metric([backlog.queue], backlog.oldest_due_s)
    yield tasks
    yield oldest
