"""What the scheduler and the workers run for matches."""

import logging

from . import service
from .service.ranking import live_index

log = logging.getLogger(__name__)


def rerank(reason: str, night: str | None = None) -> None:
    """All supplies are to be ranked anew."""
    service.start_rerank(reason)


def rerank_for_policy(version: int) -> None:
    """Another policy is in force."""
    service.start_rerank("policy")


def rerank_part(run_id: int, number: int) -> None:
    """A part of a run is to be ranked."""
    service.rank_part(run_id, number)


def enqueue_nightly_rerank() -> None:
    """Enqueue the ranking of this night."""
    service.enqueue_nightly_rerank()


def delete_old_changes() -> None:
    """Drop what every index has followed."""
    live_index.delete_old_changes()


def enqueue_nightly_training() -> None:
    """Enqueue the nightly training of the learned ranking."""
    service.enqueue_nightly_training()


def train(version: int) -> None:
    """Train a version of the learned order."""
    service.train(version, lambda text: log.info(text, extra={"ranking_model": version}))
