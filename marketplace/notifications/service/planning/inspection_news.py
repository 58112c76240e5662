"""What an enterprise is told of its inspections."""

from typing import Any
from uuid import UUID

from ...models import NotificationKind
from ..kinds import KINDS
from .instant import plan_message

OWN_CHECK = "self"
"""The kind of inspection in which the enterprise does all but what the clock does."""
BY_CLOCK = "overdue"


def plan_inspection_news(enterprise_id: UUID, happened: str, kind: str, facts: dict[str, Any]) -> None:
    """Tell an enterprise what happened to an inspection; not what it has just done itself."""
    if kind == OWN_CHECK and happened != BY_CLOCK:
        return
    news = NotificationKind(f"inspection.{happened}")
    plan_message(enterprise_id, news, {name: facts[name] for name in KINDS[news].data_fields})
