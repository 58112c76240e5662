"""What log lines say of a task, and the limits that the operator has set for tasks."""

import time
from typing import Any

from flask import current_app

from ...settings import Settings
from ..models import Task


def log_facts(task: Task, began: float | None = None) -> dict[str, Any]:
    """What a log line says of a task; never its payload, which may hold personal data."""
    ms = None if began is None else round((time.perf_counter() - began) * 1000, 1)
    return {
        "task": task.id, "task_name": task.subscriber, "queue": task.queue,
        "attempts": task.attempts, "dispatches": task.dispatches, "ms": ms,
    }  # fmt: skip


def settings() -> Settings:
    found: Settings = current_app.config["SETTINGS"]
    return found
