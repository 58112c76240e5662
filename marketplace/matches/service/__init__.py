"""Ranked lawful counterparts: served, explained, answered to, and reviewed for the push."""

from .feedback.give_feedback import give_feedback, take_back_refusal
from .feedback.verdicts import NOT_SUITABLE, mutual_sides, refused_by, refusing
from .learning.outcomes import record as record_outcome
from .learning.training import ask_for_training, find_model, owe_training, search_models, train
from .policy import PRESETS, in_force, publish_policy
from .ranking.counterparts import (
    Counterpart,
    counterpart,
    explain,
    lawful_among,
    ranked,
    review,
    score_of,
    search_findings,
)
from .ranking.formula_or_learned import POSITION, PageCursor
from .ranking.rerank import Progress, holding, owe_nightly, progress_of, rank_part, start_rerank

__all__ = [
    "NOT_SUITABLE",
    "POSITION",
    "PRESETS",
    "Counterpart",
    "PageCursor",
    "Progress",
    "ask_for_training",
    "counterpart",
    "explain",
    "find_model",
    "give_feedback",
    "holding",
    "in_force",
    "lawful_among",
    "mutual_sides",
    "owe_nightly",
    "owe_training",
    "progress_of",
    "publish_policy",
    "rank_part",
    "ranked",
    "record_outcome",
    "refused_by",
    "refusing",
    "review",
    "score_of",
    "search_findings",
    "search_models",
    "start_rerank",
    "take_back_refusal",
    "train",
]
