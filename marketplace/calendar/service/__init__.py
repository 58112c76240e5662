"""Working days: asked of one day, counted, and the operator's table of exceptions."""

from .table import current, publish
from .working_days import (
    add_working_days,
    announced_years,
    days_against_week,
    is_known,
    is_working_day,
    unknown_year_notices,
    working_days_between,
)

__all__ = [
    "add_working_days",
    "announced_years",
    "current",
    "days_against_week",
    "is_known",
    "is_working_day",
    "publish",
    "unknown_year_notices",
    "working_days_between",
]
