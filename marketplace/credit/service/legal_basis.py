"""The legal basis of an event: what its decision cites, else that of its rule on the day of the act.

Acts are judged by the law of their day, by a later one where it is milder at the decision: 生态环境法典 art.
1057. So an event may cite what was in force on either day, and without a word it cites that of the act.
"""

from datetime import date
from typing import Any

from ...errors import Invalid
from ...law import service as law
from ..models import CreditEvent


def basis_of(data: dict[str, Any], rule: dict[str, Any]) -> str | None:
    """The id of a legal basis, or what the decision cites in words; None for a rule of the platform's own.

    Raises:
        Invalid: the basis was in force neither on the day of the act nor at the decision
            (`basis_not_in_force`).
    """
    acted_on = day_of_act(data)
    bases = law.current_book()
    named = data.get("basis")
    if named is None:
        return _basis_of_rule(bases, rule.get("basis"), acted_on)
    basis = bases.bases.get(named)
    if basis is None:
        return str(named)
    days = (acted_on, data.get("decided_on") or data["effective_on"])
    if not any(law.is_in_force(basis, day) for day in days):
        raise Invalid("basis_not_in_force", at="basis", basis=named, day=acted_on.isoformat())
    return str(named)


def day_of_act(data: dict[str, Any]) -> date:
    """The day on which the enterprise acted, as far as it was said: else the day of the effect."""
    day: date = data.get("acted_on") or data["effective_on"]
    return day


def _basis_of_rule(bases: law.Book, named: str | None, day: date) -> str | None:
    if named is None or named not in bases.bases:
        return named
    basis = bases.on(named, day)
    return basis.id if basis else named


def citation_of(event: CreditEvent, language: str) -> str | None:
    """What an event cites, as sentences do; None if it cites nothing."""
    basis = law.current_book().bases.get(event.basis) if event.basis else None
    return law.citation(basis, language) if basis else event.basis
