"""The feed: what happened to whom, numbered in the order of commits."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, exists, func, insert, or_, select, update

from ... import clock
from ...database import db, is_among
from ...enterprises import service as enterprises
from ...events.actor import Actor
from ...events.models import Event
from ...events.work import Work, unit_of_work
from ...statements import Statement
from ..models import FeedEvent, FeedReader, WebhookDelivery
from .kinds import GROUPS, Told, tell
from .planning import UNTOLD, plan_deliveries, plan_notifications

AT_ONCE = 500
"""Events that one transaction takes into the feed."""
KEPT = timedelta(days=30)
"""How long the feed, deliveries and their attempts are kept: our own choice, as long as a month's close."""
NUMBERING = "feed.numbering"

IS_ANYTHING_NEW = Statement(
    select(or_(exists().where(~Event.is_read), UNTOLD.exists()).label("is_new")),
)
"""Whether the scheduler, which asks at every tick, has anything to take or to plan."""

Row = tuple[FeedEvent, frozenset[Any]]


def take_events() -> bool:
    """Take committed events into the feed, and plan their deliveries. Returns whether there may be more.

    One at a time does this, to the end of its transaction: thus a reader never finds a number under one that
    it has read. What is committed later, with a lower id, is taken later and has a higher number.
    """
    if not IS_ANYTHING_NEW.one().is_new:
        return False
    unread = select(Event).where(~Event.is_read).order_by(Event.id).limit(AT_ONCE)
    with unit_of_work() as work:
        work.lock_name(NUMBERING)
        has_more = plan_notifications(work)
        found = work.session.scalars(unread).all()
        if not found:
            return has_more
        told = tell([(event.name, event.payload) for event in found])
        rows = _write(
            work, [(event, each) for event, each in zip(found, told, strict=True) if each is not None]
        )
        plan_deliveries(work, rows)
        read = [event.id for event in found]
        work.session.execute(update(Event).where(is_among(Event.id, read)).values(is_read=True))
    return has_more or len(found) == AT_ONCE


def _write(work: Work, told: Sequence[tuple[Event, Told]]) -> list[Row]:
    """Number what is said, in turn, for each of its readers."""
    if not told:
        return []
    values = [
        {"kind": each.kind, "at": event.at, "subject": each.subject, "data": each.data}
        for event, each in told
    ]
    statement = insert(FeedEvent).returning(FeedEvent, sort_by_parameter_order=True)
    numbered = work.session.scalars(statement, values).all()
    rows = [(row, each.readers) for row, (_, each) in zip(numbered, told, strict=True)]
    readers = [{"enterprise_id": reader, "no": row.no} for row, names in rows for reader in sorted(names)]
    work.copy_rows(FeedReader, readers)
    return rows


def list_events(actor: Actor, after: int, kinds: Collection[str], limit: int) -> Sequence[FeedEvent]:
    """What happened after number `after`: to an enterprise itself, for staff where it oversees.

    Args:
        kinds: groups or kinds; none means all.
    """
    query = select(FeedEvent).where(FeedEvent.no > after, *are_wanted(kinds))
    seen = enterprises.visible_to(actor, FeedReader.enterprise_id)
    if actor.enterprise_id is not None:
        query = query.join(FeedReader, FeedReader.no == FeedEvent.no).where(FeedReader.no > after, *seen)
    elif seen:
        query = query.where(exists().where(FeedReader.no == FeedEvent.no, *seen))
    return db.session.scalars(query.order_by(FeedEvent.no).limit(limit)).all()


def are_wanted(kinds: Collection[str]) -> list[Any]:
    """The condition that an event is of one of these groups or kinds; none means all."""
    if not kinds:
        return []
    group = func.split_part(FeedEvent.kind, ".", 1)
    return [or_(FeedEvent.kind.in_(kinds), group.in_([each for each in kinds if each in GROUPS]))]


def forget_old() -> None:
    """Delete what happened long ago, and deliveries that ended then, with their tries."""
    before = clock.now() - KEPT
    with unit_of_work() as work:
        work.session.execute(delete(FeedEvent).where(FeedEvent.at < before))
        work.session.execute(delete(WebhookDelivery).where(WebhookDelivery.ended_at < before))
