"""The items of the checklists, and the policy of inspections, as they are in force on a day."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select

from ...database import db
from ..models import Checklist, ChecklistItem, InspectionPolicy


def checklist_items(checklist: Checklist | None, day: date) -> Sequence[ChecklistItem]:
    """The items in force on a day, of one checklist or of all, each list in its order."""
    query = select(ChecklistItem).where(_in_force(ChecklistItem, day))
    if checklist is not None:
        query = query.where(ChecklistItem.checklist == checklist)
    order = (ChecklistItem.checklist, ChecklistItem.position, ChecklistItem.id)
    return db.session.scalars(query.order_by(*order)).all()


def items_in_force(day: date) -> dict[Checklist, list[ChecklistItem]]:
    """The items in force on a day by checklist, each list in its order."""
    items: dict[Checklist, list[ChecklistItem]] = {checklist: [] for checklist in Checklist}
    for item in checklist_items(None, day):
        items[item.checklist].append(item)
    return items


def policy_in_force(day: date) -> InspectionPolicy:
    """What inspections are judged by on a day; the newest row where several are in force."""
    query = select(InspectionPolicy).where(_in_force(InspectionPolicy, day))
    newest = (InspectionPolicy.valid_from.desc(), InspectionPolicy.id.desc())
    return db.session.scalars(query.order_by(*newest).limit(1)).one()


def _in_force(model: Any, day: date) -> ColumnElement[bool]:
    return and_(model.valid_from <= day, or_(model.valid_until.is_(None), model.valid_until >= day))
