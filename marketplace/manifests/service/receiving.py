"""The receiver's steps: received, refused in whole or in part, closed, and what became of the waste."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from matching import KG_PER_T

from ... import clock
from ...catalogue import service as catalogue
from ...deals import service as deals
from ...errors import Conflict, Invalid, Notice
from ...events.actor import Actor
from ..models import Manifest, ManifestKind, ManifestOutcome, ManifestStatus, Part
from .corrections import require_none_open
from .drafting import kg_by_deal
from .excess import hold_excess, pickup_day
from .following import free_refused, has_gone_on
from .sealing import seal
from .steps import Step, emit, step
from .weights import note_mismatches, weights_of


def receive(actor: Actor, manifest_id: UUID, data: dict[str, Any]) -> tuple[Manifest, list[Notice]]:
    """Sign for a load by its weight, of which a part or all of it may be refused.

    Raises:
        Invalid: more is refused than was received (`refused_more_than_received`), or something is refused
            without a reason (`field_required`).
    """
    weight, refused = data["weight_t"], data["refused_t"]
    if refused > weight:
        raise Invalid("refused_more_than_received", at="refused_t", received=weight / KG_PER_T)
    if refused and not data["reason"]:
        raise Invalid("field_required", at="reason")
    name = "receive" if not refused else "refuse_load" if refused == weight else "receive_partly"
    with step(actor, manifest_id, name, data["reason"]) as made:
        _sign_receipt(made, data)
    return made.row, _receipt_notices(made)


def refuse(actor: Actor, manifest_id: UUID, reason: str) -> tuple[Manifest, list[Notice]]:
    """Refuse the whole load at the weight that was picked up."""
    with step(actor, manifest_id, "refuse_load", reason) as made:
        weight = made.row.picked_up_kg
        data = {"weight_t": weight, "refused_t": weight, "reason": reason, "packages": None, "note": None}
        _sign_receipt(made, {**data, "lines": None, "significant": None})
    return made.row, _receipt_notices(made)


def _sign_receipt(made: Step, data: dict[str, Any]) -> None:
    row, now = made.row, clock.now()
    if row.kind == ManifestKind.RETURN and data["refused_t"]:
        raise Conflict("return_not_refusable", at="refused_t")
    _set_weights(row, data)
    _count_receipt(made)
    row.missing_delivery = made.before == ManifestStatus.MOVING
    row.packages_received, row.note, row.reason = data["packages"], data["note"], data["reason"]
    row.received_at = now
    row.follow_since = now if row.refused_kg else None
    _note_mismatches(made, data["significant"])
    name = data.get("signed_name")
    seal(made.work, made.actor, row, Part.RECEIVER, "receive", reason=data["reason"], signed_name=name)


def _set_weights(row: Manifest, data: dict[str, Any]) -> None:
    received = weights_of(row.lines, data, "weight_t", "picked_up_kg")
    for line, kg in zip(row.lines, received, strict=True):
        line.received_kg, line.refused_kg, line.accepted_kg, line.held_kg = kg, 0, kg, 0
    refused = weights_of(row.lines, data, "refused_t", "received_kg")
    for line, kg in zip(row.lines, refused, strict=True):
        if kg > (line.received_kg or 0):
            raise Invalid(
                "refused_more_than_received", at="lines", received=(line.received_kg or 0) / KG_PER_T
            )
        line.refused_kg, line.accepted_kg = kg, (line.received_kg or 0) - kg
    sum_up(row)


def sum_up(row: Manifest) -> None:
    """Make the weights of a received load the sums of its lines."""
    row.received_kg = sum(line.received_kg or 0 for line in row.lines)
    row.refused_kg = sum(line.unaccepted_kg for line in row.lines)
    row.accepted_kg = sum(line.accepted_kg or 0 for line in row.lines)


def _count_receipt(made: Step) -> None:
    """Count the load on its deals by the weight received, and at once as refused what was refused."""
    row = made.row
    if row.kind == ManifestKind.RETURN:
        return
    picked_up, received = kg_by_deal(row.lines, "picked_up_kg"), kg_by_deal(row.lines, "received_kg")
    refused = kg_by_deal(row.lines, "refused_kg")
    for deal_id, deal in made.deals().items():
        deals.receive_load(made.work, deal, picked_up[deal_id], received[deal_id])
        if row.status == ManifestStatus.REFUSED:
            deals.close_load(made.work, deal, received[deal_id], 0, refused[deal_id], pickup_day(row), row.id)


def _note_mismatches(made: Step, significant: bool | None) -> None:
    """Note every difference for the receiver's authority, and tell the sender at once."""
    row = made.row
    found = note_mismatches(row, significant)
    for mismatch in found:
        made.work.session.add(mismatch)
    row.explain_since = clock.now() if any(mismatch.beyond_tolerance for mismatch in found) else None
    if found:
        emit(made.work, "manifest.differed", row)


