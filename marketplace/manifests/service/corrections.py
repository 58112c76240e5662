"""Sealed fields corrected: one correction at a time, asked for with a reason, approved by another party."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from matching import KG_PER_T

from ... import clock
from ...database import db
from ...deals import service as deals
from ...errors import Conflict, Invalid
from ...events.actor import Actor
from ...events.lifecycle import Party, wrong_state
from ...events.work import Work, unit_of_work
from ...messages.names import Name
from ..models import (
    CORRECTION_LIFE,
    RECEIPTS,
    CorrectionStatus,
    Manifest,
    ManifestCorrection,
    ManifestKind,
    ManifestStatus,
    Part,
)
from .drafting import kg_by_deal
from .finding import lock, not_your_turn, parties_of, party_of_part
from .sealing import is_sealed, seal
from .steps import Step, emit
from .weights import divided, divided_within, note_mismatches

FIELDS: dict[Part, tuple[str, ...]] = {
    Part.SENDER: ("weight_t", "packages", "packing", "component", "emergency"),
    Part.CARRIER: ("weight_t", "packages", "vehicle", "driver", "escort"),
    Part.RECEIVER: ("weight_t", "refused_t", "packages", "note", "reason"),
}
"""What each party may correct of its own part; never the receiver or a number."""
APPROVERS = {Part.SENDER: Part.RECEIVER, Part.RECEIVER: Part.SENDER, Part.CARRIER: Part.SENDER}
ON_THE_WAY = (ManifestStatus.MOVING, ManifestStatus.DELIVERED)


def ask_correction(
    actor: Actor, manifest_id: UUID, changes: dict[str, Any], reason: str
) -> ManifestCorrection:
    """Ask for a change of what the actor has signed; the other side approves it.

    Raises:
        Invalid: a field is not the asker's (`not_your_field`), or more would be refused than received
            (`refused_more_than_received`).
        Conflict: the actor has signed nothing yet (`wrong_state`), another correction is open
            (`correction_open`), or the weight is counted already (`weight_is_final`).
    """
    with unit_of_work() as work:
        row = lock(work, manifest_id)
        part = _part_of(actor, row, changes)
        require_none_open(row)
        _require_possible(row, part, changes)
        asked = work.add(
            ManifestCorrection(
                manifest_id=row.id,
                part=part,
                leg=row.legs[-1].no if part == Part.CARRIER else None,
                changes={name: _stored(value) for name, value in changes.items()},
                reason=reason,
                asked_by=actor.id,
                approver=_approver_of(row, part),
            )
        )
        work.audit(actor, "ask_correction", row, reason=reason, fields=sorted(changes))
        emit(work, "manifest.correction_asked", row, reason=reason, enterprise_id=_approver_id(row, asked))
    return asked


def _approver_of(row: Manifest, part: Part) -> Part:
    """Who agrees to a correction of a part; the receiver where a sender carries its load itself."""
    carries_own = part == Part.CARRIER and row.transporter_id == row.sender_id
    return Part.RECEIVER if carries_own else APPROVERS[part]


def _approver_id(row: Manifest, asked: ManifestCorrection) -> str:
    return str({Part.SENDER: row.sender_id, Part.RECEIVER: row.receiver_id}[asked.approver])


def require_none_open(row: Manifest) -> None:
    """Refuse what cannot be done while a correction is open. Raises: Conflict: `correction_open`."""
    open_one = select(ManifestCorrection).where(
        ManifestCorrection.manifest_id == row.id, ManifestCorrection.status == CorrectionStatus.OPEN
    )
    found = db.session.scalar(open_one)
    if found is not None:
        raise Conflict("correction_open", approver=Name("part", found.approver))


def _part_of(actor: Actor, row: Manifest, changes: dict[str, Any]) -> Part:
    """The part that the actor has signed and that these fields belong to."""
    mine = parties_of(actor, row)
    own = [part for part in Part if party_of_part(part) in mine or Party.ADMIN in mine]
    fitting = [part for part in own if changes.keys() <= set(FIELDS[part])]
    if not fitting:
        allowed = sorted({name for part in own for name in FIELDS[part]})
        wrong = next(name for name in changes if name not in allowed or len(own) > 1)
        raise Invalid("not_your_field", at=f"changes.{wrong}", allowed=tuple(allowed))
    for part in fitting:
        if _has_signed(row, part):
            return part
    raise wrong_state("manifest", row.status, "correct", (ManifestStatus.ISSUED,), "")


def _has_signed(row: Manifest, part: Part) -> bool:
    """Whether who may correct a part has signed it; a carrier that took over has not, before it signs."""
    took_over_only = part == Part.CARRIER and row.legs and row.legs[-1].signed_at is None
    return is_sealed(row, part) and not took_over_only


def _require_possible(row: Manifest, part: Part, changes: dict[str, Any]) -> None:
    weight, refused = changes.get("weight_t"), changes.get("refused_t")
    if part == Part.RECEIVER and (weight is not None or refused is not None):
        if row.status not in RECEIPTS:
            raise Conflict("weight_is_final", at="changes.weight_t")
        received = (row.received_kg or 0) if weight is None else weight
        turned_back = (row.refused_kg or 0) if refused is None else refused
        if turned_back > received:
            raise Invalid("refused_more_than_received", at="changes.refused_t", received=received / KG_PER_T)
        if (turned_back == 0, turned_back == received) != (row.refused_kg == 0, False):
            raise Invalid("refusal_stays", at="changes.refused_t")


def _stored(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


# ---------------------------------------------------------------- the decision


def approve(actor: Actor, correction_id: UUID, reason: str | None) -> ManifestCorrection:
    """Agree to a correction: it is applied, and kept as a version of its own.

    Raises:
        Conflict: another party has to agree (`not_your_turn`), it is decided (`wrong_state`), or the deal has
            too little left for it (`not_enough_left`).
    """
    with unit_of_work() as work:
        row, asked = _decide(work, actor, correction_id, "approve", reason)
        _require_possible(row, asked.part, asked.changes)
        _apply(work, actor, row, asked)
        leg = row.legs[asked.leg - 1] if asked.leg else None
        work.session.flush()
        seal(work, actor, row, asked.part, "correct", leg=leg, reason=asked.reason)
        emit(work, "manifest.corrected", row)
    return asked


def reject(actor: Actor, correction_id: UUID, reason: str | None) -> ManifestCorrection:
    """Refuse a correction; the manifest stays as it is. Raises: as `approve`."""
    with unit_of_work() as work:
        row, asked = _decide(work, actor, correction_id, "reject", reason)
        emit(work, "manifest.correction_rejected", row)
    return asked


def _decide(
    work: Work, actor: Actor, correction_id: UUID, name: str, reason: str | None
) -> tuple[Manifest, ManifestCorrection]:
    manifest_id = db.session.get_one(ManifestCorrection, correction_id).manifest_id
    row = lock(work, manifest_id)
    asked = work.lock(ManifestCorrection, ManifestCorrection.id == correction_id)
    mine, approver = parties_of(actor, row), party_of_part(asked.approver)
    if not mine & {approver, Party.ADMIN}:
        raise not_your_turn(row, Name("correction_step", asked.approver))
    by = Party.ADMIN if Party.ADMIN in mine else approver
    CORRECTION_LIFE.move(asked, name, by=by, reason=reason)
    asked.decision_reason, asked.decided_at = reason, clock.now()
    work.audit(actor, f"{name}_correction", row, reason=reason, fields=sorted(asked.changes))
    return row, asked


def _apply(work: Work, actor: Actor, row: Manifest, asked: ManifestCorrection) -> None:
    _APPLY[asked.part](Step(work, actor, row, Party.SYSTEM, row.status), asked.changes)
    row.updated_at = clock.now()


def _apply_sender(made: Step, changes: dict[str, Any]) -> None:
    """What the sender stated; its weight counts on the deal until the pickup."""
    row = made.row
    if "weight_t" in changes:
        before = kg_by_deal(row.lines)
        parts = divided(changes["weight_t"], [line.quantity_kg for line in row.lines])
        for line, kg in zip(row.lines, parts, strict=True):
            line.quantity_kg = kg
        row.planned_kg = changes["weight_t"]
        if row.status == ManifestStatus.ISSUED and row.kind != ManifestKind.RETURN:
            _plan_again(made, before)
    for name in ("packages", "packing", "component"):
        if name in changes:
            for line in row.lines:
                setattr(line, name, changes[name])
    if "emergency" in changes:
        row.emergency = changes["emergency"]


def _plan_again(made: Step, before: dict[UUID, int]) -> None:
    row, after = made.row, kg_by_deal(made.row.lines)
    for deal_id, deal in made.deals().items():
        deals.unissue_load(made.work, deal, row.id)
        deals.replan_load(made.work, deal, before[deal_id], after[deal_id])
        deals.issue_load(made.work, deal, after[deal_id], row.load_on or clock.today(), row.id)


def _apply_carrier(made: Step, changes: dict[str, Any]) -> None:
    """What the carrier stated. Its weight counts on the deal until the receipt."""
    row, leg = made.row, made.row.legs[-1]
    if "weight_t" in changes:
        before = kg_by_deal(row.lines, "picked_up_kg")
        parts = divided(changes["weight_t"], [line.picked_up_kg or 0 for line in row.lines])
        for line, kg in zip(row.lines, parts, strict=True):
            line.picked_up_kg = kg
        row.picked_up_kg, row.estimated = changes["weight_t"], False
        if row.status in ON_THE_WAY and row.kind != ManifestKind.RETURN:
            after = kg_by_deal(row.lines, "picked_up_kg")
            for deal_id, deal in made.deals().items():
                deals.receive_load(made.work, deal, before[deal_id], after[deal_id])
    if "packages" in changes:
        row.packages_picked_up = changes["packages"]
    for name in ("vehicle", "driver", "escort"):
        if name in changes:
            setattr(leg, name, changes[name])
            setattr(row, name, changes[name])


def _apply_receiver(made: Step, changes: dict[str, Any]) -> None:
    """What the receiver stated; its weights count on the deal until it closes the manifest."""
    row = made.row
    if "weight_t" in changes or "refused_t" in changes:
        before = kg_by_deal(row.lines, "received_kg")
        received: int = changes.get("weight_t", row.received_kg or 0)
        refused: int = changes.get("refused_t", row.refused_kg or 0)
        weights = divided(received, [line.received_kg or 0 for line in row.lines])
        turned_back = divided_within(refused, [line.refused_kg or 0 for line in row.lines], weights)
        for line, kg, back in zip(row.lines, weights, turned_back, strict=True):
            line.received_kg, line.refused_kg, line.accepted_kg = kg, back, kg - back
        row.received_kg, row.refused_kg, row.accepted_kg = received, refused, received - refused
        after = kg_by_deal(row.lines, "received_kg")
        if row.kind != ManifestKind.RETURN:
            for deal_id, deal in made.deals().items():
                deals.receive_load(made.work, deal, before[deal_id], after[deal_id])
        _note_anew(made)
    if "packages" in changes:
        row.packages_received = changes["packages"]
    for name in ("note", "reason"):
        if name in changes:
            setattr(row, name, changes[name])


def _note_anew(made: Step) -> None:
    """Note a difference that a correction has made beyond tolerance, if none was noted before."""
    row = made.row
    found = note_mismatches(row, None)
    if (
        any(mismatch.beyond_tolerance for mismatch in found)
        and row.explain_since is None
        and not row.explained_at
    ):
        row.explain_since = clock.now()
        for mismatch in found:
            made.work.session.add(mismatch)
        emit(made.work, "manifest.differed", row)


_APPLY: dict[Part, Callable[[Step, dict[str, Any]], None]] = {
    Part.SENDER: _apply_sender,
    Part.CARRIER: _apply_carrier,
    Part.RECEIVER: _apply_receiver,
}
