"""Plans for a region and period: asked for, made, read page by page and as files."""

from .export import export_allocation
from .planning import run_allocation
from .requests import check_allocation_request, find_allocation, list_allocations, start_allocation
from .results import first_gaps, plan_items, unplaced_reason

__all__ = [
    "check_allocation_request",
    "export_allocation",
    "find_allocation",
    "first_gaps",
    "list_allocations",
    "plan_items",
    "run_allocation",
    "start_allocation",
    "unplaced_reason",
]
