"""A declaration is confirmed or corrected by its enterprise, and filed with the receipt of the national
system; every version is kept."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from ... import clock
from ...catalogue import service as catalogue
from ...catalogue.models import CatalogueCode, CodeLevel
from ...database import db
from ...enterprises import service as enterprises
from ...errors import Invalid
from ...events.actor import Actor
from ...events.lifecycle import Party
from ...events.work import Work, unit_of_work
from ..models import (
    DECLARATION_LIFE,
    Declaration,
    DeclarationVersion,
    DeclaredAmount,
    VersionAction,
)
from .checks import tonnes
from .figures import Known, Line, known_of
from .lateness import note_late_filing
from .payloads import emit

A = DeclaredAmount
EVENTS = {
    VersionAction.CONFIRM: "declaration.confirmed",
    VersionAction.CORRECT: "declaration.corrected",
}
AMOUNTS = tuple(amount.column for amount in A)

log = logging.getLogger(__name__)


def confirm(actor: Actor, declaration_id: UUID, data: dict[str, Any]) -> Declaration:
    """Confirm a declaration as it is pre-filled, or with the lines of `data`.

    Raises:
        Forbidden: the enterprise is frozen.
        Conflict: it is confirmed already, or waived (`wrong_state`).
        Invalid: figures are missing (`figures_needed`), known ones are changed without a reason
            (`known_figure_changed`); or as `_lines_of` and `_check_filing`.
    """
    enterprises.require_unfrozen(actor)
    with unit_of_work() as work:
        row = work.lock(Declaration, Declaration.id == declaration_id)
        _check_filing(row, data)
        with work.session.no_autoflush:
            DECLARATION_LIFE.move(row, "confirm", by=Party.OWNER)
            row.confirmed_on = clock.today()
            lines = _lines_of(data["lines"], known_of(row), data["reason"])
            _keep(work, actor, row, VersionAction.CONFIRM, lines, data)
            _file(work, row, data)
    log.info("declaration confirmed", extra={"declaration_id": str(row.id), "kind": row.kind})
    return row


def correct(actor: Actor, declaration_id: UUID, data: dict[str, Any]) -> Declaration:
    """Replace what a confirmed declaration says, with a reason; it is a draft until it has a new receipt.

    Raises:
        Forbidden: the enterprise is frozen.
        Conflict: nobody has confirmed it (`wrong_state`).
        Invalid: as `confirm`.
    """
    enterprises.require_unfrozen(actor)
    with unit_of_work() as work:
        row = work.lock(Declaration, Declaration.id == declaration_id)
        _check_filing(row, data)
        with work.session.no_autoflush:
            DECLARATION_LIFE.move(row, "correct", by=Party.OWNER)
            row.receipt = row.filed_on = None
            lines = _lines_of(data["lines"], known_of(row), data["reason"])
            _keep(work, actor, row, VersionAction.CORRECT, lines, data)
            _file(work, row, data)
    log.info("declaration corrected", extra={"declaration_id": str(row.id), "kind": row.kind})
    return row


def file_receipt(actor: Actor, declaration_id: UUID, data: dict[str, Any]) -> Declaration:
    """Enter the receipt that the national system gave for a confirmed declaration.

    Raises:
        Forbidden: the enterprise is frozen.
        Conflict: it is not confirmed, or has its receipt (`wrong_state`).
        Invalid: as `_check_filing`.
    """
    enterprises.require_unfrozen(actor)
    with unit_of_work() as work:
        row = work.lock(Declaration, Declaration.id == declaration_id)
        if row.status not in DECLARATION_LIFE.sources("file"):
            DECLARATION_LIFE.move(row, "file", by=Party.OWNER)  # refuses, before the receipt is judged
        _check_filing(row, data)
        latest = latest_version(row.id)
        with work.session.no_autoflush:
            lines = latest.lines if latest else []
            _keep(work, actor, row, VersionAction.FILE, lines, {**data, "reason": None})
            _file(work, row, data)
    return row


def latest_version(declaration_id: UUID) -> DeclarationVersion | None:
    """The version of a declaration that counts; None before it is confirmed."""
    rows = select(DeclarationVersion).where(DeclarationVersion.declaration_id == declaration_id)
    return db.session.scalars(rows.order_by(DeclarationVersion.no.desc()).limit(1)).one_or_none()


def _keep(
    work: Work,
    actor: Actor,
    row: Declaration,
    action: VersionAction,
    lines: Sequence[Line],
    data: Mapping[str, Any],
) -> None:
    """Write the next version of a locked declaration, and its event."""
    numbers = select(func.max(DeclarationVersion.no)).where(DeclarationVersion.declaration_id == row.id)
    no = (work.session.scalar(numbers) or 0) + 1
    row.generated_kg = sum(line[A.GENERATED.column] for line in lines)
    about = {name: data[name] for name in ("reason", "receipt", "filed_on")}
    work.session.add(
        DeclarationVersion(
            declaration_id=row.id, no=no, action=action, lines=list(lines), made_by=actor.id, **about
        )
    )
    work.audit(actor, action, row, no=no, reason=data["reason"])
    if action in EVENTS:
        emit(work, EVENTS[action], row)


def _file(work: Work, row: Declaration, data: Mapping[str, Any]) -> None:
    """Put the receipt on file, if there is one."""
    if data["receipt"] is not None:
        DECLARATION_LIFE.move(row, "file", by=Party.OWNER)
        row.receipt, row.filed_on = data["receipt"], data["filed_on"]
        emit(work, "declaration.filed", row)
        note_late_filing(work, row)


def _check_filing(row: Declaration, data: Mapping[str, Any]) -> None:
    """Refuse half a receipt, and one of an impossible day.

    Raises:
        Invalid: number or day is missing (`field_required`), the day is yet to come (`filed_in_future`) or
            within the period (`filed_within_period`).
    """
    check_receipt(data)
    if data["filed_on"] is not None and data["filed_on"] <= row.last_day:
        raise Invalid("filed_within_period", at="filed_on", day=row.last_day.isoformat())


def check_receipt(data: Mapping[str, Any]) -> None:
    """Raises: Invalid: a receipt lacks its number or day (`field_required`), or its day is yet to come
    (`filed_in_future`)."""
    names = ("receipt", "filed_on")
    missing = [name for name in names if data[name] is None]
    if len(missing) == 1:
        raise Invalid("field_required", at=missing[0])
    if data["filed_on"] is not None and data["filed_on"] > clock.today():
        raise Invalid("filed_in_future", at="filed_on")


def _lines_of(sent: Sequence[Mapping[str, Any]] | None, known: Known, reason: str | None) -> list[Line]:
    """The lines that are confirmed: those sent, with known figures where they say nothing.

    Raises:
        Invalid: a code is unknown, of general waste or a category (`hazardous_code_needed`), or named twice
            (`code_repeated`); or as `_completed` and `_require_reason`.
    """
    if sent is None:
        return [_completed(line, "lines") for line in known.lines.values()]
    lines: dict[int, Line] = {}
    for place, said in enumerate(sent):
        at = f"lines.{place}"
        code, _ = catalogue.known_code(said["scheme"], said["code"], at)
        if code.id in lines:
            raise Invalid("code_repeated", at=f"{at}.code", code=code.code)
        lines[code.id] = _completed(_merged(code, said, known, at), at)
    _require_reason(lines, known, reason)
    return list(lines.values())


def _merged(code: CatalogueCode, said: Mapping[str, Any], known: Known, at: str) -> Line:
    before = known.lines.get(code.id)
    if before is None:
        if not code.hazardous or code.level == CodeLevel.CATEGORY:
            raise Invalid("hazardous_code_needed", at=f"{at}.code", code=code.code)
        before = {A.RECEIVED.column: 0, A.OUTSIDE.column: 0}
    figures = {name: before.get(name) if said[name] is None else said[name] for name in AMOUNTS}
    return {"code_id": code.id, "scheme": code.scheme, "code": code.code, **figures}


def _completed(line: Line, at: str) -> Line:
    """The line, if all of its figures are there.

    An opening stock of which nobody has said anything is 0, where a line was sent.

    Raises:
        Invalid: figures that only the enterprise knows are missing (`figures_needed`).
    """
    missing = tuple(amount for amount in A if line[amount.column] is None)
    if at != "lines" and missing == (A.OPENING,):
        return {**line, A.OPENING.column: 0}
    if missing:
        raise Invalid("figures_needed", at=at, code=line["code"], missing=missing)
    return line


def _require_reason(lines: Mapping[int, Line], known: Known, reason: str | None) -> None:
    """Raises: Invalid: a figure differs from what is known, and nobody says why (`known_figure_changed`)."""
    if reason:
        return
    for code_id, before in known.lines.items():
        for amount in A:
            figure, said = before[amount.column], lines.get(code_id, {}).get(amount.column, 0)
            if figure is not None and figure != said:
                raise Invalid(
                    "known_figure_changed", at="reason", code=before["code"], amount=amount,
                    known_t=tonnes(figure), declared_t=tonnes(said),
                )  # fmt: skip
