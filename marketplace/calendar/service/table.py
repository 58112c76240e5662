"""The operator's table: read once for each request or task, replaced as a whole."""

import logging
from typing import Any

from flask import g
from sqlalchemy import select

from ...database import db
from ...errors import PreconditionFailed
from ...events.actor import PLATFORM, Actor
from ...events.work import unit_of_work
from ..models import WorkingCalendar

LOCK = "working_calendar"

log = logging.getLogger(__name__)


def current(actor: Actor = PLATFORM) -> WorkingCalendar:
    """The table in force; version 0 with nothing in it as long as the operator has entered none."""
    newest = select(WorkingCalendar).order_by(WorkingCalendar.version.desc()).limit(1)
    return db.session.scalars(newest).one_or_none() or WorkingCalendar(version=0, days=[], complete_years=[])


def publish(
    actor: Actor, days: list[dict[str, Any]], complete_years: list[int], expected: int | None
) -> WorkingCalendar:
    """Replace the table; deadlines are counted by it from the next request on.

    Args:
        expected: the version that the caller has read, None to replace whichever is in force.
    Raises:
        PreconditionFailed: somebody published another in the meantime (`version_changed`).
    """
    with unit_of_work() as work:
        work.lock_name(LOCK)
        before = current()
        if expected is not None and before.version != expected:
            raise PreconditionFailed("version_changed")
        stored = [{**item, "day": item["day"].isoformat()} for item in days]
        table = work.add(
            WorkingCalendar(
                version=before.version + 1,
                days=sorted(stored, key=lambda item: item["day"]),
                complete_years=sorted(complete_years),
                created_by=actor.id,
            )
        )
        work.audit(actor, "publish", table)
    g.pop("working_days", None)
    log.info("working days published", extra={"version": table.version, "days": len(days)})
    return table
