"""What staff are shown when they decide on an enterprise: names like its own, other claims on its USCC."""

from .claims import (
    claimant_contact,
    dismiss_claim,
    find_claim,
    forget_claimant,
    lapse_claim,
    list_claims,
    record_claim,
    uphold_claim,
)
from .notices import awaits_approval, name_notices, review_notices

__all__ = [
    "awaits_approval", "claimant_contact", "dismiss_claim", "find_claim", "forget_claimant", "lapse_claim",
    "list_claims", "name_notices", "record_claim", "review_notices", "uphold_claim",
]  # fmt: skip
