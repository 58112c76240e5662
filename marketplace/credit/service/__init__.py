"""Credit: events by a published rule table make a score, a grade and six axes; some events block."""

from .automatic import record_automatic
from .blocks import confirm_block, find_block, lift_block, place_block, search_blocks
from .evaluations import publish_evaluation
from .events import find_event, list_events, lock_event, record_event, title_of_event, withdraw_event
from .lapse import counts, due_for_refresh, lapse_date
from .legal_basis import citation_of
from .recomputing import recompute, simulate_rules
from .recorders import require_recorder
from .repair import publication_term, repair_event, repairable_from
from .rules import current_rules, is_rule_in_force, present_rules, publish_rules
from .score import GRADE_FLOORS, ScoreLine, Standing, grade_of, grade_thresholds, standing
from .standings import blocks_in_force, explain, present, refresh_lapsed, standing_of

__all__ = [
    "GRADE_FLOORS",
    "ScoreLine",
    "Standing",
    "blocks_in_force",
    "citation_of",
    "confirm_block",
    "counts",
    "current_rules",
    "due_for_refresh",
    "explain",
    "find_block",
    "find_event",
    "grade_of",
    "grade_thresholds",
    "is_rule_in_force",
    "lapse_date",
    "lift_block",
    "list_events",
    "lock_event",
    "place_block",
    "present",
    "present_rules",
    "publication_term",
    "publish_evaluation",
    "publish_rules",
    "recompute",
    "record_automatic",
    "record_event",
    "refresh_lapsed",
    "repair_event",
    "repairable_from",
    "require_recorder",
    "search_blocks",
    "simulate_rules",
    "standing",
    "standing_of",
    "title_of_event",
    "withdraw_event",
]
