"""Enterprises whose next check by an officer is due, by their grade."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Date, case, cast, func, select

from ... import clock
from ...database import db
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise, EnterpriseStatus
from ...events.actor import Actor
from ..models import Inspection, InspectionKind
from .checklists import policy_in_force


def due_checks(actor: Actor, on: date | None, after: list[Any] | None, limit: int) -> Sequence[Any]:
    """Approved enterprises whose check is due by a day: rows of `due_on`, `last_on` and the enterprise.

    The first due comes first. Who was never checked is due the same time after its registration. A regulator
    sees its own region only.

    Args:
        after: `due_on` and id of the enterprise where the last page ended.
    """
    day = on or clock.today()
    months = policy_in_force(clock.today()).months
    last = (
        select(
            Inspection.enterprise_id, cast(func.max(_local(Inspection.finished_at)), Date).label("last_on")
        )
        .where(Inspection.kind != InspectionKind.SELF, Inspection.finished_at.is_not(None))
        .group_by(Inspection.enterprise_id)
        .subquery()
    )  # fmt: skip
    registered_on = cast(_local(Enterprise.created_at), Date)
    by_grade = ((Enterprise.grade == grade, func.make_interval(0, many)) for grade, many in months.items())
    due_on = cast(func.coalesce(last.c.last_on, registered_on) + case(*by_grade), Date)
    rows = (
        select(
            Enterprise.id, Enterprise.name, Enterprise.grade, Enterprise.credit_milli, Enterprise.region,
            last.c.last_on, due_on.label("due_on"),
        )
        .outerjoin(last, last.c.enterprise_id == Enterprise.id)
        .where(Enterprise.status == EnterpriseStatus.APPROVED, due_on <= day)
    )  # fmt: skip
    if not actor.is_admin:
        rows = rows.where(Enterprise.id.in_(enterprises.ids_within(actor.region or 0)))
    if after is not None:
        first_due, last_id = date.fromisoformat(after[0]), UUID(str(after[1]))
        rows = rows.where((due_on > first_due) | ((due_on == first_due) & (Enterprise.id > last_id)))
    return db.session.execute(rows.order_by(due_on, Enterprise.id).limit(limit)).all()


def _local(moment: Any) -> Any:
    """A moment as the clocks in Shaoxing show it."""
    return func.timezone(clock.LOCAL.key, moment)
