"""How completely and how truly enterprises have reported in the last year, for many of them at once.

Completeness is what was confirmed of what was due; truth is what `checks` says of the declarations that were
confirmed. The year is our own choice.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, and_, cast, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from ... import clock
from ...catalogue import service as catalogue
from ...catalogue.models import WasteCode
from ...database import db, is_among
from ...manifests.models import CLOSED_STATES, Manifest, ManifestKind, ManifestLine
from ..models import (
    CONFIRMED_STATES,
    SUBMITTED_STATES,
    Declaration,
    DeclarationStatus,
    DeclarationVersion,
    ManagementPlan,
)
from .checks import gap_kg, in_hand_kg, notices_of
from .classes import classes_on
from .figures import MOST_HISTORY, Known, Line

WINDOW = timedelta(days=365)
"""Reports whose due day lies so long before today."""
HISTORY = timedelta(days=3 * 365)
"""How much older the periods are with which a declaration is compared; our own choice."""
GAP, DIFFERENT, UNUSUAL = "balance_gap", "transfers_differ", "unusual_figure"
"""Codes of `notices_of`. All others are hints at round or repeated figures."""

Moved = Mapping[int, tuple[int, int]]
"""By code: the kilograms (received, handed over) of closed manifests of a period."""


@dataclass(frozen=True, slots=True)
class ReportingRecord:
    """What an enterprise reported of what was due in the last year.

    Attributes:
        owes: whether hazardous waste of it is known today, so that it has reports to make.
        due, confirmed, filed, late: declarations; `late` were confirmed or filed after their due day, or are
            still open. plans_due, plans_submitted: management plans.
        agreeing: of the confirmed ones those whose balance closes and that agree with closed manifests.
        gaps, differences, unusual, hinted: of the confirmed ones those of which that is to be said.
        in_hand_kg, gap_kg: over all confirmed declarations.
        versions: by the id of each declaration that was due: the number of its latest version, 0 for none.
    """

    owes: bool
    due: int
    confirmed: int
    filed: int
    late: int
    plans_due: int
    plans_submitted: int
    agreeing: int
    gaps: int
    differences: int
    unusual: int
    hinted: int
    in_hand_kg: int
    gap_kg: int
    versions: dict[str, int]


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A declaration that was confirmed, as its latest version says it."""

    id: UUID
    kind: str
    first_day: date
    last_day: date
    no: int
    lines: Sequence[Line]


def records_of(ids: Collection[UUID]) -> dict[UUID, ReportingRecord]:
    """The records of all these enterprises as of today; as many statements as for one."""
    since, today = clock.today() - WINDOW, clock.today()
    due = _due(ids, since, today)
    confirmed = _confirmed(ids, since - HISTORY)
    moved = _moved([row.id for rows in due.values() for row in rows])
    plans = _plans(ids, since, today)
    owing = classes_on(ids, today)
    return {each: _record(each in owing, due[each], confirmed[each], moved, plans[each]) for each in ids}


def _record(
    owes: bool,
    due: Sequence[Any],
    confirmed: Sequence[Confirmed],
    moved: Mapping[UUID, Moved],
    plans: Counter[str],
) -> ReportingRecord:
    latest = {each.id: each for each in confirmed}
    judged = [latest[row.id] for row in due if row.id in latest]
    said = [_said_of(each, confirmed, moved.get(each.id, {})) for each in judged]
    lines = [line for each in judged for line in each.lines]
    return ReportingRecord(
        owes=owes,
        due=len(due),
        confirmed=sum(row.status in CONFIRMED_STATES for row in due),
        filed=sum(row.status == DeclarationStatus.FILED for row in due),
        late=sum(row.late_at is not None for row in due),
        plans_due=plans.total(),
        plans_submitted=sum(plans[status] for status in SUBMITTED_STATES),
        agreeing=sum(not codes & {GAP, DIFFERENT} for codes in said),
        gaps=sum(GAP in codes for codes in said),
        differences=sum(DIFFERENT in codes for codes in said),
        unusual=sum(UNUSUAL in codes for codes in said),
        hinted=sum(bool(codes - {GAP, DIFFERENT, UNUSUAL}) for codes in said),
        in_hand_kg=sum(map(in_hand_kg, lines)),
        gap_kg=sum(abs(gap_kg(line)) for line in lines),
        versions={str(row.id): latest[row.id].no if row.id in latest else 0 for row in due},
    )


