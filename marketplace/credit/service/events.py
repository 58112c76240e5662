"""Credit events: what adds to a record or takes from it."""

import logging
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

from ... import clock, plausibility
from ...database import db
from ...enterprises.models import MILLI_PER_POINT, Enterprise
from ...errors import Conflict, Invalid, NotFound, Notice
from ...events import service as reads
from ...events.actor import Actor
from ...events.lifecycle import Party
from ...events.work import Work, unit_of_work
from ..models import EVENT_LIFE, Block, CreditEvent, EventStatus, RuleTable
from .assessments import TO_NEXT, lock_assessed, place_among, take_from
from .blocks import lift_blocks_of
from .documents import decision_key
from .duplicates import duplicate_notices, refuse_duplicate
from .lapse import counts, lapse_date, require_not_future, require_recent
from .legal_basis import basis_of, day_of_act
from .recorders import require_governed, require_named
from .rules import (
    current_rules,
    find_rule,
    is_defect,
    is_repeatable,
    points_milli,
    require_in_force,
    severity_of,
    term_of,
    title_of,
)
from .standings import lock_enterprise, refresh_standing

log = logging.getLogger(__name__)


def record_event(actor: Actor, data: dict[str, Any]) -> tuple[CreditEvent, list[Notice]]:
    """Record an event; score, grade and block change in the same transaction.

    Returns:
        the event, and notices if it has lapsed already, may have been entered without its document, or has
        days or an amount that are hardly meant.
    Raises:
        Forbidden: a regulator records by a rule that does not name it (`rule_names_another`).
        NotFound: a regulator records of an enterprise outside its region.
        Invalid: `unknown_enterprise`, `unknown_rule`, `rule_not_in_force`, `basis_not_in_force`, a day in the
            future (`effective_in_future`) or too long past (`day_too_long_past`), days out of order
            (`days_out_of_order`), or a report of its own where that changes nothing (`not_self_reportable`).
        Conflict: the same document, or without one the same enterprise, rule and day (`already_entered`).
    """
    terms = require_recordable(actor, data)
    with unit_of_work() as work:
        if data["rule"] == TO_NEXT:
            lock_assessed(work, data["enterprise_id"])
        enterprise = lock_enterprise(work, data["enterprise_id"])
        require_governed(actor, enterprise)
        event, notices = add_event(work, actor, enterprise, data, terms)
        refresh_standing(work, enterprise)
    log.info("credit event recorded", extra=_about(event))
    return event, _lapse_notices(event) + notices + _implausible_notices(event)


class Terms(NamedTuple):
    """By what an event is recorded: the version of the table, its rule there, and the legal basis."""

    version: int
    rule: dict[str, Any]
    basis: str | None


def require_recordable(actor: Actor, data: dict[str, Any]) -> Terms:
    """The terms of an event, whoever it is about. Raises: Forbidden, Invalid: as `record_event`."""
    table = current_rules()
    rule = find_rule(table, data["rule"])
    require_named(actor, rule)
    _check_days(data)
    _check_self_report(data, rule)
    require_in_force(rule, day_of_act(data))
    return Terms(table.version, rule, basis_of(data, rule))


def add_event(
    work: Work, actor: Actor, enterprise: Enterprise, data: dict[str, Any], terms: Terms
) -> tuple[CreditEvent, list[Notice]]:
    """Write an event of a locked enterprise, and its block; the caller refreshes the standing.

    Raises:
        Conflict: the same document, or without one the same enterprise, rule and day (`already_entered`).
    """
    said = {**data, "enterprise_id": enterprise.id, "basis": terms.basis}
    event = new_event(actor, said, terms.version, terms.rule)
    refuse_duplicate(work, actor, event)
    notices = duplicate_notices(work, event)
    place_among(work, actor, event)
    work.add(event)
    if terms.rule.get("blocks"):
        reason = terms.rule["code"]
        work.add(Block(enterprise_id=enterprise.id, event_id=event.id, reason=reason, placed_by=actor.id))
    work.audit(actor, "record", event, rule=event.rule)
    return event, notices


def _check_days(data: dict[str, Any]) -> None:
    """Raises: Invalid: a day is yet to come or too long past, or a decision comes before the act, its service
    before it."""
    _check_day(data["effective_on"], "effective_on")
    earlier = None
    for name in ("acted_on", "decided_on", "served_on"):
        day = data.get(name)
        if day is None:
            continue
        _check_day(day, name)
        if earlier is not None and day < earlier:
            raise Invalid("days_out_of_order", at=name)
        earlier = day


def _check_day(day: date, at: str) -> None:
    require_not_future(day, at)
    require_recent(day, at)


def _check_self_report(data: dict[str, Any], rule: dict[str, Any]) -> None:
    """Raises: Invalid: it is no defect of the site that the enterprise reported (`not_self_reportable`)."""
    if data.get("is_self_reported") and not is_defect(rule):
        raise Invalid("not_self_reportable", at="self_reported", rule=rule["code"])


