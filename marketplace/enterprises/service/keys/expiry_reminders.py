"""Keys are announced before they expire."""

import logging
from collections import defaultdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from .... import clock
from ....events.work import unit_of_work
from ...models import ApiKey

REMIND_DAYS = (30, 7)
"""Days before its end when a key's holder is reminded."""

log = logging.getLogger(__name__)


def remind_of_expiry() -> int:
    """Announce keys that end within 30 days, and again within 7, all of an enterprise at once.

    Returns how many were announced.
    """
    ending: dict[UUID, list[dict[str, str]]] = defaultdict(list)
    with unit_of_work() as work:
        for days in sorted(REMIND_DAYS):
            for key in work.session.scalars(_due_for_reminder(days)):
                key.reminded_days = days
                assert key.enterprise_id is not None
                ending[key.enterprise_id].append(
                    {"key_id": str(key.id), "expires_at": key.expires_at.isoformat()}
                )
        for enterprise_id, keys in ending.items():
            work.emit("key.expiring", enterprise_id=str(enterprise_id), keys=keys)
    announced = sum(map(len, ending.values()))
    if announced:
        log.info("expiring keys announced", extra={"count": announced})
    return announced


def _due_for_reminder(days: int) -> Any:
    """Keys of enterprises that end within as many days, locked, and not announced for as few before."""
    now = clock.now()
    return (
        select(ApiKey)
        .where(
            ApiKey.enterprise_id.is_not(None),
            ApiKey.revoked_at.is_(None),
            ApiKey.expires_at > now,
            ApiKey.expires_at <= now + timedelta(days=days),
            or_(ApiKey.reminded_days.is_(None), ApiKey.reminded_days > days),
        )
        .with_for_update(skip_locked=True)
    )
