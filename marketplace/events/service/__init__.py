"""Tasks: dispatched to the queues, performed once, parked when they fail too often."""

from .backlog import backlog, delete_done
from .parking import parked_tasks, replay
from .performing import backoff, perform
from .task_relay import relay

__all__ = ["backlog", "backoff", "delete_done", "parked_tasks", "perform", "relay", "replay"]
