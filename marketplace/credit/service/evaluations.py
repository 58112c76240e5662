"""Published evaluations, which make an enterprise established. What they are made of is gathered above."""

import logging
from typing import Any

from ... import clock
from ...enterprises.models import Enterprise
from ...events.actor import Actor
from ...events.lifecycle import Party
from ...events.work import Work, unit_of_work
from ..models import EVALUATION_LIFE, Evaluation
from .lapse import lapse_date, require_not_future
from .records import records_of
from .standings import lock_enterprise, refresh_standing

log = logging.getLogger(__name__)


def publish_evaluation(actor: Actor, data: dict[str, Any]) -> Evaluation:
    """Publish an evaluation that has no preview, valid for two years.

    Raises:
        Invalid: `unknown_enterprise`, or a day in the future (`effective_in_future`).
    """
    require_not_future(data["published_on"], "published_on")
    valid_until = lapse_date(data["published_on"])
    with unit_of_work() as work:
        enterprise = lock_enterprise(work, data["enterprise_id"])
        record = records_of([enterprise])[enterprise.id]
        standing = record.standing_with(data["published_on"], valid_until)
        evaluation = work.add(
            Evaluation(
                **data,
                valid_until=valid_until,
                score_milli=standing.score,
                grade=standing.grade,
                axes=standing.axes,
                recorded_by=actor.id,
            )
        )
        work.audit(actor, "publish", evaluation)
        refresh_standing(work, enterprise)
    _log(evaluation)
    return evaluation


def publish_preview(work: Work, actor: Actor, evaluation: Evaluation, enterprise: Enterprise) -> None:
    """Publish a locked preview of a locked enterprise, valid for two years from today.

    Raises:
        Conflict: it is published already (`wrong_state`).
    """
    move = EVALUATION_LIFE.move(evaluation, "publish", by=Party.ADMIN)
    evaluation.valid_until = lapse_date(clock.today())
    work.audit(actor, "publish", evaluation)
    refresh_standing(work, enterprise)
    work.emit(
        move.event or "",
        enterprise_id=str(enterprise.id),
        evaluation_id=str(evaluation.id),
        grade=evaluation.grade,
        valid_until=evaluation.valid_until.isoformat(),
    )
    _log(evaluation)


def _log(evaluation: Evaluation) -> None:
    about = {"evaluation_id": str(evaluation.id), "enterprise_id": str(evaluation.enterprise_id)}
    log.info("evaluation published", extra=about)
