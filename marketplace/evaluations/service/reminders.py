"""Enterprises and officers are reminded of evaluations that end: 60 and 30 days before, each once."""

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, select
from sqlalchemy.orm import aliased

from ... import clock
from ...catalogue import service as catalogue
from ...credit.models import Evaluation
from ...enterprises.models import Enterprise
from ...events.actor import PLATFORM
from ...events.work import Work, unit_of_work
from ...notifications import service as notifications
from ...persons import service as persons
from ..models import EvaluationReminder

REMIND_DAYS = (30, 60)
"""Days before the end, the last reminder first."""
BATCH = 200
"""Evaluations that one transaction reminds of."""

log = logging.getLogger(__name__)


def remind() -> int:
    """Emit `evaluation.ending` of each published evaluation whose time has come. Returns: of how many.

    Who was reminded 30 days before is not reminded of 60; what a later evaluation outlasts is passed over.
    """
    reminded = 0
    for days in REMIND_DAYS:
        last = BATCH
        while last == BATCH:
            last = _remind(days)
            reminded += last
    if reminded:
        log.info("evaluations reminded of", extra={"count": reminded})
    return reminded


def _due(days: int) -> Select[Any]:
    """The next batch of evaluations that end within so many days and that nobody was reminded of since."""
    today, later = clock.today(), aliased(Evaluation)
    is_reminded = exists().where(
        EvaluationReminder.evaluation_id == Evaluation.id, EvaluationReminder.days <= days
    )
    is_outlasted = exists().where(
        later.enterprise_id == Evaluation.enterprise_id,
        (later.valid_until > Evaluation.valid_until)
        | ((later.valid_until == Evaluation.valid_until) & (later.id > Evaluation.id)),
    )
    return (
        select(Evaluation)
        .where(
            Evaluation.valid_until > today,
            Evaluation.valid_until <= today + timedelta(days=days),
            ~is_reminded,
            ~is_outlasted,
        )
        .order_by(Evaluation.id)
        .limit(BATCH)
        .with_for_update(of=Evaluation, skip_locked=True, key_share=True)
    )


def _remind(days: int) -> int:
    with unit_of_work() as work:
        rows = work.session.scalars(_due(days)).all()
        for row in rows:
            end = row.valid_until.isoformat() if row.valid_until else ""
            work.add(EvaluationReminder(evaluation_id=row.id, days=days))
            work.audit(PLATFORM, "remind", row, days=days, valid_until=end)
            work.emit(
                "evaluation.ending",
                enterprise_id=str(row.enterprise_id),
                evaluation_id=str(row.id),
                valid_until=end,
                days=days,
            )
        if rows:
            _enqueue_mails(work, {row.enterprise_id for row in rows})
    return len(rows)


def _enqueue_mails(work: Work, enterprise_ids: set[UUID]) -> None:
    """Have each officer who can be reached mailed how many of the enterprises are in its charge."""
    officers = persons.reachable_officers()
    regions = work.session.scalars(select(Enterprise.region).where(Enterprise.id.in_(enterprise_ids))).all()
    for officer in officers:
        count = sum(officer.region is None or catalogue.region_covers(officer.region, at) for at in regions)
        if count:
            due_at = notifications.next_mail_time(clock.now())
            task = "notifications.jobs.send_evaluations_ending"
            work.enqueue(task, due_at=due_at, person_id=str(officer.person_id), count=count)
