"""Inspections: begun, answered item by item, finished, put right, checked again; the report; what is due."""

from .answering import answer_items
from .beginning import begin
from .checklists import checklist_items, find_policy, items_in_force
from .finishing import abandon, cancel, finish
from .frequency import due_checks
from .lookup import find, may_inspect, may_write, newest_finished, require_writer, search
from .photos import add_photo, find_photo
from .presentation import present, present_heads
from .rectifying import miss, recheck, rectify
from .report import report_pdf

__all__ = [
    "abandon",
    "add_photo",
    "answer_items",
    "begin",
    "cancel",
    "checklist_items",
    "due_checks",
    "find",
    "find_photo",
    "find_policy",
    "finish",
    "items_in_force",
    "may_inspect",
    "may_write",
    "miss",
    "newest_finished",
    "present",
    "present_heads",
    "recheck",
    "rectify",
    "report_pdf",
    "require_writer",
    "search",
]
