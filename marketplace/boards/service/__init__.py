"""Boards of credit, totals of points lost, and what the tiers of credit do."""

from .exposure import Exposure, exposure
from .inside import grade_position, present_grade, search_grades
from .points import PointsBy, Totals, points_lost
from .red_list import present_honoured, search_honoured

__all__ = [
    "Exposure",
    "PointsBy",
    "Totals",
    "exposure",
    "grade_position",
    "points_lost",
    "present_grade",
    "present_honoured",
    "search_grades",
    "search_honoured",
]
