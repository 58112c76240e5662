"""Boards of credit, exports of them, totals of points lost, what tiers do, and the figures of the town."""

from .board import board_position, present_board, search_board
from .cockpit import TARGETS, cockpit
from .entries import update_entries
from .export import File, export_board
from .exposure import Exposure, exposure
from .figures import town_figures
from .inside import grade_position, present_grade, search_grades
from .points import Totals, points_lost
from .publication import Publication
from .red_list import present_honoured, search_honoured

__all__ = [
    "TARGETS",
    "Exposure",
    "File",
    "Publication",
    "Totals",
    "board_position",
    "cockpit",
    "export_board",
    "exposure",
    "grade_position",
    "points_lost",
    "present_board",
    "present_grade",
    "present_honoured",
    "search_board",
    "search_grades",
    "search_honoured",
    "town_figures",
    "update_entries",
]
