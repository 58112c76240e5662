"""Documents: rendered from facts, issued under a random token, verified by it; labels of containers."""

from . import wording
from .digital_ids import MOST_PACKAGES, digital_ids
from .issuing import address_of, issue_document
from .labels import MOST_LABELS, Label, label_sheet
from .qr import qr_svg
from .verification import STATES, Verified, issued_under, verify

__all__ = [
    "MOST_LABELS",
    "MOST_PACKAGES",
    "STATES",
    "Label",
    "Verified",
    "address_of",
    "digital_ids",
    "issue_document",
    "issued_under",
    "label_sheet",
    "qr_svg",
    "verify",
    "wording",
]
