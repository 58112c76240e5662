"""The desk: the queue of all that waits, who has taken what, decisions in bulk, and the story of one firm."""

from .assigning import assign, assign_many, drop_assignments, search_officers
from .deciding import alike_of, decide, decide_alike, decide_many, decisions_of
from .duties import duties_of
from .export import export_items
from .grade_changes import note_grade_change
from .operations import operations, replay_tasks
from .presentation import present_items
from .queue import POSITION, asked_for, count, find_item, find_next, position_of_item, search, search_about
from .story import tell_story

__all__ = [
    "POSITION", "alike_of", "asked_for", "assign", "assign_many", "count", "decide", "decide_alike",
    "decide_many", "decisions_of", "drop_assignments", "duties_of", "export_items", "find_item", "find_next",
    "note_grade_change",
    "operations", "position_of_item", "present_items", "replay_tasks", "search", "search_about",
    "search_officers", "tell_story",
]  # fmt: skip
