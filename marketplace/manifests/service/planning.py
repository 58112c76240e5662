"""From the draft to the signature of the sender: request, schedule, decline, issue, cancel."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from ... import clock
from ...deals import service as deals
from ...due_diligence import service as due_diligence
from ...enterprises import service as enterprises
from ...errors import Invalid, Notice
from ...events.actor import PLATFORM, Actor
from ...events.lifecycle import Party
from ...events.work import Work
from ...transporters import service as transporters
from ..models import LIFE, Manifest, ManifestKind, ManifestStatus, Part
from .changing import PLAN
from .drafting import kg_by_deal, payload_notices
from .finding import require_receiver
from .sealing import seal
from .steps import Step, emit, step

HasPlan = Callable[[Manifest], bool]
_has_plan: HasPlan | None = None


def set_plan_check(has_plan: HasPlan) -> None:
    """Set how it is found out whether a management plan of the year covers a manifest."""
    global _has_plan
    _has_plan = has_plan


def request(actor: Actor, manifest_id: UUID, reason: str | None) -> tuple[Manifest, list[Notice]]:
    """Ask the transporter to carry it. Raises: as `step`; Invalid: `unknown_transporter`."""
    with step(actor, manifest_id, "request", reason) as made:
        transporters.require_transporter(made.row.transporter_id)
        made.row.requested_at = clock.now()
    return made.row, []


def schedule(actor: Actor, manifest_id: UUID, data: dict[str, Any]) -> tuple[Manifest, list[Notice]]:
    """Name vehicle, people and time; what the transporter still lacks for it is only warned of."""
    if data["planned_at"] < clock.now():
        raise Invalid("moment_is_past", at="planned_at")
    with step(actor, manifest_id, "schedule", data["reason"]) as made:
        row = made.row
        for name in PLAN:
            setattr(row, name, data[name])
        notices = transporters.missing_for(
            row.transporter_id, data["vehicle"], data["driver"], data["escort"], row.hazardous,
            data["planned_at"].astimezone(clock.LOCAL).date(),
        )  # fmt: skip
    return row, notices + payload_notices(row, row.planned_kg)


def decline(actor: Actor, manifest_id: UUID, reason: str) -> tuple[Manifest, list[Notice]]:
    """Give a request back to the sender, who may ask another transporter; a seal on it ends.

    A carrier that had scheduled the load withdraws from what it had accepted, which is an event of its own.
    """
    with step(actor, manifest_id, "decline", reason) as made:
        row = made.row
        if made.party == Party.TRANSPORTER and row.planned_at is not None:
            emit(made.work, "manifest.carrier_withdrew", row, enterprise_id=str(row.transporter_id))
        if made.before == ManifestStatus.ISSUED:
            _take_back(made)
            seal(made.work, actor, row, Part.SENDER, "decline", reason=reason, unsealed=True)
        row.reason = reason
        row.requested_at = row.issued_at = row.issued_on = row.load_on = None
        for name in PLAN:
            setattr(row, name, None)
    return row, []


def issue(actor: Actor, manifest_id: UUID, reason: str | None) -> tuple[Manifest, list[Notice]]:
    """Sign as the sender: the tonnes count for the load's year, and the permits must hold on its day.

    Raises:
        Forbidden: the sender is suspended (`enterprise_suspended`).
        Conflict: the receiver is (`receiver_may_not_trade`), `permit_not_valid`, or `not_enough_left` of
            that year; or as `step`.
    """
    with step(actor, manifest_id, "issue", reason) as made:
        row = made.row
        row.load_on = load_day(row)
        if row.kind != ManifestKind.RETURN:
            _require_sender(made)
            require_receiver(row)
            for deal_id, deal in made.deals().items():
                deals.issue_load(made.work, deal, kg_by_deal(row.lines)[deal_id], row.load_on, row.id)
        row.issued_at, row.issued_on = clock.now(), clock.today()
        row.reason = None
        row.plan_missing = row.hazardous and not (_has_plan and _has_plan(row))
        seal(made.work, actor, row, Part.SENDER, "issue", reason=reason)
    return row, _issue_notices(row) + _diligence_notices(row)


def _require_sender(made: Step) -> None:
    """Refuse to send a new load for an enterprise that may not trade, as its draft would be."""
    if not made.actor.is_admin:
        enterprises.require_approved(made.actor)


def load_day(row: Manifest) -> date:
    """The day on which a load is to leave, as planned by the transporter or the sender; never a past one."""
    planned: datetime | None = row.planned_at
    day = planned.astimezone(clock.LOCAL).date() if planned else row.planned_on
    return max(day, clock.today())


def _issue_notices(row: Manifest) -> list[Notice]:
    notices = []
    if row.plan_missing:
        notices.append(Notice("plan_missing", None, {"year": load_day(row).year}))
    if row.vehicle is None or row.driver is None:
        notices.append(Notice("not_scheduled"))
    if row.hazardous and row.official_number is None:
        notices.append(Notice("official_number_later", "official_number"))
    return notices


def _diligence_notices(row: Manifest) -> list[Notice]:
    """Warnings of deals for which the sender has not confirmed to have verified receiver and carrier."""
    if row.kind == ManifestKind.RETURN:
        return []
    return due_diligence.missing_notices({line.deal_id for line in row.lines}, row.transporter_id)


def cancel(actor: Actor, manifest_id: UUID, reason: str) -> tuple[Manifest, list[Notice]]:
    """Cancel a manifest that is not picked up; its tonnes are free again."""
    with step(actor, manifest_id, "cancel", reason) as made:
        if made.before == ManifestStatus.ISSUED:
            _take_back(made)
        _unplan(made)
        made.row.reason = reason
    return made.row, []


def void(work: Work, row: Manifest) -> None:
    """Cancel a manifest that is not issued because its deal has ended."""
    LIFE.move(row, "void", by=Party.SYSTEM)
    made = Step(work, PLATFORM, row, Party.SYSTEM, row.status)
    _unplan(made)
    work.audit(PLATFORM, "cancel", row)
    emit(work, "manifest.cancelled", row)


def _take_back(made: Step) -> None:
    """Make an issued load a planned one again."""
    if made.row.kind == ManifestKind.RETURN:
        return
    for deal in made.deals().values():
        deals.unissue_load(made.work, deal, made.row.id)


def _unplan(made: Step) -> None:
    """Take the tonnes off the deals; refused ones wait again for a manifest that takes them."""
    if made.row.origin_id is not None:
        made.work.session.get_one(Manifest, made.row.origin_id).follow_since = clock.now()
    if made.row.kind == ManifestKind.RETURN:
        return
    for deal in made.deals().values():
        deals.unplan_load(made.work, deal, kg_by_deal(made.row.lines)[deal.id])
