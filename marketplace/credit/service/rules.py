"""The published rule table: how many points each kind of event adds or takes."""

import logging
from datetime import date
from typing import Any

from sqlalchemy import select, text

from ...database import db
from ...errors import Invalid, PreconditionFailed
from ...events.actor import PLATFORM, Actor
from ...events.work import unit_of_work
from ..models import RuleTable
from .score import grade_thresholds

ABSENT = dict.fromkeys(("basis", "valid_from", "valid_until", "repeatable"))
"""What a rule does not say if its table was published before it could."""

log = logging.getLogger(__name__)


def current_rules(actor: Actor = PLATFORM) -> RuleTable:
    """The rule table in force: the latest version."""
    return db.session.scalars(select(RuleTable).order_by(RuleTable.version.desc()).limit(1)).one()


def find_rule(table: RuleTable, code: str) -> dict[str, Any]:
    """The rule of that code in a table.

    Raises:
        Invalid: the table has no such rule (`unknown_rule`).
    """
    for rule in table.rules:
        if rule["code"] == code:
            return rule
    raise Invalid("unknown_rule", at="rule", rule=code)


def is_repeatable(rule: dict[str, Any]) -> bool:
    """Whether one day may have several events of a rule without a document: unless it says so, of merits."""
    said = rule.get("repeatable")
    return bool(rule["points"] > 0 if said is None else said)


def is_in_force(rule: dict[str, Any], day: date) -> bool:
    """Whether the rule holds for what happened on `day`."""
    first, last = rule.get("valid_from"), rule.get("valid_until")
    return not ((first and day.isoformat() < first) or (last and last < day.isoformat()))


def require_in_force(rule: dict[str, Any], day: date) -> None:
    """Raises: Invalid: the rule does not hold for what happened on `day` (`rule_not_in_force`)."""
    if not is_in_force(rule, day):
        raise Invalid("rule_not_in_force", at="rule", rule=rule["code"], day=day.isoformat())


def stored(item: dict[str, Any]) -> dict[str, Any]:
    """A rule as the table keeps it: days as text."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in item.items()}


def present_rules(table: RuleTable) -> list[dict[str, Any]]:
    """The rules of a table as the API shows them; tables from before a field was there have none."""
    return [{**ABSENT, **rule, **_days_of(rule)} for rule in table.rules]


def _days_of(rule: dict[str, Any]) -> dict[str, date]:
    return {name: date.fromisoformat(rule[name]) for name in ("valid_from", "valid_until") if rule.get(name)}


def publish_rules(
    actor: Actor, items: list[dict[str, Any]], grades: dict[str, float] | None, expected: int | None
) -> RuleTable:
    """Publish a new version of the rule table; recorded events keep their points.

    Args:
        grades: the thresholds that the caller has read, None if it sends none; they are not changed here.
        expected: the version that the caller has read, None to replace whichever is in force.
    Raises:
        Invalid: the thresholds of grades differ from those in force (`grades_are_fixed`).
        PreconditionFailed: somebody published another in the meantime (`version_changed`).
    """
    if grades is not None and grades != grade_thresholds():
        raise Invalid("grades_are_fixed", at="grades")
    with unit_of_work() as work:
        work.session.execute(text("SELECT pg_advisory_xact_lock(hashtext('credit_rule_table'))"))
        current = current_rules()
        if expected is not None and current.version != expected:
            raise PreconditionFailed("version_changed")
        table = work.add(
            RuleTable(version=current.version + 1, rules=list(map(stored, items)), created_by=actor.id)
        )
        work.audit(actor, "publish", table)
    log.info("credit rules published", extra={"version": table.version, "rules": len(items)})
    return table
