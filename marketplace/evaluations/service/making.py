"""Previews are made by jobs, batch by batch: a job that ends in the middle goes on where it ended.

Each batch, the note how far its job is, and the task of the next batch are one transaction.
"""

import logging
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, func, select

from ... import clock
from ...catalogue import service as catalogue
from ...credit.models import Evaluation
from ...database import db, is_among
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise, EnterpriseStatus
from ...errors import Invalid, NotFound
from ...events.actor import PLATFORM, Actor
from ...events.lifecycle import Party
from ...events.models import NOBODY
from ...events.work import Work, audited_as, request_id, unit_of_work, written_for
from ..models import JOB_LIFE, EvaluationJob, EvaluationJobStatus
from .gathering import gather

BATCH = 50
"""Enterprises of one transaction: a second, with 20 declarations and 100 events each. Our own choice."""
TASK = "evaluations.jobs.make_previews"
PREVIEWS_KEPT_FOR = timedelta(days=90)
"""Our own choice. What is published stays for good."""
DELETED_AT_ONCE = 500

log = logging.getLogger(__name__)


def start(actor: Actor, data: dict[str, Any]) -> EvaluationJob:
    """Ask for previews of `enterprise_id`, or of all approved enterprises of `region`; the queue `bulk` makes
    them.

    Raises:
        Invalid: `unknown_enterprise` or `unknown_region`.
    """
    enterprise_id, region = data.get("enterprise_id"), data.get("region")
    if region is None:
        _require_enterprise(actor, enterprise_id)
    else:
        catalogue.find_region(region)
    with unit_of_work() as work:
        job = EvaluationJob(
            enterprise_id=enterprise_id,
            region=region,
            note=data["note"],
            created_by=actor.id,
            request_id=request_id.get(),
        )
        job.total = work.session.scalar(select(func.count()).select_from(_scope(job).subquery())) or 0
        work.add(job)
        work.audit(actor, "start", job, enterprises=job.total)
        _enqueue(work, job)
    log.info("evaluations requested", extra={"job_id": str(job.id), "enterprises": job.total})
    return job


def _require_enterprise(actor: Actor, enterprise_id: UUID | None) -> None:
    try:
        enterprises.find(actor, enterprise_id or UUID(int=0))
    except NotFound as error:
        raise Invalid("unknown_enterprise", at="enterprise_id") from error


def _scope(job: EvaluationJob) -> Select[Any]:
    """The ids of the enterprises of a job."""
    if job.enterprise_id is not None:
        return select(Enterprise.id).where(Enterprise.id == job.enterprise_id)
    return select(Enterprise.id).where(
        Enterprise.status == EnterpriseStatus.APPROVED, catalogue.within(Enterprise.region, job.region or 0)
    )


def _enqueue(work: Work, job: EvaluationJob) -> None:
    with written_for(NOBODY, bulk=True):
        work.enqueue(TASK, job_id=str(job.id))


def make_previews(job_id: UUID) -> None:
    """Make the previews of the next batch of a job; again after its end changes nothing."""
    began = time.perf_counter()
    with unit_of_work() as work:
        job = work.lock(EvaluationJob, EvaluationJob.id == job_id)
        if job.status == EvaluationJobStatus.DONE:
            return
        ids = _next_ids(job)
        with audited_as(job.request_id):
            _freeze(work, job, ids)
        job.done += len(ids)
        job.total = max(job.total, job.done)
        if len(ids) == BATCH:
            job.last_id = ids[-1]
            _enqueue(work, job)
        else:
            JOB_LIFE.move(job, "finish", by=Party.SYSTEM)
            job.total, job.ended_at = job.done, clock.now()
    ms = round((time.perf_counter() - began) * 1000)
    log.info("previews made", extra={"job_id": str(job_id), "count": len(ids), "ms": ms})


def _next_ids(job: EvaluationJob) -> Sequence[UUID]:
    query = _scope(job).order_by(Enterprise.id).limit(BATCH)
    if job.last_id is not None:
        query = query.where(Enterprise.id > job.last_id)
    return db.session.scalars(query).all()


def _freeze(work: Work, job: EvaluationJob, ids: Sequence[UUID]) -> None:
    """Write the preview of each of these enterprises."""
    previews = [
        Evaluation(
            enterprise_id=enterprise_id,
            note=job.note,
            job_id=job.id,
            inputs=gathered.inputs,
            inputs_sha256=gathered.sha256,
            score_milli=gathered.standing.score,
            grade=gathered.standing.grade,
            axes=gathered.standing.axes,
            provisional=gathered.is_provisional,
            missing=[what.value for what in gathered.missing],
            recorded_by=job.created_by,
        )
        for enterprise_id, gathered in sorted(gather(ids).items())
    ]
    work.session.add_all(previews)
    work.session.flush()
    work.audit_many(PLATFORM, "preview", previews, job_id=str(job.id))


def forget_previews() -> int:
    """Delete previews that nobody published within 90 days. Returns: how many."""
    forgotten, last = 0, DELETED_AT_ONCE
    while last == DELETED_AT_ONCE:
        with unit_of_work() as work:
            old = (
                select(Evaluation.id)
                .where(
                    Evaluation.published_on.is_(None), Evaluation.created_at < clock.now() - PREVIEWS_KEPT_FOR
                )
                .limit(DELETED_AT_ONCE)
                .with_for_update(skip_locked=True)
            )
            ids = work.session.scalars(old).all()
            if ids:
                work.session.execute(delete(Evaluation).where(is_among(Evaluation.id, ids)))
        last = len(ids)
        forgotten += last
    if forgotten:
        log.info("previews forgotten", extra={"count": forgotten})
    return forgotten
