"""What ends soon is announced once to its owner: listings and monthly tests of channels 7 days before their
last day, licences 60.
"""

import logging
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from ....enterprises import service as enterprises
from ....events.work import Work, unit_of_work
from ....licences import service as licences
from ....listings import service as listings
from ...models import Announcement, NotificationKind
from .messages import compose

LISTING_DAYS, TEST_DAYS, LICENCE_DAYS = 7, 7, 60
"""Days before the end; our own choice."""
BATCH = 500

log = logging.getLogger(__name__)


def announce_endings(today: date) -> int:
    """Plan messages about open listings, licences and tests that end or are due soon, each once for each
    last day.

    Returns:
        how many were planned.
    """
    with unit_of_work() as work:
        ending = [
            (NotificationKind.LISTING_ENDING, row.enterprise_id, row.id, row.available_until,
             {"listing_id": str(row.id), "name": row.title})
            for row in listings.ending(today, today + timedelta(days=LISTING_DAYS), _not_announced, BATCH)
        ]  # fmt: skip
        ending += [
            (NotificationKind.LICENCE_ENDING, row.enterprise_id, row.id, row.valid_until,
             {"licence_id": str(row.id), "name": row.number})
            for row in licences.ending(today, today + timedelta(days=LICENCE_DAYS), _not_announced, BATCH)
        ]  # fmt: skip
        ending += [
            (NotificationKind.TEST_DUE, row.generator_id, row.id, day,
             {"permit_id": str(row.id), "name": row.approval_number})
            for row in licences.tests_due(today, today + timedelta(days=TEST_DAYS), _not_announced, BATCH)
            if (day := row.test_due_on) is not None
        ]  # fmt: skip
        owners = enterprises.by_id({owner_id for _, owner_id, *_ in ending})
        for kind, owner_id, subject_id, last_day, data in ending:
            if _claim(work, kind, subject_id, last_day):
                work.add(compose(owners[owner_id], kind, {**data, "last_day": str(last_day)}))
    if ending:
        log.info("endings announced", extra={"messages": len(ending)})
    return len(ending)


def _not_announced(subject_id: Any, last_day: Any) -> Any:
    """The condition that nobody was told yet that the row in these columns ends on that day."""
    announced = select(Announcement.subject_id).where(
        Announcement.subject_id == subject_id, Announcement.last_day == last_day
    )
    return ~announced.exists()


def _claim(work: Work, kind: str, subject_id: UUID, last_day: date) -> bool:
    """Note that an ending is announced; False if it was before."""
    claim = insert(Announcement).values(subject_id=subject_id, last_day=last_day, kind=kind)
    claimed = work.session.execute(claim.on_conflict_do_nothing().returning(Announcement.subject_id))
    return claimed.one_or_none() is not None
