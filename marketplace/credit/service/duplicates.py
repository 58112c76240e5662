"""What was entered already: the same document, or without one the same enterprise, rule and day.

One act is counted once: 生态环境法典 art. 1055. Unique indexes hold the same against any other writer.
"""

from sqlalchemy import ColumnElement, and_, false, func, select

from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise
from ...errors import Conflict, Notice
from ...events.actor import REGULATOR, Actor
from ...events.work import Work
from ...messages.names import Name
from ..models import ON_RECORD, CreditEvent


def refuse_duplicate(work: Work, actor: Actor, event: CreditEvent) -> None:
    """Lock the document's number, and refuse an event that stands on record; withdrawn ones do not count.

    Raises:
        Conflict: `already_entered`, naming the entry if the actor may see it.
    """
    if event.document_key:
        work.session.execute(select(func.pg_advisory_xact_lock(func.hashtext(event.document_key))))
    met = _recorded(work, _is_same(event))
    if met is not None:
        at = "document" if event.document_key else "effective_on"
        subject = Name("subject", CreditEvent.__tablename__)
        holder = work.session.get_one(Enterprise, met.enterprise_id)
        if actor.kind == REGULATOR and not enterprises.sees_all_of(actor, holder):
            raise Conflict("already_entered", at=at, subject=subject, entry="")
        entry = f" ({', '.join(filter(None, (met.document, met.rule, met.effective_on.isoformat())))})"
        raise Conflict("already_entered", at=at, subject=subject, entry=entry, entry_id=str(met.id))


def duplicate_notices(work: Work, event: CreditEvent) -> list[Notice]:
    """A notice if an entry of the same rule and day, without a document, may be the same decision."""
    if event.document_key is None or event.is_repeatable:
        return []
    met = _recorded(work, and_(_is_of_same_day(event), CreditEvent.document_key.is_(None)))
    return (
        [] if met is None else [Notice("perhaps_entered", "document", {"day": met.effective_on.isoformat()})]
    )


def _is_same(event: CreditEvent) -> ColumnElement[bool]:
    if event.document_key:
        return CreditEvent.document_key == event.document_key
    return false() if event.is_repeatable else _is_of_same_day(event)


def _is_of_same_day(event: CreditEvent) -> ColumnElement[bool]:
    return and_(
        CreditEvent.enterprise_id == event.enterprise_id,
        CreditEvent.rule == event.rule,
        CreditEvent.effective_on == event.effective_on,
    )


def _recorded(work: Work, condition: ColumnElement[bool]) -> CreditEvent | None:
    query = select(CreditEvent).where(CreditEvent.status.in_(ON_RECORD), condition)
    return work.session.scalars(query.order_by(CreditEvent.id).limit(1)).one_or_none()
