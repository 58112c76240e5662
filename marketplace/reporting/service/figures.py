"""What can be known of a declaration before anybody fills it in: from manifests, and from declarations
before it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from ... import clock
from ...catalogue import service as catalogue
from ...catalogue.models import WasteCode
from ...database import db
from ...manifests.models import CLOSED_STATES, IN_FLIGHT, Manifest, ManifestKind, ManifestLine, ManifestStatus
from ..models import (
    CONFIRMED_STATES,
    Declaration,
    DeclarationVersion,
    DeclaredAmount,
    ReportKind,
)
from .periods import MONTHS, MONTHS_OF_YEAR

Line = dict[str, Any]
"""Of a code: `code_id`, `scheme`, `code`, and the weight of each `DeclaredAmount`, None if not known."""
A = DeclaredAmount
MOST_HISTORY = 24
"""Declarations before this one that are looked at; our own choice."""
UNDER_WAY = tuple(status for status in IN_FLIGHT if status != ManifestStatus.ISSUED)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the figures of a declaration.

    Attributes:
        lines: by code, with None where a figure has to be asked.
        history: the lines of earlier declarations of the same kind, the latest first.
        moved: by code: the kilograms (received, handed over) of closed manifests of the period.
        unclosed: loads of the period that are not closed yet.
    """

    lines: Mapping[int, Line]
    history: Sequence[Mapping[int, Line]]
    moved: Mapping[int, tuple[int, int]]
    unclosed: int


def known_of(row: Declaration) -> Known:
    """What is known of the figures of a declaration."""
    moved, unclosed = moved_kg(row.enterprise_id, row.first_day, row.last_day)
    before, within = _earlier(row)
    parts = within if _cover_whole(row, within) else []
    opening = parts[0].opening if parts else before[0].closing if before else None
    lines: dict[int, Line] = {}
    codes = {*moved, *(opening or {}), *(code for part in parts for code in part.lines)}
    for code_id, code in catalogue.codes_by_id(codes).items():
        received, outside = moved.get(code_id, (0, 0))
        asked = {amount.column: _sum(parts, code_id, amount) for amount in (A.GENERATED, A.OWN)}
        lines[code_id] = {
            "code_id": code_id,
            "scheme": code.scheme,
            "code": code.code,
            A.OPENING.column: None if opening is None else opening.get(code_id, 0),
            A.RECEIVED.column: received,
            A.OUTSIDE.column: outside,
            A.CLOSING.column: parts[-1].closing.get(code_id, 0) if parts else None,
            **asked,
        }
    history = [each.lines for each in before if each.kind == row.kind]
    return Known(lines, history, moved, unclosed)


def moved_kg(enterprise_id: UUID, first: date, last: date) -> tuple[dict[int, tuple[int, int]], int]:
    """By code the kilograms (received, handed over) of loads that were closed, and how many of the period
    are not closed yet.

    A load counts for its sender on the day it left, for its receiver on the day it came.
    """
    left = and_(Manifest.sender_id == enterprise_id, Manifest.load_on.between(first, last))
    came = and_(
        Manifest.receiver_id == enterprise_id,
        Manifest.received_at >= midnight(first),
        Manifest.received_at < midnight(last + timedelta(days=1)),
    )
    is_closed = Manifest.status.in_(CLOSED_STATES)
    query = (
        select(
            ManifestLine.code_id,
            _kg(and_(came, is_closed)).label("received"),
            _kg(and_(left, is_closed)).label("outside"),
            func.array_agg(Manifest.id.distinct()).filter(~is_closed).label("unclosed"),
        )
        .join(Manifest, Manifest.id == ManifestLine.manifest_id)
        .join(WasteCode, WasteCode.id == ManifestLine.code_id)
        .where(
            or_(left, came),
            Manifest.kind != ManifestKind.RETURN,
            Manifest.status.in_((*CLOSED_STATES, *UNDER_WAY)),
            WasteCode.hazardous,
        )
        .group_by(ManifestLine.code_id)
    )
    rows = db.session.execute(query).all()
    moved = {row.code_id: (int(row.received), int(row.outside)) for row in rows}
    weighed = {code_id: kg for code_id, kg in moved.items() if any(kg)}
    return weighed, len({manifest_id for row in rows for manifest_id in row.unclosed or ()})


def _kg(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, ManifestLine.accepted_kg))), 0)


def midnight(day: date) -> datetime:
    """When a day begins in Asia/Shanghai."""
    return datetime.combine(day, time(), clock.LOCAL)


@dataclass(frozen=True, slots=True)
class Earlier:
    """The latest version of a declaration before this one, or of a part of its period."""

    kind: ReportKind
    first_day: date
    last_day: date
    lines: Mapping[int, Line]

    @property
    def opening(self) -> dict[int, int]:
        return {code_id: line[A.OPENING.column] for code_id, line in self.lines.items()}

    @property
    def closing(self) -> dict[int, int]:
        return {code_id: line[A.CLOSING.column] for code_id, line in self.lines.items()}


def _earlier(row: Declaration) -> tuple[list[Earlier], list[Earlier]]:
    """The latest versions of declarations before a period, latest first, and of those within it, in order."""
    others = [
        Earlier(each.kind, each.first_day, each.last_day, {line["code_id"]: line for line in each.lines})
        for each in db.session.execute(_latest_versions(row))
    ]
    before = [each for each in others if each.last_day < row.first_day]
    within = [each for each in reversed(others) if each.first_day >= row.first_day]
    return before, within


def _latest_versions(row: Declaration) -> Select[Any]:
    newest = (
        select(DeclarationVersion.lines)
        .where(DeclarationVersion.declaration_id == Declaration.id)
        .order_by(DeclarationVersion.no.desc())
        .limit(1)
        .lateral()
    )
    return (
        select(Declaration.kind, Declaration.first_day, Declaration.last_day, newest.c.lines)
        .join(newest, newest.c.lines.is_not(None))
        .where(
            Declaration.enterprise_id == row.enterprise_id,
            Declaration.status.in_(CONFIRMED_STATES),
            Declaration.last_day <= row.last_day,
            Declaration.id != row.id,
        )
        .order_by(Declaration.last_day.desc(), Declaration.first_day.desc())
        .limit(MOST_HISTORY * 2)
    )


def _cover_whole(row: Declaration, within: Sequence[Earlier]) -> bool:
    """Whether declarations within the period are one for each of its months or quarters."""
    kinds = {each.kind for each in within}
    return len(kinds) == 1 and len(within) * MONTHS[kinds.pop()] == MONTHS[row.kind] == MONTHS_OF_YEAR


def _sum(parts: Iterable[Earlier], code_id: int, amount: DeclaredAmount) -> int | None:
    """The sum over all parts of a period; None if there are none."""
    figures = [part.lines[code_id][amount.column] if code_id in part.lines else 0 for part in parts]
    return sum(figures) if figures else None
