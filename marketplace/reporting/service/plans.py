"""The management plan of a year: submitted and amended by its enterprise, every version kept."""

import logging
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from ... import clock
from ...catalogue import service as catalogue
from ...database import db
from ...enterprises import service as enterprises
from ...errors import Invalid, NotFound
from ...events.actor import Actor
from ...events.lifecycle import Party
from ...events.work import Work, unit_of_work
from ...manifests.models import Manifest
from ...messages.names import Name
from ..models import (
    PLAN_LIFE,
    SUBMITTED_STATES,
    ClassBasis,
    ManagementPlan,
    PlanVersion,
    ReportingClass,
    ReportKind,
    VersionAction,
)
from .classes import Classified, classes_on
from .confirming import check_receipt
from .lateness import note_late_filing
from .payloads import emit
from .periods import due_day, plan_year, terms_on

LISTS = ("generation", "storage", "own_treatment", "transfers")
"""Parts that list codes with planned tonnes."""
PLAN_PARTS = ("facilities", "generation", "storage", "own_treatment", "reduction", "transfers")
"""The parts of a plan, beside what the profile says of the unit: HJ 1259-2022, 5.3."""
PARTS_OF_CLASS = {
    ReportingClass.KEY: PLAN_PARTS,
    ReportingClass.SIMPLIFIED: ("generation", "storage", "reduction", "transfers"),
    ReportingClass.REGISTERED: ("generation", "transfers"),
}

log = logging.getLogger(__name__)


def submit_plan(actor: Actor, data: dict[str, Any]) -> ManagementPlan:
    """Submit the plan of a year, or amend it.

    Raises:
        Forbidden: the enterprise is frozen.
        Invalid: another year than this and the next (`plan_year`), a part that the class asks for is missing
            (`plan_part_missing`), an amendment has no reason (`field_required`), codes as in a declaration;
            or as `check_receipt`.
    """
    enterprises.require_unfrozen(actor)
    enterprise_id = enterprises.own(actor).id
    year = _year(data["year"])
    check_receipt(data)
    with unit_of_work() as work:
        work.lock_name(f"management_plan:{enterprise_id}:{year}")
        row = _row(work, enterprise_id, year)
        _require_parts(row, data)
        parts = {name: data[name] for name in PLAN_PARTS if data[name] is not None}
        parts |= {name: _coded(name, parts[name]) for name in LISTS if name in parts}
        move = "amend" if row.status in SUBMITTED_STATES else "submit"
        if move == "amend" and not data["reason"]:
            raise Invalid("field_required", at="reason")
        with work.session.no_autoflush:
            PLAN_LIFE.move(row, move, by=Party.OWNER)
            row.submitted_on = row.submitted_on or clock.today()
            row.receipt = row.filed_on = None
            _keep(work, actor, row, VersionAction(move), parts, data)
            emit(work, "plan.submitted" if move == "submit" else "plan.amended", row)
            if data["receipt"] is not None:
                PLAN_LIFE.move(row, "file", by=Party.OWNER)
                row.receipt, row.filed_on = data["receipt"], data["filed_on"]
                emit(work, "plan.filed", row)
                note_late_filing(work, row)
    log.info("plan submitted", extra={"plan_id": str(row.id), "year": year, "move": move})
    return row


def _year(year: int | None) -> int:
    """The year of a plan, by default this one. Raises: Invalid: `plan_year`."""
    this_year = clock.today().year
    if year is not None and year not in (this_year, this_year + 1):
        raise Invalid("plan_year", at="year", first=this_year, last=this_year + 1)
    return year or this_year


def _row(work: Work, enterprise_id: UUID, year: int) -> ManagementPlan:
    """The plan of a year, locked; a new one where none was asked for."""
    query = select(ManagementPlan).where(
        ManagementPlan.enterprise_id == enterprise_id, ManagementPlan.year == year
    )
    row = work.session.scalars(
        query.with_for_update(key_share=True).execution_options(populate_existing=True)
    ).one_or_none()
    if row is not None:
        return row
    found = classes_on([enterprise_id], date(year, 1, 1)).get(enterprise_id) or Classified(
        ReportingClass.REGISTERED, ClassBasis.UNKNOWN_AMOUNT, None
    )
    return work.add(
        ManagementPlan(
            enterprise_id=enterprise_id,
            year=year,
            due_on=_due_on(found.management_class, year),
            management_class=found.management_class,
            class_basis=found.basis,
        )
    )


