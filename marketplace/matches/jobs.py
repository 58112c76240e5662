"""What the scheduler and the workers run for matches."""

import logging

from . import service
from .service.ranking import live_index

log = logging.getLogger(__name__)


def rerank(reason: str, night: str | None = None) -> None:
    """Rank all open supplies again."""
    service.start_rerank(reason)


def rerank_for_policy(version: int) -> None:
    """Rank all open supplies by the policy that is now in force."""
    service.start_rerank("policy")


def rerank_part(run_id: int, number: int) -> None:
    """Rank a part of a run."""
    service.rank_part(run_id, number)


def enqueue_nightly_rerank() -> None:
    """Enqueue the ranking of this night."""
    service.enqueue_nightly_rerank()


def delete_old_changes() -> None:
    """Delete the changes that every index has applied."""
    live_index.delete_old_changes()


def enqueue_nightly_training() -> None:
    """Enqueue the nightly training of the learned ranking."""
    service.enqueue_nightly_training()


def train(version: int) -> None:
    """Train a version of the ranking model."""
    service.train(version, lambda text: log.info(text, extra={"ranking_model": version}))
