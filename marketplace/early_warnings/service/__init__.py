"""Early warnings: a model of who may fall soon, trained monthly, applied nightly, read by staff."""

from .lookup import find, position, present, search
from .presentation import show_model
from .scoring import enqueue_nightly, score
from .training import newest_model, train

__all__ = [
    "enqueue_nightly",
    "find",
    "newest_model",
    "position",
    "present",
    "score",
    "search",
    "show_model",
    "train",
]
