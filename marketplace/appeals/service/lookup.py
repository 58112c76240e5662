"""Appeals and repairs as each may see them: admins all, regulators their region's, enterprises their own."""

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from ...credit import service as credit
from ...credit.models import CreditEvent, EventStatus
from ...database import db
from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise
from ...errors import NotFound
from ...events import service as reads
from ...events.actor import Actor
from ...events.lifecycle import wrong_state
from ...events.work import Work
from ..models import Appeal, AppealStatus, Repair, RepairStatus

Row = TypeVar("Row", Appeal, Repair)


def find_own_event(actor: Actor, event_id: UUID) -> CreditEvent:
    """An event of the acting enterprise. Raises: NotFound."""
    event = credit.find_event(actor, event_id)
    if event.enterprise_id != actor.enterprise_id:
        raise NotFound()
    return event


def find_appeal(actor: Actor, appeal_id: UUID) -> Appeal:
    """An appeal that the actor may see. Raises: NotFound."""
    return _find(actor, Appeal, appeal_id)


def find_own_appeal(actor: Actor, appeal_id: UUID) -> Appeal:
    """An appeal of the acting enterprise. Raises: NotFound."""
    return _own(actor, find_appeal(actor, appeal_id))


def find_repair(actor: Actor, repair_id: UUID) -> Repair:
    """A request for repair that the actor may see. Raises: NotFound."""
    return _find(actor, Repair, repair_id)


def find_own_repair(actor: Actor, repair_id: UUID) -> Repair:
    """A request for repair of the acting enterprise. Raises: NotFound."""
    return _own(actor, find_repair(actor, repair_id))


def search_appeals(
    actor: Actor, status: AppealStatus | None, after: UUID | None, limit: int
) -> Sequence[Appeal]:
    """Appeals, newest first, at most `limit` that are older than `after`."""
    return _search(actor, Appeal, status, after, limit)


def search_repairs(
    actor: Actor, status: RepairStatus | None, after: UUID | None, limit: int
) -> Sequence[Repair]:
    """Requests for repair, newest first, at most `limit` that are older than `after`."""
    return _search(actor, Repair, status, after, limit)


def find_with_requests(
    actor: Actor, event_id: UUID
) -> tuple[CreditEvent, Enterprise, Appeal | None, list[Repair]]:
    """An event that the actor may see in full, with its enterprise, the appeal against it, if any, and
    the requests for its repair, newest first: in one statement.

    Raises:
        NotFound: there is none, or it is not the actor's to see.
    """
    query = select(CreditEvent, Enterprise, Appeal, Repair).where(CreditEvent.id == event_id)
    query = query.join(Enterprise, Enterprise.id == CreditEvent.enterprise_id)
    query = query.outerjoin(Appeal, Appeal.event_id == CreditEvent.id)
    query = query.outerjoin(Repair, Repair.event_id == CreditEvent.id).order_by(Repair.id.desc())
    rows = db.session.execute(query).all()
    if not rows or not enterprises.sees_all_of(actor, rows[0][1]):
        raise NotFound()
    return rows[0][0], rows[0][1], rows[0][2], [row[3] for row in rows if row[3] is not None]


def lock(work: Work, row: Row) -> tuple[Row, CreditEvent]:
    """An appeal or a repair and its event, both freshly read and locked, the event first."""
    event, model = credit.lock_event(work, row.event_id), type(row)
    return work.lock(model, model.id == row.id), event


def require_on_record(event: CreditEvent, action: str) -> None:
    """Raises: Conflict: the event was withdrawn or repaired, or is itself a withdrawal (`wrong_state`)."""
    if event.status != EventStatus.RECORDED:
        raise wrong_state(CreditEvent.__tablename__, event.status, action, [EventStatus.RECORDED])


def _find(actor: Actor, model: type[Row], row_id: UUID) -> Row:
    of_firm = select(model, Enterprise).join(Enterprise, Enterprise.id == model.enterprise_id)
    query = of_firm.where(model.id == row_id).options(joinedload(model.event))
    found = db.session.execute(query).one_or_none()
    if found is None or not enterprises.sees_all_of(actor, found[1]):
        raise NotFound()
    row: Row = found[0]
    reads.note_read(actor, reads.CREDIT, row.enterprise_id)
    return row


def _own(actor: Actor, row: Row) -> Row:
    if row.enterprise_id != actor.enterprise_id:
        raise NotFound()
    return row


def _search(
    actor: Actor, model: type[Row], status: str | None, after: UUID | None, limit: int
) -> Sequence[Row]:
    query = (
        select(model)
        .options(joinedload(model.event, innerjoin=True))
        .where(*enterprises.visible_to(actor, model.enterprise_id))
    )
    if status is not None:
        query = query.where(model.status == status)
    if after is not None:
        query = query.where(model.id < after)
    rows = db.session.scalars(query.order_by(model.id.desc()).limit(limit)).all()
    for row in rows:
        reads.note_read(actor, reads.CREDIT, row.enterprise_id)
    return rows
