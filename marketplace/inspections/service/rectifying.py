"""Findings put right: the enterprise says what it did, whoever inspected checks again."""

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from ... import clock
from ...errors import Invalid, Notice
from ...events.actor import PLATFORM, Actor
from ...events.lifecycle import Party
from ...events.work import Work, unit_of_work
from ..models import LIFE, Inspection, InspectionAnswer, InspectionKind, InspectionStatus
from .checklists import policy_in_force
from .finishing import day_notices, rectification_day
from .lookup import inspector_of, lock, of_others, party_of
from .news import emit

log = logging.getLogger(__name__)


def rectify(actor: Actor, inspection_id: UUID, items: Sequence[dict[str, Any]]) -> Inspection:
    """Say of every open finding what was done about it.

    Args:
        items: `item` (its code) and `text`, one for each open finding.
    Raises:
        Forbidden: it is the enterprise's to do (`inspection_of_others`).
        Conflict: nothing is to be put right (`wrong_state`).
        Invalid: an open finding is missing, or something else is named (`open_findings_only`).
    """
    with unit_of_work() as work:
        row = lock(work, inspection_id)
        if party_of(actor) != Party.OWNER:
            raise of_others(row.kind, Party.OWNER)
        move = LIFE.move(row, "rectify", by=Party.OWNER)
        for answer, item in _of_open_findings(row, items):
            answer.remedy, answer.is_corrected = item["text"], None
        row.answered_at = clock.now()
        work.session.flush()
        work.audit(actor, "rectify", row)
        emit(work, move.event or "", row)
    return row


def recheck(actor: Actor, inspection_id: UUID, data: dict[str, Any]) -> tuple[Inspection, list[Notice]]:
    """Say of every open finding whether it is corrected; if one is not, the enterprise has until another day.

    Args:
        data: `items` with `item`, `corrected` and `note`, one for each open finding; `due_on`.
    Returns:
        the inspection, and a notice for each year whose working days are not announced yet.
    Raises:
        Forbidden: somebody else inspects (`inspection_of_others`).
        Conflict: the enterprise has not answered (`wrong_state`).
        Invalid: an open finding is missing, or something else is named (`open_findings_only`), or the last
            day is not within a year from tomorrow (`rectification_day`).
    """
    with unit_of_work() as work:
        row = lock(work, inspection_id)
        party = inspector_of(actor, row.kind)
        if row.status != InspectionStatus.ANSWERED:
            LIFE.move(row, "recheck", by=party)  # refuses, before the items are judged
        for answer, item in _of_open_findings(row, data["items"]):
            answer.is_corrected, answer.recheck_note = item["corrected"], item["note"]
        name = "send_back" if row.open_findings else "recheck"
        move = LIFE.move(row, name, by=party)
        if row.open_findings:
            row.due_on = rectification_day(data["due_on"], policy_in_force(clock.today()))
        else:
            row.closed_at = clock.now()
        work.session.flush()
        work.audit(actor, name, row, open=len(row.open_findings))
        emit(work, move.event or "", row)
    log.info("inspection checked again", extra={"inspection_id": str(row.id), "status": row.status})
    return row, day_notices(row.due_on if row.open_findings else None)


def _of_open_findings(
    row: Inspection, items: Sequence[dict[str, Any]]
) -> list[tuple[InspectionAnswer, dict[str, Any]]]:
    """Each open finding with what is said of it."""
    by_code = {answer.item.code: answer for answer in row.open_findings}
    said = {item["item"]: item for item in items}
    if said.keys() != by_code.keys():
        raise Invalid("open_findings_only", at="items", items=tuple(by_code))
    return [(answer, said[code]) for code, answer in by_code.items()]


def miss(work: Work, row: Inspection) -> None:
    """Note that findings were not put right in time; of an officer's order that counts for credit."""
    move = LIFE.move(row, "miss", by=Party.CLOCK)
    row.was_late = True
    work.session.flush()
    work.audit(PLATFORM, "miss", row)
    emit(work, move.event or "", row)
    if row.kind != InspectionKind.SELF:
        log.info("rectification late", extra={"inspection_id": str(row.id)})
