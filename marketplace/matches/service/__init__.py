"""Ranked lawful counterparts: served, explained, answered to, and reviewed for the push."""

from matching.model import Outcome

from ..models import Verdict
from .feedback.contact_release import released_contact
from .feedback.give_feedback import give_feedback, take_back_refusal
from .feedback.verdicts import enterprises_refusing, is_mutual, listings_refusing
from .learning.outcomes import record as record_outcome
from .learning.training_runs import (
    enqueue_nightly_training,
    find_model,
    request_training,
    search_models,
    train,
)
from .policy import PRESETS, PolicyInForce, policy_in_force, publish_policy
from .ranking.explanation import counterpart, explain, lawful_among, score_of
from .ranking.findings import search_findings
from .ranking.lawful_pairs import lawful_pairs
from .ranking.page_cursor import POSITION, PageCursor
from .ranking.pair_warnings import transfer_day, warning_notices
from .ranking.push_candidates import Counterpart, choose_push_candidates
from .ranking.ranking_page import ranking_page
from .rerank.parts import rank_part
from .rerank.progress import Progress, progress_of
from .rerank.runs import enqueue_nightly_rerank, start_rerank

__all__ = [
    "POSITION",
    "PRESETS",
    "Counterpart",
    "Outcome",
    "PageCursor",
    "PolicyInForce",
    "Progress",
    "Verdict",
    "choose_push_candidates",
    "counterpart",
    "enqueue_nightly_rerank",
    "enqueue_nightly_training",
    "enterprises_refusing",
    "explain",
    "find_model",
    "give_feedback",
    "is_mutual",
    "lawful_among",
    "lawful_pairs",
    "listings_refusing",
    "policy_in_force",
    "progress_of",
    "publish_policy",
    "rank_part",
    "ranking_page",
    "record_outcome",
    "released_contact",
    "request_training",
    "score_of",
    "search_findings",
    "search_models",
    "start_rerank",
    "take_back_refusal",
    "train",
    "transfer_day",
    "warning_notices",
]
