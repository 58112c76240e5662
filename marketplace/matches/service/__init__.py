"""Ranked lawful counterparts: served, explained, answered to, and reviewed for the push."""

from matching.model import Outcome

from ..models import Verdict
from .exporting import MEDIA_TYPES, export_all_matches, export_matches
from .feedback.contact_release import contacts_of_mutual, released_contact
from .feedback.give_feedback import give_feedback, take_back, take_back_refusal
from .feedback.give_many import give_many
from .feedback.interests import (
    INTEREST_POSITION,
    interest_position,
    present_interests,
    search_interests,
)
from .feedback.verdicts import (
    enterprises_refusing,
    interests_of,
    listings_interested_in,
    listings_refusing,
    refused_pairs,
    verdict_on,
    verdicts_on,
)
from .learning.outcomes import record as record_outcome
from .learning.training_runs import (
    enqueue_nightly_training,
    find_model,
    request_training,
    search_models,
    train,
)
from .policy import PRESETS, PolicyInForce, open_listings_of, policy_in_force, publish_policy
from .ranking.all_matches import ALL_POSITION, all_matches
from .ranking.explanation import counterpart, explain, failing_gates, lawful_among, say_failed_gate, score_of
from .ranking.findings import search_findings
from .ranking.hits import uuid_of
from .ranking.judgement import DealTerms, Ground, Judgement, judge, lawful_days
from .ranking.lawful_pairs import lawful_pairs
from .ranking.live_index import index_state
from .ranking.match_input import day_number
from .ranking.match_presentation import exemption_reference, shown_km
from .ranking.near_misses import say_near_misses
from .ranking.page_cursor import POSITION, PageCursor
from .ranking.pair_warnings import transfer_day, warning_notices
from .ranking.policy_preview import preview_policy
from .ranking.push_candidates import Counterpart, choose_push_candidates, hold_index_for
from .ranking.ranking_page import ranking_page
from .ranking.side_tables import book_of, tables_of
from .rerank.parts import rank_part
from .rerank.progress import Progress, progress_of
from .rerank.runs import enqueue_nightly_rerank, start_rerank

__all__ = [
    "ALL_POSITION",
    "INTEREST_POSITION",
    "MEDIA_TYPES",
    "POSITION",
    "PRESETS",
    "Counterpart",
    "DealTerms",
    "Ground",
    "Judgement",
    "Outcome",
    "PageCursor",
    "PolicyInForce",
    "Progress",
    "Verdict",
    "all_matches",
    "book_of",
    "choose_push_candidates",
    "contacts_of_mutual",
    "counterpart",
    "day_number",
    "enqueue_nightly_rerank",
    "enqueue_nightly_training",
    "enterprises_refusing",
    "exemption_reference",
    "explain",
    "export_all_matches",
    "export_matches",
    "failing_gates",
    "find_model",
    "give_feedback",
    "give_many",
    "hold_index_for",
    "index_state",
    "interest_position",
    "interests_of",
    "judge",
    "lawful_among",
    "lawful_days",
    "lawful_pairs",
    "listings_interested_in",
    "listings_refusing",
    "open_listings_of",
    "policy_in_force",
    "present_interests",
    "preview_policy",
    "progress_of",
    "publish_policy",
    "rank_part",
    "ranking_page",
    "record_outcome",
    "refused_pairs",
    "released_contact",
    "request_training",
    "say_failed_gate",
    "say_near_misses",
    "score_of",
    "search_findings",
    "search_interests",
    "search_models",
    "shown_km",
    "start_rerank",
    "tables_of",
    "take_back",
    "take_back_refusal",
    "train",
    "transfer_day",
    "uuid_of",
    "verdict_on",
    "verdicts_on",
    "warning_notices",
]
