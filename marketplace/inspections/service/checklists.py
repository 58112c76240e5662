"""The items of the checklists, and the policy of inspections, as they are in force on a day."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from ...database import db
from ..models import Checklist, ChecklistItem, InspectionPolicy


def checklist_items(checklist: Checklist | None, day: date) -> Sequence[ChecklistItem]:
    """The items in force on a day, of one checklist or of all, each list in its order."""
    query = select(ChecklistItem).where(ChecklistItem.is_in_force_on(day))
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


def find_policy(day: date) -> InspectionPolicy | None:
    """What inspections are judged by on a day, the newest row where several are in force; None on a day from
    before there were any."""
    query = select(InspectionPolicy).where(InspectionPolicy.is_in_force_on(day))
    newest = (InspectionPolicy.valid_from.desc(), InspectionPolicy.id.desc())
    return db.session.scalars(query.order_by(*newest).limit(1)).one_or_none()


def policy_in_force(day: date) -> InspectionPolicy:
    """What inspections are judged by on a day on which there may be some."""
    policy = find_policy(day)
    assert policy is not None, f"no policy of inspections on {day}"
    return policy
