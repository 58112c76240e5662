"""What the workers and the scheduler run."""

from . import service
from .service.turns import BULK_DEPTH


def run(task_ids: list[int]) -> None:
    """RQ entry point: do tasks. The worker process has pushed the application's context."""
    service.perform_many(task_ids)


def beat() -> None:
    """Show that the scheduler ticks."""
    service.beat()


def relay() -> bool:
    """Dispatch due tasks to the queues, and say whether they were many: then more may be."""
    return service.relay() >= BULK_DEPTH


def delete_done() -> None:
    """Delete what was done long ago."""
    service.delete_done()
