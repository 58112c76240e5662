"""Ranked lawful counterparts: served, explained, answered to, and reviewed for the push."""

from .answering import give_feedback, take_back_refusal
from .feedback import NOT_SUITABLE, is_silenced, mutual_sides, refused_by
from .policy import PRESETS, in_force, publish_policy
from .ranking import Counterpart, counterpart, explain, ranked, review, score_of, search_findings

__all__ = [
    "NOT_SUITABLE",
    "PRESETS",
    "Counterpart",
    "counterpart",
    "explain",
    "give_feedback",
    "in_force",
    "is_silenced",
    "mutual_sides",
    "publish_policy",
    "ranked",
    "refused_by",
    "review",
    "score_of",
    "search_findings",
    "take_back_refusal",
]
