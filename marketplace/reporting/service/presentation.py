"""Declarations and plans as the API shows them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import extract, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from ...catalogue import service as catalogue
from ...catalogue.models import WasteCode
from ...database import db, is_among
from ...enterprises import service as enterprises
from ...errors import Notice
from ...manifests.models import CLOSED_STATES, Manifest, ManifestKind, ManifestLine
from ..models import (
    CONFIRMED_STATES,
    Declaration,
    DeclarationStatus,
    DeclarationVersion,
    DeclaredAmount,
    ManagementPlan,
    PlanStatus,
    PlanVersion,
    ReportKind,
)
from .checks import gap_kg, notices_of
from .confirming import latest_version
from .figures import Line, known_of
from .payloads import name_of_report
from .plans import LISTS

A = DeclaredAmount
SHOWN = (
    "id", "enterprise_id", "kind", "first_day", "last_day", "due_on", "status", "management_class",
    "class_basis", "annual_kg", "confirmed_on", "receipt", "filed_on", "created_at", "updated_at",
)  # fmt: skip
PLAN_SHOWN = (
    "id", "enterprise_id", "year", "due_on", "status", "management_class", "class_basis", "submitted_on",
    "receipt", "filed_on", "created_at", "updated_at",
)  # fmt: skip
Amounts = dict[tuple[UUID, int], dict[int, int]]
"""By enterprise and year, then by code: kilograms."""


def summary(row: Declaration) -> dict[str, Any]:
    """A declaration in a list."""
    return {
        **{name: getattr(row, name) for name in SHOWN},
        "name": name_of_report(row),
        "is_draft": row.status != DeclarationStatus.FILED,
        "was_late": row.late_at is not None,
    }


def present_whole(row: Declaration) -> tuple[dict[str, Any], list[Notice]]:
    """A declaration with its lines: as confirmed, before that as pre-filled; and what is odd about them."""
    known, latest = known_of(row), latest_version(row.id)
    lines = list(latest.lines if latest else known.lines.values())
    notices = [Notice("loads_not_closed", "lines", {"count": known.unclosed})] if known.unclosed else []
    if latest is not None:
        notices += notices_of(lines, known)
        if row.status != DeclarationStatus.FILED:
            notices.append(Notice("draft_not_filed", "receipt"))
    shown = {**summary(row), "version_no": latest.no if latest else 0, "lines": list(map(_shown, lines))}
    return shown, notices


def _shown(line: Line) -> dict[str, Any]:
    """A line with what its balance lacks, as far as all of its figures are known."""
    figures = [line[amount.column] for amount in A]
    return {**line, "gap_kg": None if None in figures else gap_kg(line)}


def present_plans(rows: Sequence[ManagementPlan]) -> list[dict[str, Any]]:
    """Plans with their unit, their parts, and what was generated and handed over beside what was planned."""
    units = enterprises.by_id({row.enterprise_id for row in rows})
    latest = _latest_plans(rows)
    generated, handed_over = _generated(rows), _handed_over(rows)
    codes = {code for amounts in (generated, handed_over) for each in amounts.values() for code in each}
    names = {code_id: (code.scheme, code.code) for code_id, code in catalogue.codes_by_id(codes).items()}
    shown = []
    for row in rows:
        no, parts = latest.get(row.id, (0, {}))
        key, unit = (row.enterprise_id, row.year), units[row.enterprise_id]
        shown.append(
            {
                **{name: getattr(row, name) for name in PLAN_SHOWN},
                "is_draft": row.status != PlanStatus.FILED,
                "was_late": row.late_at is not None,
                "version_no": no,
                "unit": {"name": unit.name, "uscc": unit.uscc, "region": unit.region},
                **{part: parts.get(part) for part in (*LISTS, "facilities", "reduction")},
                "actual": _against(parts, generated.get(key, {}), handed_over.get(key, {}), names),
            }
        )
    return shown


def _latest_plans(rows: Iterable[ManagementPlan]) -> dict[UUID, tuple[int, dict[str, Any]]]:
    query = (
        select(PlanVersion.plan_id, PlanVersion.no, PlanVersion.parts)
        .ext(distinct_on(PlanVersion.plan_id))
        .where(is_among(PlanVersion.plan_id, [row.id for row in rows]))
        .order_by(PlanVersion.plan_id, PlanVersion.no.desc())
    )
    return {each.plan_id: (each.no, each.parts) for each in db.session.execute(query)}


def _against(
    parts: dict[str, Any],
    generated: dict[int, int],
    handed_over: dict[int, int],
    names: dict[int, tuple[str, str]],
) -> list[dict[str, Any]]:
    """By code: planned and actual kilograms."""
    planned: dict[str, dict[int, int]] = {}
    for part in ("generation", "transfers"):
        sums: dict[int, int] = defaultdict(int)
        for item in parts.get(part) or ():
            sums[item["code_id"]] += item["planned_kg"]
            names = {**names, item["code_id"]: (item["scheme"], item["code"])}
        planned[part] = sums
    codes = {*planned["generation"], *planned["transfers"], *generated, *handed_over}
    return [
        {
            "scheme": names[code_id][0],
            "code": names[code_id][1],
            "planned_generation_kg": planned["generation"].get(code_id, 0),
            "generated_kg": generated.get(code_id, 0),
            "planned_transfer_kg": planned["transfers"].get(code_id, 0),
            "handed_over_kg": handed_over.get(code_id, 0),
        }
        for code_id in sorted(codes, key=lambda code_id: names[code_id])
    ]


def _years(rows: Iterable[ManagementPlan]) -> tuple[date, date]:
    years = [row.year for row in rows] or [1990]
    return date(min(years), 1, 1), date(max(years), 12, 31)


def _generated(rows: Sequence[ManagementPlan]) -> Amounts:
    """What was declared as generated: in the declaration of the year, before there is one in its parts."""
    first, last = _years(rows)
    query = (
        select(
            Declaration.enterprise_id,
            Declaration.first_day,
            Declaration.kind,
            DeclarationVersion.lines,
        )
        .ext(distinct_on(Declaration.id))
        .join(DeclarationVersion, DeclarationVersion.declaration_id == Declaration.id)
        .where(
            is_among(Declaration.enterprise_id, {row.enterprise_id for row in rows}),
            Declaration.status.in_(CONFIRMED_STATES),
            Declaration.first_day.between(first, last),
        )
        .order_by(Declaration.id, DeclarationVersion.no.desc())
    )
    parts: Amounts = defaultdict(lambda: defaultdict(int))
    whole: Amounts = {}
    for each in db.session.execute(query):
        key = (each.enterprise_id, each.first_day.year)
        by_code = {line["code_id"]: line[A.GENERATED.column] for line in each.lines}
        if each.kind == ReportKind.YEAR:
            whole[key] = by_code
            continue
        for code_id, kg in by_code.items():
            parts[key][code_id] += kg
    return {**parts, **whole}


def _handed_over(rows: Sequence[ManagementPlan]) -> Amounts:
    """What closed manifests say of loads that left in the year."""
    first, last = _years(rows)
    year = extract("year", Manifest.load_on)
    query = (
        select(
            Manifest.sender_id, year.label("year"), ManifestLine.code_id, func.sum(ManifestLine.accepted_kg)
        )
        .join(ManifestLine, ManifestLine.manifest_id == Manifest.id)
        .join(WasteCode, WasteCode.id == ManifestLine.code_id)
        .where(
            is_among(Manifest.sender_id, {row.enterprise_id for row in rows}),
            Manifest.load_on.between(first, last),
            Manifest.kind != ManifestKind.RETURN,
            Manifest.status.in_(CLOSED_STATES),
            WasteCode.hazardous,
        )
        .group_by(Manifest.sender_id, year, ManifestLine.code_id)
    )
    found: Amounts = defaultdict(dict)
    for sender_id, of_year, code_id, kg in db.session.execute(query):
        found[(sender_id, int(of_year))][code_id] = int(kg or 0)
    return found
