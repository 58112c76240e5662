"""Credit events: what adds to a record or takes from it."""

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from ... import clock
from ...database import db
from ...enterprises.models import MILLI_PER_POINT
from ...errors import Notice
from ...events.actor import Actor
from ...events.work import unit_of_work
from ..models import Block, CreditEvent
from .lapse import counts, lapse_date, require_not_future
from .rules import current_rules, find_rule
from .standings import lock_enterprise, refresh_standing

log = logging.getLogger(__name__)


def record_event(actor: Actor, data: dict[str, Any]) -> tuple[CreditEvent, list[Notice]]:
    """Record an event; score, grade and block change in the same transaction.

    Returns:
        the event, and a notice if it has lapsed already.
    Raises:
        Invalid: `unknown_enterprise`, `unknown_rule`, or an effect in the future (`effective_in_future`).
    """
    table = current_rules()
    rule = find_rule(table, data["rule"])
    require_not_future(data["effective_on"], "effective_on")
    with unit_of_work() as work:
        enterprise = lock_enterprise(work, data["enterprise_id"])
        event = work.add(_new_event(actor, data, table.version, rule))
        if rule.get("blocks"):
            work.add(
                Block(enterprise_id=enterprise.id, event_id=event.id, reason=rule["code"], placed_by=actor.id)
            )
        work.audit(actor, "record", event, rule=event.rule)
        refresh_standing(work, enterprise)
    log.info(
        "credit event recorded",
        extra={
            "event_id": str(event.id),
            "enterprise_id": str(enterprise.id),
            "rule": event.rule,
            "points": event.points_milli / MILLI_PER_POINT,
        },
    )
    return event, _lapse_notices(event)


def _new_event(actor: Actor, data: dict[str, Any], rule_version: int, rule: dict[str, Any]) -> CreditEvent:
    limit = rule.get("most_per_year")
    return CreditEvent(
        **data,
        rule_version=rule_version,
        axis=rule["axis"],
        points_milli=round(rule["points"] * MILLI_PER_POINT),
        most_per_year_milli=None if limit is None else round(limit * MILLI_PER_POINT),
        lapses_on=lapse_date(data["effective_on"]),
        recorded_by=actor.id,
    )


def _lapse_notices(event: CreditEvent) -> list[Notice]:
    if counts(event, clock.today()):
        return []
    return [Notice("already_lapsed", "effective_on", {"day": event.lapses_on})]


def list_events(enterprise_id: UUID, after: UUID | None, limit: int) -> Sequence[CreditEvent]:
    """An enterprise's events, newest first, at most `limit` that are older than the event `after`."""
    query = select(CreditEvent).filter_by(enterprise_id=enterprise_id)
    if after is not None:
        query = query.where(CreditEvent.id < after)
    return db.session.scalars(query.order_by(CreditEvent.id.desc()).limit(limit)).all()
