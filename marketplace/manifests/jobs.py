"""Tasks and periodic jobs of manifests."""

from uuid import UUID

from ..deals.models import LIVE_DEALS
from . import service


def void_unissued(
    deal_id: str, by: str, status: str, fault: str | None,
    supply_id: str, demand_id: str, supplier_id: str, receiver_id: str,
) -> None:  # fmt: skip
    """A deal has ended, or a dispute about it: cancel what is not issued of one that has ended."""
    if status not in LIVE_DEALS:
        service.void_unissued(UUID(deal_id))


def chase() -> None:
    """Remind of late steps, report them to the regulator, and record them for credit."""
    service.chase()


def judge_clean_years() -> None:
    """Tell of the enterprises of which all loads of the year before came in time."""
    service.judge_clean_years()