def _due_on(management_class: ReportingClass, year: int) -> date:
    """The due day of the plan of a year; without a term the last day of the year."""
    period = plan_year(date(year, 1, 1))
    days = [
        due_day(term, period)
        for term in terms_on(max(period.first, clock.today()))
        if term.kind == ReportKind.PLAN and term.management_class == management_class
    ]
    return days[0] if days else period.last


def _require_parts(row: ManagementPlan, data: Mapping[str, Any]) -> None:
    for part in PARTS_OF_CLASS[row.management_class]:
        if data[part] is None:
            raise Invalid(
                "plan_part_missing", at=part, part=Name("plan_part", part),
                management_class=row.management_class,
            )  # fmt: skip


def _coded(part: str, items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The entries of a list with their codes as the catalogue has them."""
    coded = []
    for place, item in enumerate(items):
        at = f"{part}.{place}"
        code, _ = catalogue.known_code(item["scheme"], item["code"], at)
        if not code.hazardous:
            raise Invalid("hazardous_code_needed", at=f"{at}.code", code=code.code)
        coded.append({**item, "code_id": code.id, "scheme": code.scheme, "code": code.code})
    return coded


def _keep(
    work: Work,
    actor: Actor,
    row: ManagementPlan,
    action: VersionAction,
    parts: dict[str, Any],
    data: Mapping[str, Any],
) -> None:
    numbers = select(func.max(PlanVersion.no)).where(PlanVersion.plan_id == row.id)
    no = (work.session.scalar(numbers) or 0) + 1
    about = {name: data[name] for name in ("reason", "receipt", "filed_on")}
    work.session.add(
        PlanVersion(plan_id=row.id, no=no, action=action, parts=parts, made_by=actor.id, **about)
    )
    work.audit(actor, action, row, no=no, reason=data["reason"])


def find_plan(actor: Actor, plan_id: UUID) -> ManagementPlan:
    """A plan that the actor may see. Raises: NotFound."""
    query = select(ManagementPlan).where(
        ManagementPlan.id == plan_id, *enterprises.visible_to(actor, ManagementPlan.enterprise_id)
    )
    row = db.session.scalars(query).one_or_none()
    if row is None:
        raise NotFound()
    return row


def plan_versions(row: ManagementPlan) -> Sequence[PlanVersion]:
    """Every version of a plan, the first first."""
    rows = select(PlanVersion).where(PlanVersion.plan_id == row.id)
    return db.session.scalars(rows.order_by(PlanVersion.no)).all()


def search_plans(
    actor: Actor, query: dict[str, Any], after: UUID | None, limit: int
) -> Sequence[ManagementPlan]:
    """Plans that the actor may see, newest first, at most `limit` that are older than `after`."""
    rows = select(ManagementPlan).where(*enterprises.visible_to(actor, ManagementPlan.enterprise_id))
    for name in ("year", "status", "enterprise_id"):
        if query[name] is not None:
            rows = rows.where(getattr(ManagementPlan, name) == query[name])
    if after is not None:
        rows = rows.where(ManagementPlan.id < after)
    return db.session.scalars(rows.order_by(ManagementPlan.id.desc()).limit(limit)).all()


def has_plan(manifest: Manifest) -> bool:
    """Whether the sender's plan of the year in which a load leaves names all of its codes, as the
    Transfer Measures of 2021 ask."""
    year = (manifest.load_on or manifest.planned_on).year
    newest = (
        select(PlanVersion.parts)
        .join(ManagementPlan, ManagementPlan.id == PlanVersion.plan_id)
        .where(
            ManagementPlan.enterprise_id == manifest.sender_id,
            ManagementPlan.year == year,
            ManagementPlan.status.in_(SUBMITTED_STATES),
        )
        .order_by(PlanVersion.no.desc())
        .limit(1)
    )
    parts = db.session.scalar(newest) or {}
    planned = {item["code_id"] for item in parts.get("transfers", ())}
    return {line.code_id for line in manifest.lines} <= planned
