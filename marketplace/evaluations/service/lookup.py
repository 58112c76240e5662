"""Evaluations and jobs found: everybody sees what is published, officers the previews that they oversee."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import undefer

from ...catalogue import service as catalogue
from ...credit import service as credit
from ...credit.models import Evaluation, EvaluationStatus
from ...database import db
from ...enterprises import service as enterprises
from ...errors import NotFound
from ...events.actor import REGULATOR, Actor
from ..models import EvaluationJob


def find(actor: Actor, evaluation_id: UUID) -> Evaluation:
    """An evaluation that the actor may see. Raises: NotFound."""
    query = select(Evaluation).where(Evaluation.id == evaluation_id, *_visible(actor))
    row = db.session.scalars(query.options(undefer(Evaluation.inputs))).one_or_none()
    if row is None:
        raise NotFound()
    return row


def find_job(actor: Actor, job_id: UUID) -> EvaluationJob:
    """A job that the actor may see. Raises: NotFound."""
    query = select(EvaluationJob).where(EvaluationJob.id == job_id, *_visible_jobs(actor))
    job = db.session.scalars(query).one_or_none()
    if job is None:
        raise NotFound()
    return job


def search_jobs(
    actor: Actor, query: dict[str, Any], after: UUID | None, limit: int
) -> Sequence[EvaluationJob]:
    """Jobs that the actor may see, newest first, at most `limit` that are older than `after`."""
    rows = select(EvaluationJob).where(*_visible_jobs(actor))
    if query["status"] is not None:
        rows = rows.where(EvaluationJob.status == query["status"])
    if query["region"] is not None:
        rows = rows.where(_lies_in(query["region"]))
    if after is not None:
        rows = rows.where(EvaluationJob.id < after)
    return db.session.scalars(rows.order_by(EvaluationJob.id.desc()).limit(limit)).all()


def _visible_jobs(actor: Actor) -> list[ColumnElement[bool]]:
    return [_lies_in(actor.region or 0)] if actor.kind == REGULATOR else []


def _lies_in(region: int) -> ColumnElement[bool]:
    """The condition of a job that no more than this region is evaluated by."""
    enterprise = EvaluationJob.enterprise_id.in_(enterprises.ids_within(region))
    return or_(catalogue.within(EvaluationJob.region, region), enterprise)


def search(actor: Actor, query: dict[str, Any], after: UUID | None, limit: int) -> Sequence[Evaluation]:
    """Evaluations that the actor may see, newest first, at most `limit` that are older than `after`."""
    rows = select(Evaluation).where(*_visible(actor), *_filters(actor, query))
    if after is not None:
        rows = rows.where(Evaluation.id < after)
    return db.session.scalars(rows.order_by(Evaluation.id.desc()).limit(limit)).all()


def _visible(actor: Actor) -> list[ColumnElement[bool]]:
    if actor.is_admin:
        return []
    if actor.kind == REGULATOR:
        within = Evaluation.enterprise_id.in_(enterprises.ids_within(actor.region or 0))
        return [or_(credit.is_published(), within)]
    return [credit.is_published()]


Condition = Callable[[Actor, Any], ColumnElement[bool]]
FILTERS: dict[str, Condition] = {
    "enterprise_id": lambda actor, wanted: Evaluation.enterprise_id == wanted,
    "job_id": lambda actor, wanted: Evaluation.job_id == wanted,
    "status": lambda actor, wanted: (
        ~credit.is_published() if wanted == EvaluationStatus.PREVIEW else credit.is_published()
    ),
    "ends_by": lambda actor, day: Evaluation.valid_until <= day,
    "mine": lambda actor, _: (
        Evaluation.enterprise_id == actor.enterprise_id
        if actor.enterprise_id
        else Evaluation.recorded_by == actor.id
    ),
}
"""What each parameter of the list asks for; one that is not given filters nothing."""


def _filters(actor: Actor, query: dict[str, Any]) -> list[ColumnElement[bool]]:
    return [condition(actor, query[name]) for name, condition in FILTERS.items() if query[name]]
