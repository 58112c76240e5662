"""The desk: the queue of all that waits, who has taken what, decisions in bulk, and the story of one firm."""

from .assigning import assign, drop_assignments, search_officers
from .deciding import decide_many
from .export import export_items
from .grade_changes import note_grade_change
from .presentation import present_items
from .queue import POSITION, asked_for, count, find_item, position_of_item, search
from .story import tell_story

__all__ = [
    "POSITION", "asked_for", "assign", "count", "decide_many", "drop_assignments", "export_items",
    "find_item", "note_grade_change", "position_of_item", "present_items", "search", "search_officers",
    "tell_story",
]  # fmt: skip
