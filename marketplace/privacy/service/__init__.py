"""Personal data: copied for whom it is of, erased on request, erased when its time has passed."""

from .erasure import erase_contact
from .exporting import export
from .holdings import HOLDINGS, NOT_EXPORTED
from .retention import RULES, RetentionRule, erase_past_retention

__all__ = [
    "HOLDINGS",
    "NOT_EXPORTED",
    "RULES",
    "RetentionRule",
    "erase_contact",
    "erase_past_retention",
    "export",
]
