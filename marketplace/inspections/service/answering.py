"""Items answered: how far each is met, with a note, and whether an officer records the finding."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from ... import clock
from ...errors import Invalid
from ...events.actor import Actor
from ...events.work import unit_of_work
from ..models import LIFE, Inspection, InspectionAnswer, InspectionKind, InspectionStatus
from .lookup import inspector_of, lock


def answer_items(actor: Actor, inspection_id: UUID, items: Sequence[dict[str, Any]]) -> Inspection:
    """Answer some items, or answer them anew; what an earlier answer said of an item is replaced.

    Args:
        items: `item` (its code), `points`, `note`, `rule`.
    Raises:
        Forbidden: somebody else inspects (`inspection_of_others`).
        Conflict: it is finished or cancelled (`wrong_state`).
        Invalid: no such item (`unknown_item`), or a credit rule for what is met (`rule_without_finding`) or
            in a self-check (`rule_of_self_check`).
    """
    with unit_of_work() as work:
        row = lock(work, inspection_id)
        party = inspector_of(actor, row.kind)
        if row.status != InspectionStatus.OPEN:
            LIFE.move(row, "finish", by=party)  # refuses, naming the states
        answers = by_code(row)
        for place, item in enumerate(items):
            answer = answers.get(item["item"])
            at = f"items.{place}"
            if answer is None:
                raise Invalid("unknown_item", at=f"{at}.item", item=item["item"])
            _check_rule(row, answer, item, f"{at}.rule")
            answer.points, answer.note, answer.rule = item["points"], item["note"], item["rule"]
            answer.answered_by = actor.id
        row.updated_at = clock.now()
        work.session.flush()
        work.audit(actor, "answer", row, items=sorted(item["item"] for item in items))
    return row


def _check_rule(row: Inspection, answer: InspectionAnswer, item: dict[str, Any], at: str) -> None:
    if item["rule"] is None:
        return
    if row.kind == InspectionKind.SELF:
        raise Invalid("rule_of_self_check", at=at)
    if item["points"] >= answer.item.most_points:
        raise Invalid("rule_without_finding", at=at, item=item["item"])


def by_code(row: Inspection) -> dict[str, InspectionAnswer]:
    """The answers by the code of their item."""
    return {answer.item.code: answer for answer in row.answers}
