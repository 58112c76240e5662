"""Ranked lawful counterparts: served, explained, answered to, reviewed for the push; plans for regions."""

from .allocated import export_allocation, first_gaps, part_of, why
from .allocating import (
    check_allocating,
    find_allocation,
    list_allocations,
    run_allocation,
    start_allocation,
)
from .answering import give_feedback, take_back_refusal
from .feedback import NOT_SUITABLE, mutual_sides, refused_by, refusing
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
    "check_allocating",
    "counterpart",
    "explain",
    "export_allocation",
    "find_allocation",
    "first_gaps",
    "give_feedback",
    "in_force",
    "lawful_among",
    "list_allocations",
    "mutual_sides",
    "part_of",
    "publish_policy",
    "ranked",
    "refused_by",
    "refusing",
    "review",
    "run_allocation",
    "score_of",
    "search_findings",
    "start_allocation",
    "take_back_refusal",
    "why",
]
