"""What the workers and the scheduler run."""

from . import service


def run(task_ids: list[int]) -> None:
    """RQ entry point: do tasks. The worker process has pushed the application's context."""
    service.perform_many(task_ids)


def beat() -> None:
    """Show that the scheduler ticks."""
    service.beat()


def relay() -> None:
    """Dispatch due tasks to the queues."""
    service.relay()


def delete_done() -> None:
    """Delete what was done long ago."""
    service.delete_done()
