"""Events that the platform records by itself: of what happened in other rooms, by the rule table in force."""

import logging
from uuid import UUID

from sqlalchemy import select

from ... import clock
from ...events.actor import PLATFORM
from ...events.work import Work, unit_of_work
from ..models import CreditEvent
from .events import new_event
from .legal_basis import basis_of
from .rules import current_rules, is_in_force, title_of
from .standings import lock_enterprise, refresh_standing

NOTE = {
    "fulfilment.completed": "成交已完成 / deal completed",
    "fulfilment.cancelled_by_fault": "因本企业原因取消成交 / deal cancelled by own fault",
    "manifest.late_close": "未按时接收或办结联单 / manifest received or closed late",
}
"""What an event says of itself, in both languages, where that is not what its rule is called."""

log = logging.getLogger(__name__)


def record_automatic(
    enterprise_id: UUID, rule_code: str, cause: str, document: str, part: str | None = None
) -> CreditEvent | None:
    """Record an event that nobody enters; for each enterprise, rule and cause once, whatever came of it.

    Args:
        cause: what it follows from, as `deal:<id>`.
        document: the number of the deal or manifest, as people read it.
        part: what went wrong with it, where several rules may look at that: light events of one part of one
            cause count once.
    Returns:
        the event; None if it is recorded already, or the table has no such rule in force.
    Raises:
        Invalid: there is no such enterprise (`unknown_enterprise`).
    """
    table, today = current_rules(), clock.today()
    rule = next((rule for rule in table.rules if rule["code"] == rule_code), None)
    if rule is None or not is_in_force(rule, today):
        log.info("no rule for what happened", extra={"rule": rule_code, "cause": cause})
        return None
    data = {
        "enterprise_id": enterprise_id,
        "rule": rule_code,
        "effective_on": today,
        "note": NOTE.get(rule_code) or title_of(rule),
        "document": document,
        "cause": part and f"{cause}:{part}",
    }
    with unit_of_work() as work:
        enterprise = lock_enterprise(work, enterprise_id)
        key = f"{rule_code} {cause} {enterprise_id}"
        if _is_recorded(work, enterprise_id, key):
            return None
        event = new_event(PLATFORM, data | {"basis": basis_of(data, rule)}, table.version, rule)
        event.document_key = key
        work.add(event)
        work.audit(PLATFORM, "record", event, rule=event.rule)
        refresh_standing(work, enterprise)
    log.info("credit event recorded", extra={"rule": rule_code, "cause": cause, "event_id": str(event.id)})
    return event


def _is_recorded(work: Work, enterprise_id: UUID, key: str) -> bool:
    query = select(CreditEvent.id).where(
        CreditEvent.enterprise_id == enterprise_id, CreditEvent.document_key == key
    )
    return work.session.scalar(query.limit(1)) is not None