def new_event(actor: Actor, data: dict[str, Any], rule_version: int, rule: dict[str, Any]) -> CreditEvent:
    """An event with the terms that its rule has in this version of the table; the caller writes it."""
    limit, months = rule.get("most_per_year"), term_of(rule, "months")
    return CreditEvent(
        **data,
        document_key=decision_key(data.get("document")),
        rule_version=rule_version,
        axis=rule["axis"],
        points_milli=points_milli(rule, is_self_reported=bool(data.get("is_self_reported"))),
        most_per_year_milli=None if limit is None else round(limit * MILLI_PER_POINT),
        severity=severity_of(rule),
        months=months,
        recorded_as=term_of(rule, "recorded_by"),
        is_public=term_of(rule, "public"),
        is_repeatable=is_repeatable(rule),
        lapses_on=lapse_date(data["effective_on"], months),
        recorded_by=actor.id,
    )


def _about(event: CreditEvent) -> dict[str, Any]:
    """What a log line says of an event."""
    return {
        "event_id": str(event.id),
        "enterprise_id": str(event.enterprise_id),
        "rule": event.rule,
        "points": event.points_milli / MILLI_PER_POINT,
    }


def _lapse_notices(event: CreditEvent) -> list[Notice]:
    if counts(event, clock.today()):
        return []
    return [Notice("already_lapsed", "effective_on", {"day": event.lapses_on})]


def _implausible_notices(event: CreditEvent) -> list[Notice]:
    notices = plausibility.amount_notices(event.amount_fen, "amount_cny")
    for name in ("acted_on", "decided_on", "served_on"):
        notices += plausibility.past_day_notices(getattr(event, name), clock.today(), name)
    return notices


def find_event(actor: Actor, event_id: UUID) -> CreditEvent:
    """An event. Raises: NotFound."""
    event = db.session.get(CreditEvent, event_id)
    if event is None:
        raise NotFound()
    return event


def lock_event(work: Work, event_id: UUID) -> CreditEvent:
    """An event, freshly read and locked: before what is asked about it, and before its enterprise.

    Raises:
        NotFound: there is none.
    """
    return work.lock(CreditEvent, CreditEvent.id == event_id)


def withdraw_event(actor: Actor, event_id: UUID, reason: str, appeal_id: UUID | None = None) -> CreditEvent:
    """Take a wrong entry back, as a second admin: it stays on record beside the one that compensates it.

    The block that it placed is lifted, the score computed again in the same transaction, the enterprise
    notified.

    Args:
        appeal_id: the appeal that overturned it, if one did.
    Raises:
        NotFound: no such event.
        Conflict: withdrawn before, or itself a withdrawal (`wrong_state`), or by whoever recorded it
            (`second_officer_needed`).
    """
    with unit_of_work() as work:
        event = lock_event(work, event_id)
        move = EVENT_LIFE.move(event, "withdraw", by=Party.ADMIN)
        if event.is_work_of(actor.id):
            raise Conflict("second_officer_needed")
        take_from(work, actor, event, reason)
        enterprise = lock_enterprise(work, event.enterprise_id)
        compensation = work.add(_compensation_of(event, actor, reason))
        lift_blocks_of(work, event, actor, reason)
        work.audit(actor, "withdraw", event, reason=reason, compensation_id=str(compensation.id))
        refresh_standing(work, enterprise)
        work.emit(move.event or "", **news_of(event, reason, appeal_id))
    log.info("credit event withdrawn", extra=_about(event))
    return event


def _compensation_of(event: CreditEvent, actor: Actor, reason: str) -> CreditEvent:
    """The entry with the opposite points, so that the record adds up."""
    same = (
        "enterprise_id",
        "rule",
        "rule_version",
        "axis",
        "most_per_year_milli",
        "severity",
        "months",
        "recorded_as",
        "is_self_reported",
        "effective_on",
        "lapses_on",
    )
    return CreditEvent(
        **{name: getattr(event, name) for name in same},
        points_milli=-event.points_milli,
        note=reason,
        is_repeatable=True,
        status=EventStatus.COMPENSATION,
        withdraws=event.id,
        recorded_by=actor.id,
    )


def news_of(event: CreditEvent, reason: str, appeal_id: UUID | None = None) -> dict[str, Any]:
    """The payload of the events by which others learn that an event no longer counts."""
    return {
        "enterprise_id": str(event.enterprise_id),
        "event_id": str(event.id),
        "name": title_of_event(event),
        "reason": reason,
        "appeal_id": str(appeal_id) if appeal_id else None,
    }


def title_of_event(event: CreditEvent) -> str:
    """What the event's rule is called in the table that it was recorded by, in both languages."""
    table = db.session.get_one(RuleTable, event.rule_version)
    return title_of(find_rule(table, event.rule))


def list_events(actor: Actor, enterprise_id: UUID, after: UUID | None, limit: int) -> Sequence[CreditEvent]:
    """An enterprise's events, newest first, at most `limit` that are older than the event `after`."""
    reads.note_read(actor, reads.CREDIT, enterprise_id)
    query = select(CreditEvent).filter_by(enterprise_id=enterprise_id)
    if after is not None:
        query = query.where(CreditEvent.id < after)
    return db.session.scalars(query.order_by(CreditEvent.id.desc()).limit(limit)).all()