def _said_of(declaration: Confirmed, others: Sequence[Confirmed], moved: Moved) -> set[str]:
    """Codes of what is to be said of a declaration, given those of the same enterprise, latest first."""
    history = [
        {line["code_id"]: line for line in other.lines}
        for other in others
        if other.kind == declaration.kind and other.last_day < declaration.first_day
    ]
    lines = {
        code_id: {"code_id": code_id, "scheme": code.scheme, "code": code.code}
        for code_id, code in catalogue.codes_by_id(moved).items()
    }
    known = Known(lines, history[:MOST_HISTORY], moved, unclosed=0)
    return {notice.code for notice in notices_of(declaration.lines, known)}


def _due(ids: Collection[UUID], since: date, today: date) -> dict[UUID, list[Any]]:
    rows = (
        select(Declaration.id, Declaration.enterprise_id, Declaration.status, Declaration.late_at)
        .where(
            is_among(Declaration.enterprise_id, ids),
            Declaration.status != DeclarationStatus.WAIVED,
            Declaration.due_on >= since,
            Declaration.due_on < today,
        )
        .order_by(Declaration.id)
    )
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in db.session.execute(rows):
        found[row.enterprise_id].append(row)
    return found


def _confirmed(ids: Collection[UUID], since: date) -> dict[UUID, list[Confirmed]]:
    """Declarations of periods that ended from a day on, those of an enterprise latest first."""
    rows = (
        select(
            Declaration.enterprise_id,
            Declaration.id,
            Declaration.kind,
            Declaration.first_day,
            Declaration.last_day,
            DeclarationVersion.no,
            DeclarationVersion.lines,
        )
        .ext(distinct_on(Declaration.id))
        .join(DeclarationVersion, DeclarationVersion.declaration_id == Declaration.id)
        .where(
            is_among(Declaration.enterprise_id, ids),
            Declaration.status.in_(CONFIRMED_STATES),
            Declaration.last_day >= since,
        )
        .order_by(Declaration.id, DeclarationVersion.no.desc())
    )
    found: dict[UUID, list[Confirmed]] = defaultdict(list)
    for enterprise_id, *fields in db.session.execute(rows):
        found[enterprise_id].append(Confirmed(*fields))
    for declarations in found.values():
        declarations.sort(key=lambda each: (each.last_day, each.first_day), reverse=True)
    return found


def _moved(declaration_ids: Collection[UUID]) -> dict[UUID, dict[int, tuple[int, int]]]:
    """By declaration what closed manifests of its period say: see `figures.moved_kg`, of one period."""
    came_on = cast(func.timezone(clock.LOCAL.key, Manifest.received_at), Date)
    came = and_(Manifest.receiver_id == Declaration.enterprise_id, _within(came_on))
    left = and_(Manifest.sender_id == Declaration.enterprise_id, _within(Manifest.load_on))
    moved: dict[UUID, dict[int, tuple[int, int]]] = defaultdict(dict)
    for place, condition in enumerate((came, left)):
        for declaration_id, code_id, kg in _sums(declaration_ids, condition):
            pair = list(moved[declaration_id].get(code_id, (0, 0)))
            pair[place] = int(kg)
            moved[declaration_id][code_id] = (pair[0], pair[1])
    return moved


def _within(day: Any) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = day.between(Declaration.first_day, Declaration.last_day)
    return condition


def _sums(declaration_ids: Collection[UUID], condition: ColumnElement[bool]) -> Sequence[Any]:
    rows = (
        select(Declaration.id, ManifestLine.code_id, func.sum(ManifestLine.accepted_kg))
        .join(Manifest, condition)
        .join(ManifestLine, ManifestLine.manifest_id == Manifest.id)
        .join(WasteCode, WasteCode.id == ManifestLine.code_id)
        .where(
            is_among(Declaration.id, declaration_ids),
            Manifest.kind != ManifestKind.RETURN,
            Manifest.status.in_(CLOSED_STATES),
            WasteCode.hazardous,
        )
        .group_by(Declaration.id, ManifestLine.code_id)
        .having(func.sum(ManifestLine.accepted_kg) > 0)
    )
    return db.session.execute(rows).all()


def _plans(ids: Collection[UUID], since: date, today: date) -> dict[UUID, Counter[str]]:
    rows = (
        select(ManagementPlan.enterprise_id, ManagementPlan.status, func.count())
        .where(
            is_among(ManagementPlan.enterprise_id, ids),
            ManagementPlan.due_on >= since,
            ManagementPlan.due_on < today,
        )
        .group_by(ManagementPlan.enterprise_id, ManagementPlan.status)
    )
    found: dict[UUID, Counter[str]] = defaultdict(Counter)
    for enterprise_id, status, many in db.session.execute(rows):
        found[enterprise_id][status] += many
    return found
