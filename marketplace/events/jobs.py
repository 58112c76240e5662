"""What the queue and the clock call."""

from .. import clock
from . import service


def run(task_id: int) -> bool:
    """RQ entry point: do one task. The worker process has pushed the application's context."""
    return service.perform(task_id)


@clock.every(0)
def relay() -> None:
    """Hand due tasks to the queues."""
    service.relay()


@clock.every(3600)
def forget_done() -> None:
    """Drop what was done long ago."""
    service.forget_done()
