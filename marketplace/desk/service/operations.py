"""How the platform itself runs, for whoever operates it: queues, tasks given up, index, mail, webhooks."""

import logging
from collections.abc import Sequence
from typing import Any

from ...enterprises import service as enterprises
from ...events import service as events
from ...events.actor import Actor
from ...events.work import unit_of_work
from ...matches import service as matches
from ...webhooks import service as webhooks

MOST_PARKED = 100
"""Tasks that are named; how many there are is said."""
MOST_REFUSED = 50
SHOWN = ("id", "subscriber", "queue", "attempts", "reason", "created_at", "ended_at")
"""Of a task; never its payload, which may hold personal data."""

log = logging.getLogger(__name__)


def operations(actor: Actor) -> dict[str, Any]:
    """Backlog by queue, the scheduler, parked tasks, this process's index, refused mail, failed webhooks."""
    backlogs = events.backlogs()
    refused, refused_total = enterprises.email_refused(MOST_REFUSED)
    failed, failed_total = webhooks.failed_deliveries(MOST_REFUSED)
    return {
        "queues": backlogs,
        "tick_age_s": events.tick_age_s(),
        "parked": [
            {name: getattr(task, name) for name in SHOWN} for task in events.parked_tasks(MOST_PARKED)
        ],
        "parked_total": sum(backlog.parked for backlog in backlogs),
        "index": matches.index_state(),
        "mail_refused": refused,
        "mail_refused_total": refused_total,
        "webhooks_failed": failed,
        "webhooks_failed_total": failed_total,
    }


def replay_tasks(actor: Actor, task_ids: Sequence[int]) -> int:
    """Make parked tasks due again, those that are named; one that is not parked any more is passed over.

    Returns: how many.
    """
    with unit_of_work() as work:
        for task in events.lock_parked(work, task_ids):
            work.audit(actor, "replay", task, task=task.subscriber)
        count = events.replay(list(task_ids))
    log.info("tasks replayed by staff", extra={"count": count})
    return count
