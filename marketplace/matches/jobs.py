"""What the queue does for matches."""

from uuid import UUID

from . import service


def run_allocation(allocation_id: str) -> None:
    """Make a plan for a region that was asked for."""
    service.run_allocation(UUID(allocation_id))
