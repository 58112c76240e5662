"""Many items decided at once: each by the service of its room, in a transaction and with a result of its own.

Rights and four eyes are those of the rooms; here is only which decision fits which kind, and whose it is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from ...appeals import service as appeals
from ...appeals.models import Decision, RepairDecision
from ...credit import service as credit
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise, EnterpriseStatus
from ...errors import DomainError, Forbidden, Invalid
from ...events.actor import ADMIN, REGULATOR, Actor
from ...events.lifecycle import wrong_state
from ...events.work import one_of_many, unit_of_work
from ...messages.names import Name
from ...registrations import service as registrations
from ...transporters import service as transporters
from ..models import DeskDecision, DeskKind
from .grade_changes import see_grade_change
from .queue import find_item

Decide = Callable[[Actor, UUID, str], object]


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision about items of a kind.

    Attributes:
        decide: does it; raises NotFound for what the actor may not see.
        needs_reason: whether somebody reads why. by: kinds of keys that may.
    """

    decide: Decide
    needs_reason: bool = True
    by: tuple[str, ...] = (ADMIN,)


def _decide_registration(actor: Actor, enterprise_id: UUID, reason: str, decision: DeskDecision) -> None:
    """Only of the pending: the approval that ends a suspension is no decision of the desk."""
    enterprises.find_governed(actor, enterprise_id)
    with unit_of_work() as work:
        status = enterprises.lock(work, enterprise_id).status
        if status != EnterpriseStatus.PENDING:
            raise wrong_state(Enterprise.__tablename__, status, decision, [EnterpriseStatus.PENDING])
        if decision == DeskDecision.APPROVE:
            enterprises.approve(actor, enterprise_id, reason or None)
        else:
            enterprises.reject(actor, enterprise_id, reason)


def _appeal(decision: Decision) -> Decide:
    return lambda actor, row_id, reason: appeals.decide_appeal(
        actor, appeals.find_appeal(actor, row_id), decision, reason
    )


def _repair(decision: RepairDecision) -> Decide:
    return lambda actor, row_id, reason: appeals.decide_repair(
        actor, appeals.find_repair(actor, row_id), decision, reason
    )


def _see(actor: Actor, change_id: UUID, _: str) -> None:
    find_item(actor, DeskKind.GRADE_CHANGE, change_id)
    see_grade_change(actor, change_id)


OFFICIALS = (ADMIN, REGULATOR)
VERDICTS: dict[DeskKind, dict[DeskDecision, Verdict]] = {
    DeskKind.REGISTRATION: {
        DeskDecision.APPROVE: Verdict(
            lambda actor, row_id, reason: _decide_registration(actor, row_id, reason, DeskDecision.APPROVE),
            needs_reason=False,
        ),
        DeskDecision.REJECT: Verdict(
            lambda actor, row_id, reason: _decide_registration(actor, row_id, reason, DeskDecision.REJECT)
        ),
    },
    DeskKind.RECEIVER_REGISTRATION: {
        DeskDecision.CONFIRM: Verdict(
            lambda actor, row_id, _: registrations.confirm(actor, registrations.find(actor, row_id).id),
            needs_reason=False,
        ),
        DeskDecision.REFUSE: Verdict(
            lambda actor, row_id, reason: registrations.refuse(
                actor, registrations.find(actor, row_id).id, reason
            )
        ),
    },
    DeskKind.TRANSPORTER_PAPER: {
        DeskDecision.VERIFY: Verdict(
            lambda actor, row_id, reason: transporters.verify_paper(
                actor, transporters.find_paper(actor, row_id).id, reason or None
            ),
            needs_reason=False,
            by=OFFICIALS,
        ),
        DeskDecision.REFUSE: Verdict(
            lambda actor, row_id, reason: transporters.refuse_paper(
                actor, transporters.find_paper(actor, row_id).id, reason
            ),
            by=OFFICIALS,
        ),
    },
    DeskKind.APPEAL: {
        DeskDecision.UPHOLD: Verdict(_appeal(Decision.UPHOLD)),
        DeskDecision.OVERTURN: Verdict(_appeal(Decision.OVERTURN)),
    },
    DeskKind.REPAIR: {
        DeskDecision.CHECK: Verdict(
            lambda actor, row_id, reason: appeals.check_repair(
                actor, appeals.find_repair(actor, row_id), reason
            ),
            by=OFFICIALS,
        ),
        DeskDecision.GRANT: Verdict(_repair(RepairDecision.GRANT)),
        DeskDecision.REFUSE: Verdict(_repair(RepairDecision.REFUSE)),
    },
    DeskKind.PROVISIONAL_BLOCK: {
        DeskDecision.CONFIRM: Verdict(
            lambda actor, row_id, _: credit.confirm_block(actor, row_id), needs_reason=False
        ),
        DeskDecision.LIFT: Verdict(credit.lift_block),
    },
    DeskKind.GRADE_CHANGE: {DeskDecision.SEE: Verdict(_see, needs_reason=False, by=OFFICIALS)},
}
"""What may be decided from the desk; the other kinds have no decision, they end by what is done elsewhere."""


def decisions_of(actor: Actor, kind: DeskKind) -> dict[DeskDecision, bool]:
    """What the actor may say to items of a kind, each with whether it needs a reason."""
    verdicts = VERDICTS.get(kind, {})
    return {name: verdict.needs_reason for name, verdict in verdicts.items() if actor.kind in verdict.by}


def decide(actor: Actor, sent: dict[str, Any]) -> None:
    """Decide one item: `kind`, `id`, `decision` and `reason` of `sent`.

    Raises:
        Invalid, Forbidden: no such decision, or not this actor's. DomainError: as the room of the kind says.
    """
    verdict = _verdict(actor, DeskKind(sent["kind"]), DeskDecision(sent["decision"]), sent["reason"])
    verdict.decide(actor, sent["id"], sent["reason"])


def decide_many(actor: Actor, decisions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Decide items one after the other; one that is refused stops none of the others.

    Returns:
        for each its `kind` and `id`, and the `refusal` or None.
    """
    return [{**_named(decision), "refusal": _refusal(actor, decision)} for decision in decisions]


def _named(decision: dict[str, Any]) -> dict[str, Any]:
    return {name: decision[name] for name in ("kind", "id", "decision")}


def _refusal(actor: Actor, sent: dict[str, Any]) -> DomainError | None:
    try:
        with one_of_many():
            decide(actor, sent)
    except DomainError as refusal:
        return refusal
    return None


def _verdict(actor: Actor, kind: DeskKind, decision: DeskDecision, reason: str) -> Verdict:
    """Raises: Invalid: no such decision of this kind (`decision_not_of_kind`), or a reason is missing
    (`field_required`). Forbidden: it is another's (`role_forbids`)."""
    possible = VERDICTS.get(kind, {})
    if decision not in possible:
        raise Invalid("decision_not_of_kind", at="decision", kind=kind, decision=decision)
    verdict = possible[decision]
    if actor.kind not in verdict.by:
        raise Forbidden("role_forbids", allowed=tuple(Name("actor", kind) for kind in verdict.by))
    if verdict.needs_reason and not reason:
        raise Invalid("field_required", at="reason")
    return verdict
