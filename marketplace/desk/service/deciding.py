"""Many items decided at once: each by the service of its room, in a transaction and with a result of its own.

A caller of `decide_many` names a decision for every item, and gives each its own reason. `decide_alike` says
the same to all that were ticked in a list, and so takes only what may be said without a look at the single
case: where nothing weighs but what the list shows, and nobody is owed a reason of its own. Whoever is refused
is always owed one. An appeal, a repair, an entry of the blocked list, a claim on a code and the evidence for
an exemption each rest on files of their own; a licence is compared with its scan before anybody may hand over
hazardous waste on it; an application for a transfer takes the step that an authority took, on the day it did.

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
from ...licences import service as licences
from ...licences.models import Licence
from ...listings import service as listings
from ...listings.models import ExemptionReview, Listing
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
        is_alike: whether it may be said to many at once.
    """

    decide: Decide
    needs_reason: bool = True
    by: tuple[str, ...] = (ADMIN,)
    is_alike: bool = False


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


def _on(find: Callable[[Actor, UUID], Any], decide: Callable[..., object]) -> Decide:
    """Decides on the row that `find` shows to the actor, with the reason if one is given."""
    return lambda actor, row_id, reason: decide(actor, find(actor, row_id).id, reason or None)


def _without_reason(find: Callable[[Actor, UUID], Any], decide: Callable[[Actor, UUID], object]) -> Decide:
    """Decides on the row that `find` shows to the actor, and gives no reason."""
    return lambda actor, row_id, _: decide(actor, find(actor, row_id).id)


def _find_licence(actor: Actor, licence_id: UUID) -> Any:
    return licences.find(actor, Licence, licence_id)


def _appeal(decision: Decision) -> Decide:
    return lambda actor, row_id, reason: appeals.decide_appeal(
        actor, appeals.find_appeal(actor, row_id), decision, reason
    )


def _repair(decision: RepairDecision) -> Decide:
    return lambda actor, row_id, reason: appeals.decide_repair(
        actor, appeals.find_repair(actor, row_id), decision, reason
    )


def _review_exemption(actor: Actor, listing_id: UUID, reason: str, decision: ExemptionReview) -> None:
    """Only of what waits: what was reviewed once is reviewed again on the page of the demand.

    Raises: NotFound: it waits no more.
    """
    with unit_of_work() as work:
        work.lock(Listing, Listing.id == listing_id)
        find_item(actor, DeskKind.EXEMPTION_REVIEW, listing_id)
        listings.review_exemption(actor, listing_id, decision, reason)


def _see(actor: Actor, change_id: UUID, _: str) -> None:
    find_item(actor, DeskKind.GRADE_CHANGE, change_id)
    see_grade_change(actor, change_id)


OFFICIALS = (ADMIN, REGULATOR)
VERDICTS: dict[DeskKind, dict[DeskDecision, Verdict]] = {
    DeskKind.REGISTRATION: {
        DeskDecision.APPROVE: Verdict(
            lambda actor, row_id, reason: _decide_registration(actor, row_id, reason, DeskDecision.APPROVE),
            needs_reason=False,
            is_alike=True,
        ),
        DeskDecision.REJECT: Verdict(
            lambda actor, row_id, reason: _decide_registration(actor, row_id, reason, DeskDecision.REJECT)
        ),
    },
    DeskKind.RECEIVER_REGISTRATION: {
        DeskDecision.CONFIRM: Verdict(
            _without_reason(registrations.find, registrations.confirm), needs_reason=False, is_alike=True
        ),
        DeskDecision.REFUSE: Verdict(_on(registrations.find, registrations.refuse)),
    },
    DeskKind.TRANSPORTER_PAPER: {
        DeskDecision.VERIFY: Verdict(
            _on(transporters.find_paper, transporters.verify_paper),
            needs_reason=False,
            by=OFFICIALS,
            is_alike=True,
        ),
        DeskDecision.REFUSE: Verdict(_on(transporters.find_paper, transporters.refuse_paper), by=OFFICIALS),
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
    DeskKind.GRADE_CHANGE: {DeskDecision.SEE: Verdict(_see, needs_reason=False, by=OFFICIALS, is_alike=True)},
    DeskKind.PROFILE_CHANGE: {
        DeskDecision.CONFIRM: Verdict(
            _on(enterprises.find_change, enterprises.confirm_change), needs_reason=False, is_alike=True
        ),
        DeskDecision.REFUSE: Verdict(_on(enterprises.find_change, enterprises.refuse_change)),
    },
    DeskKind.USCC_CLAIM: {
        DeskDecision.UPHOLD_CLAIM: Verdict(_on(enterprises.find_claim, enterprises.uphold_claim)),
        DeskDecision.DISMISS_CLAIM: Verdict(_on(enterprises.find_claim, enterprises.dismiss_claim)),
    },
    DeskKind.LICENCE: {
        DeskDecision.CONFIRM: Verdict(_without_reason(_find_licence, licences.confirm), needs_reason=False),
        DeskDecision.REFUSE: Verdict(_on(_find_licence, licences.refuse)),
    },
    DeskKind.EXEMPTION_REVIEW: {
        DeskDecision.ACCEPT: Verdict(
            lambda actor, row_id, reason: _review_exemption(actor, row_id, reason, ExemptionReview.ACCEPT)
        ),
        DeskDecision.REFUSE: Verdict(
            lambda actor, row_id, reason: _review_exemption(actor, row_id, reason, ExemptionReview.REFUSE)
        ),
    },
}
"""What may be decided from the desk; the other kinds have no decision, they end by what is done elsewhere."""


def decisions_of(actor: Actor, kind: DeskKind) -> dict[DeskDecision, bool]:
    """What the actor may say to items of a kind, each with whether it needs a reason."""
    verdicts = VERDICTS.get(kind, {})
    return {name: verdict.needs_reason for name, verdict in verdicts.items() if actor.kind in verdict.by}


def alike_of(actor: Actor, kind: DeskKind) -> list[DeskDecision]:
    """What the actor may say to many items of a kind at once."""
    return [name for name in decisions_of(actor, kind) if VERDICTS[kind][name].is_alike]


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


def decide_alike(
    actor: Actor, kind: DeskKind, ids: Sequence[UUID], decision: DeskDecision
) -> list[dict[str, Any]]:
    """Say the same to items of a kind, as `decide_many`.

    Raises:
        Invalid, Forbidden: as `decide`; or each is decided on its own (`decision_one_by_one`).
    """
    verdict = _verdict(actor, kind, decision, "-")
    if not verdict.is_alike:
        raise Invalid("decision_one_by_one", at="decision", kind=kind, decision=decision)
    said = {"kind": kind, "decision": decision, "reason": ""}
    return decide_many(actor, [{**said, "id": row_id} for row_id in ids])


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
