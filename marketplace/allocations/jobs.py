"""What the queue does for allocations."""

from uuid import UUID

from . import service


def run(allocation_id: str) -> None:
    """Make a plan for a region that was asked for."""
    service.run_allocation(UUID(allocation_id))
