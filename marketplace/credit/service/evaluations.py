"""Published evaluations, which make an enterprise established."""

import logging
from typing import Any

from ...events.actor import Actor
from ...events.work import unit_of_work
from ..models import Evaluation
from .lapse import lapse_date, require_not_future
from .standings import lock_enterprise, refresh_standing

log = logging.getLogger(__name__)


def publish_evaluation(actor: Actor, data: dict[str, Any]) -> Evaluation:
    """Publish an evaluation, valid for two years.

    Raises:
        Invalid: `unknown_enterprise`, or a day in the future (`effective_in_future`).
    """
    require_not_future(data["published_on"], "published_on")
    with unit_of_work() as work:
        enterprise = lock_enterprise(work, data["enterprise_id"])
        evaluation = work.add(
            Evaluation(**data, valid_until=lapse_date(data["published_on"]), recorded_by=actor.id)
        )
        work.audit(actor, "publish", evaluation)
        refresh_standing(work, enterprise)
    about = {"evaluation_id": str(evaluation.id), "enterprise_id": str(enterprise.id)}
    log.info("evaluation published", extra=about)
    return evaluation
