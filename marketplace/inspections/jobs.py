"""What the queue runs for inspections."""

from uuid import UUID

from ..credit import service as credit
from .models import InspectionKind

LATE = "site.rectification_late"


def record_late(
    happened: str, inspection_id: str, number: str, kind: str, enterprise_id: str, result: str,
    due_on: str | None,
) -> None:  # fmt: skip
    """Findings were not put right in time: ordered by an officer that counts, once an inspection."""
    if kind != InspectionKind.SELF:
        credit.record_automatic(UUID(enterprise_id), LATE, f"inspection:{inspection_id}", number)
