"""Tonnes counted against the yearly allowance of a licence line or a channel."""

import logging
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select

from ...database import db
from ...errors import Conflict, Invalid
from ...events.actor import Actor
from ...events.work import unit_of_work
from ..models import Channel, Licence, TonnesUsed

log = logging.getLogger(__name__)


def count_usage(actor: Actor, permit: Licence | Channel, data: dict[str, Any]) -> None:
    """Count kilograms against a licence line or a channel in a year; negative ones take back.

    Args:
        data: `year`, `tonnes` (as kilograms), `note`; of a licence also `line_id`.
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


def _holder(permit: Licence | Channel, data: dict[str, Any]) -> dict[str, UUID]:
    """The column that says against what is counted, and its value."""
    if isinstance(permit, Channel):
        return {"channel_id": permit.id}
    if data["line_id"] not in {line.id for line in permit.lines}:
        raise Invalid("unknown_line", at="line_id")
    return {"line_id": data["line_id"]}


def used_kg(line_ids: Iterable[UUID], channel_ids: Iterable[UUID], year: int) -> dict[UUID, int]:
    """Kilograms used in a year, by the id of the licence line or channel; without those of which none is."""
    line_ids, channel_ids = list(line_ids), list(channel_ids)
    if not line_ids and not channel_ids:
        return {}
    holder = func.coalesce(TonnesUsed.line_id, TonnesUsed.channel_id)
    sums = (
        select(holder, func.sum(TonnesUsed.kg))
        .where(
            TonnesUsed.year == year,
            or_(TonnesUsed.line_id.in_(line_ids), TonnesUsed.channel_id.in_(channel_ids)),
        )
        .group_by(holder)
    )
    return {permit_id: int(total) for permit_id, total in db.session.execute(sums)}
