"""Plans for a region and period: asked for, made, read page by page and as files."""

from .planning import check_allocating, find_allocation, list_allocations, run_allocation, start_allocation
from .results import export_allocation, first_gaps, part_of, why

__all__ = [
    "check_allocating",
    "export_allocation",
    "find_allocation",
    "first_gaps",
    "list_allocations",
    "part_of",
    "run_allocation",
    "start_allocation",
    "why",
]
