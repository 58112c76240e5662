"""Ranked lawful counterparts: served, explained, answered to, and reviewed for the push."""

from .answering import give_feedback, take_back_refusal
from .feedback import NOT_SUITABLE, mutual_sides, refused_by, refusing
from .outcomes import record as record_outcome
from .policy import PRESETS, in_force, publish_policy
from .ranking import (
    Counterpart,
    counterpart,
    explain,
    lawful_among,
    ranked,
    review,
    score_of,
    search_findings,
)

__all__ = [
    "NOT_SUITABLE",
    "PRESETS",
    "Counterpart",
    "counterpart",
    "explain",
    "give_feedback",
    "in_force",
    "lawful_among",
    "mutual_sides",
    "publish_policy",
    "ranked",
    "record_outcome",
    "refused_by",
    "refusing",
    "review",
    "score_of",
    "search_findings",
    "take_back_refusal",
]
