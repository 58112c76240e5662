"""A ranking learned from what became of pairings.

Public modules: `training` (how the ranking model is trained), `history` (the outcomes it is trained and tried
on) and `metrics`. They are imported on demand, as they need more memory than serving does.
"""

from matching.learning.learned_ranking import LearnedRanking
from matching.learning.receiver_features import FEATURES, NEVER, Facing, Record, features, track_record
from matching.learning.unused import WHY_UNUSED

__all__ = [
    "FEATURES",
    "NEVER",
    "WHY_UNUSED",
    "Facing",
    "LearnedRanking",
    "Record",
    "features",
    "history",
    "metrics",
    "track_record",
    "training",
]
