"""What events are called: by the title of their rule in the table that they were recorded by."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from ...database import db
from ..models import CreditEvent, RuleTable


def titles_of(events: Sequence[CreditEvent], language: str) -> dict[UUID, str]:
    """The titles of events by id, in a language as far as the rules have it, in one statement."""
    if not events:
        return {}
    versions = {event.rule_version for event in events}
    tables = db.session.scalars(select(RuleTable).where(RuleTable.version.in_(versions)))
    rules = {(table.version, rule["code"]): rule for table in tables for rule in table.rules}
    return {event.id: _title_in(rules[event.rule_version, event.rule], language) for event in events}


def _title_in(rule: dict[str, str | None], language: str) -> str:
    return str((rule.get("title_zh") if language == "zh" else None) or rule["title"])


def rule_titles(language: str) -> dict[str, str]:
    """The titles of the rules of the table in force by code, in a language as far as it has it."""
    table = db.session.scalars(select(RuleTable).order_by(RuleTable.version.desc()).limit(1)).one()
    return {rule["code"]: _title_in(rule, language) for rule in table.rules}
