"""The desk: the queue of all that waits, who has taken what, decisions in bulk, and the story of one firm."""

from .assigning import assign, drop_assignments, search_officers
from .deciding import decide, decide_many, decisions_of
from .duties import duties_of
from .export import export_items
from .grade_changes import note_grade_change
from .operations import operations, replay_tasks
from .presentation import present_items
from .queue import POSITION, asked_for, count, find_item, position_of_item, search
from .story import tell_story

__all__ = [
    "ANSWER", "POSITION", "SUPPLEMENT", "asked_for", "assign", "count", "decide", "decide_many",
    "decisions_of", "drop_assignments", "duties_of", "export_items", "find_item", "note_grade_change",
    "operations", "position_of_item", "present_items", "replay_tasks", "search", "search_officers",
    "tell_story",
]  # fmt: skip
