"""Who may record events: admins by every rule, regulators in their region by rules that name them."""

from typing import Any
from uuid import UUID

from ...enterprises import service as enterprises
from ...enterprises.models import Enterprise
from ...errors import Forbidden, NotFound
from ...events.actor import REGULATOR, Actor
from ...messages.names import name_of
from ..models import Recorder
from .rules import current_rules, term_of


def require_recorder(actor: Actor, raw: dict[str, Any]) -> None:
    """Refuse whoever may not record the event of a body, before the body is judged.

    Raises:
        Forbidden: an admin's key lacks its scope (`scope_missing`), or the rule does not name regulators
            (`rule_names_another`).
        NotFound: the enterprise is outside the regulator's region.
    """
    enterprises.require_official(actor)
    if actor.kind != REGULATOR:
        return
    for rule in current_rules().rules:
        if rule["code"] == raw.get("rule"):
            require_named(actor, rule)
    enterprise_id = _id_of(raw.get("enterprise_id"))
    if enterprise_id is not None:
        enterprises.find_governed(actor, enterprise_id)


def _id_of(text: Any) -> UUID | None:
    """An id as a body writes it; None if it is none, which the schema says."""
    try:
        return UUID(text) if isinstance(text, str) else None
    except ValueError:
        return None


def require_named(actor: Actor, rule: dict[str, Any]) -> None:
    """Raises: Forbidden: a regulator may not record by a rule that names another (`rule_names_another`)."""
    recorder = Recorder(term_of(rule, "recorded_by"))
    if actor.kind == REGULATOR and recorder != Recorder.REGULATOR:
        raise Forbidden("rule_names_another", rule=rule["code"], recorder=name_of(recorder))


def require_governed(actor: Actor, enterprise: Enterprise) -> None:
    """Raises: NotFound: the enterprise is outside the regulator's region."""
    if actor.kind == REGULATOR and not enterprises.sees_all_of(actor, enterprise):
        raise NotFound()
