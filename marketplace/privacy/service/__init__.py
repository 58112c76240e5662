"""Personal data: copied for whom it is of, erased on request, erased when its time has passed."""

from .erasure import erase_contact
from .exporting import export
from .holdings import HOLDINGS, NOT_EXPORTED
from .person_export import DONE_FOR_OTHERS, OF_PERSON, export_person
from .retention import RULES, RetentionRule, erase_past_retention

__all__ = [
    "DONE_FOR_OTHERS",
    "HOLDINGS",
    "NOT_EXPORTED",
    "OF_PERSON",
    "RULES",
    "RetentionRule",
    "erase_contact",
    "erase_past_retention",
    "export",
    "export_person",
]
