"""The entries of the public board as they come and go, for whoever was told of them."""

import logging

from sqlalchemy import case, insert, select, true, update

from ...credit.models import CreditEvent, EventStatus
from ...enterprises.models import Enterprise
from ...events.work import Work, unit_of_work
from ..models import BoardEntry, EntryEnd
from .publication import IS_APPEALED, IS_LISTED, Publication

log = logging.getLogger(__name__)
WHY = case(
    (CreditEvent.status == EventStatus.WITHDRAWN, EntryEnd.WITHDRAWN.value),
    (CreditEvent.status == EventStatus.REPAIRED, EntryEnd.REPAIRED.value),
    (IS_APPEALED, EntryEnd.APPEALED.value),
    (~IS_LISTED, EntryEnd.REGRADED.value),
    else_=EntryEnd.TERM_OVER.value,
)


def update_entries() -> None:
    """Note what the board shows since the last call, and what no more, with the day and the reason."""
    publication = Publication.of_today()
    with unit_of_work() as work:
        work.lock_name("board_entry")
        withdrawn = _withdraw(work, publication)
        published = _publish(work, publication)
    if withdrawn or published:
        log.info("board entries updated", extra={"published": published, "withdrawn": withdrawn})


def _withdraw(work: Work, publication: Publication) -> int:
    gone = (
        update(BoardEntry)
        .where(
            BoardEntry.withdrawn_on.is_(None),
            CreditEvent.id == BoardEntry.event_id,
            Enterprise.id == BoardEntry.enterprise_id,
            (IS_LISTED & publication.is_reason()).is_not(true()),
        )
        .values(withdrawn_on=publication.today, why=WHY)
        .returning(BoardEntry.id)
    )
    rows = work.session.execute(gone, execution_options={"synchronize_session": False})
    return len(rows.all())


def _publish(work: Work, publication: Publication) -> int:
    published = select(BoardEntry.event_id).where(BoardEntry.withdrawn_on.is_(None))
    new = work.session.execute(
        select(CreditEvent.id, CreditEvent.enterprise_id)
        .join(Enterprise, Enterprise.id == CreditEvent.enterprise_id)
        .where(IS_LISTED, publication.is_reason(), CreditEvent.id.not_in(published))
        .order_by(CreditEvent.id)
    ).all()
    if new:
        rows = [
            {"event_id": event_id, "enterprise_id": enterprise_id, "published_on": publication.today}
            for event_id, enterprise_id in new
        ]
        work.session.execute(insert(BoardEntry), rows)
    return len(new)
