"""The published rule table: how many points each kind of event adds or takes."""

import logging
from datetime import date
from typing import Any

from sqlalchemy import select, text

from ... import clock
from ...database import db
from ...enterprises.models import MILLI_PER_POINT
from ...errors import Invalid, PreconditionFailed
from ...events.actor import PLATFORM, REGULATOR, Actor
from ...events.work import unit_of_work
from ...messages.names import Name
from ..models import AXES, Recorder, RuleTable, Severity
from .lapse import VALIDITY_MONTHS
from .score import grade_thresholds

UNSAID = {
    **dict.fromkeys(("basis", "valid_from", "valid_until", "repeatable", "evidence")),
    "months": VALIDITY_MONTHS,
    "recorded_by": Recorder.ADMIN.value,
    "public": False,
    "enabled": True,
}
"""What holds of a rule that does not say it: of a table from before a field was there, of an older body."""
TERMS = ("severity", "months", "recorded_by", "evidence", "public", "enabled")
"""What rules say since they have more than points; a body without one of them leaves it as it is."""
LIGHT_DOWN_TO, GENERAL_DOWN_TO = -6, -20
"""Of a deduction without a severity: the most points of a light and of a general one. Our own choice."""
SITE = "site"
SELF_REPORTED_SHARE = 0.5
"""What a defect costs that the enterprise reported itself. Our own choice."""

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
    """Whether the rule holds for what happened on `day`, and nobody has switched it off."""
    first, last = rule.get("valid_from"), rule.get("valid_until")
    if (first and day.isoformat() < first) or (last and last < day.isoformat()):
        return False
    return bool(term_of(rule, "enabled"))


def term_of(rule: dict[str, Any], name: str) -> Any:
    """What a rule says of a term, or what holds of one that says nothing."""
    return rule.get(name, UNSAID[name])


def severity_of(rule: dict[str, Any]) -> str | None:
    """How grave the events of a rule are; None of merits. A deduction that does not say is judged by its
    points."""
    said: str | None = rule.get("severity")
    if rule["points"] > 0:
        return None
    if said is not None:
        return said
    if rule["points"] >= LIGHT_DOWN_TO:
        return Severity.LIGHT.value
    return (Severity.GENERAL if rule["points"] >= GENERAL_DOWN_TO else Severity.SERIOUS).value


def is_rule_in_force(code: str, day: date) -> bool:
    """Whether the table in force has a rule of that code that holds on `day`."""
    return any(rule["code"] == code and is_in_force(rule, day) for rule in current_rules().rules)


def require_in_force(rule: dict[str, Any], day: date) -> None:
    """Raises: Invalid: the rule does not hold for what happened on `day` (`rule_not_in_force`)."""
    if not is_in_force(rule, day):
        raise Invalid("rule_not_in_force", at="rule", rule=rule["code"], day=day.isoformat())


def recordable_rules(actor: Actor, day: date) -> list[dict[str, Any]]:
    """The rules in force on `day` by which an officer may record: an admin by all, a regulator by its own."""
    rules = [rule for rule in current_rules().rules if is_in_force(rule, day)]
    if actor.kind == REGULATOR:
        return [rule for rule in rules if term_of(rule, "recorded_by") == Recorder.REGULATOR]
    return rules


def stored(item: dict[str, Any]) -> dict[str, Any]:
    """A rule as the table keeps it: days as text."""
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in item.items()}


def is_defect(rule: dict[str, Any]) -> bool:
    """Whether the rule is about a defect of the site, which an enterprise may report itself."""
    return bool(rule["axis"] == SITE and rule["points"] < 0)


def points_milli(rule: dict[str, Any], *, is_self_reported: bool) -> int:
    """The points of a rule in thousandths; of a defect that the enterprise reported itself, half."""
    points: float = rule["points"]
    share = SELF_REPORTED_SHARE if is_self_reported and is_defect(rule) else 1
    return round(points * share * MILLI_PER_POINT)


def title_of(rule: dict[str, Any]) -> str:
    """What a rule is called, in both languages where it has both."""
    return f"{rule['title_zh']} / {rule['title']}" if rule.get("title_zh") else str(rule["title"])


def present_rules(table: RuleTable) -> list[dict[str, Any]]:
    """The rules of a table as the API shows them, with what holds where they say nothing."""
    return [{**UNSAID, **rule, "severity": severity_of(rule), **_days_of(rule)} for rule in table.rules]


def _days_of(rule: dict[str, Any]) -> dict[str, date]:
    return {name: date.fromisoformat(rule[name]) for name in ("valid_from", "valid_until") if rule.get(name)}


def rules_to_store(items: list[dict[str, Any]], current: RuleTable) -> list[dict[str, Any]]:
    """Rules as they are to be stored: what a body does not say of a rule stays as it is in force.

    Raises:
        Invalid: an axis has no rule that holds today or later (`axis_without_rule`).
    """
    in_force = {rule["code"]: rule for rule in current.rules}
    rules = [{**UNSAID, **_terms_since(in_force.get(item["code"], {})), **stored(item)} for item in items]
    today = clock.today().isoformat()
    lasting = [rule for rule in rules if rule["enabled"] and not (rule["valid_until"] or today) < today]
    missing = set(AXES).difference(rule["axis"] for rule in lasting)
    if missing:
        raise Invalid("axis_without_rule", at="items", axis=Name("axis", min(missing, key=AXES.index)))
    return [{**rule, "severity": severity_of(rule)} for rule in rules]


def _terms_since(rule: dict[str, Any]) -> dict[str, Any]:
    """The terms that a client from before 0056 does not know, as a rule has them."""
    return {name: rule[name] for name in TERMS if name in rule}


def publish_rules(
    actor: Actor, items: list[dict[str, Any]], grades: dict[str, float] | None, expected: int | None
) -> RuleTable:
    """Publish a new version of the rule table; recorded events keep their terms.

    Args:
        grades: the thresholds that the caller has read, None if it sends none; they are not changed here.
        expected: the version that the caller has read, None to replace whichever is in force.
    Raises:
        Invalid: the thresholds of grades differ from those in force (`grades_are_fixed`), or an axis is left
            without a rule (`axis_without_rule`).
        PreconditionFailed: somebody published another in the meantime (`version_changed`).
    """
    if grades is not None and grades != grade_thresholds():
        raise Invalid("grades_are_fixed", at="grades")
    with unit_of_work() as work:
        work.session.execute(text("SELECT pg_advisory_xact_lock(hashtext('credit_rule_table'))"))
        current = current_rules()
        if expected is not None and current.version != expected:
            raise PreconditionFailed("version_changed")
        rules = rules_to_store(items, current)
        table = work.add(RuleTable(version=current.version + 1, rules=rules, created_by=actor.id))
        work.audit(actor, "publish", table)
    log.info("credit rules published", extra={"version": table.version, "rules": len(items)})
    return table
