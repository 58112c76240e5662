"""Entries about codes that nobody had: recorded once an enterprise with that code is approved."""

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Integer, literal_column, select

from .... import clock
from ....catalogue import service as catalogue
from ....database import db
from ....enterprises.models import Enterprise
from ....errors import DomainError
from ....events.actor import REGULATOR, Actor
from ....events.work import Work, unit_of_work
from ...models import DISTRICT_OF_USCC, CreditImport, CreditReference, CreditUnmatched
from ..events import record_event
from .recording import KNOWN, event_data, loaded, problem_of, sender_of

AT_ONCE = 500
"""Entries that one run tries at most; the next run goes on."""

log = logging.getLogger(__name__)


def match_waiting(enterprise_id: UUID | None = None) -> int:
    """Record what waits for an enterprise, or for any that has been approved by now.

    Each entry is a transaction of its own. Returns how many were tried.
    """
    query = (
        select(CreditUnmatched.id, Enterprise.id)
        .join(Enterprise, Enterprise.uscc == CreditUnmatched.uscc)
        .where(CreditUnmatched.settled_at.is_(None), Enterprise.status.in_(KNOWN))
        .order_by(CreditUnmatched.id)
        .limit(AT_ONCE)
    )
    if enterprise_id is not None:
        query = query.where(Enterprise.id == enterprise_id)
    waiting = db.session.execute(query).all()
    for unmatched_id, holder_id in waiting:
        _settle(unmatched_id, holder_id)
    if waiting:
        log.info("entries of feeds matched", extra={"count": len(waiting)})
    return len(waiting)


def _settle(unmatched_id: UUID, enterprise_id: UUID) -> None:
    with unit_of_work() as work:
        entry = work.lock(CreditUnmatched, CreditUnmatched.id == unmatched_id)
        if entry.settled_at is not None:
            return
        try:
            _record(work, entry, enterprise_id)
        except DomainError as error:
            entry.problem = problem_of(error)
        entry.settled_at = clock.now()


def _record(work: Work, entry: CreditUnmatched, enterprise_id: UUID) -> None:
    """Raises: DomainError: it cannot be recorded any more; then nothing of it stays."""
    feed = work.session.get_one(CreditImport, entry.import_id)
    data: dict[str, Any] = event_data(entry.source, loaded(entry.data)) | {"enterprise_id": enterprise_id}
    with work.savepoint():
        event, _ = record_event(sender_of(feed), data)
    entry.event_id, entry.settled_at = event.id, clock.now()
    reference = work.session.get_one(CreditReference, (entry.source, entry.reference))
    reference.event_id = event.id


def search_unmatched(
    actor: Actor, uscc: str | None, source: str | None, after: UUID | None, limit: int
) -> Sequence[CreditUnmatched]:
    """Entries of which nothing is recorded, newest first, at most `limit` that are older than `after`."""
    conditions = [CreditUnmatched.event_id.is_(None), *_within(actor)]
    if uscc is not None:
        conditions.append(CreditUnmatched.uscc == uscc)
    if source is not None:
        conditions.append(CreditUnmatched.source == source)
    if after is not None:
        conditions.append(CreditUnmatched.id < after)
    query = select(CreditUnmatched).where(*conditions).order_by(CreditUnmatched.id.desc()).limit(limit)
    return db.session.scalars(query).all()


def _within(actor: Actor) -> list[ColumnElement[bool]]:
    """A regulator sees the codes that districts of its region gave out."""
    if actor.kind != REGULATOR:
        return []
    return [catalogue.within(district_of_unmatched(), actor.region or 0)]


def district_of_unmatched() -> ColumnElement[int]:
    """The district that gave out the USCC of an entry: the nearest to a place that is known of it."""
    return literal_column(DISTRICT_OF_USCC.format("credit_unmatched."), Integer)
