"""What the workers and the scheduler run."""

from . import service


def run(task_id: int) -> bool:
    """RQ entry point: do one task. The worker process has pushed the application's context."""
    return service.perform(task_id)


def beat() -> None:
    """Show that the scheduler ticks."""
    service.beat()


def relay() -> None:
    """Dispatch due tasks to the queues."""
    service.relay()


def delete_done() -> None:
    """Delete what was done long ago."""
    service.delete_done()
