"""Years in which all loads of an enterprise came in time: told to whoever listens, once a year."""

import logging
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, cast, func, or_, select, union

from ... import clock
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise
from ...events.actor import PLATFORM
from ...events.models import Audit
from ...events.work import unit_of_work
from ..models import CLOSED_STATES, IN_FLIGHT, LateStage, LateStep, Manifest, ManifestDelay

FEWEST_LOADS = 10
"""Closed loads of a year that can make it a clean one; our own choice."""
JUDGED_IN = 1
"""The month in which the year before is judged."""
IN_TIME = (LateStep.RECEIVE, LateStep.CLOSE)
TOLD = "tell_clean_year"
"""The action of the audit line by which a year is told once."""

log = logging.getLogger(__name__)


def judge_clean_years() -> int:
    """In January: emit `manifests.clean_year` for each enterprise that sent or received ten or more loads in
    the year before, all of them received and closed in time.

    A load that still is on its way keeps its year undecided, until January is over.

    Returns:
        how many were told now.
    """
    today = clock.today()
    if today.month != JUDGED_IN:
        return 0
    year = today.year - 1
    with unit_of_work() as work:
        work.lock_name(TOLD)
        found = work.session.scalars(_clean_in(year)).all()
        if found:
            work.audit_many(PLATFORM, TOLD, enterprises.by_id(set(found)).values(), year=year)
            told = [{"enterprise_id": str(enterprise_id), "year": year} for enterprise_id in found]
            work.emit_many("manifests.clean_year", told)
    if found:
        log.info("clean years told", extra={"year": year, "count": len(found)})
    return len(found)


def _clean_in(year: int) -> Select[UUID]:
    """The enterprises whose year was clean and is not told yet, in the order of their ids."""
    is_late = (
        select(ManifestDelay.manifest_id)
        .where(
            ManifestDelay.manifest_id == Manifest.id,
            ManifestDelay.step.in_(IN_TIME),
            ManifestDelay.stage == LateStage.RECORDED,
        )
        .exists()
    )
    loads = union(
        *(
            select(
                side.label("enterprise_id"),
                Manifest.id,
                Manifest.status.in_(CLOSED_STATES).label("is_closed"),
                or_(Manifest.status.in_(IN_FLIGHT), is_late).label("hinders"),
            ).where(Manifest.load_on.between(date(year, 1, 1), date(year, 12, 31)))
            for side in (Manifest.sender_id, Manifest.receiver_id)
        )
    ).subquery()
    return (
        select(loads.c.enterprise_id)
        .where(~_is_told(loads.c.enterprise_id, year))
        .group_by(loads.c.enterprise_id)
        .having(
            func.count().filter(loads.c.is_closed) >= FEWEST_LOADS,
            func.bool_or(loads.c.hinders).is_(False),
        )
        .order_by(loads.c.enterprise_id)
    )


def _is_told(enterprise_id: ColumnElement[UUID], year: int) -> ColumnElement[bool]:
    return (
        select(Audit.id)
        .where(
            Audit.subject_kind == Enterprise.__tablename__,
            Audit.subject_id == cast(enterprise_id, Text),
            Audit.action == TOLD,
            Audit.detail.contains({"year": year}),
        )
        .exists()
    )
