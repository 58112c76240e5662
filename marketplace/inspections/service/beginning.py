"""An inspection begun: of whom, by which checklist, by whom."""

import logging
from typing import Any

from sqlalchemy import select

from ... import clock
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise
from ...errors import Conflict, Invalid, NotFound
from ...events.actor import Actor
from ...events.work import Work, unit_of_work
from ..models import (
    ROLES_OF,
    Checklist,
    Inspection,
    InspectionAnswer,
    InspectionKind,
    InspectionStatus,
    InspectionWay,
)
from .checklists import checklist_items
from .lookup import inspector_of

log = logging.getLogger(__name__)


def begin(actor: Actor, data: dict[str, Any]) -> Inspection:
    """Begin an inspection with the items that its checklist has today.

    Raises:
        Forbidden: checks of this kind are another's (`inspection_of_others`), or the enterprise is frozen.
        Invalid: an enterprise that the actor does not oversee (`unknown_enterprise`), or that has none of the
            roles that the checklist is about (`checklist_does_not_fit`).
        Conflict: one of this kind and checklist is not finished yet (`inspection_open`).
    """
    kind, checklist = InspectionKind(data["kind"]), Checklist(data["checklist"])
    inspector_of(actor, kind)
    enterprises.require_unfrozen(actor)
    enterprise = _enterprise_of(actor, data)
    _require_role(enterprise, checklist)
    with unit_of_work() as work:
        work.lock_name(f"inspection:{enterprise.id}")
        row = Inspection(
            enterprise_id=enterprise.id,
            checklist=checklist,
            kind=kind,
            way=InspectionWay(data["way"]),
            note=data["note"],
            status=InspectionStatus.OPEN,
            begun_on=clock.today(),
            begun_by=actor.id,
        )
        _require_only(work, row)
        work.add(row)
        row.answers.extend(
            InspectionAnswer(item_id=item.id, item=item, position=item.position)
            for item in checklist_items(row.checklist, row.begun_on)
        )
        work.session.flush()
        work.audit(actor, "begin", row, kind=row.kind, checklist=row.checklist)
    log.info("inspection begun", extra={"inspection_id": str(row.id), "kind": row.kind})
    return row


def _enterprise_of(actor: Actor, data: dict[str, Any]) -> Enterprise:
    """The enterprise that is named, which an enterprise that checks itself may leave out."""
    enterprise_id = data["enterprise_id"] or actor.enterprise_id
    if enterprise_id is None:
        raise Invalid("field_required", at="enterprise_id")
    try:
        return enterprises.find_governed(actor, enterprise_id)
    except NotFound as error:
        raise Invalid("unknown_enterprise", at="enterprise_id") from error


def _require_role(enterprise: Enterprise, checklist: Checklist) -> None:
    wanted = ROLES_OF[checklist]
    if wanted.isdisjoint(enterprise.roles):
        raise Invalid(
            "checklist_does_not_fit", at="checklist", checklist=checklist, roles=tuple(sorted(wanted))
        )


def _require_only(work: Work, row: Inspection) -> None:
    open_one = select(Inspection.id).where(
        Inspection.enterprise_id == row.enterprise_id,
        Inspection.checklist == row.checklist,
        Inspection.kind == row.kind,
        Inspection.status == InspectionStatus.OPEN,
    )
    met = work.session.scalar(open_one)
    if met is not None:
        raise Conflict("inspection_open", entry_id=str(met))
