"""What an enterprise is told of its appeals and repairs."""

from collections.abc import Mapping
from uuid import UUID

from ...models import NotificationKind
from ..kinds import KINDS
from .instant import plan_message


def plan_credit_news(enterprise_id: UUID, kind: NotificationKind, facts: Mapping[str, str]) -> None:
    """Plan a message of a kind with those of the facts that it tells."""
    plan_message(enterprise_id, kind, {name: facts[name] for name in KINDS[kind].data_fields})
