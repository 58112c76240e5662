"""Tonnes counted against the yearly allowance of a licence line or a channel."""

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, text

from ...database import db
from ...errors import Conflict, Invalid, Notice
from ...events.actor import Actor
from ...events.work import unit_of_work
from ..models import Channel, Licence, LicenceLine, TonnesUsed
from .plausible_permits import usage_notices

log = logging.getLogger(__name__)


def count_usage(actor: Actor, permit: Licence | Channel, data: dict[str, Any]) -> list[Notice]:
    """Count kilograms against a licence line or a channel in a year; negative ones take back.

    Args:
        data: `year`, `tonnes` (as kilograms), `note`; of a licence also `line_id`.
    Returns:
        notices of tonnes or a year that are hardly meant.
    Raises:
        Invalid: the line is not of this licence (`unknown_line`).
        Conflict: the year's sum would fall below zero (`usage_below_zero`).
    """
    holder = _holder(permit, data)
    with unit_of_work() as work:
        work.lock(type(permit), type(permit).id == permit.id)
        row = work.add(TonnesUsed(**holder, year=data["year"], kg=data["tonnes"], note=data["note"]))
        total = work.session.scalar(select(func.sum(TonnesUsed.kg)).filter_by(**holder, year=data["year"]))
        if total is not None and total < 0:
            raise Conflict("usage_below_zero", at="tonnes")
        work.audit(actor, "count_usage", permit, usage_id=row.id, kg=row.kg, year=row.year)
    log.info(
        "usage counted",
        extra={"kind": permit.__tablename__, "permit_id": str(permit.id), "kg": row.kg, "year": row.year},
    )
    return usage_notices(_row_of(permit, row.line_id), row.kg, row.year)


def _row_of(permit: Licence | Channel, line_id: UUID | None) -> Any:
    """The row whose code is counted: the line of a licence, or the channel itself."""
    if isinstance(permit, Channel):
        return permit
    return next(line for line in permit.lines if line.id == line_id)


def _holder(permit: Licence | Channel, data: dict[str, Any]) -> dict[str, UUID]:
    """The column that says against what is counted, and its value."""
    if isinstance(permit, Channel):
        return {"channel_id": permit.id}
    if data["line_id"] not in {line.id for line in permit.lines}:
        raise Invalid("unknown_line", at="line_id")
    return {"line_id": data["line_id"]}


def used_kg(lines: Sequence[LicenceLine], channels: Sequence[Channel], year: int) -> dict[UUID, int]:
    """Kilograms used in a year of each of these rows' capacity, by the row's id; without those of which none
    is.
    """
    if not lines and not channels:
        return {}
    line_no, channel_no = _capacity_no(LicenceLine), _capacity_no(Channel)
    sums = (
        select(TonnesUsed.line_id.is_(None), func.coalesce(line_no, channel_no), func.sum(TonnesUsed.kg))
        .outerjoin(LicenceLine, LicenceLine.id == TonnesUsed.line_id)
        .outerjoin(Channel, Channel.id == TonnesUsed.channel_id)
        .where(
            TonnesUsed.year == year,
            or_(_shares_capacity(LicenceLine, lines), _shares_capacity(Channel, channels)),
        )
        .group_by(text("1, 2"))
    )
    totals = {(is_channel, no): int(total) for is_channel, no, total in db.session.execute(sums)}
    return {
        row.id: totals[is_channel, no]
        for is_channel, rows in ((False, lines), (True, channels))
        for row in rows
        if (is_channel, no := row.capacity_no or row.no) in totals
    }


def _capacity_no(model: Any) -> Any:
    return func.coalesce(model.capacity_no, model.no)


def _shares_capacity(model: Any, rows: Sequence[Any]) -> Any:
    numbers = [row.capacity_no or row.no for row in rows]
    return or_(model.no.in_(numbers), model.capacity_no.in_(numbers))
