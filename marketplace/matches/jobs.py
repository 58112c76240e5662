"""What the clock and the queue do for matches."""

import logging

from .. import clock
from . import service
from .service import live

log = logging.getLogger(__name__)


@clock.every(600)
def forget_changes() -> None:
    """Drop what every index has followed."""
    live.forget_changes()


@clock.every(60)
def owe_training() -> None:
    """Owe the night's training of the learned order."""
    service.owe_training()


def train(version: int) -> None:
    """Train a version of the learned order."""
    service.train(version, lambda text: log.info(text, extra={"ranking_model": version}))
