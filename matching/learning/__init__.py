"""A ranking learned from what became of pairings.

Public modules: `training` (how the ranking model is trained), `history` (the outcomes it is trained and tried
on) and `metrics`. They are imported on demand, as they need more memory than serving does.
"""

from matching.learning.learned_ranking import Order
from matching.learning.receiver_features import FEATURES, NEVER, Facing, Record, features, recorded

__all__ = [
    "FEATURES",
    "NEVER",
    "Facing",
    "Order",
    "Record",
    "features",
    "history",
    "metrics",
    "recorded",
    "training",
]
