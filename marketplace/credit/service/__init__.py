"""Credit: events by a published rule table make a score, a grade and six axes; some events block."""

from .assessments import end_assessed
from .automatic import record_automatic
from .blocks import (
    confirm_block,
    find_block,
    lift_block,
    needs_another_to_confirm,
    needs_another_to_lift,
    place_block,
    search_blocks,
)
from .evaluations import publish_evaluation, publish_preview
from .events import find_event, list_events, lock_event, record_event, title_of_event, withdraw_event
from .feeds import (
    district_of_unmatched,
    feed_heading,
    find_import,
    forget_old_rows,
    import_feed,
    list_imports,
    match_waiting,
    problems_of,
    report_file,
    run_import,
    search_unmatched,
)
from .feeds import template as feed_template
from .files import (
    add_file,
    find_event_with_files,
    find_file,
    keep_file,
    list_files,
    may_add_files,
    present_file,
)
from .lapse import counts, due_for_refresh, earliest_start, lapse_date
from .legal_basis import citation_of
from .recomputing import recompute, simulate_rules
from .recorders import require_recorder
from .records import Record, records_of
from .repair import publication_terms, repair_event, repairable_from
from .rules import current_rules, is_rule_in_force, present_rules, publish_rules, recordable_rules
from .score import BASE_NEWCOMER, GRADE_FLOORS, ScoreLine, Standing, grade_of, grade_thresholds, standing
from .standings import (
    blocks_in_force,
    explain,
    is_published,
    member_since,
    present,
    refresh_lapsed,
    standing_of,
)
from .titles import titles_of

__all__ = [
    "BASE_NEWCOMER",
    "GRADE_FLOORS",
    "Record",
    "ScoreLine",
    "Standing",
    "add_file",
    "blocks_in_force",
    "citation_of",
    "confirm_block",
    "counts",
    "current_rules",
    "district_of_unmatched",
    "due_for_refresh",
    "earliest_start",
    "end_assessed",
    "explain",
    "feed_heading",
    "feed_template",
    "find_block",
    "find_event",
    "find_event_with_files",
    "find_file",
    "find_import",
    "forget_old_rows",
    "grade_of",
    "grade_thresholds",
    "import_feed",
    "is_published",
    "is_rule_in_force",
    "keep_file",
    "lapse_date",
    "lift_block",
    "list_events",
    "list_files",
    "list_imports",
    "lock_event",
    "match_waiting",
    "may_add_files",
    "member_since",
    "needs_another_to_confirm",
    "needs_another_to_lift",
    "place_block",
    "present",
    "present_file",
    "present_rules",
    "problems_of",
    "publication_terms",
    "publish_evaluation",
    "publish_preview",
    "publish_rules",
    "recompute",
    "record_automatic",
    "record_event",
    "recordable_rules",
    "records_of",
    "refresh_lapsed",
    "repair_event",
    "repairable_from",
    "report_file",
    "require_recorder",
    "run_import",
    "search_blocks",
    "search_unmatched",
    "simulate_rules",
    "standing",
    "standing_of",
    "title_of_event",
    "titles_of",
    "withdraw_event",
]
