"""Steps that are late: reminded, then reported to the regulator, then recorded for credit; each once."""

import logging
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import TIMESTAMP, ColumnElement, cast, func, select

from ... import clock
from ...calendar import service as calendar
from ...database import db
from ...events.actor import PLATFORM
from ...events.lifecycle import WorkingDays
from ...events.work import unit_of_work
from ..models import WAITING, LateStage, LateStep, Manifest, ManifestDeadline, ManifestDelay
from .steps import emit

BATCH = 200
"""Manifests that one transaction looks at."""
EVENTS = {
    LateStage.REMINDED: "manifest.overdue",
    LateStage.ESCALATED: "manifest.escalated",
    LateStage.RECORDED: "manifest.late",
}

log = logging.getLogger(__name__)


def chase() -> None:
    """Take every late step to its next stage: one reminder, one report, one event for credit a deadline."""
    waiting_states = {state for waiting in WAITING.values() for state in waiting.states}
    states = select(Manifest.status).where(Manifest.status.in_(waiting_states)).distinct()
    found = set(db.session.scalars(states))
    for deadline in deadlines() if found else ():
        if found.isdisjoint(WAITING[deadline.step].states):
            continue
        for stage in LateStage:
            days = getattr(deadline, f"{stage}_days")
            while days and _chase(deadline, stage, days) == BATCH:
                pass


def deadlines() -> Sequence[ManifestDeadline]:
    """The deadlines that are in force today."""
    rows = select(ManifestDeadline).where(ManifestDeadline.is_in_force_on(clock.today()))
    return db.session.scalars(rows.order_by(ManifestDeadline.id)).all()


def _chase(deadline: ManifestDeadline, stage: LateStage, days: int) -> int:
    """Note the stage of a batch of manifests that are late by so many days. Returns: how many."""
    waiting = WAITING[deadline.step]
    since = getattr(Manifest, waiting.since)
    with unit_of_work() as work:
        late = (
            select(Manifest)
            .where(
                Manifest.status.in_(waiting.states),
                since <= _latest_start(deadline, days, since),
                ~_is_noted(deadline.step, stage, since),
            )
            .order_by(Manifest.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True, key_share=True)
        )
        rows = work.session.scalars(late).all()
        for row in rows:
            enterprise_id = getattr(row, waiting.who)
            began = getattr(row, since.key)
            work.add(
                ManifestDelay(
                    manifest_id=row.id, step=deadline.step, since=_moment(began), stage=stage,
                    enterprise_id=enterprise_id,
                )
            )  # fmt: skip
            work.audit(PLATFORM, stage, row, step=deadline.step)
            emit(work, EVENTS[stage], row, step=str(deadline.step), enterprise_id=str(enterprise_id))
    if rows:
        about = {"step": deadline.step, "stage": stage, "count": len(rows)}
        log.info("late steps noted", extra=about)
    return len(rows)


def _is_noted(step: LateStep, stage: LateStage, since: Any) -> ColumnElement[bool]:
    return (
        select(ManifestDelay.manifest_id)
        .where(
            ManifestDelay.manifest_id == Manifest.id,
            ManifestDelay.step == step,
            ManifestDelay.stage == stage,
            ManifestDelay.since == _as_moment(since),
        )
        .exists()
    )


def _latest_start(deadline: ManifestDeadline, days: int, since: Any) -> Any:
    """The latest start from which so many days have passed by now; of a column of days a day."""
    if deadline.working:
        start = WorkingDays(days, calendar.is_working_day).latest_start(clock.now())
    else:
        start = clock.now() - timedelta(days=days)
    return start.astimezone(clock.LOCAL).date() if since.key == "load_on" else start


def _moment(began: Any) -> datetime:
    """The start as it is kept: a day begins at its first moment in Asia/Shanghai."""
    return began if isinstance(began, datetime) else datetime.combine(began, time(), clock.LOCAL)


def _as_moment(since: Any) -> Any:
    """The column of the start as a moment."""
    return since if since.key != "load_on" else func.timezone(str(clock.LOCAL), cast(since, TIMESTAMP))