def _receipt_notices(made: Step) -> list[Notice]:
    row = made.row
    notices = [Notice("missing_delivery")] if row.missing_delivery else []
    if row.explain_since:
        notices.append(Notice("explanation_needed", "weight_t"))
    elif row.received_kg != row.picked_up_kg:
        facts = {"before": (row.picked_up_kg or 0) / KG_PER_T, "after": (row.received_kg or 0) / KG_PER_T}
        notices.append(Notice("weight_differs", "weight_t", facts))
    return notices


def close(actor: Actor, manifest_id: UUID, reason: str | None) -> tuple[Manifest, list[Notice]]:
    """Confirm a receipt: what was accepted is used on the permit, the deal and both listings.

    What exceeds the deal beyond our tolerance counts as refused until it is explained.

    Raises:
        Conflict: a correction is still open (`correction_open`); or as `step`.
    """
    with step(actor, manifest_id, "close", reason) as made:
        row = made.row
        require_none_open(row)
        _count_close(made)
        row.closed_at = clock.now()
        if row.kind != ManifestKind.RETURN and row.accepted_kg:
            row.outcome_since = row.closed_at
        seal(made.work, actor, row, Part.RECEIVER, "close", reason=reason)
    held = sum(line.held_kg for line in row.lines)
    return row, [Notice("excess_held", "weight_t", {"tonnes": held / KG_PER_T})] if held else []


def _count_close(made: Step) -> None:
    row = made.row
    found = made.deals()
    if row.kind == ManifestKind.RETURN:
        free_refused(made.work, made.work.session.get_one(Manifest, row.origin_id), found)
        return
    hold_excess(row, found)
    sum_up(row)
    accepted, received = kg_by_deal(row.lines, "accepted_kg"), kg_by_deal(row.lines, "received_kg")
    for deal_id, deal in found.items():
        refused = received[deal_id] - accepted[deal_id]
        deals.close_load(
            made.work, deal, received[deal_id], accepted[deal_id], refused, pickup_day(row), row.id
        )
    if has_gone_on(row):
        free_refused(made.work, row, found)


def outcome(actor: Actor, manifest_id: UUID, data: dict[str, Any]) -> tuple[Manifest, list[Notice]]:
    """Say what became of the waste, or of a part of it; the sender is told.

    Raises:
        Invalid: an unknown operation (`unknown_treatment`), a day before the receipt or in the future
            (`outcome_day`), or more than was accepted and not reported yet (`more_than_accepted`).
    """
    if data["operation"] not in catalogue.treatments():
        raise Invalid("unknown_treatment", at="operation", treatment=data["operation"])
    with step(actor, manifest_id, _outcome_move(data["quantity_t"]), data["reason"]) as made:
        row = made.row
        received = row.received_at.astimezone(clock.LOCAL).date() if row.received_at else data["on"]
        if not received <= data["on"] <= clock.today():
            raise Invalid("outcome_day", at="on", first=received)
        left = (row.accepted_kg or 0) - row.treated_kg
        if data["quantity_t"] > left:
            raise Invalid("more_than_accepted", at="quantity_t", left=left / KG_PER_T)
        row.treated_kg += data["quantity_t"]
        row.outcome_since = clock.now() if row.treated_kg < (row.accepted_kg or 0) else None
        made.work.session.add(
            ManifestOutcome(
                manifest_id=row.id,
                operation=data["operation"],
                on=data["on"],
                quantity_kg=data["quantity_t"],
                product=data["product"],
            )
        )
    return row, []


def _outcome_move(kg: int) -> Callable[[Manifest], str]:
    """Whether what is reported is all that was accepted, or a part of it."""
    return lambda row: "outcome_partly" if kg < (row.accepted_kg or 0) - row.treated_kg else "outcome"
