"""What the scheduler and the workers run for early warnings."""

from ..events.work import unit_of_work
from . import service


def enqueue_nightly() -> None:
    """Enqueue the warnings of this night."""
    service.enqueue_nightly()


def train() -> None:
    """Train the model of this month, and compute the warnings by it."""
    with unit_of_work() as work:
        service.train()
        work.enqueue("early_warnings.jobs.score")


def score() -> None:
    """Compute the warnings of all enterprises anew."""
    service.score()
