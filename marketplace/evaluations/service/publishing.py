"""A preview is published as it was frozen, or not at all."""

from uuid import UUID

from ...credit import service as credit
from ...credit.models import Evaluation, EvaluationStatus
from ...enterprises import service as enterprises
from ...errors import Conflict
from ...events.actor import Actor
from ...events.work import unit_of_work
from .gathering import gather


def publish(actor: Actor, evaluation_id: UUID) -> Evaluation:
    """Publish a preview, valid for two years from today; the enterprise is established by it.

    Raises:
        NotFound: there is none.
        Conflict: it is published already (`wrong_state`), or what it was made of is not what is known of its
            enterprise now (`evaluation_outdated`).
    """
    with unit_of_work() as work:
        evaluation = work.lock(Evaluation, Evaluation.id == evaluation_id)
        enterprise = enterprises.lock(work, evaluation.enterprise_id)
        if evaluation.status == EvaluationStatus.PREVIEW:
            current = gather([enterprise.id])[enterprise.id]
            if current.sha256 != evaluation.inputs_sha256:
                raise Conflict("evaluation_outdated")
        credit.publish_preview(work, actor, evaluation, enterprise)
    return evaluation
