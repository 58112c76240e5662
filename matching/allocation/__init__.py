"""A plan for a whole region: which tonnes go where."""

from matching.allocation.lawful_pairings import (
    MOST_WAYS,
    Lawful,
    Region,
    TooManyWays,
    broken_gates,
    lawful_ways,
)
from matching.allocation.linear_program import Capacities, Ways
from matching.allocation.planning import Plan, Why, allocate, capacity_prices
from matching.rules import NO_PERMIT

__all__ = [
    "MOST_WAYS",
    "NO_PERMIT",
    "Capacities",
    "Lawful",
    "Plan",
    "Region",
    "TooManyWays",
    "Ways",
    "Why",
    "allocate",
    "broken_gates",
    "capacity_prices",
    "lawful_ways",
]
