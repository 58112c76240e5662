"""Waste codes from plain words.

Public module: `suggester_training`, which needs scikit-learn and is imported on demand.
"""

from matching.suggestion.suggester import (
    HAZARD_LIKELY,
    LONGEST_TEXT,
    NOT_UNDERSTOOD,
    Suggester,
    Suggestion,
    fold,
    stem,
)

__all__ = [
    "HAZARD_LIKELY",
    "LONGEST_TEXT",
    "NOT_UNDERSTOOD",
    "Suggester",
    "Suggestion",
    "fold",
    "stem",
    "suggester_training",
]
