"""The published rule table: how many points each kind of event adds or takes."""

import logging
from typing import Any

from sqlalchemy import select, text

from ...database import db
from ...errors import Invalid, PreconditionFailed
from ...events.actor import PLATFORM, Actor
from ...events.work import unit_of_work
from ..models import RuleTable

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


def publish_rules(actor: Actor, items: list[dict[str, Any]], expected: int | None) -> RuleTable:
    """Publish a new version of the rule table; recorded events keep their points.

    Args:
        expected: the version that the caller has read, None to replace whichever is in force.
    Raises:
        PreconditionFailed: somebody published another in the meantime (`version_changed`).
    """
    with unit_of_work() as work:
        work.session.execute(text("SELECT pg_advisory_xact_lock(hashtext('credit_rule_table'))"))
        current = current_rules()
        if expected is not None and current.version != expected:
            raise PreconditionFailed("version_changed")
        table = work.add(RuleTable(version=current.version + 1, rules=items, created_by=actor.id))
        work.audit(actor, "publish", table)
    log.info("credit rules published", extra={"version": table.version, "rules": len(items)})
    return table
