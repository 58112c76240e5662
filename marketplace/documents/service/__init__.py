"""Documents: rendered from facts, issued under a random token, verified by it; labels of containers."""

from . import wording
from .digital_ids import MOST_PACKAGES, digital_ids
from .issuing import issue_document
from .labels import MOST_LABELS, Label, label_sheet
from .verification import STATES, Verified, verify

__all__ = [
    "MOST_LABELS",
    "MOST_PACKAGES",
    "STATES",
    "Label",
    "Verified",
    "digital_ids",
    "issue_document",
    "label_sheet",
    "verify",
    "wording",
]
